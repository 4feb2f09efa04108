"""An ephemeral znode of ours: there exactly once while it is wanted, and gone when it is not.

Its name has a guid. A create whose answer was lost is looked for before it is tried again, and what
may have been created is removed for as long as its session lives, whoever was cancelled meanwhile.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from hikari_client.errors import (
    ClientClosed,
    ConnectionLoss,
    ForkedClient,
    NoAuth,
    NodeExists,
    NoNode,
    SessionExpired,
    TransactionFailed,
    ZKError,
)
from hikari_client.operations import ACLs
from hikari_client.recipes.waiting import (
    Patience,
    Signal,
    background,
    ignored,
    join,
    log,
    surely,
)
from hikari_client.values import Created, Event, EventType, State, Status

if TYPE_CHECKING:
    from hikari_client.client import Client

_NUMBER: Final = re.compile(r"-?\d{10,}$")
REVOKED: Final = b"__REVOKE__"  # Curator's
AGAIN_S: Final = 1.0
"""So long after a refusal (a read-only member, a throttled one) a delete is tried again."""


class Claim:
    """See the module. `name`: with `{guid}` in it, a sequential znode has its number behind it.
    Without sequence a name may be without guid too: then `data` must be of us alone.

    `gone` happens when the session is lost by the client's own clock, or the znode was deleted by
    somebody else, or is dropped by us; with `cautious`, already when the connection is suspended.
    `revoked` happens when somebody asks for it to be given back.
    """

    def __init__(
        self,
        client: "Client",
        parent: str,
        name: str,
        data: bytes = b"",
        *,
        sequential: bool = False,
        acl: ACLs = None,
        cautious: bool = False,
    ) -> None:
        self.client = client
        self.parent = parent
        self.created: Created | None = None
        self.session = 0
        self.gone = Signal(client)
        self.revoked = Signal(client)
        self.siblings: list[str] | None = None
        self._name = name
        self._prefix = ""
        self._data = data
        self._sequential = sequential
        self._acl = acl
        self._cautious = cautious
        self._in_doubt = False
        self._dropped = False
        self._removed = Signal(client)
        self._stop_listening: Callable[[], None] = lambda: None

    @property
    def path(self) -> str:
        return self.created.path if self.created else ""

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def token(self) -> int:
        """The zxid of its creation: greater than that of every earlier one."""
        return self.created.stat.czxid if self.created else 0

    async def make(self, patience: Patience, *, listing: bool = False) -> None:
        """Create it, in whatever session there is. Raises what create does, and NodeExists if it
        belongs to another session.

        `listing`: ask for the names beside it in the same breath; a server answers one connection
        in order, so they are as of after the creation. They are `siblings` (None: nobody knows).
        """
        while self.created is None:
            try:
                await self._try(patience, listing)
            except SessionExpired:
                self._in_doubt = False  # with its session it is gone
            except ConnectionLoss as error:
                self._in_doubt = self._in_doubt or error.maybe_applied
        self._in_doubt = False
        self._stop_listening = self.client.listen(self._moved)
        self._moved(self.client.status)

    async def _try(self, patience: Patience, listing: bool) -> None:
        client = self.client
        await client.connected(patience.left())
        if client.session_id != self.session:
            self.session, self._in_doubt = client.session_id, False
            self._prefix = self._name.replace("{guid}", uuid4().hex)
        if self._in_doubt:
            self.created = await self._find(patience)
            if self.created is not None:
                return
        self._in_doubt = True
        try:
            self.created = await self._create(patience, listing)
        except NoNode:
            self._in_doubt = False
            await client.ensure_path(self.parent, acl=self._acl, deadline=patience.left())
        except NodeExists:
            self._in_doubt = False
            self.created = await self._find(patience)
            if self.created is None and await client.exists(join(self.parent, self._prefix)):
                raise
        except (SessionExpired, ConnectionLoss):
            raise
        except ZKError as error:
            self._in_doubt = error.maybe_applied
            raise

    async def _create(self, patience: Patience, listing: bool) -> Created:
        client, left = self.client, patience.left()
        creating = client.create(
            join(self.parent, self._prefix),
            self._data,
            acl=self._acl,
            ephemeral=True,
            sequential=self._sequential,
            deadline=left,
        )
        names = client.children(self.parent, deadline=left) if listing else None
        try:
            created = await creating
            if names is not None:
                with suppress(ZKError):  # it is asked for again
                    mine, names = names, None
                    self.siblings = await mine
        finally:
            if names is not None:
                background(client, ignored(names))
        return created

    async def _find(
        self, patience: Patience | None = None, *, any_session: bool = True
    ) -> Created | None:
        """What we created without hearing of it. A sync comes first: the member we are connected to
        now may not have heard of it either."""
        client, parent = self.client, self.parent
        how: dict[str, Any] = {"patience": patience, "any_session": any_session}
        await surely(client, client.sync, parent, **how)
        try:
            names = await surely(client, client.children, parent, **how)
        except NoNode:
            return None
        for name in names:
            if name.startswith(self._prefix) if self._sequential else name == self._prefix:
                path = join(parent, name)
                with suppress(NoNode):
                    data, stat = await surely(client, client.get, path, **how)
                    ours = "{guid}" in self._name or data == self._data
                    if ours and stat.ephemeral_owner == self.session:
                        return Created(path, stat)
        return None

    async def replace(self, other: "Claim") -> bool:
        """Take the place of another one of this session, with its number, at one moment; False: it
        was there no more. Whatever goes wrong, `other` is dropped too."""
        client = self.client
        self.session, self._in_doubt = other.session, True
        self._prefix = self._name.replace("{guid}", uuid4().hex)
        number = _NUMBER.search(other.name)
        assert number is not None
        path = join(self.parent, self._prefix + number[0])
        try:
            change = client.transaction()
            change.create(path, self._data, acl=self._acl, ephemeral=True)
            change.delete(other.path)
            created, _ = await change.commit()
            assert isinstance(created, Created)
            self.created = created
        except TransactionFailed:
            self._in_doubt = False
            return False
        finally:
            other.abandon()
            if self.created is None:
                self.abandon()
        self._stop_listening = client.listen(self._moved)
        self._moved(client.status)
        return True

    def guard(self) -> None:
        """From now on, `gone` tells of its deletion too, and `revoked` of what its data become.
        Nobody waits for that: as soon as a server has heard of it."""
        background(self.client, self._guard())

    async def _guard(self) -> None:
        client, path = self.client, self.path
        try:
            node = await surely(client, client.get, path, watch=self._own_event, any_session=False)
        except NoNode:
            self.gone.set()
        except (SessionExpired, ClientClosed, ForkedClient):
            return  # `gone` is told by the client itself
        except ZKError as error:
            log.warning("%s is not watched: %s", path, error)
        else:
            if node.data == REVOKED:
                self.revoked.set()

    def _own_event(self, event: Event) -> None:
        if self._dropped or self.gone.is_set:
            return
        if event.type is EventType.DELETED:
            self.gone.set()
        elif not event.gap:
            self.guard()

    def _moved(self, status: Status) -> None:
        lost = self.client.session_id != self.session or status.state is State.CLOSED
        if lost or (self._cautious and status.state is State.SUSPENDED):
            self._stop_listening()
            self.gone.set()

    async def drop(self) -> None:
        """Remove it; returns when it is gone, or its session. A cancellation does not stop it."""
        self.abandon()
        await self._removed

    def abandon(self) -> None:
        """Remove it beside: nobody waits for that."""
        self._stop_listening()
        if not self._dropped:
            self._dropped = True
            self.gone.set()
            if self._in_doubt or self.created is not None:
                background(self.client, self._remove(), self._removed.set)
            else:
                self._removed.set()

    async def _remove(self) -> None:
        client = self.client
        while client.session_id == self.session and self.session:
            try:
                if self.created is None:
                    self.created = await self._find(any_session=False)
                if self.created is not None:
                    path = self.created.path
                    await surely(client, client.delete, path, any_session=False)
                return
            except (NoNode, SessionExpired, ClientClosed, ForkedClient):
                return
            except NoAuth as error:
                log.warning("%s stays until its session ends: %s", self.path, error)
                return
            except ZKError:
                await client.sleep(AGAIN_S)
