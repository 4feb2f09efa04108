"""Requests on their way into the log: gathered by turn, packed once, remembered until applied.

What was handed to a leader that leads no more is in *doubt*: it may be in the log, or on its way
there. Once an entry of a later term is applied there is no doubt left: behind it, nothing of the
earlier term is ever committed. What had no answer by then is proposed again, before all that came
after it. While in doubt nothing else is handed out, or it could overtake.
"""

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

    def gone(self) -> bool:
        """Nobody waits for the answer any more: do not propose it again."""

    def failed(self, error: Exception) -> None:
        """`replied` raised this: answer nothing more."""


Handed = tuple[int, list[Asker], list[Group], list[int], float]  # serial, …, sizes, when


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
    _outstanding: deque[Handed] = field(init=False, default=Factory(deque))
    doubt: tuple[int, int] | None = field(init=False, default=None)
    """Some went to this leader, in this term, who is lost: they are neither in nor out."""
    _broken: bool = field(init=False, default=False)  # some may not have reached it
    took_ms: float = field(init=False, default=0.0)
    """How long the newest of ours that was applied took, from being packed to that."""

    def add(self, asker: Asker, group: Group, size: int) -> None:
        """`size`: about how many bytes it packs to."""
        self._groups.append(group)
        self._askers.append(asker)
        self._sizes.append(size)

    def waiting(self) -> bool:
        """Whether there is something to hand out now."""
        return bool(self._groups) and self.doubt is None

    def waiting_requests(self) -> int:
        """How many wait to be handed out."""
        return sum([len(group[3]) for group in self._groups])

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
                part = slice(first, n + 1)
                packed.append(self._pack(groups[part], askers[part], sizes[part]))
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

    def _pack(self, groups: list[Group], askers: list[Asker], sizes: list[int]) -> bytes:
        self.serial += 1
        self._outstanding.append((self.serial, askers, groups, sizes, self.seconds()))
        packed: bytes = msgpack.packb((self.member, self.serial, groups))
        return packed

    def answered(self, serial: int) -> list[Asker] | None:
        """Who waits for proposal `serial`, which is being applied; None: nobody any more."""
        outstanding = self._outstanding
        if not outstanding or outstanding[0][0] != serial:
            ours = self._first < serial <= self.serial  # else of an earlier life: any number
            assert not (ours and outstanding and serial > outstanding[0][0]), "one was overtaken"
            return None
        _, askers, _, _, began = outstanding.popleft()
        self.took_ms = 1000 * (self.seconds() - began)
        return askers

    # ---- when the leader they went to leads no more

    def followed(self, before: tuple[int, int], now: tuple[int, int]) -> None:
        """This member followed one (leader, term), and now another; leader 0: nobody."""
        if self._outstanding and self.doubt is None:
            self.doubt, self._broken = before, False
        if self.doubt == now:  # after all: what reached it is in its hands, as before
            if self._broken:
                self.lose()
            self.doubt = None

    def link_lost(self, peer: int) -> None:
        """What was said to `peer` last may not have arrived."""
        if self.doubt is not None and self.doubt[0] == peer:
            self._broken = True

    def applied(self, term: int) -> bool:
        """An entry of `term` was applied. Whether something is to be proposed again."""
        if self.doubt is None or term <= self.doubt[1]:
            return False
        self.doubt = None
        self._again()
        return self.waiting()

    def _again(self) -> None:
        """Put what had no answer before all that waits, but for those who wait no more: of them
        nothing is taken any more, or what they asked later would stand in the log without it."""
        groups: list[Group] = []
        askers: list[Asker] = []
        sizes: list[int] = []
        for _, who, what, how_much, _ in self._outstanding:
            for asker, group, size in zip(who, what, how_much, strict=True):
                if asker.gone():
                    asker.lost()
                else:
                    askers.append(asker)
                    groups.append(group)
                    sizes.append(size)
        self._outstanding.clear()
        self._groups, self._askers = groups + self._groups, askers + self._askers
        self._sizes = sizes + self._sizes

    def lose(self) -> None:
        """What becomes of all that is under way will never be known here."""
        outstanding, self._outstanding = self._outstanding, deque()
        self.doubt = None
        for _, askers, _, _, _ in outstanding:
            for asker in askers:
                asker.lost()


def payloads(time_ms: int, proposals: list[bytes]) -> list[bytes]:
    """Entries' payloads that hold all of `proposals`, in order."""
    return [msgpack.packb((time_ms, some)) for some in batches(proposals)]


_UINT64: Final = 0xCF


def gathered_ms(payload: bytes) -> int:
    """When its leader made it, by that one's wall clock; 0 if it says nothing. Without unpacking:
    it may be long."""
    return int.from_bytes(payload[2:10], "big") if payload and payload[1] == _UINT64 else 0


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
