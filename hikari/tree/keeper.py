"""What ClickHouse Keeper can do and ZooKeeper cannot, as Keeper does it: one function an opcode.

Permissions are Keeper's too: a check reads its znode, and to remove a subtree each znode of it
must let itself be deleted, besides the znode above.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

from hikari.tree import acl, apply
from hikari.tree.acl import Identity
from hikari.tree.apply import Answer, unlink
from hikari.tree.fresh import ROOT, UNDELETABLE
from hikari.tree.state import State
from hikari_wire import codes, paths
from hikari_wire.records import STAT

REMOVED_MAX: Final = 20_000
"""No request removes more, whatever its own limit says: all members stand still meanwhile."""

_OK: Final = codes.OK
_TRIED: Final = frozenset((codes.NO_NODE, codes.BAD_VERSION, codes.NOT_EMPTY))


def check_not_exists(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    """With a version: nothing of that version may exist."""
    _, path, version = request
    znode = state.find(path)
    if znode is None:
        return _OK if paths.check(path) else codes.BAD_ARGUMENTS, None
    if not acl.may(znode.acl, codes.PERM_READ, identities):
        return codes.NO_AUTH, None
    return codes.NODE_EXISTS if version in (-1, znode.version) else _OK, None


def create_if_not_exists(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    """What is there is well, whatever was asked for in its place."""
    _, path, _, _, flags = request
    if not paths.check(path):
        return codes.BAD_ARGUMENTS, None
    parent = state.find(path[: path.rfind(b"/")] or ROOT)
    if parent is None:
        return codes.NO_NODE, None
    if not acl.may(parent.acl, codes.PERM_CREATE, identities):
        return codes.NO_AUTH, None
    if parent.owner > 0:
        return codes.NO_CHILDREN_FOR_EPHEMERALS, None
    if flags & codes.PERSISTENT_SEQUENTIAL:
        return codes.BAD_ARGUMENTS, None  # a number never exists
    if state.find(path) is not None:
        return _OK, path
    return apply.create(state, request, session, identities)


def check_stat(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    """The version, and each number of the Stat that is not -1, must be so."""
    _, path, version, wanted = request
    error, _ = apply.check(state, (codes.CHECK, path, version), session, identities)
    if error:
        return error, None
    znode = state.find(path)
    assert znode is not None
    found = STAT.unpack(znode.stat68())
    same = all(want in (-1, is_) for want, is_ in zip(wanted, found, strict=True))
    return _OK if same else codes.BAD_VERSION, None


def try_remove(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    """A delete that does nothing where it could not."""
    error, _ = apply.delete(state, request, session, identities)
    return _OK if error in _TRIED else error, None


def remove_recursive(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    """All or nothing; nothing if there are more than the limit, with itself, or than REMOVED_MAX.
    The children go before their parents."""
    _, path, limit = request
    if path in UNDELETABLE or not paths.check(path):
        return codes.BAD_ARGUMENTS, None
    above = path[: path.rfind(b"/")] or ROOT
    parent = state.find(above)
    if parent is None:
        return _OK, None
    if not acl.may(parent.acl, codes.PERM_DELETE, identities):
        return codes.NO_AUTH, None
    if state.find(path) is None:
        return _OK, None
    error, doomed = _doomed(state, path, min(limit, REMOVED_MAX), identities)
    if error:
        return error, None
    for one in reversed(doomed):
        above = one[: one.rfind(b"/")] or ROOT
        znode, parent = state.find(one), state.find(above)
        assert znode is not None
        assert parent is not None
        unlink(state, one, znode, above, parent)
    return _OK, None


def _doomed(
    state: State, path: bytes, count_max: int, identities: Sequence[Identity]
) -> tuple[int, list[bytes]]:
    """A znode and all below it, parents first. Level by level: how much is below one that may not
    be deleted is told to nobody."""
    doomed: list[bytes] = []
    for level in chain([[path]], state.levels_below(path, count_max - 1)):
        if doomed and len(doomed) + len(level) > count_max:
            return codes.NOT_EMPTY, []
        for one in level:
            znode = state.find(one)
            assert znode is not None
            if not acl.may(znode.acl, codes.PERM_DELETE, identities):
                return codes.NO_AUTH, []
        doomed += level
    return (_OK, doomed) if len(doomed) <= count_max else (codes.NOT_EMPTY, [])
