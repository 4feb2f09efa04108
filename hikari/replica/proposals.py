"""Requests on their way into the log: gathered by turn, packed once, remembered until applied."""

from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgpack
from attrs import Factory, define, field

PROPOSAL_BYTES_MAX: Final = 1 << 20
"""A turn that brings more makes several proposals."""
PAYLOAD_BYTES_MAX: Final = 4 << 20
"""An entry that would hold more is divided; one proposal may exceed it alone."""
GROUP_BYTES: Final = 512
"""About what a group takes in memory besides its requests' bytes."""

Group = tuple[int, int, Any, list[tuple[Any, ...]]]  # session, attachment, identities, requests


class Asker(Protocol):
    """Who proposed a group and wants to hear what became of it."""

    closed: bool

    def replied(self, zxid: int, error: int, result: Any) -> None:
        """The next of its requests was applied. Called in the order they were proposed."""

    def lost(self) -> None:
        """What it proposed may or may not survive; nothing more will be heard of it."""

    def failed(self, error: Exception) -> None:
        """`replied` raised this: answer nothing more."""


@define
class Proposals:
    """Invariant: serial numbers of proposals under way grow, and start anew (at random) with
    the process, so that an entry of an earlier life is never taken for one of ours."""

    member: int
    serial: int
    seconds: Callable[[], float]
    _first: int = field(init=False, default=Factory(lambda self: self.serial, takes_self=True))
    _groups: list[Group] = field(init=False, default=Factory(list))
    _askers: list[Asker] = field(init=False, default=Factory(list))
    _sizes: list[int] = field(init=False, default=Factory(list))
    _outstanding: deque[tuple[int, list[Asker], float]] = field(init=False, default=Factory(deque))
    took_ms: float = field(init=False, default=0.0)
    """How long the newest of ours that was applied took, from being packed to that."""

    def add(self, asker: Asker, group: Group, size: int) -> None:
        """`size`: about how many bytes it packs to."""
        self._groups.append(group)
        self._askers.append(asker)
        self._sizes.append(size)

    def waiting(self) -> bool:
        return bool(self._groups)

    def pack(self) -> list[bytes]:
        """What was gathered, as proposals. From now on it is under way."""
        groups, askers, sizes = self._groups, self._askers, self._sizes
        self._groups, self._askers, self._sizes = [], [], []
        if any(asker.closed for asker in askers):
            alive = [n for n, asker in enumerate(askers) if not asker.closed]
            groups = [groups[n] for n in alive]
            askers = [askers[n] for n in alive]
            sizes = [sizes[n] for n in alive]
        packed, first, total = [], 0, 0
        for n, size in enumerate(sizes):
            total += size
            if total > PROPOSAL_BYTES_MAX or n == len(sizes) - 1:
                packed.append(self._pack(groups[first : n + 1], askers[first : n + 1]))
                first, total = n + 1, 0
        return packed

    def shed(self, bytes_max: int) -> None:
        """Nobody takes what waits: keep the oldest of it, about `bytes_max`, and tell the rest."""
        if sum(self._sizes) + GROUP_BYTES * len(self._sizes) <= bytes_max:
            return
        kept = total = 0
        for size in self._sizes:
            total += size + GROUP_BYTES
            if total > bytes_max:
                break
            kept += 1
        shed = self._askers[kept:]
        del self._groups[kept:], self._askers[kept:], self._sizes[kept:]
        for asker in shed:
            asker.lost()

    def _pack(self, groups: list[Group], askers: list[Asker]) -> bytes:
        self.serial += 1
        self._outstanding.append((self.serial, askers, self.seconds()))
        packed: bytes = msgpack.packb((self.member, self.serial, groups))
        return packed

    def answered(self, serial: int) -> list[Asker] | None:
        """Who waits for proposal `serial`, which is being applied; None: nobody any more."""
        outstanding = self._outstanding
        if not outstanding or outstanding[0][0] != serial:
            ours = self._first < serial <= self.serial  # else of an earlier life: any number
            assert not (ours and outstanding and serial > outstanding[0][0]), "one was overtaken"
            return None
        _, askers, began = outstanding.popleft()
        self.took_ms = 1000 * (self.seconds() - began)
        return askers

    def lose(self) -> None:
        """The leader they went to leads no more."""
        outstanding, self._outstanding = self._outstanding, deque()
        for _, askers, _ in outstanding:
            for asker in askers:
                asker.lost()


def payloads(time_ms: int, proposals: list[bytes]) -> list[bytes]:
    """Entries' payloads that hold all of `proposals`, in order."""
    return [msgpack.packb((time_ms, some)) for some in batches(proposals)]


def batches(proposals: list[bytes]) -> list[list[bytes]]:
    """The same in order, each about as much as one message may carry."""
    if len(proposals) <= 1 or sum(map(len, proposals)) <= PAYLOAD_BYTES_MAX:
        return [proposals] if proposals else []
    made: list[list[bytes]] = [[]]
    total = 0
    for proposal in proposals:
        if made[-1] and total + len(proposal) > PAYLOAD_BYTES_MAX:
            made.append([])
            total = 0
        made[-1].append(proposal)
        total += len(proposal)
    return made


def unpack(data: bytes) -> Any:
    """What `payloads` or `Proposals.pack` made."""
    return msgpack.unpackb(data, use_list=False)
