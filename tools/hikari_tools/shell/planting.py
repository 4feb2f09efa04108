"""Records made znodes, in pipelined batches: a connection keeps their order, so a parent that is
sent before its children is there before them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal

from attrs import define, field

from hikari_client import Client, NodeExists, Stat
from hikari_tools.shell.output import Counter, Output
from hikari_tools.shell.records import Record
from hikari_tools.shell.walking import absolute

BATCH: Final = 256
BATCH_BYTES: Final = 1 << 21
Existing = Literal["fail", "skip", "overwrite"]


@define
class Planter:
    """Below `root`. `existing`: what to do with what is there. `flush` at the end.

    Raises what the server says, once all that was sent is answered; what came before is done."""

    zk: Client
    root: str
    existing: Existing
    counter: Counter
    acl: bool = True
    created: int = 0
    overwritten: int = 0
    skipped: int = 0
    ephemerals: int = 0
    _batch: list[Record] = field(factory=list)
    _bytes: int = 0

    async def add(self, record: Record) -> None:
        """Ephemerals belong to a session, and are only counted."""
        if record.ephemeral:
            self.ephemerals += 1
            return
        self._batch.append(record)
        self._bytes += len(record.data)
        if len(self._batch) >= BATCH or self._bytes >= BATCH_BYTES:
            await self.flush()

    async def flush(self) -> None:
        batch, self._batch, self._bytes = self._batch, [], 0
        answers = await asyncio.gather(
            *[self._create(record) for record in batch], return_exceptions=True
        )
        there = []
        for record, answer in zip(batch, answers, strict=True):
            if isinstance(answer, NodeExists) and (self.existing != "fail" or self._top(record)):
                there.append(record)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                self.created += 1
        if self.existing == "overwrite":
            await self._overwrite(there)
        else:
            self.skipped += len(there)
        self.counter.add(len(batch))

    def _top(self, record: Record) -> bool:
        """The root of a tree is always there."""
        return absolute(record.path, self.root) == "/"

    def _create(self, record: Record) -> "asyncio.Future[object]":
        return asyncio.ensure_future(
            self.zk.create(
                absolute(record.path, self.root),
                record.data,
                acl=record.acl if self.acl else None,
            )
        )

    async def _overwrite(self, records: list[Record]) -> None:
        sent = []
        for record in records:
            path = absolute(record.path, self.root)
            sent.append(asyncio.ensure_future(self.zk.set(path, record.data)))
            if self.acl and record.acl is not None and not self._top(record):
                sent.append(asyncio.ensure_future(self.zk.set_acl(path, record.acl)))
        answers: list[Stat | BaseException] = await asyncio.gather(*sent, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        self.overwritten += len(records)

    @contextmanager
    def told_if_half_done(self, out: Output) -> Iterator[None]:
        """Whatever ends this before it is through, it is said how far it came."""
        try:
            yield
        except BaseException:
            if self.created or self.overwritten:
                out.note(f"not all of it: {self.summary()} before this:")
            raise

    def summary(self) -> str:
        """What was done, for people."""
        parts = [f"{self.created} created"]
        if self.overwritten:
            parts.append(f"{self.overwritten} overwritten")
        if self.skipped:
            parts.append(f"{self.skipped} left as they were")
        if self.ephemerals:
            parts.append(f"{self.ephemerals} ephemerals left out")
        return ", ".join(parts)

    def plain(self) -> dict[str, int]:
        """The same, for programs."""
        return {
            "created": self.created,
            "overwritten": self.overwritten,
            "skipped": self.skipped,
            "ephemerals": self.ephemerals,
        }
