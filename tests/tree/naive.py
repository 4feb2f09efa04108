"""The tree as one would write it for clarity alone: dicts, copies, no rows, no cache, no undo."""

import copy
from typing import Any

from hikari.tree import acl
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
            2 * z["creates"] - children, z["aversion"], z["owner"], len(z["data"] or b""),
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
        if op in (codes.CREATE, codes.CREATE2):
            return self.create(request, session, who)
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
        }[op]
        return change(who, *request[1:])

    def create(self, request: tuple[Any, ...], session: int, who: Any) -> Any:
        op, path, data, given, flags = request
        demand(flags in range(7), codes.BAD_ARGUMENTS)
        demand(flags < 4, codes.UNIMPLEMENTED)
        demand(not flags & 1 or session in self.sessions, codes.SESSION_EXPIRED)
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
        demand(not parent["owner"], codes.NO_CHILDREN_FOR_EPHEMERALS)
        self.add(path, data, stored or b"", session if flags & 1 else 0)
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
        for part in parts:
            try:
                said.append((part[0], codes.OK, self.do(part, session, who)))
            except Refused as refused:
                self.znodes, self.events = before
                after = [codes.RUNTIME_INCONSISTENCY] * (len(parts) - len(said) - 1)
                errors = [codes.OK] * len(said) + [refused.error] + after
                return [(codes.ERROR, error, None) for error in errors]
        return said

    def close(self, session: int) -> None:
        del self.sessions[session]
        for path in sorted(p for p, znode in self.znodes.items() if znode["owner"] == session):
            self.remove(path)
