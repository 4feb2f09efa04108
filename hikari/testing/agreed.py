"""The true order of requests, from the entries of a member's log."""

from collections.abc import Iterable, Iterator
from typing import Final

from hikari.replica.proposals import unpack
from hikari.testing.history import Applied
from hikari.testing.model import Model

_NOBODY: Final = 0


def agreed(payloads: Iterable[bytes]) -> Iterator[Applied]:
    """The requests of these entries' payloads, which are all from the first entry on, in order.

    Whether each was let in is found by the model's sessions, not taken from a member.
    """
    model = Model()
    zxid = time_ms = 0
    for payload in payloads:
        if not payload:
            continue
        stamped_ms, proposals = unpack(payload)
        time_ms = max(time_ms, stamped_ms)
        for proposal in proposals:
            for session, attachment, identities, requests in unpack(proposal)[2]:
                admitted = _admitted(model, session, attachment)
                for request in requests:
                    zxid += 1
                    one = Applied(zxid, session, request, time_ms, identities, admitted)
                    yield one
                    if request[0] < 0:
                        model.apply(one)
                        admitted = _admitted(model, session, attachment)


def _admitted(model: Model, session: int, attachment: int) -> bool:
    """A group speaks for its session only from the connection that the session is on."""
    if session == _NOBODY:
        return True
    known = model.sessions.get(session)
    return known is not None and known.attachment == attachment
