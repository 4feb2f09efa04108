"""Who is here: parties as kazoo has them, and groups whose members have names (Curator's
GroupMember)."""

from typing import TYPE_CHECKING, Final
from uuid import uuid4

from hikari_client.errors import BadArguments, NoNode
from hikari_client.recipes.persistent_node import PersistentNode
from hikari_client.recipes.waiting import all_of, join, surely
from hikari_client.values import NodeData

if TYPE_CHECKING:
    from hikari_client.client import Client

_PARTY: Final = "__party__"


class Party(PersistentNode):
    """`async with` makes us a member, through all sessions; `members` also works from outside.
    `name` is data of the znode, and need not be unique."""

    def __init__(self, client: "Client", path: str, name: str = "") -> None:
        super().__init__(client, join(path, uuid4().hex + _PARTY), name.encode())
        self.party = path

    async def members(self) -> list[str]:
        """Their names, in the order of joining."""
        names = [name for name in await _children(self.client, self.party) if _PARTY in name]
        found = await _read(self.client, self.party, names)
        nodes = sorted(found.values(), key=lambda node: node.stat.czxid)
        return [node.data.decode("utf-8", "replace") for node in nodes]


class ShallowParty(PersistentNode):
    """The same with the name in that of the znode: to list them is one request."""

    def __init__(self, client: "Client", path: str, name: str) -> None:
        if "/" in name:
            raise BadArguments(path, f"a name has no /: {name!r}")
        super().__init__(client, join(path, f"{uuid4().hex}-{name}"), name.encode())
        self.party = path

    async def members(self) -> list[str]:
        """Their names, sorted."""
        names = await _children(self.client, self.party)
        return sorted(name.partition("-")[2] for name in names)


class Group(PersistentNode):
    """Members with unique names and some data each. A name that an earlier run of ours still has
    is ours when its session is over: `start` waits for that."""

    def __init__(self, client: "Client", path: str, name: str, data: bytes = b"") -> None:
        super().__init__(client, join(path, name), data)
        self.group = path

    async def members(self) -> dict[str, bytes]:
        """Their data, by name."""
        names = await _children(self.client, self.group)
        found = await _read(self.client, self.group, names)
        return {name: node.data for name, node in sorted(found.items())}


async def _children(client: "Client", path: str) -> list[str]:
    try:
        return await surely(client, client.children, path)
    except NoNode:
        return []


async def _read(client: "Client", path: str, names: list[str]) -> dict[str, NodeData]:
    found = await all_of([client.get(join(path, name)) for name in names])
    pairs = zip(names, found, strict=True)
    return {name: node for name, node in pairs if isinstance(node, NodeData)}
