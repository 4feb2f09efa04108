"""Row keys."""

from hikari.tree import keys


def test_the_children_of_a_znode_and_only_they_share_its_prefix() -> None:
    prefix = keys.children_prefix(b"/a")
    assert keys.znode_key(b"/a/b") == prefix + b"b"
    for other in (b"/", b"/a", b"/ab", b"/a/b/c", b"/ab/c", b"/b"):
        assert not keys.znode_key(other).startswith(prefix)


def test_the_children_of_the_root_are_found_without_the_root() -> None:
    prefix = keys.children_prefix(b"/")
    assert keys.znode_key(b"/a") == prefix + b"a"
    assert not keys.znode_key(b"/").startswith(prefix)
    assert not keys.znode_key(b"/a/b").startswith(prefix)


def test_siblings_lie_in_the_order_of_their_names() -> None:
    names = [b"/d/a", b"/d/a-1", b"/d/a0", b"/d/b", b"/d/\xc3\xa9"]
    assert sorted(keys.znode_key(name) for name in names) == [keys.znode_key(n) for n in names]


def test_different_paths_have_different_keys_however_deep() -> None:
    deep = [b"/a" * depth for depth in (1, 63, 64, 65, 300, 65535, 65536, 70000)]
    assert len({keys.znode_key(path) for path in deep}) == len(deep)
    assert keys.znode_key(b"/a" * 64) == keys.children_prefix(b"/a" * 63) + b"a"


def test_a_session_is_read_back_from_its_keys() -> None:
    assert keys.session_of(keys.session_key(2**63 + 7)) == 2**63 + 7
    assert keys.session_of(keys.ephemerals_prefix(7) + b"/a") == 7
