"""Creating and deleting one znode, whatever becomes of the connection: what Curator calls protected
and guaranteed."""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from hikari_client.errors import (
    AuthFailed,
    BadArguments,
    ClientClosed,
    ConnectionLoss,
    ForkedClient,
    NoAuth,
    NoNode,
    NotEmpty,
    SessionExpired,
    ZKError,
)
from hikari_client.operations import ACLs
from hikari_client.recipes.claim import AGAIN_S
from hikari_client.recipes.waiting import Patience, Signal, background, join, log, surely
from hikari_client.values import Created

if TYPE_CHECKING:
    from hikari_client.client import Client


async def create_protected(
    client: "Client",
    path: str,
    data: bytes = b"",
    *,
    ephemeral: bool = False,
    sequential: bool = False,
    acl: ACLs = None,
    timeout: float | None = None,
) -> Created:
    """Create it exactly once, with a mark before its name: `_c_<guid>-<name>`. If the answer is
    lost it is looked for by the mark, in whatever session; an ephemeral whose session is over is
    made anew.

    Raises what create does but ConnectionLoss, and DeadlineExceeded; then nothing of it stays, nor
    after a cancellation: what may have been made is removed as soon as a server can be reached.
    """
    making = _Making(client, path, data, ephemeral, sequential, acl)
    made = False
    try:
        created = await making.make(Patience(client, timeout))
        made = True
        return created
    finally:
        if not made:
            making.undo()


class _Making:
    def __init__(
        self,
        client: "Client",
        path: str,
        data: bytes,
        ephemeral: bool,
        sequential: bool,
        acl: ACLs,
    ) -> None:
        self._client = client
        above, _, self._name = path.rpartition("/")
        self._parent = above or "/"
        self._mark = ""
        self._in_doubt = False
        self._data = data
        self._how: Any = {"ephemeral": ephemeral, "sequential": sequential, "acl": acl}

    async def make(self, patience: Patience) -> Created:
        client, ephemeral = self._client, self._how["ephemeral"]
        while True:
            await client.connected(patience.left())
            if self._in_doubt:
                found = await self._find(patience)
                if found is not None:
                    if not ephemeral or found.stat.ephemeral_owner == client.session_id:
                        return found
                    await surely(client, client.delete, found.path, missing_ok=True)
            self._mark = f"_c_{uuid4()}-"
            created = await self._try(patience)
            if created is not None:
                return created

    async def _try(self, patience: Patience) -> Created | None:
        """None: nobody knows."""
        where = join(self._parent, self._mark + self._name)
        self._in_doubt = True
        try:
            return await self._client.create(
                where, self._data, **self._how, deadline=patience.left()
            )
        except ZKError as error:
            self._in_doubt = error.maybe_applied
            if not isinstance(error, ConnectionLoss | SessionExpired):
                raise
            return None

    async def _find(self, patience: Patience | None) -> Created | None:
        """A sync comes first: the member that is asked now may not have heard of it yet."""
        client = self._client
        await surely(client, client.sync, self._parent, patience=patience)
        try:
            names = await surely(client, client.children, self._parent, patience=patience)
        except NoNode:
            return None
        for name in names:
            if name.startswith(self._mark):
                path = join(self._parent, name)
                stat = await surely(client, client.exists, path, patience=patience)
                if stat is not None:
                    return Created(path, stat)
        return None

    def undo(self) -> None:
        if self._in_doubt:
            background(self._client, self._remove())

    async def _remove(self) -> None:
        try:
            found = await self._find(None)
        except ZKError as error:
            log.warning("%s may be left behind: %s", join(self._parent, self._mark), error)
        else:
            if found is not None:
                delete_guaranteed(self._client, found.path)


def delete_guaranteed(client: "Client", path: str) -> Signal:
    """Delete it beside, for as long as this client lives: through lost connections and sessions,
    and again when it is refused for now. To be awaited, by who wants to: it is gone, or must not be
    deleted, which is logged (it has children, or is not ours to delete)."""
    done = Signal(client)
    background(client, _delete(client, path), done.set)
    return done


async def _delete(client: "Client", path: str) -> None:
    while True:
        try:
            await surely(client, client.delete, path, missing_ok=True)
            return
        except (ClientClosed, ForkedClient):
            return
        except (NotEmpty, NoAuth, AuthFailed, BadArguments) as error:
            log.warning("%s stays: %s", path, error)
            return
        except ZKError:
            await client.sleep(AGAIN_S)
