"""What the turn moves: the other members, the disk and the gateway, as far as it knows them."""

from collections.abc import Callable, Sequence, Sized
from typing import Any, Protocol

from hikari.tree.state import Event


class Peers(Protocol):
    """The other members, as far as the turn knows them."""

    def send(self, messages: Sequence[tuple[int, Any]]) -> None:
        """In order, at most once, or not at all; one frame a peer."""

    def linked(self, peer: int) -> bool:
        """Whether what is sent to `peer` now has a chance to arrive."""


class Disk(Protocol):
    """When the journal is durable: `hikari.store.pace`."""

    def sync(self, number: int, durable: Callable[[int], None]) -> None:
        """`durable(number)` once all that was appended before this call is on disk; maybe at
        once. A later call covers an earlier one."""

    def quick(self) -> bool:
        """The next `sync` will most likely answer before it returns."""

    def stalled(self) -> bool:
        """It has not answered for so long that another member had better lead."""


class Door(Protocol):
    """What the turn tells the gateway."""

    interest: tuple[Sized, Sized]
    """While both are empty nobody watches anything, and `fired` need not be called."""

    def fired(self, events: list[Event], zxid: int) -> None:
        """What the request that was just applied did, before its reply."""

    def session_moved(self, session: int, attachment: int) -> None:
        """The session belongs to the connection of this attachment now (0: it is closed)."""

    def turn_ended(self) -> None:
        """Everything of this turn was said: write it out."""

    def leader_lost(self) -> None:
        """No leader was heard of for too long: nobody here may believe in a session."""

    def restored(self) -> None:
        """The tree was replaced by a snapshot: watches may have missed changes."""
