"""The namespace and the sessions as one would write them for clarity: dicts, and nothing on disk.

What the log says is applied to it, one request after another; it says what had to come of each.
It shares no code with `hikari.tree`: what both agree on was written twice.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from hikari.testing import quota_model as quotas
from hikari.testing.history import Applied
from hikari.testing.permissions import Identity, masked, may, stored
from hikari_wire import acl, codes, paths

Answer = tuple[int, Any]
Stat = tuple[int, ...]

ATTACH: Final = -12
EXPIRE: Final = -13
COLLECT: Final = -14
READ_ONLY: Final = -20
CONFIGURE: Final = -21
ENFORCE_QUOTAS: Final = -22
REFUSED: Final = codes.QUOTA_EXCEEDED
"""While it is read-only: the answer to what could make the tree larger."""
DEPTH_MAX: Final = 0xFFFF
INT_MAX: Final = 2**31 - 1
OWN: Final = (b"/", b"/zookeeper", b"/zookeeper/config", b"/zookeeper/quota")

_DONE: Final = (codes.OK, None)
_TOLD_AS: Final = {codes.CREATE_CONTAINER: codes.CREATE2, codes.CREATE_TTL: codes.CREATE2}
_SHRINKING: Final = frozenset(
    (
        *(codes.DELETE, codes.CHECK, codes.CHECK_NOT_EXISTS, codes.CHECK_STAT),
        *(codes.TRY_REMOVE, codes.REMOVE_RECURSIVE),
    )
)
_CONTAINER: Final = -(1 << 63)  # the owner of a container; of a TTL znode: behind a byte of ones
_TTL_BITS: Final = (1 << 40) - 1


def may_grow(request: tuple[Any, ...]) -> bool:
    """Whether there must be room for it, if it is done."""
    op = request[0]
    if op == codes.MULTI:
        return any(part[0] not in _SHRINKING for part in request[1])
    return bool(op > 0) and op not in _SHRINKING


class Znode:
    """`creates` counts the children it ever had; what is None is made when asked for."""

    __slots__ = (
        *("acl", "aversion", "creates", "ctime", "czxid", "data", "listing", "mtime", "mzxid"),
        *("names", "owner", "pzxid", "stat", "version"),
    )

    def __init__(self, data: bytes | None, acl: bytes, owner: int, zxid: int, time_ms: int) -> None:
        self.czxid = self.mzxid = self.pzxid = zxid
        self.ctime = self.mtime = time_ms
        self.version = self.aversion = self.creates = 0
        self.data, self.acl, self.owner = data, acl, owner
        self.names: dict[bytes, None] = {}
        self.stat: Stat | None = None
        self.listing: tuple[bytes, ...] | None = None

    def seen(self) -> Stat:
        """Its Stat."""
        stat = self.stat
        if stat is None:
            children = len(self.names)
            stat = self.stat = (
                self.czxid,
                self.mzxid,
                self.ctime,
                self.mtime,
                self.version,
                (2 * self.creates - children + 2**31 & 0xFFFFFFFF) - 2**31,
                self.aversion,
                max(0, self.owner),
                len(self.data or b""),
                children,
                self.pzxid,
            )
        return stat

    def children(self) -> tuple[bytes, ...]:
        listing = self.listing
        if listing is None:
            listing = self.listing = tuple(sorted(self.names))
        return listing


class Session:
    __slots__ = ("attachment", "ephemerals", "password", "timeout_ms")

    def __init__(self, timeout_ms: int, password: bytes, attachment: int) -> None:
        self.timeout_ms, self.password, self.attachment = timeout_ms, password, attachment
        self.ephemerals: dict[bytes, None] = {}


class Model:
    """`events` holds (type, path, ACL) of what the last request did, in order."""

    def __init__(self) -> None:
        self.zxid = self.time_ms = 0
        self.read_only = False
        self.enforces_quotas = False
        self.sessions: dict[int, Session] = {}
        self.ended: dict[int, int] = {}  # session -> zxid of its end
        self.events: list[tuple[int, bytes, bytes]] = []
        self._undo: list[Callable[[], object]] | None = None  # of a multi that may yet fail
        self.znodes = {path: Znode(b"", acl.OPEN, 0, 0, 0) for path in OWN}
        self.znodes[b"/"].names = {b"zookeeper": None}
        self.znodes[b"/zookeeper"].names = {b"config": None, b"quota": None}
        config = self.znodes[b"/zookeeper/config"]
        config.acl = acl.pack([(codes.PERM_READ, b"world", b"anyone")])
        config.aversion = -1
        self._parts: dict[int, Callable[..., Answer]] = {
            codes.CREATE: self._create,
            codes.CREATE2: self._create2,
            codes.CREATE_CONTAINER: self._create_ending,
            codes.CREATE_TTL: self._create_ending,
            codes.DELETE: self._delete,
            codes.SET_DATA: self._set_data,
            codes.CHECK: self._check,
            codes.CHECK_NOT_EXISTS: self._check_not_exists,
            codes.CREATE_IF_NOT_EXISTS: self._create_if_not_exists,
            codes.REMOVE_RECURSIVE: self._remove_recursive,
            codes.CHECK_STAT: self._check_stat,
            codes.TRY_REMOVE: self._try_remove,
        }
        self._requests: dict[int, Callable[..., Answer]] = {
            **self._parts,
            codes.SET_ACL: self._set_acl,
            codes.MULTI: self._multi,
            codes.CREATE_SESSION: self._create_session,
            codes.CLOSE_SESSION: self._close_session,
            ATTACH: self._attach,
            EXPIRE: self._expire,
            READ_ONLY: self._switch,
            COLLECT: self._collect,
            ENFORCE_QUOTAS: self._enforce,
            CONFIGURE: self._configure,
        }

    def apply(self, applied: Applied) -> Answer:
        """(error, value as the client has it) of the next request of the log."""
        self.zxid = applied.zxid
        if applied.time_ms > self.time_ms:
            self.time_ms = applied.time_ms
        if self.events:
            self.events = []
        session = applied.session
        if not applied.admitted:
            alive = session in self.sessions
            return codes.SESSION_MOVED if alive else codes.SESSION_EXPIRED, None
        request = applied.request
        do = self._requests.get(request[0])
        if do is None:
            return codes.UNIMPLEMENTED, None
        if self.read_only and may_grow(request):
            return REFUSED, None
        return do(request, session, applied.identities)

    # ---- the namespace

    def _create(self, request: tuple[Any, ...], session: int, who: Sequence[Identity]) -> Answer:
        op, path, data, asked, flags = request[:5]
        ttl = op == codes.CREATE_TTL
        if flags not in ((5, 6) if ttl else range(5)) or (ttl and not 0 < request[5] <= _TTL_BITS):
            return codes.BAD_ARGUMENTS, None
        owner = self.sessions.get(session) if flags in (1, 3) else None
        if flags in (1, 3) and owner is None:
            return codes.SESSION_EXPIRED, None
        above, slash, _ = path.rpartition(b"/")
        if not slash or b"\0" in path:
            return codes.BAD_ARGUMENTS, None
        rights = stored(asked, who) if asked else b""
        if rights is None:
            return codes.INVALID_ACL, None
        parent = self.znodes.get(above or b"/")
        if parent is None:
            return codes.NO_NODE, None
        if parent.acl and not may(parent.acl, codes.PERM_CREATE, who):
            return codes.NO_AUTH, None
        if flags & 2:
            if parent.creates == INT_MAX:
                return codes.SYSTEM_ERROR, None
            path = b"%s%010d" % (path, parent.creates)
        if not paths.check(path) or path.count(b"/") > DEPTH_MAX:
            return codes.BAD_ARGUMENTS, None
        if path in self.znodes:
            return codes.NODE_EXISTS, None
        if parent.owner > 0:
            return codes.NO_CHILDREN_FOR_EPHEMERALS, None
        if self.enforces_quotas and quotas.too_much(self.znodes, path, 1, len(data or b"")):
            return codes.QUOTA_EXCEEDED, None
        kind = session if owner is not None else 0
        if ttl:
            kind = int.from_bytes(b"\xff" + request[5].to_bytes(7, "big"), "big", signed=True)
        elif op == codes.CREATE_CONTAINER:
            kind, owner = _CONTAINER, None
        made = Znode(data, rights, kind, self.zxid, self.time_ms)
        self._add(path, made, above or b"/", parent)
        if owner is not None:
            owner.ephemerals[path] = None
            if self._undo is not None:
                ephemerals, claimed = owner.ephemerals, path
                self._undo.append(lambda: ephemerals.pop(claimed))
        return codes.OK, path

    def _create2(self, request: tuple[Any, ...], session: int, who: Sequence[Identity]) -> Answer:
        error, path = self._create(request, session, who)
        return error, None if error else (path, self.znodes[path].seen())

    def _create_ending(self, request: tuple[Any, ...], *given: Any) -> Answer:
        return self._create2(request, *given)

    def _create_if_not_exists(
        self, request: tuple[Any, ...], session: int, who: Sequence[Identity]
    ) -> Answer:
        _, path, _, _, flags = request
        parent = self.znodes.get(path.rpartition(b"/")[0] or b"/")
        if not paths.check(path):
            return codes.BAD_ARGUMENTS, None
        if parent is None:
            return codes.NO_NODE, None
        if not may(parent.acl, codes.PERM_CREATE, who):
            return codes.NO_AUTH, None
        if parent.owner > 0:
            return codes.NO_CHILDREN_FOR_EPHEMERALS, None
        if flags & 2:
            return codes.BAD_ARGUMENTS, None
        return (codes.OK, path) if path in self.znodes else self._create(request, session, who)

    def _check_not_exists(
        self, request: tuple[Any, ...], session: int, who: Sequence[Identity]
    ) -> Answer:
        path = request[1]
        if path not in self.znodes:
            return codes.OK if paths.check(path) else codes.BAD_ARGUMENTS, None
        error, _ = self._check(request, session, who)
        return {codes.OK: codes.NODE_EXISTS, codes.BAD_VERSION: codes.OK}.get(error, error), None

    def _check_stat(self, request: tuple[Any, ...], *given: Any) -> Answer:
        _, path, _, wanted = request
        error, _ = self._check(request[:3], *given)
        if error:
            return error, None
        pairs = zip(wanted, self.znodes[path].seen(), strict=True)
        return codes.BAD_VERSION if any(a not in (-1, b) for a, b in pairs) else codes.OK, None

    def _try_remove(self, request: tuple[Any, ...], *given: Any) -> Answer:
        error, _ = self._delete(request, *given)
        spared = error in (codes.NO_NODE, codes.BAD_VERSION, codes.NOT_EMPTY)
        return codes.OK if spared else error, None

    def _remove_recursive(
        self, request: tuple[Any, ...], session: int, who: Sequence[Identity]
    ) -> Answer:
        _, path, limit = request
        if path in OWN or not paths.check(path):
            return codes.BAD_ARGUMENTS, None
        parent = self.znodes.get(paths.parent(path))
        if parent is None:
            return _DONE
        if not may(parent.acl, codes.PERM_DELETE, who):
            return codes.NO_AUTH, None
        if path not in self.znodes:
            return _DONE
        doomed = self._family(path)
        if len(doomed) > limit:
            return codes.NOT_EMPTY, None
        if not all(may(self.znodes[one].acl, codes.PERM_DELETE, who) for one in doomed):
            return codes.NO_AUTH, None
        for one in sorted(doomed, key=lambda one: (one.count(b"/"), one), reverse=True):
            self._remove(one)
        return _DONE

    def _family(self, path: bytes) -> list[bytes]:
        """It, and all below it."""
        found = [path]
        for one in found:
            found += [one + b"/" + name for name in self.znodes[one].names]
        return found

    def _collect(self, request: tuple[Any, ...], *nothing: object) -> Answer:
        """What ends by itself ends, if its time has come."""
        _, path, never_used_ms = request
        znode = self.znodes.get(path)
        if znode is not None and znode.owner < 0 and not znode.names:
            age_ms = self.time_ms - znode.mtime
            if znode.owner != _CONTAINER:
                over = age_ms > znode.owner & _TTL_BITS
            else:
                over = bool(znode.creates) or bool(never_used_ms and age_ms > never_used_ms)
            if over:
                self._remove(path)
        return _DONE

    def _enforce(self, request: tuple[Any, ...], *nothing: object) -> Answer:
        self.enforces_quotas = bool(request[1])
        return _DONE

    def _delete(self, request: tuple[Any, ...], session: int, who: Sequence[Identity]) -> Answer:
        _, path, version = request
        above, slash, _ = path.rpartition(b"/")
        if not slash or b"\0" in path or path in OWN:
            return codes.BAD_ARGUMENTS, None
        parent = self.znodes.get(above or b"/")
        if parent is None:
            return codes.NO_NODE, None
        if parent.acl and not may(parent.acl, codes.PERM_DELETE, who):
            return codes.NO_AUTH, None
        znode = self.znodes.get(path)
        if znode is None:
            return codes.NO_NODE, None
        if version not in (-1, znode.version):
            return codes.BAD_VERSION, None
        if znode.names:
            return codes.NOT_EMPTY, None
        self._remove(path)
        return _DONE

    def _set_data(self, request: tuple[Any, ...], session: int, who: Sequence[Identity]) -> Answer:
        _, path, data, version = request
        znode = self.znodes.get(path)
        if znode is None:
            return _form(path), None
        if znode.acl and not may(znode.acl, codes.PERM_WRITE, who):
            return codes.NO_AUTH, None
        growth = len(data or b"") - len(znode.data or b"")
        if self.enforces_quotas and quotas.too_much(self.znodes, path, 0, growth):
            return codes.QUOTA_EXCEEDED, None
        if version not in (-1, znode.version):
            return codes.BAD_VERSION, None
        self._tally(path, 0, growth)
        self._remember(znode)
        znode.data = data
        znode.version = _next(znode.version)
        znode.mzxid = self.zxid
        znode.mtime = self.time_ms
        znode.stat = None
        self.events.append((codes.EVENT_DATA_CHANGED, path, znode.acl))
        return codes.OK, znode.seen()

    def _set_acl(self, request: tuple[Any, ...], session: int, who: Sequence[Identity]) -> Answer:
        _, path, asked, version = request
        znode = self.znodes.get(path)
        if znode is None and not paths.check(path):
            return codes.BAD_ARGUMENTS, None
        rights = stored(asked, who)
        if rights is None:
            return codes.INVALID_ACL, None
        if znode is None:
            return codes.NO_NODE, None
        if not may(znode.acl, codes.PERM_ADMIN, who):
            return codes.NO_AUTH, None
        if version not in (-1, znode.aversion):
            return codes.BAD_VERSION, None
        znode.acl = rights
        znode.aversion = _next(znode.aversion)
        znode.stat = None
        return codes.OK, znode.seen()

    def _check(self, request: tuple[Any, ...], session: int, who: Sequence[Identity]) -> Answer:
        _, path, version = request
        znode = self.znodes.get(path)
        if znode is None:
            return _form(path), None
        if not may(znode.acl, codes.PERM_READ, who):
            return codes.NO_AUTH, None
        return codes.BAD_VERSION if version not in (-1, znode.version) else codes.OK, None

    def _multi(self, request: tuple[Any, ...], session: int, who: Sequence[Identity]) -> Answer:
        """All or nothing. What failed is told in the value; the header says OK."""
        parts = [_meant(part) for part in request[1]]
        if not all(part[0] in self._parts for part in parts):
            return codes.MARSHALLING_ERROR, None
        self._undo = []
        said: list[tuple[int, int, Any]] = []
        for part in parts:
            error, value = self._parts[part[0]](part, session, who)
            if error:
                self.events = []
                for back in reversed(self._undo):
                    back()
                rest = len(parts) - len(said) - 1
                errors = [codes.OK] * len(said) + [error] + [codes.RUNTIME_INCONSISTENCY] * rest
                said = [(codes.ERROR, each, None) for each in errors]
                break
            said.append((_TOLD_AS.get(part[0], part[0]), codes.OK, value))
        self._undo = None
        return codes.OK, tuple(said)

    def _add(self, path: bytes, znode: Znode, above: bytes, parent: Znode) -> None:
        self._remember(parent)
        parent.names[path[path.rfind(b"/") + 1 :]] = None
        parent.creates = min(parent.creates + 1, INT_MAX)
        parent.pzxid = self.zxid
        parent.stat = parent.listing = None
        self.znodes[path] = znode
        self.events.append((codes.EVENT_CREATED, path, znode.acl))
        self.events.append((codes.EVENT_CHILDREN_CHANGED, above, parent.acl))
        if self._undo is not None:
            self._undo.append(lambda: self._forget(path, parent))
        top = quotas.counts_anew(path)
        if top:
            znode.data = quotas.text(*quotas.counted(self.znodes, top), {})
        self._tally(path, 1, len(znode.data or b""))

    def _forget(self, path: bytes, parent: Znode) -> None:
        del self.znodes[path], parent.names[paths.name(path)]

    def _remove(self, path: bytes) -> None:
        znode = self.znodes.pop(path)
        above = paths.parent(path)
        parent = self.znodes[above]
        self._remember(parent)
        del parent.names[paths.name(path)]
        parent.pzxid = self.zxid
        parent.stat = parent.listing = None
        self._tally(path, -1, -len(znode.data or b""))
        owner = self.sessions.get(znode.owner)
        if owner is not None:
            del owner.ephemerals[path]
        self.events.append((codes.EVENT_DELETED, path, znode.acl))
        self.events.append((codes.EVENT_CHILDREN_CHANGED, above, parent.acl))
        if self._undo is not None:
            self._undo.append(lambda: self._bring_back(path, znode, parent, owner))

    def _tally(self, path: bytes, count: int, size: int) -> None:
        """Say in the nearest quota's stats what came or went."""
        quota = quotas.limited(self.znodes, path)
        stats = self.znodes.get(quotas.stats_path(quota)) if quota else None
        there = None if stats is None else quotas.numbers(stats.data)
        if stats is not None and there is not None:
            self._remember(stats)
            now = there.get("count", -1) + count, there.get("bytes", -1) + size
            stats.data = quotas.text(*now, there)
            stats.stat = None

    def _bring_back(self, path: bytes, znode: Znode, parent: Znode, owner: Session | None) -> None:
        self.znodes[path] = znode
        parent.names[paths.name(path)] = None
        if owner is not None:
            owner.ephemerals[path] = None

    def _remember(self, znode: Znode) -> None:
        """Before its numbers or its data change."""
        if self._undo is None:
            return
        before = (znode.data, znode.version, znode.mzxid, znode.mtime, znode.creates, znode.pzxid)

        def restore() -> None:
            znode.data, znode.version, znode.mzxid, znode.mtime, znode.creates, znode.pzxid = before
            znode.stat = znode.listing = None

        self._undo.append(restore)

    def _switch(self, request: tuple[Any, ...], *nothing: object) -> Answer:
        self.read_only = bool(request[1])
        return _DONE

    def _configure(self, request: tuple[Any, ...], *nothing: object) -> Answer:
        """The members, and since when; nothing if it says so already."""
        znode, servers = self.znodes[b"/zookeeper/config"], request[1]
        data = znode.data or b""
        if data[: data.find(b"version=")] != servers if data else servers:
            znode.data = b"%sversion=%x" % (servers, self.zxid) if servers else b""
            znode.version, znode.mzxid, znode.mtime = -1, self.zxid, self.time_ms
            znode.stat = None
            changed = (codes.EVENT_DATA_CHANGED, b"/zookeeper/config", znode.acl)
            self.events.append(changed)
        return _DONE

    # ---- sessions

    def _create_session(self, request: tuple[Any, ...], *nothing: object) -> Answer:
        _, timeout_ms, password = request
        self.sessions[self.zxid] = Session(timeout_ms, password, self.zxid)
        return _DONE

    def _attach(self, request: tuple[Any, ...], *nothing: object) -> Answer:
        _, id, password, timeout_ms = request
        session = self.sessions.get(id)
        if session is None or session.password != password:
            return codes.SESSION_EXPIRED, None
        session.attachment = self.zxid
        session.timeout_ms = timeout_ms
        return _DONE

    def _expire(self, request: tuple[Any, ...], *nothing: object) -> Answer:
        _, id, attachment = request
        session = self.sessions.get(id)
        if session is not None and session.attachment == attachment:
            self._close(id)
        return _DONE

    def _close_session(self, request: tuple[Any, ...], session: int, *nothing: object) -> Answer:
        if session not in self.sessions:
            return codes.SESSION_EXPIRED, None
        self._close(session)
        return _DONE

    def _close(self, id: int) -> None:
        for path in sorted(self.sessions[id].ephemerals):
            self._remove(path)
        del self.sessions[id]
        self.ended[id] = self.zxid

    # ---- reads

    def read(self, request: tuple[Any, ...], who: Sequence[Identity], session: int = 0) -> Answer:
        """(error, value as the client has it) of a request that only looks."""
        op = request[0]
        if op == codes.WHO_AM_I:
            return codes.OK, tuple((scheme, _user(scheme, id)) for scheme, id in who)
        path = request[1]
        if op == codes.GET_EPHEMERALS:
            known = self.sessions.get(session)
            owned = sorted(known.ephemerals) if known is not None else []
            everything = path.strip() in (b"", b"/")
            return codes.OK, tuple(one for one in owned if everything or one.startswith(path))
        if op == codes.MULTI_READ:
            return codes.OK, tuple([self._one_of_many(one, who) for one in path])
        znode = self.znodes.get(path or b"/")
        if znode is None:
            return codes.NO_NODE, None
        if znode.acl:
            wanted = codes.PERM_READ
            if op == codes.GET_ACL:
                wanted |= codes.PERM_ADMIN
            if not may(znode.acl, wanted, who):
                return codes.NO_AUTH, None
        if op == codes.GET_DATA:
            return codes.OK, (znode.data, znode.seen())
        if op == codes.EXISTS:
            return codes.OK, znode.seen()
        if op == codes.GET_CHILDREN:
            return codes.OK, znode.children()
        if op == codes.GET_CHILDREN2:
            return codes.OK, (znode.children(), znode.seen())
        if op == codes.GET_ALL_CHILDREN_NUMBER:
            if path in (b"", b"/"):
                return codes.OK, len(self.znodes) - 1
            return codes.OK, sum(one.startswith(path + b"/") for one in self.znodes)
        assert op == codes.GET_ACL
        shown = znode.acl if may(znode.acl, codes.PERM_ADMIN, who) else masked(znode.acl)
        return codes.OK, (shown, znode.seen())

    def _one_of_many(
        self, request: tuple[Any, ...], who: Sequence[Identity]
    ) -> tuple[int, int, Any]:
        error, value = self.read(request, who)
        return (codes.ERROR, error, None) if error else (request[0], codes.OK, value)


def _user(scheme: bytes, id: bytes) -> bytes:
    return id.split(b":")[0] if scheme == b"digest" else id


def _meant(part: tuple[Any, ...]) -> tuple[Any, ...]:
    """In a multi the flags of a create say which it is; () + op 0: what cannot be read."""
    op = part[0]
    if op == codes.CREATE_TTL:
        if part[4] in (5, 6):
            return part
        return (codes.CREATE_CONTAINER if part[4] == 4 else codes.CREATE, *part[1:5])
    if op in (codes.CREATE, codes.CREATE2, codes.CREATE_CONTAINER) and part[4] not in range(4):
        return (codes.CREATE_CONTAINER, *part[1:]) if part[4] == 4 else (0,)
    return part


def _form(path: bytes) -> int:
    """The error for a path that is not there: was it one at all?"""
    return codes.NO_NODE if paths.check(path) else codes.BAD_ARGUMENTS


def _next(version: int) -> int:
    """An int32 that wraps, and never becomes -1: that asks for any version."""
    if version == INT_MAX:
        return -INT_MAX - 1
    return 0 if version == -2 else version + 1
