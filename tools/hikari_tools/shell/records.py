"""Znodes on their way: between paths, between ensembles, into files and out of them.

A record's path is that below what is copied ("/" is the top itself). Records come parents first,
children by their names, so that two streams of them can be held against each other as they come.
"""

import json
from collections.abc import AsyncIterator
from typing import IO, Any, NamedTuple

from hikari_client import ACL, Client
from hikari_tools.shell import acls, data
from hikari_tools.shell.complaints import LOCAL, Complaint
from hikari_tools.shell.streams import lines_of
from hikari_tools.shell.walking import Walk, relative


class Record(NamedTuple):
    """`acl` None: not known. (No server tells which znodes are containers or have a TTL.)"""

    path: str
    data: bytes
    acl: list[ACL] | None = None
    ephemeral: bool = False

    @property
    def order(self) -> list[str]:
        return self.path.split("/")


class Source:
    """The records of a subtree. `denied`: how many could not be read."""

    def __init__(self, zk: Client, root: str, acl: bool = True) -> None:
        self._walk = Walk(zk, root, data=True, acl=acl)
        self._root = root

    @property
    def denied(self) -> int:
        return self._walk.denied

    async def __aiter__(self) -> AsyncIterator[Record]:
        async for found in self._walk:
            if self._root == "/" and (found.path + "/").startswith("/zookeeper/"):
                continue  # the server's own
            yield Record(
                relative(found.path, self._root),
                found.data,
                found.acl,
                bool(found.stat.ephemeral_owner),
            )


def written(record: Record) -> str:
    """A line of an export."""
    value: dict[str, Any] = {"path": record.path, **data.plain(record.data)}
    if record.acl is not None:
        value["acl"] = [acls.written(entry) for entry in record.acl]
    if record.ephemeral:
        value["ephemeral"] = True
    return data.as_json(value)


def read(line: str, where: str) -> Record:
    """The inverse. `where`: for the Complaint that this raises if it is no such line."""
    try:
        value = json.loads(line)
        path = value["path"]
        if (
            not isinstance(path, str)
            or not path.startswith("/")
            or (path != "/" and path[-1] == "/")
        ):
            raise ValueError("its path does not begin with /")
        path.encode()
        entries = value.get("acl")
        return Record(
            path,
            data.from_plain(value),
            None if entries is None else acls.parse(",".join(entries)),
            bool(value.get("ephemeral")),
        )
    except Complaint as complaint:
        raise Complaint(f"{where}: {complaint}", LOCAL) from None
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Complaint(f"{where}: this is no line of an export: {error}", LOCAL) from None


async def from_file(file: IO[bytes]) -> AsyncIterator[Record]:
    """The records of an export, as they stand there. Raises a Complaint that names the line."""
    number = 0
    async for line in lines_of(file.fileno()):
        number += 1
        if line.strip():
            yield read(line, f"{file.name}, line {number}")


class Difference(NamedTuple):
    """At one path: what is on either side (None: nothing), and in what they differ."""

    path: str
    one: Record | None
    other: Record | None
    what: tuple[str, ...] = ()


async def differences(
    one: AsyncIterator[Record], other: AsyncIterator[Record], *, acl: bool
) -> AsyncIterator[Difference]:
    """Two streams held against each other. ACLs only if both know them, and `acl`."""
    left, right = await anext(one, None), await anext(other, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left.order < right.order):
            assert left is not None
            yield Difference(left.path, left, None)
            left = await anext(one, None)
        elif left is None or right.order < left.order:
            yield Difference(right.path, None, right)
            right = await anext(other, None)
        else:
            what = _differing(left, right, acl)
            if what:
                yield Difference(left.path, left, right, what)
            left, right = await anext(one, None), await anext(other, None)


def _differing(left: Record, right: Record, acl: bool) -> tuple[str, ...]:
    what = []
    if left.data != right.data:
        what.append("data")
    if left.ephemeral != right.ephemeral:
        what.append("ephemeral")
    known = left.acl is not None and right.acl is not None
    if acl and known and set(left.acl or ()) != set(right.acl or ()):
        what.append("acl")
    return tuple(what)
