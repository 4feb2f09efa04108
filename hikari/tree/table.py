"""Which function applies which request, and a multi, which consists of such."""

from collections.abc import Sequence
from typing import Any, Final

from hikari.tree import apply, keeper, quotas, sets
from hikari.tree.acl import Identity
from hikari.tree.apply import Answer, Operation
from hikari.tree.ending import COLLECT
from hikari.tree.membership import CONFIGURE
from hikari.tree.quotas import ENFORCE_QUOTAS
from hikari.tree.sessions import ATTACH, EXPIRE
from hikari.tree.space import READ_ONLY
from hikari.tree.state import State
from hikari.tree.undo import Undo
from hikari_wire import codes

_OK: Final = codes.OK
_BY_FLAGS: Final = frozenset(
    (codes.CREATE, codes.CREATE2, codes.CREATE_CONTAINER, codes.CREATE_TTL)
)


def multi(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    """All or nothing, under one zxid. A part that fails is told in the result: the multi itself
    was understood, and the header of its reply says OK."""
    found = sets.judged(state, request[1], identities)
    if found is not None:
        return _OK, sets.do(state, request[1], found)
    parts = _readable(request[1])
    if parts is None:
        return codes.MARSHALLING_ERROR, None
    state.undo = Undo(state)
    results: list[tuple[int, int, Any]] = []
    try:
        for part in parts:
            error, result = PARTS[part[0]](state, part, session, identities)
            if error != _OK:
                state.undo.restore()
                return _OK, _failed(len(parts), len(results), error)
            results.append((part[0], _OK, result))
    finally:
        state.undo = None
    return _OK, results


def _readable(parts: Sequence[tuple[Any, ...]]) -> Sequence[Any] | None:
    """The parts as they are meant; None: one of them cannot be read."""
    for part in parts:
        op = part[0]
        if op not in PARTS:
            return None
        if op in _BY_FLAGS and (op == codes.CREATE_TTL or part[4] & ~codes.EPHEMERAL_SEQUENTIAL):
            meant = [_meant(part) for part in parts]
            return None if None in meant else meant
    return parts


def _meant(part: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """In a multi the flags of a create say which it is, as ZooKeeper reads it; None: it cannot be
    read."""
    op = part[0]
    if op not in _BY_FLAGS:
        return part if op in PARTS else None
    flags = part[4]
    if flags == codes.CONTAINER:
        return (codes.CREATE_CONTAINER, *part[1:5])
    if flags in (codes.PERSISTENT_WITH_TTL, codes.PERSISTENT_SEQUENTIAL_WITH_TTL):
        return part if op == codes.CREATE_TTL else None
    if op == codes.CREATE_TTL:
        return (codes.CREATE, *part[1:5])
    return None if flags & ~codes.EPHEMERAL_SEQUENTIAL else part


def _failed(count: int, at: int, error: int) -> list[tuple[int, int, None]]:
    """Those before it would have succeeded; those after it were not tried."""
    after = codes.RUNTIME_INCONSISTENCY
    errors = [_OK] * at + [error] + [after] * (count - at - 1)
    return [(codes.ERROR, each, None) for each in errors]


PARTS: Final[dict[int, Operation]] = {  # what a multi may consist of
    codes.CREATE: apply.create,
    codes.CREATE2: apply.create2,
    codes.CREATE_CONTAINER: apply.create_container,
    codes.CREATE_TTL: apply.create_ttl,
    codes.DELETE: apply.delete,
    codes.SET_DATA: apply.set_data,
    codes.CHECK: apply.check,
    codes.CHECK_NOT_EXISTS: keeper.check_not_exists,
    codes.CREATE_IF_NOT_EXISTS: keeper.create_if_not_exists,
    codes.REMOVE_RECURSIVE: keeper.remove_recursive,
    codes.CHECK_STAT: keeper.check_stat,
    codes.TRY_REMOVE: keeper.try_remove,
}

APPLY: Final[dict[int, Operation]] = {
    **PARTS,
    codes.SET_ACL: apply.set_acl,
    codes.MULTI: multi,
    codes.CREATE_SESSION: apply.create_session,
    codes.CLOSE_SESSION: apply.close_session,
    ATTACH: apply.attach,
    EXPIRE: apply.expire,
    READ_ONLY: apply.read_only,
    CONFIGURE: apply.configure,
    COLLECT: apply.collect,
    ENFORCE_QUOTAS: quotas.enforce,
}
