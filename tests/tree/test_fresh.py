"""What a fresh tree shows is told in testdata/fresh.txt."""

from hikari.tree.fresh import UNDELETABLE, fresh_znodes


def test_every_fresh_znode_counts_its_children_and_none_can_be_deleted() -> None:
    znodes = dict(fresh_znodes())
    assert set(znodes) == UNDELETABLE
    for path, znode in znodes.items():
        inside = path if path == b"/" else path + b"/"
        children = [p for p in znodes if p.startswith(inside) and b"/" not in p[len(inside) :]]
        assert znode.children == len([p for p in children if p != path])
