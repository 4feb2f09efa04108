"""The judges' model does what the tree does: both were written from the same rules, apart."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tree.chance import UNHURRIED, Step, entries, limits, request_of

from hikari.store.memory import MemoryRows
from hikari.testing.history import Applied
from hikari.testing.model import READ_ONLY, Model
from hikari.tree.acl import may as tree_may
from hikari.tree.sessions import Session
from hikari.tree.tree import Tree
from hikari_wire import codes
from hikari_wire.records import STAT

ENDING = (codes.CREATE_CONTAINER, codes.CREATE_TTL)  # in a multi, told as a create with a Stat


def as_told(value: Any) -> Any:
    """A result of the tree as a client has it."""
    if isinstance(value, Session):
        return None
    if isinstance(value, bytes) and len(value) == STAT.size:
        return STAT.unpack(value)
    if isinstance(value, tuple) and value and value[0] in ENDING:
        value = (codes.CREATE2, *value[1:])
    if isinstance(value, tuple | list):
        return tuple(as_told(one) for one in value)
    return value


def looked(tree: Tree, path: bytes, who: Any) -> Any:
    znode = tree.look(path)
    if znode is None:
        return codes.NO_NODE, None
    if not tree_may(znode.acl, codes.PERM_READ, who):
        return codes.NO_AUTH, None
    return codes.OK, (tuple(tree.children(path)), STAT.unpack(znode.stat68()))


switches = st.lists(st.sampled_from([None, None, 0, 1]), min_size=13, max_size=13)


@UNHURRIED
@given(entries, switches, st.booleans())
def test_the_model_does_what_the_tree_does(
    script: list[list[Step]], switches: list[int | None], limited: bool
) -> None:
    tree, model = Tree(MemoryRows(), 3000), Model()
    if limited:
        script = [script[0], limits, *script[1:]]
        switches = [*switches, None]
    for index, entry in enumerate(script):
        if switches[index] is not None:  # read-only from here on, or no more
            entry = [(0, (), (READ_ONLY, switches[index])), *entry]
        tree.begin(index + 1, 1000 + 7 * index)
        for step in entry:
            session, attachment, request = request_of(tree, step)
            if request[0] == READ_ONLY:
                session = attachment = 0
            refusal = tree.admit(session, attachment)
            if refusal:
                error, result = tree.refuse(refusal)
            else:
                error, result = tree.apply(request, session, step[1])
            one = Applied(tree.zxid, session, request, tree.time_ms, step[1], not refusal)
            assert model.apply(one) == (error, as_told(result))
            assert model.events == tree.events
            tree.events.clear()
            assert set(model.sessions) == set(tree.sessions)
            for path in (b"/", b"/a", b"/a/c", b"/a/d"):
                asked = (codes.GET_CHILDREN2, path, False)
                assert model.read(asked, step[1]) == looked(tree, path, step[1])
        tree.finish()
    for path, znode in model.znodes.items():
        found = tree.look(path)
        assert found is not None
        assert STAT.unpack(found.stat68()) == znode.seen()
        assert (found.data, found.acl) == (znode.data, znode.acl)
    assert len(model.znodes) == tree.znodes
