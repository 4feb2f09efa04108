"""Who leads: one of those that stand, in the order of standing.

async for term in Election(zk, "/leaders/cron", name="worker-7"):
    async with term:                     # its body is cancelled when deposed
        await run_cron(term.token)
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Self, Unpack

from hikari_client.errors import ClientClosed, ZKError
from hikari_client.recipes.claim import Claim
from hikari_client.recipes.contenders import Kind, everybody, queue
from hikari_client.recipes.held import Held, Holder
from hikari_client.recipes.standing import Settings, Standing
from hikari_client.recipes.waiting import Beside, Patience, Signal

if TYPE_CHECKING:
    from hikari_client.client import Client


class _Candidacy(Standing):
    """What a campaign and a latch have in common: the queue of those that stand."""

    _kind: Kind

    async def candidates(self) -> list[Holder]:
        """All that stand, in order; the first one leads, or is about to."""
        return await self._contenders()

    async def leader(self) -> Holder | None:
        return next(iter(await self.candidates()), None)

    async def _elected(self) -> Claim:
        patience = Patience(self.client, None)
        claim = await queue(
            self.client, lambda: self._contender(self._kind), everybody, patience, wait=True
        )
        assert claim is not None
        return claim


class Election(_Candidacy):
    """A campaign: each time we are elected, `async for` gives a term, a `Held` with `token`, `lost`
    and `check`. It ends with its `async with`, or when the next one is asked for; then we stand
    again, behind the others. Settings: see `Settings`. Curator's layout: its LeaderSelector's."""

    _kind = "lock"

    def __aiter__(self) -> AsyncIterator[Held]:
        return self._terms()

    async def _terms(self) -> AsyncIterator[Held]:
        while True:
            claim = await self._elected()
            try:
                yield Held(claim, self._on_lost, self.candidates)
            finally:
                claim.abandon()


class LeaderLatch(_Candidacy):
    """Stand from `start` (or `async with`) to `close`, and lead whenever it is our turn.

    `term` is what we hold while we lead, else None. After a lost session, or the release of a term,
    we stand again. Settings: see `Settings`.
    """

    _kind = "latch"

    def __init__(self, client: "Client", path: str, **settings: Unpack[Settings]) -> None:
        super().__init__(client, path, **settings)
        self.term: Held | None = None
        self._changed = Signal(client)
        self._error: Exception | None = None
        self._task: Beside | None = None

    @property
    def leads(self) -> bool:
        """Now, by our own clock too."""
        return self.term is not None and not self.term.is_lost

    def start(self) -> None:
        """Stand. Once only."""
        assert self._task is None, "it stands already"
        self._task = Beside(self.client, self._stand())

    async def elected(self, timeout: float | None = None) -> Held:
        """Wait until we lead; the term. Raises DeadlineExceeded, and ClientClosed after `close`."""
        patience = Patience(self.client, timeout)
        while True:
            if self._error is not None:
                raise self._error
            if self.term is not None and not self.term.is_lost:
                return self.term
            self._changed.clear()
            await self._changed.wait(patience.left())

    async def close(self) -> None:
        """Stand no more: another one may lead at once."""
        task, self._task = self._task, None
        self._error = self._error or ClientClosed(self.path, "it stands no more")
        term, self.term = self.term, None
        if task is not None:
            task.stop()
        if term is not None:
            await term.release()
        self._changed.set()

    async def _stand(self) -> None:
        try:
            while True:
                claim = await self._elected()
                self.term = Held(claim, self._on_lost, self.candidates)
                self._changed.set()
                try:
                    await claim.gone
                finally:
                    self.term = None
                    claim.abandon()
        except ZKError as error:
            self._error = error
            self._changed.set()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
