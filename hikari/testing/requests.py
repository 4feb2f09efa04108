"""A plan's words for requests, made into requests."""

from typing import Any, Final

from hikari.testing.clients import SimulatedClient
from hikari.testing.scripts import Act
from hikari_wire import acl, codes

Request = tuple[Any, ...]

_OTHERS: Final = {
    "watch": codes.ADD_WATCH,
    "unwatch": codes.REMOVE_WATCHES,
    "watched": codes.CHECK_WATCHES,
    "ephemerals": codes.GET_EPHEMERALS,
    "count": codes.GET_ALL_CHILDREN_NUMBER,
}


def make_requests(client: SimulatedClient, act: Act) -> list[Request]:
    """The requests that a plan's act asks for. Data is unique: it says who wrote it, and when."""
    kind, *arguments = act
    if kind == "burst":
        return [request for one in arguments[0] for request in make_requests(client, one)]
    if kind == "linear get":
        return [(codes.SYNC, arguments[0].encode()), *make_requests(client, ["get", *arguments])]
    if kind == "multi":
        return [(codes.MULTI, tuple(_part(client, part) for part in arguments[0]))]
    return [_request(client, kind, arguments)]


def _request(client: SimulatedClient, kind: str, arguments: list[Any]) -> Request:
    if kind == "close":
        return (codes.CLOSE_SESSION,)
    if kind == "sync":
        return (codes.SYNC, b"/")
    if kind == "who":
        return (codes.WHO_AM_I,)
    path = arguments[0].encode()
    if kind in _OTHERS:
        return (_OTHERS[kind], path, *arguments[1:])
    if kind == "get":
        return (codes.GET_DATA, path, arguments[1])
    if kind == "exists":
        return (codes.EXISTS, path, arguments[1])
    if kind == "children":
        return (codes.GET_CHILDREN2, path, arguments[1])
    return _part(client, [kind, *arguments])


def _part(client: SimulatedClient, act: Act) -> Request:
    kind, text, *rest = act
    path = text.encode()
    if kind == "create":
        return (codes.CREATE, path, client.unique(), b"", rest[0])
    if kind == "create hidden":
        return (codes.CREATE, path, client.unique(), _hidden(client), rest[0])
    if kind == "set":
        return (codes.SET_DATA, path, client.unique(), -1)
    if kind == "cas":
        return (codes.SET_DATA, path, client.unique(), client.versions.get(path, 0))
    if kind == "check":
        return (codes.CHECK, path, client.versions.get(path, 0))
    if kind in _WITH_VERSION:
        return (_WITH_VERSION[kind], path, -1)
    if kind == "remove all":
        return (codes.REMOVE_RECURSIVE, path, rest[0])
    if kind == "say":  # what means something to the tree, and so is not unique
        return (codes.SET_DATA, path, rest[0].encode(), -1)
    return _create(client.unique(), kind, path, rest)


_WITH_VERSION = {
    "delete": codes.DELETE,
    "try": codes.TRY_REMOVE,
    "absent": codes.CHECK_NOT_EXISTS,
}


def _create(data: bytes, kind: str, path: bytes, rest: list[Any]) -> Request:
    if kind == "container":
        return (codes.CREATE_CONTAINER, path, data, b"", codes.CONTAINER)
    if kind == "ttl":
        flags = codes.PERSISTENT_WITH_TTL + bool(path.endswith(b"-"))
        return (codes.CREATE_TTL, path, data, b"", flags, rest[0])
    assert kind == "if absent", kind
    return (codes.CREATE_IF_NOT_EXISTS, path, data, b"", codes.PERSISTENT)


def _hidden(client: SimulatedClient) -> bytes:
    """An ACL that lets anybody do anything but read: that, only this client may."""
    everybody = codes.PERM_ALL - codes.PERM_READ
    mine = (codes.PERM_READ, b"ip", client.process.host.encode())
    return acl.pack([mine, (everybody, b"world", b"anyone")])
