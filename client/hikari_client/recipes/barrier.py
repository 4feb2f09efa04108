"""Barriers: one that somebody opens, and one that opens when all are there."""

from typing import TYPE_CHECKING, Any, Final, Self

from hikari_client.errors import (
    ConnectionLoss,
    NodeExists,
    NoNode,
    SessionExpired,
    TransactionFailed,
)
from hikari_client.recipes.claim import Claim
from hikari_client.recipes.waiting import Patience, Signal, join, surely
from hikari_client.values import Event

if TYPE_CHECKING:
    from hikari_client.client import Client

_READY: Final = "ready"


class Barrier:
    """Closed while its znode is there."""

    def __init__(self, client: "Client", path: str) -> None:
        self.client = client
        self.path = path

    async def close(self) -> None:
        """Whoever comes waits, until somebody opens it; no session's end does."""
        await surely(self.client, self.client.create, self.path, parents=True, exist_ok=True)

    async def open(self) -> None:
        """All that wait go on."""
        await surely(self.client, self.client.delete, self.path, missing_ok=True)

    async def wait(self, timeout: float | None = None) -> None:
        """Until it is open. Raises DeadlineExceeded."""
        await _gone(self.client, self.path, Patience(self.client, timeout))


async def _gone(client: "Client", path: str, patience: Patience) -> None:
    """Wait until it is not there."""
    wake = Signal(client)

    def woken(event: Event) -> None:
        wake.set()

    while True:
        wake.clear()
        try:
            await surely(client, client.get, path, watch=woken, patience=patience)
        except NoNode:
            return
        await wake.wait(patience.left())


class DoubleBarrier:
    """`count` members begin together and end together: `async with` or `enter` and `leave`.

    kazoo's layout. A `ready` that another round left behind is not taken for ours. A member that
    dies counts as one that has left.
    """

    def __init__(
        self,
        client: "Client",
        path: str,
        count: int,
        *,
        name: str = "",
        timeout: float | None = None,
    ) -> None:
        """`timeout`: seconds, of `async with` for each of its ends."""
        self.client = client
        self.path = path
        self.count = count
        self.name = name
        self._timeout = timeout
        self._ready = join(path, _READY)
        self._claim: Claim | None = None
        self._members: set[str] = set()  # of this round, who had not left when we saw it begin

    async def enter(self, timeout: float | None = None) -> None:
        """Wait until `count` members are here. Raises DeadlineExceeded, and SessionExpired if our
        place was lost with the session; then we are out again."""
        assert self._claim is None, "it is inside already"
        client, patience = self.client, Patience(self.client, timeout)
        claim = Claim(client, self.path, "{guid}", self.name.encode())
        inside = False
        try:
            await claim.make(patience)
            await self._all_here(claim, patience)
            names = await surely(client, client.children, self.path, patience=patience)
            self._members = set(names) - {_READY, claim.name}
            inside = True
            self._claim = claim
        finally:
            if not inside:
                claim.abandon()

    async def _all_here(self, claim: Claim, patience: Patience) -> None:
        client = self.client
        wake = Signal(client)
        claim.gone.when(wake.set)

        def woken(event: Event) -> None:
            wake.set()

        while True:
            wake.clear()
            if claim.gone.is_set:
                raise SessionExpired(self.path, "our place was lost")
            ready = await surely(client, client.exists, self._ready, watch=woken, patience=patience)
            if ready is not None and ready.czxid > claim.token:
                return
            names = await surely(client, client.children, self.path, patience=patience)
            if len(set(names) - {_READY}) < self.count:  # who comes last sees all
                if not claim.gone.is_set:
                    await wake.wait(patience.left())
                continue
            await self._make_ready(stale=ready is not None)

    async def _make_ready(self, *, stale: bool) -> None:
        """Others do so too: it is looked at again, whatever comes of it."""
        try:
            if stale:
                async with self.client.transaction() as change:
                    change.delete(self._ready)
                    change.create(self._ready)
            else:
                await surely(self.client, self.client.create, self._ready)
        except (NodeExists, TransactionFailed, ConnectionLoss, SessionExpired):
            return

    async def leave(self, timeout: float | None = None) -> None:
        """Wait until all have left. Raises DeadlineExceeded; we have left in any case."""
        claim, self._claim = self._claim, None
        assert claim is not None, "it is not inside"
        patience = Patience(self.client, timeout)
        try:
            while not await self._left(claim, patience):
                pass
        finally:
            claim.abandon()

    async def _left(self, claim: Claim, patience: Patience) -> bool:
        """One step towards it: the first waits for the last, and the others for the first."""
        client = self.client
        names = await surely(client, client.children, self.path, patience=patience)
        others = sorted(self._members.intersection(names))  # some may be in the next round
        if not others:
            return await self._clear(claim)
        first = claim.name in names and claim.name < others[0]
        if not first:
            await claim.drop()
        await _gone(client, join(self.path, others[-1] if first else others[0]), patience)
        return False

    async def _clear(self, claim: Claim) -> bool:
        """The last one takes the sign away, in one with its own place. (If the last one died, the
        sign stays, and the next round replaces it.)"""
        try:
            async with self.client.transaction() as change:
                change.delete(claim.path)
                change.delete(self._ready)
        except ConnectionLoss:
            return False  # look again
        except (TransactionFailed, SessionExpired):
            await claim.drop()
        return True

    async def __aenter__(self) -> Self:
        await self.enter(self._timeout)
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.leave(self._timeout)
