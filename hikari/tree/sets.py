"""Most multis: sets and checks that all succeed, each for itself. Such a one is judged as a whole
before anything is done, so that nothing has to be remembered for taking it back."""

from collections.abc import Sequence
from typing import Any, Final

from hikari.tree import acl
from hikari.tree.acl import Identity
from hikari.tree.quotas import quota_of
from hikari.tree.state import State
from hikari.tree.znode import INT_MAX, Znode, following
from hikari_wire import codes

_OK: Final = codes.OK
_SET: Final = codes.SET_DATA
_CHECK: Final = codes.CHECK
_CHANGED: Final = codes.EVENT_DATA_CHANGED
_NEEDED: Final = {_SET: codes.PERM_WRITE, _CHECK: codes.PERM_READ}

Parts = Sequence[tuple[Any, ...]]


def judged(state: State, parts: Parts, identities: Sequence[Identity]) -> dict[bytes, Znode] | None:
    """The znodes to be set, by path. None: the parts are to be done one after the other, since one
    of them is neither set nor check, or would fail, or comes behind a set of the same znode, or a
    quota or the end of a znode has a say in it."""
    young, quotas = state.cache.young.get, state.quotas
    found: dict[bytes, Znode] = {}
    allowed = None
    checks = 0
    for part in parts:
        op = part[0]
        if op == _SET:
            path, version = part[1], part[3]
        elif op == _CHECK and part[1] not in found:
            path, version = part[1], part[2]
            checks += 1
        else:
            return None
        znode = young(path) or state.find(path)
        if znode is None or znode.owner < 0 or (version != -1 and version != znode.version):
            return None
        if znode.acl and allowed != (op, znode.acl):
            if not acl.may(znode.acl, _NEEDED[op], identities):
                return None
            allowed = op, znode.acl
        if op == _SET:
            if quotas and quota_of(state, path) is not None:
                return None
            found[path] = znode
    return found if len(found) + checks == len(parts) else None


def do(state: State, parts: Parts, found: dict[bytes, Znode]) -> list[tuple[int, int, Any]] | None:
    """What was judged. The results, if they are asked for."""
    zxid, time_ms, events, grown = state.zxid, state.time_ms, state.events, 0
    results: list[tuple[int, int, Any]] | None = [] if state.asked else None
    state.changed.update(found)
    for part in parts:
        if part[0] == _SET:
            _, path, data, _ = part
            znode = found[path]
            if data is None or znode.data is None:
                grown += len(data or b"") - len(znode.data or b"")
            else:
                grown += len(data) - len(znode.data)
            znode.stat = znode.body = None
            znode.data = data
            version = znode.version
            znode.version = version + 1 if 0 <= version < INT_MAX else following(version)
            znode.mzxid = zxid
            znode.mtime = time_ms
            events.append((_CHANGED, path, znode.acl))
            if results is not None:
                results.append((_SET, _OK, znode.stat68()))
        elif results is not None:
            results.append((_CHECK, _OK, None))
    state.cache.young_bytes += 2 * grown
    return results
