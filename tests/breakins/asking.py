"""What can be asked of a znode, and which permission it takes: a row for every opcode with a path.

Written from ZooKeeper's rules (and Keeper's, for its own opcodes), not from Hikari's code.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from hikari_wire import codes

Request = tuple[Any, ...]

READ: Final = codes.PERM_READ
WRITE: Final = codes.PERM_WRITE
CREATE: Final = codes.PERM_CREATE
DELETE: Final = codes.PERM_DELETE
ADMIN: Final = codes.PERM_ADMIN


class Ask(NamedTuple):
    """`request(path)` needs one of these permissions on `path` itself. `exact`: with it, OK."""

    name: str
    permission: int
    request: Callable[[bytes], Request]
    exact: bool = True

    @property
    def op(self) -> int:
        """The opcode."""
        return int(self.request(b"/x")[0])


def _stat(**given: int) -> tuple[int, ...]:
    names = ("czxid", "mzxid", "ctime", "mtime", "version", "cversion", "aversion")
    numbers = dict.fromkeys((*names, "owner", "length", "children", "pzxid"), -1)
    return tuple((numbers | given).values())


def _looking(name: str, op: int) -> Ask:
    return Ask(name, READ, lambda path: (op, path, False))


def _listing(kind: int, *more: bool) -> Ask:
    op = codes.FILTERED_LIST_WITH_DATA if more else codes.FILTERED_LIST
    name = f"{codes.OP_NAMES[op]} {kind} {more or ''}"
    return Ask(name, READ, lambda path: (op, path, False, kind, *more))


def _version(op: int, permission: int, version: int) -> Ask:
    name = f"{codes.OP_NAMES[op]} of version {version}"
    return Ask(name, permission, lambda path: (op, path, version), exact=False)


def _checking(name: str, **given: int) -> Ask:
    numbers = _stat(**given)
    return Ask(
        f"checkStat of {name}", READ, lambda path: (codes.CHECK_STAT, path, -1, numbers), not given
    )


def _making(op: int, flags: int, name: bytes = b"/new", acl: bytes = b"") -> Ask:
    def request(path: bytes) -> Request:
        made = (op, path + name, b"", acl, flags)
        return (*made, 1000) if op == codes.CREATE_TTL else made

    what = f"{codes.OP_NAMES[op]} {name.decode()} with flags {flags}"
    return Ask(what, CREATE, request, exact=name == b"/new")


def _removing(op: int, name: bytes, number: int) -> Ask:
    what = f"{codes.OP_NAMES[op]} {name.decode()} {number}"
    return Ask(what, DELETE, lambda path: (op, path + name, number), exact=False)


LOOKS: Final = (
    _looking("exists", codes.EXISTS),
    _looking("getData", codes.GET_DATA),
    _looking("getChildren", codes.GET_CHILDREN),
    _looking("getChildren2", codes.GET_CHILDREN2),
    Ask("getAllChildrenNumber", READ, lambda path: (codes.GET_ALL_CHILDREN_NUMBER, path)),
    Ask("getACL", READ | ADMIN, lambda path: (codes.GET_ACL, path)),
    *(_listing(kind) for kind in (0, 1, 2)),
    _listing(0, False, False),
    _listing(0, True, False),
    _listing(1, False, True),
    *(
        Ask(f"listRecursive {limit}", READ, lambda path, n=limit: (codes.LIST_RECURSIVE, path, n))  # type: ignore[misc]
        for limit in (0, 1, 100)
    ),
)
CHECKS: Final = (
    *(_version(codes.CHECK, READ, version) for version in (-1, 0, 1, 99)),
    *(_version(codes.CHECK_NOT_EXISTS, READ, version) for version in (-1, 0, 99)),
    _checking("nothing"),
    *(_checking(f"{n} children", children=n) for n in (0, 2, 4)),
    _checking("a length", length=12),
    _checking("a version", version=1),
)
CHANGES: Final = (
    *(
        Ask(
            f"setData of version {version}",
            WRITE,
            lambda path, v=version: (codes.SET_DATA, path, b"mine", v),  # type: ignore[misc]
            exact=version == -1,
        )
        for version in (-1, 0, 99)
    ),
    _making(codes.CREATE, 0),
    _making(codes.CREATE, codes.EPHEMERAL),
    _making(codes.CREATE, codes.EPHEMERAL_SEQUENTIAL),
    _making(codes.CREATE2, codes.PERSISTENT_SEQUENTIAL),
    _making(codes.CREATE, 0, b"/gem"),
    _making(codes.CREATE_CONTAINER, codes.CONTAINER),
    _making(codes.CREATE_TTL, codes.PERSISTENT_WITH_TTL),
    _making(codes.CREATE_IF_NOT_EXISTS, 0),
    _making(codes.CREATE_IF_NOT_EXISTS, 0, b"/gem"),
    *(_removing(codes.DELETE, name, n) for name in (b"/gem", b"/no") for n in (-1, 0, 99)),
    *(_removing(codes.TRY_REMOVE, name, n) for name in (b"/gem", b"/no") for n in (-1, 99)),
    *(_removing(codes.REMOVE_RECURSIVE, name, 99) for name in (b"/gem", b"/no")),
)
GROWN: Final = tuple(
    Ask(
        f"removeRecursive of at most {limit}",
        DELETE,
        lambda path, n=limit: (codes.REMOVE_RECURSIVE, path, n),  # type: ignore[misc]
        exact=limit == 99,
    )
    for limit in (1, 3, 5, 99)
)
"""Where one may delete above, but not here."""
ALONE: Final = (
    *(
        Ask(
            f"setACL of version {version}",
            ADMIN,
            lambda path, v=version: (codes.SET_ACL, path, b"", v),  # type: ignore[misc]
            exact=version == -1,
        )
        for version in (-1, 0, 99)
    ),
)
"""What no multi may hold."""
ASKS: Final = (*LOOKS, *CHECKS, *CHANGES, *GROWN, *ALONE)

WITHOUT_A_ZNODE: Final = frozenset(
    (
        *(codes.NOTIFICATION, codes.PING, codes.AUTH, codes.SASL, codes.WHO_AM_I, codes.SYNC),
        *(codes.RECONFIG, codes.CREATE_SESSION, codes.CLOSE_SESSION, codes.ERROR),
        codes.DELETE_CONTAINER,  # answered UNIMPLEMENTED
    )
)
"""Opcodes that look at no znode of the tree."""
BY_OTHER_FAMILIES: Final = frozenset(
    (
        *(codes.MULTI, codes.MULTI_READ, codes.GET_EPHEMERALS, codes.ADD_WATCH),
        *(codes.SET_WATCHES, codes.SET_WATCHES2, codes.CHECK_WATCHES, codes.REMOVE_WATCHES),
    )
)
"""Those that carry others, and those about watches and one's own session."""
