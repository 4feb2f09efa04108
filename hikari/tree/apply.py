"""What each request does, decided here and now: one function an opcode.

Each returns (error, result) and changes nothing when the error is not OK. A Stat that nobody asked
for (`State.asked`) is left out, where it would have to be made. The order of the checks
is ZooKeeper's, so the first error is too: flags, session, form of the path, ACL given, parent,
permission, name, and what the znode itself says.
"""

from collections.abc import Callable, Sequence
from hmac import compare_digest
from typing import Any, Final

from hikari.tree import acl, quotas
from hikari.tree.acl import Identity
from hikari.tree.ending import CONTAINER, TTL_MS_MAX, due_key, has_ended, ttl_owner
from hikari.tree.fresh import CONFIG, QUOTA, ROOT, UNDELETABLE
from hikari.tree.keys import DEPTH_MAX
from hikari.tree.membership import NO_VERSION, content, servers_of
from hikari.tree.sessions import Session
from hikari.tree.state import State
from hikari.tree.znode import INT_MAX, Znode, following
from hikari_wire import codes, paths

Answer = tuple[int, Any]
Operation = Callable[[State, tuple[Any, ...], int, Sequence[Identity]], Answer]

# The first four flags of a create are two bits; behind them are containers and TTLs.
_EPHEMERAL: Final = codes.EPHEMERAL
_SEQUENTIAL: Final = codes.PERSISTENT_SEQUENTIAL
_BITS: Final = codes.EPHEMERAL_SEQUENTIAL

_OK: Final = codes.OK
_DONE: Final = (_OK, None)


def _form(path: bytes) -> int:
    """The error for a path with no znode: was it a path at all?"""
    return codes.NO_NODE if paths.check(path) else codes.BAD_ARGUMENTS


def make(
    state: State,
    request: tuple[Any, ...],
    session: int,
    identities: Sequence[Identity],
    ending: int = 0,
) -> tuple[int, Any, Znode | None]:
    """The error, or the path and the znode it made. `ending`: the owner of a znode that ends by
    itself, whatever its flags say."""
    path, data, asked, flags = request[1:5]
    if flags & ~_BITS and not ending and flags != codes.CONTAINER:
        return codes.BAD_ARGUMENTS, None, None  # no kind of znode, or a TTL without its time
    owner = None
    if flags & _EPHEMERAL and flags <= _BITS:
        owner = state.sessions.get(session)
        if owner is None:
            return codes.SESSION_EXPIRED, None, None
    slash = path.rfind(b"/")
    if slash < 0 or 0 in path:
        return codes.BAD_ARGUMENTS, None, None
    stored = acl.granted(asked, identities) if asked else b""
    if stored is None:
        return codes.INVALID_ACL, None, None
    above = path[:slash] or ROOT
    parent = state.find(above)
    if parent is None:
        return codes.NO_NODE, None, None
    if parent.acl and not acl.may(parent.acl, codes.PERM_CREATE, identities):
        return codes.NO_AUTH, None, None
    if flags & _SEQUENTIAL:
        if parent.creates == INT_MAX:
            return codes.SYSTEM_ERROR, None, None  # no number is ever given twice
        path = b"%s%010d" % (path, parent.creates)
    if not paths.check_below(path, slash) or path.count(b"/") > DEPTH_MAX:
        return codes.BAD_ARGUMENTS, None, None
    if parent.children and state.find(path) is not None:
        return codes.NODE_EXISTS, None, None
    counted = state.quotas or above >= QUOTA  # the second is true of few
    if parent.owner > 0:
        return codes.NO_CHILDREN_FOR_EPHEMERALS, None, None
    if counted and quotas.refuses(state, path, 1, len(data or b"")):
        return codes.QUOTA_EXCEEDED, None, None
    if parent.owner and not parent.children:
        state.wait_no_more(due_key(above, parent))

    owner_id = ending or (owner.id if owner is not None else 0)
    created = Znode(data, stored, owner_id, state.zxid, state.time_ms)
    _link(state, path, created, above, parent)
    if owner_id:
        if ending:
            state.wait_for(due_key(path, created))
        elif owner is not None:
            state.claim(owner, path)
    if counted:
        quotas.came(state, path, created)
    return _OK, path, created


def _link(state: State, path: bytes, znode: Znode, above: bytes, parent: Znode) -> None:
    """The znode comes; whether it may was decided before."""
    state.touch(above, parent)
    parent.children += 1
    if parent.creates < INT_MAX:
        parent.creates += 1
    parent.pzxid = state.zxid
    if parent.listing is not None:
        state.cache.unlist(parent)
    state.insert(path, znode)
    state.events.append((codes.EVENT_CREATED, path, znode.acl))
    state.events.append((codes.EVENT_CHILDREN_CHANGED, above, parent.acl))


def create(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    error, path, created = make(state, request, session, identities)
    return error, None if created is None else path


def create2(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    return _with_stat(make(state, request, session, identities))


def _with_stat(made: tuple[int, Any, Znode | None]) -> Answer:
    error, path, created = made
    return error, None if created is None else (path, created.stat68())


def create_container(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    """Its op makes it a container, not its flags; they only must not ask for a TTL."""
    if not 0 <= request[4] <= codes.CONTAINER:
        return codes.BAD_ARGUMENTS, None
    return _with_stat(make(state, request, session, identities, CONTAINER))


def create_ttl(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    flags, ttl_ms = request[4:]
    known = flags in (codes.PERSISTENT_WITH_TTL, codes.PERSISTENT_SEQUENTIAL_WITH_TTL)
    if not known or not 0 < ttl_ms <= TTL_MS_MAX:
        return codes.BAD_ARGUMENTS, None
    return _with_stat(make(state, request, session, identities, ttl_owner(ttl_ms)))


def unlink(state: State, path: bytes, znode: Znode, above: bytes, parent: Znode) -> None:
    """The znode goes; whether it may was decided before."""
    assert not znode.children
    assert parent.children
    state.touch(above, parent)
    parent.children -= 1
    parent.pzxid = state.zxid
    if parent.listing is not None:
        state.cache.unlist(parent)
    state.remove(path, znode)
    if znode.owner:
        if znode.owner > 0:
            state.disclaim(state.sessions[znode.owner], path)
        else:
            state.wait_no_more(due_key(path, znode))
    if parent.owner and not parent.children:
        state.wait_for(due_key(above, parent))
    if state.quotas or above >= QUOTA:
        quotas.went(state, path, znode)
    state.events.append((codes.EVENT_DELETED, path, znode.acl))
    state.events.append((codes.EVENT_CHILDREN_CHANGED, above, parent.acl))


def delete(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    _, path, version = request
    slash = path.rfind(b"/")
    if slash < 0 or 0 in path or path in UNDELETABLE:
        return codes.BAD_ARGUMENTS, None
    above = path[:slash] or ROOT
    parent = state.find(above)
    if parent is None:
        return codes.NO_NODE, None
    if parent.acl and not acl.may(parent.acl, codes.PERM_DELETE, identities):
        return codes.NO_AUTH, None
    znode = state.find(path)
    if znode is None:
        return codes.NO_NODE, None
    if version not in (-1, znode.version):
        return codes.BAD_VERSION, None
    if znode.children:
        return codes.NOT_EMPTY, None
    unlink(state, path, znode, above, parent)
    return _DONE


def set_data(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    _, path, data, version = request
    znode = state.find(path)
    if znode is None:
        return _form(path), None
    if znode.acl and not acl.may(znode.acl, codes.PERM_WRITE, identities):
        return codes.NO_AUTH, None
    if state.quotas or znode.owner < 0:
        error = _accounted(state, request, znode)
        if error:
            return error, None
    elif version != -1 and version != znode.version:
        return codes.BAD_VERSION, None
    state.touch(path, znode)
    state.cache.resized(znode.data, data)
    znode.data = data
    znode.version = following(znode.version)
    znode.mzxid = state.zxid
    znode.mtime = state.time_ms
    state.events.append((codes.EVENT_DATA_CHANGED, path, znode.acl))
    return _OK, znode.stat68() if state.asked else None


def _accounted(state: State, request: tuple[Any, ...], znode: Znode) -> int:
    """Data that counts in some quota, or of a znode that waits for its end, is about to change:
    the error, or all but the change itself is done."""
    _, path, data, version = request
    growth = len(data or b"") - len(znode.data or b"")
    if quotas.refuses(state, path, 0, growth):
        return codes.QUOTA_EXCEEDED
    if version not in (-1, znode.version):
        return codes.BAD_VERSION
    quotas.tally(state, path, 0, growth)
    if znode.owner < 0 and not znode.children:
        state.wait_no_more(due_key(path, znode))
        state.touch(path, znode)
        znode.mtime = state.time_ms
        state.wait_for(due_key(path, znode))
    return _OK


def set_acl(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    _, path, asked, version = request
    znode = state.find(path)
    if znode is None and not paths.check(path):
        return codes.BAD_ARGUMENTS, None
    stored = acl.granted(asked, identities)
    if stored is None:
        return codes.INVALID_ACL, None
    if znode is None:
        return codes.NO_NODE, None
    if not acl.may(znode.acl, codes.PERM_ADMIN, identities):
        return codes.NO_AUTH, None
    if version not in (-1, znode.aversion):
        return codes.BAD_VERSION, None
    state.touch(path, znode)
    znode.acl = stored
    znode.aversion = following(znode.aversion)
    return _OK, znode.stat68()


def check(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    _, path, version = request
    znode = state.find(path)
    if znode is None:
        return _form(path), None
    if not acl.may(znode.acl, codes.PERM_READ, identities):
        return codes.NO_AUTH, None
    return codes.BAD_VERSION if version not in (-1, znode.version) else _OK, None


def create_session(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    """Its id is the zxid of its creation: unique, and the same everywhere."""
    _, timeout_ms, password = request
    opened = Session(state.zxid, timeout_ms, password, attachment=state.zxid)
    state.sessions[opened.id] = state.moved[opened.id] = opened
    return _OK, opened


def attach(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    """Who knows the password is the session. What its former connection still sends is refused.
    The time-out is the one that the new connection was granted."""
    _, id, password, timeout_ms = request
    attached = state.sessions.get(id)
    if attached is None or not compare_digest(attached.password, password):
        return codes.SESSION_EXPIRED, None
    attached.attachment = state.zxid
    attached.timeout_ms = timeout_ms
    state.moved[id] = attached
    return _OK, attached


def expire(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    """Void when it comes too late: the session has been heard from since."""
    _, id, attachment = request
    expired = state.sessions.get(id)
    if expired is not None and expired.attachment == attachment:
        _close(state, expired)
    return _DONE


def configure(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    """Once for each change, however often it is asked for."""
    servers = request[1]
    config = state.find(CONFIG)
    assert config is not None
    if servers_of(config.data) != servers:
        state.touch(CONFIG, config)
        told = content(servers, state.zxid)
        state.cache.resized(config.data, told)
        config.data = told
        config.version = NO_VERSION
        config.mzxid = state.zxid
        config.mtime = state.time_ms
        state.events.append((codes.EVENT_DATA_CHANGED, CONFIG, config.acl))
    return _DONE


def close_session(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    closed = state.sessions.get(session)
    if closed is None:
        return codes.SESSION_EXPIRED, None
    _close(state, closed)
    return _DONE


def _close(state: State, closed: Session) -> None:
    for path in state.ephemerals(closed):
        above = path[: path.rfind(b"/")] or ROOT
        znode = state.find(path)
        parent = state.find(above)
        assert znode is not None
        assert parent is not None
        assert znode.owner == closed.id
        unlink(state, path, znode, above, parent)
    assert not closed.ephemerals
    state.end(closed)


def collect(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    """A znode that ends by itself ends, see `hikari.tree.ending`. Void when it comes too late: it
    has been used since."""
    _, path, never_used_ms = request
    znode = state.find(path)
    if znode is not None and has_ended(znode, state.time_ms, never_used_ms):
        above = path[: path.rfind(b"/")] or ROOT
        parent = state.find(above)
        assert parent is not None
        unlink(state, path, znode, above, parent)
    return _DONE


def read_only(
    state: State, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> Answer:
    state.switch(bool(request[1]))
    return _DONE
