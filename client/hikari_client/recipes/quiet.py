"""Waiting until nobody comes or goes any more: kazoo's PatientChildrenWatch."""

from typing import TYPE_CHECKING, Final, NamedTuple

from hikari_client.errors import DeadlineExceeded
from hikari_client.recipes.waiting import Patience, Signal, surely
from hikari_client.values import Event

if TYPE_CHECKING:
    from hikari_client.client import Client

QUIET_S: Final = 30.0


class Quiet(NamedTuple):
    """The children that were the same for long enough, and what happens when they change, or may
    have (a lost session): `await quiet.changed`."""

    names: list[str]
    changed: Signal


class PatientChildrenWatch:
    """For who must not act on each member of a fleet that starts: `wait` returns when the children
    of `path` were the same for `quiet` seconds. It may be used again and again."""

    def __init__(self, client: "Client", path: str, quiet: float = QUIET_S) -> None:
        self.client = client
        self.path = path
        self.quiet = quiet

    async def wait(self, timeout: float | None = None) -> Quiet:
        """Raises NoNode, and DeadlineExceeded if they were never the same for so long."""
        patience = Patience(self.client, timeout)
        while True:
            now = await self._list(patience)
            left = patience.left()
            enough = left is None or left >= self.quiet
            try:
                await now.changed.wait(self.quiet if enough else left)
            except DeadlineExceeded:
                if enough:
                    return now
                raise

    async def _list(self, patience: Patience) -> Quiet:
        client, changed = self.client, Signal(self.client)

        def told(event: Event) -> None:
            changed.set()

        names = await surely(client, client.children, self.path, watch=told, patience=patience)
        return Quiet(sorted(names), changed)
