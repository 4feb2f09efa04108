"""What clients asked, when, and what came of it: the evidence that the checkers judge.

The same record for simulated clients and for real ones. All moments are seconds on one clock.
"""

from typing import Any, Final

from attrs import define, field

OK: Final = "ok"
FAIL: Final = "fail"
UNKNOWN: Final = "unknown"
"""Whether the request was applied is not known: its connection was lost before the reply."""


@define(eq=False)
class Operation:
    """One request, and what became of it. `ended` is 0.0 unless it was answered.

    `request` and `value` are as `hikari_wire.requests` and `hikari_wire.replies` have them.
    """

    session: int
    request: tuple[Any, ...]
    invoked: float
    xid: int
    ended: float = 0.0
    outcome: str = UNKNOWN
    zxid: int = 0  # of the reply's header
    error: int = 0
    value: Any = None


@define(eq=False)
class Event:
    """A watch fired, and the client heard of it."""

    session: int
    type: int
    path: bytes
    at: float


@define(eq=False)
class Conversation:
    """One connection of one session, whole. `asked` is in the order sent, `arrived` (replies and
    events) in the order received; what was asked and is not in `arrived` is of unknown outcome."""

    session: int
    member: int
    began: float  # the session's reply to the connect request came
    seen: int  # the zxid that the client said it had seen when it connected
    timeout_ms: int = 0
    ended: float = 0.0  # 0.0: it was open to the end
    expired: bool = False  # the ensemble said that it knows no such session any more
    identities: tuple[tuple[bytes, bytes], ...] = ()  # (b"ip", its address); not what it proved
    asked: list[Operation] = field(factory=list)
    arrived: list[Operation | Event] = field(factory=list)


@define(frozen=True)
class Applied:
    """One request as it stands in the log: the true order, read from a member after the run."""

    zxid: int
    session: int  # 0: of nobody
    request: tuple[Any, ...]
    time_ms: int
    identities: tuple[tuple[bytes, bytes], ...] = ()
    admitted: bool = True  # False: refused before it was looked at (moved, expired)
