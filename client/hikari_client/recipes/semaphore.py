"""A semaphore: a bounded number of leases.

Whoever wants a lease first takes a lock; only its holder watches the leases, so that a lease given
back wakes one waiter. The layout is kazoo's or Curator's (InterProcessSemaphoreV2).
"""

from typing import TYPE_CHECKING, Unpack

from hikari_client.errors import NoNode
from hikari_client.recipes.claim import Claim
from hikari_client.recipes.contenders import contender, contenders, everybody, queue
from hikari_client.recipes.held import Held, Holder, OnLost
from hikari_client.recipes.shared_count import SharedCount
from hikari_client.recipes.standing import Acquirable, TimedSettings
from hikari_client.recipes.waiting import Patience, Signal, all_of, join, surely
from hikari_client.values import Event, NodeData

if TYPE_CHECKING:
    from hikari_client.client import Client


class Semaphore(Acquirable):
    """At most `leases` holders at a time, in the order of asking. Settings: see `TimedSettings`.

    kazoo's layout keeps the number in the znode: acquire raises ValueError for another one. In
    Curator's it may be a SharedCount that is followed: when it shrinks nobody loses a lease, but
    who comes next waits until enough were given back.
    """

    def __init__(
        self,
        client: "Client",
        path: str,
        leases: int | SharedCount,
        **settings: Unpack[TimedSettings],
    ) -> None:
        super().__init__(client, path, **settings)
        if isinstance(leases, int) and leases < 1:
            raise ValueError("a semaphore has at least one lease")
        if not isinstance(leases, int) and self._layout != "curator":
            raise ValueError("only in Curator's layout the number of leases may change")
        self.leases = leases
        of_curator = self._layout == "curator"
        self._queue = join(path, "locks") if of_curator else f"{path}-__lock__"
        self._leases = join(path, "leases") if of_curator else path

    async def holders(self) -> list[Holder]:
        """Who has a lease, in the order in which they got it."""
        try:
            names = await surely(self.client, self.client.children, self._leases)
        except NoNode:
            return []
        paths = [join(self._leases, name) for name in names]
        found = await all_of([self.client.get(path) for path in paths])
        holders = [
            Holder(node.data.decode("utf-8", "replace"), path, node.stat.czxid, owner)
            for path, node in zip(paths, found, strict=True)
            if isinstance(node, NodeData) and (owner := node.stat.ephemeral_owner)
        ]
        return sorted(holders, key=lambda one: one.token)

    async def waiters(self) -> list[Holder]:
        """Who waits for a lease, in order."""
        return await contenders(self.client, self._queue)

    async def _acquire(
        self, timeout: float | None, on_lost: OnLost | None, *, wait: bool = True
    ) -> Held | None:
        patience = Patience(self.client, timeout)
        await self._agree(patience)
        while True:
            gate = await queue(self.client, self._gate, everybody, patience, wait=wait)
            if gate is None:
                return None
            try:
                lease = await self._lease(gate, patience, wait=wait)
                if lease is not None:
                    return Held(lease, on_lost or self._on_lost, self.waiters)
                if not gate.gone.is_set:
                    return None
            finally:
                gate.abandon()

    def _most(self) -> int:
        if isinstance(self.leases, int):
            return self.leases
        if self.leases.failed is not None:
            raise self.leases.failed
        return self.leases.count or 0

    async def _agree(self, patience: Patience) -> None:
        """On how many there are, in kazoo's way."""
        if self._layout == "curator":
            return
        client, said = self.client, b"%d" % self._most()
        while True:
            try:
                node = await surely(client, client.get, self.path, patience=patience)
                break
            except NoNode:
                await surely(
                    *(client, client.create, self.path, said),
                    patience=patience,
                    acl=self._acl,
                    parents=True,
                    exist_ok=True,
                )
        if node.data.isdigit() and int(node.data) != self._most():
            raise ValueError(f"{self.path} has {int(node.data)} leases, not {self._most()}")

    def _gate(self) -> Claim:
        return contender(
            self.client, self._queue, "lock", self._layout, self.name.encode(), self._acl, False
        )

    async def _lease(self, gate: Claim, patience: Patience, *, wait: bool) -> Claim | None:
        """While we alone may take one. None: there is none, or we may not any more."""
        wake = Signal(self.client)
        gate.gone.when(wake.set)
        forget = None if isinstance(self.leases, int) else self.leases.tell(wake)
        try:
            return await self._free_lease(gate, wake, patience, wait=wait)
        finally:
            if forget is not None:
                forget()

    async def _free_lease(
        self, gate: Claim, wake: Signal, patience: Patience, *, wait: bool
    ) -> Claim | None:
        client = self.client

        def woken(event: Event) -> None:
            wake.set()

        while not gate.gone.is_set:
            wake.clear()
            try:
                names = await surely(
                    client, client.children, self._leases, watch=woken, patience=patience
                )
            except NoNode:
                names = []
            if len(names) < self._most():
                return await self._take(gate, patience)
            if not wait:
                return None
            if not gate.gone.is_set:
                await wake.wait(patience.left())
        return None

    async def _take(self, gate: Claim, patience: Patience) -> Claim | None:
        of_curator = self._layout == "curator"
        lease = Claim(
            *(self.client, self._leases, "_c_{guid}-lease-" if of_curator else "{guid}"),
            self.name.encode(),
            sequential=of_curator,
            acl=self._acl,
            cautious=self._cautious,
        )
        taken = False
        try:
            await lease.make(patience)
            # Made in a later session than that of the gate it would be one too many.
            if lease.session == gate.session and not gate.gone.is_set:
                lease.guard()
                taken = not lease.gone.is_set
        finally:
            if not taken:
                lease.abandon()
        return lease if taken else None
