"""The tree as one would write it for clarity alone: dicts, copies, no rows, no cache, no undo."""

import copy
from typing import Any

from hikari.tree import acl
from hikari.tree.ending import COLLECT, CONTAINER
from hikari.tree.sessions import ATTACH, EXPIRE
from hikari_wire import codes, paths
from hikari_wire.records import STAT

Answer = tuple[int, Any]
OWN = (b"/", b"/zookeeper", b"/zookeeper/config", b"/zookeeper/quota")


class Refused(Exception):
    def __init__(self, error: int) -> None:
        self.error = error


def demand(condition: object, error: int) -> None:
    if not condition:
        raise Refused(error)


class Naive:
    def __init__(self) -> None:
        self.zxid = self.time_ms = 0
        self.znodes: dict[bytes, dict[str, Any]] = {}
        self.sessions: dict[int, tuple[bytes, int]] = {}
        self.events: list[tuple[int, bytes, bytes]] = []
        for path in OWN:
            self.add(path, b"", b"", 0)
        self.znodes[b"/zookeeper/config"].update(aversion=-1)
        self.events.clear()
        for znode in self.znodes.values():
            znode["creates"] = 0

    def add(self, path: bytes, data: bytes | None, acl: bytes, owner: int) -> None:
        self.znodes[path] = {"czxid": self.zxid, "mzxid": self.zxid, "pzxid": self.zxid} | {
            "ctime": self.time_ms, "mtime": self.time_ms, "version": 0, "aversion": 0,
            "creates": 0, "owner": owner, "data": data, "acl": acl,
        }  # fmt: skip
        self.events.append((codes.EVENT_CREATED, path, acl))
        if path != b"/":
            self.znodes[paths.parent(path)]["creates"] += 1
            self.family(path)

    def family(self, path: bytes) -> None:
        above = paths.parent(path)
        self.znodes[above]["pzxid"] = self.zxid
        self.events.append((codes.EVENT_CHILDREN_CHANGED, above, self.znodes[above]["acl"]))

    def children(self, path: bytes) -> list[bytes]:
        return sorted(paths.name(p) for p in self.znodes if p != b"/" and paths.parent(p) == path)

    def stat68(self, path: bytes) -> bytes:
        z = self.znodes[path]
        children = len(self.children(path))
        return STAT.pack(
            z["czxid"], z["mzxid"], z["ctime"], z["mtime"], z["version"],
            2 * z["creates"] - children, z["aversion"], max(z["owner"], 0), len(z["data"] or b""),
            children, z["pzxid"],
        )  # fmt: skip

    def apply(self, request: tuple[Any, ...], session: int, identities: Any) -> Answer:
        self.zxid += 1
        before = copy.deepcopy((self.znodes, self.events))
        try:
            return codes.OK, self.do(request, session, identities)
        except Refused as refused:
            self.znodes, self.events = before
            return refused.error, None

    def do(self, request: tuple[Any, ...], session: int, who: Any) -> Any:
        op = request[0]
        if op in (codes.CREATE, codes.CREATE2, codes.CREATE_CONTAINER, codes.CREATE_TTL):
            return self.create(request, session, who)
        if op == codes.CREATE_IF_NOT_EXISTS:
            _, path, _, _, flags = request
            demand(paths.check(path), codes.BAD_ARGUMENTS)
            parent = self.znodes.get(path.rpartition(b"/")[0] or b"/")
            demand(parent, codes.NO_NODE)
            assert parent is not None
            demand(acl.may(parent["acl"], codes.PERM_CREATE, who), codes.NO_AUTH)
            demand(parent["owner"] <= 0, codes.NO_CHILDREN_FOR_EPHEMERALS)
            demand(not flags & 2, codes.BAD_ARGUMENTS)
            if path in self.znodes:
                return path
            return self.create((codes.CREATE, *request[1:]), session, who)
        if op == COLLECT:
            return self.collect(*request[1:])
        if op == codes.MULTI:
            return self.multi(request[1], session, who)
        if op == codes.CREATE_SESSION:
            self.sessions[self.zxid] = (request[2], self.zxid)
            return self.zxid
        if op == ATTACH:
            password, _ = self.sessions.get(request[1], (None, 0))
            demand(password == request[2], codes.SESSION_EXPIRED)
            self.sessions[request[1]] = (request[2], self.zxid)
            return self.zxid
        if op == EXPIRE:
            if self.sessions.get(request[1], (b"", -1))[1] == request[2]:
                self.close(request[1])
            return None
        if op == codes.CLOSE_SESSION:
            demand(session in self.sessions, codes.SESSION_EXPIRED)
            return self.close(session)
        change: Any = {
            codes.DELETE: self.delete,
            codes.SET_DATA: self.set_data,
            codes.SET_ACL: self.set_acl,
            codes.CHECK: self.check,
            codes.CHECK_NOT_EXISTS: self.check_not_exists,
            codes.CHECK_STAT: self.check_stat,
            codes.TRY_REMOVE: self.try_remove,
            codes.REMOVE_RECURSIVE: self.remove_recursive,
        }[op]
        return change(who, *request[1:])

    def create(self, request: tuple[Any, ...], session: int, who: Any) -> Any:
        op, path, data, given, flags = request[:5]
        if op == codes.CREATE_TTL:
            demand(flags in (5, 6) and 0 < request[5] < 2**40, codes.BAD_ARGUMENTS)
        else:
            demand(flags in range(5), codes.BAD_ARGUMENTS)
        demand(flags not in (1, 3) or session in self.sessions, codes.SESSION_EXPIRED)
        demand(b"/" in path, codes.BAD_ARGUMENTS)
        stored = acl.granted(given, who)
        demand(stored is not None, codes.INVALID_ACL)
        parent = self.znodes.get(path.rpartition(b"/")[0] or b"/")
        demand(parent, codes.NO_NODE)
        assert parent is not None
        demand(acl.may(parent["acl"], codes.PERM_CREATE, who), codes.NO_AUTH)
        if flags & 2:
            path += b"%010d" % parent["creates"]
        demand(paths.check(path), codes.BAD_ARGUMENTS)
        demand(path not in self.znodes, codes.NODE_EXISTS)
        demand(parent["owner"] <= 0, codes.NO_CHILDREN_FOR_EPHEMERALS)
        owner = session if flags in (1, 3) else 0
        if op == codes.CREATE_CONTAINER:
            owner = CONTAINER
        elif op == codes.CREATE_TTL:
            owner = -(0x01 << 56) + request[5]
        self.add(path, data, stored or b"", owner)
        return path if op == codes.CREATE else (path, self.stat68(path))

    def delete(self, who: Any, path: bytes, version: int) -> None:
        demand(b"/" in path and path not in OWN, codes.BAD_ARGUMENTS)
        parent = self.znodes.get(path.rpartition(b"/")[0] or b"/")
        demand(parent, codes.NO_NODE)
        assert parent is not None
        demand(acl.may(parent["acl"], codes.PERM_DELETE, who), codes.NO_AUTH)
        demand(path in self.znodes, codes.NO_NODE)
        demand(version in (-1, self.znodes[path]["version"]), codes.BAD_VERSION)
        demand(not self.children(path), codes.NOT_EMPTY)
        self.remove(path)

    def collect(self, path: bytes, never_used_ms: int) -> None:
        znode = self.znodes.get(path, {"owner": 0})
        if znode["owner"] < 0 and not self.children(path):
            age_ms = self.time_ms - znode["mtime"]
            if znode["owner"] != CONTAINER:
                ended = age_ms > znode["owner"] & (2**40 - 1)
            else:
                ended = znode["creates"] > 0 or (never_used_ms and age_ms > never_used_ms)
            if ended:
                self.remove(path)

    def check_not_exists(self, who: Any, path: bytes, version: int) -> None:
        demand(paths.check(path), codes.BAD_ARGUMENTS)
        znode = self.znodes.get(path)
        if znode is not None:
            demand(acl.may(znode["acl"], codes.PERM_READ, who), codes.NO_AUTH)
            demand(version not in (-1, znode["version"]), codes.NODE_EXISTS)

    def check_stat(self, who: Any, path: bytes, version: int, wanted: Any) -> None:
        self.check(who, path, version)
        for want, found in zip(wanted, STAT.unpack(self.stat68(path)), strict=True):
            demand(want in (-1, found), codes.BAD_VERSION)

    def try_remove(self, who: Any, path: bytes, version: int) -> None:
        try:
            self.delete(who, path, version)
        except Refused as refused:
            if refused.error not in (codes.NO_NODE, codes.BAD_VERSION, codes.NOT_EMPTY):
                raise

    def remove_recursive(self, who: Any, path: bytes, limit: int) -> None:
        demand(paths.check(path) and path not in OWN, codes.BAD_ARGUMENTS)
        parent = self.znodes.get(paths.parent(path))
        if parent is None:
            return
        demand(acl.may(parent["acl"], codes.PERM_DELETE, who), codes.NO_AUTH)
        doomed = [one for one in self.znodes if (one + b"/").startswith(path + b"/")]
        demand(len(doomed) <= limit, codes.NOT_EMPTY)
        for one in doomed:
            demand(acl.may(self.znodes[one]["acl"], codes.PERM_DELETE, who), codes.NO_AUTH)
        for one in sorted(doomed, key=lambda one: (one.count(b"/"), one), reverse=True):
            self.remove(one)

    def remove(self, path: bytes) -> None:
        gone = self.znodes.pop(path)
        self.events.append((codes.EVENT_DELETED, path, gone["acl"]))
        self.family(path)

    def find(self, who: Any, path: bytes, permission: int) -> dict[str, Any]:
        demand(paths.check(path), codes.BAD_ARGUMENTS)
        demand(path in self.znodes, codes.NO_NODE)
        demand(acl.may(self.znodes[path]["acl"], permission, who), codes.NO_AUTH)
        return self.znodes[path]

    def set_data(self, who: Any, path: bytes, data: bytes | None, version: int) -> bytes:
        znode = self.find(who, path, codes.PERM_WRITE)
        demand(version in (-1, znode["version"]), codes.BAD_VERSION)
        znode.update(data=data, version=znode["version"] + 1, mzxid=self.zxid, mtime=self.time_ms)
        self.events.append((codes.EVENT_DATA_CHANGED, path, znode["acl"]))
        return self.stat68(path)

    def set_acl(self, who: Any, path: bytes, given: bytes, version: int) -> bytes:
        demand(paths.check(path), codes.BAD_ARGUMENTS)
        stored = acl.granted(given, who)
        demand(stored is not None, codes.INVALID_ACL)
        znode = self.find(who, path, codes.PERM_ADMIN)
        demand(version in (-1, znode["aversion"]), codes.BAD_VERSION)
        znode.update(acl=stored, aversion=znode["aversion"] + 1)
        return self.stat68(path)

    def check(self, who: Any, path: bytes, version: int) -> None:
        znode = self.find(who, path, codes.PERM_READ)
        demand(version in (-1, znode["version"]), codes.BAD_VERSION)

    def multi(self, parts: Any, session: int, who: Any) -> list[tuple[int, int, Any]]:
        before = copy.deepcopy((self.znodes, self.events))
        said: list[tuple[int, int, Any]] = []
        parts = [self.meant(part) for part in parts]
        for part in parts:
            try:
                said.append((part[0], codes.OK, self.do(part, session, who)))
            except Refused as refused:
                self.znodes, self.events = before
                after = [codes.RUNTIME_INCONSISTENCY] * (len(parts) - len(said) - 1)
                errors = [codes.OK] * len(said) + [refused.error] + after
                return [(codes.ERROR, error, None) for error in errors]
        return said

    def meant(self, part: tuple[Any, ...]) -> tuple[Any, ...]:
        op, flags = part[0], part[4] if len(part) > 4 else 0
        if op in (codes.CREATE, codes.CREATE2, codes.CREATE_CONTAINER):
            demand(flags in range(5), codes.MARSHALLING_ERROR)
        elif op != codes.CREATE_TTL or flags in (5, 6):
            return part
        if flags == 4:
            return (codes.CREATE_CONTAINER, *part[1:5])
        return part if op != codes.CREATE_TTL else (codes.CREATE, *part[1:5])

    def close(self, session: int) -> None:
        del self.sessions[session]
        for path in sorted(p for p, znode in self.znodes.items() if znode["owner"] == session):
            self.remove(path)
