"""The log as the judges want it: every request that was agreed on, in order, with its zxid."""

from collections.abc import Iterable
from typing import Any

from hikari.raft.entry import Entry
from hikari.replica.proposals import unpack
from hikari.testing.history import Applied
from hikari.tree.sessions import ATTACH, EXPIRE
from hikari_wire import codes


def requests_of(entries: Iterable[Entry]) -> list[Applied]:
    """All requests of the entries, which begin with the first of the log and have no gap.

    Who was admitted follows from the log alone: a request counts if its session lives, and was
    sent from the connection that the session belongs to then.
    """
    agreed: list[Applied] = []
    owners: dict[int, tuple[int, bytes]] = {}  # session -> its attachment and password
    zxid = 0
    for entry in entries:
        if not entry.payload:
            continue
        time_ms, proposals = unpack(entry.payload)
        for proposal in proposals:
            _, _, groups = unpack(proposal)
            for session, attachment, identities, requests in groups:
                for request in requests:
                    zxid += 1
                    known = owners.get(session)
                    admitted = not session or (known is not None and known[0] == attachment)
                    agreed.append(Applied(zxid, session, request, time_ms, identities, admitted))
                    if admitted:
                        _follow(owners, zxid, session, request)
    return agreed


def _follow(
    owners: dict[int, tuple[int, bytes]], zxid: int, session: int, request: tuple[Any, ...]
) -> None:
    op = request[0]
    if op == codes.CREATE_SESSION:
        owners[zxid] = zxid, request[2]
    elif op == ATTACH:
        known = owners.get(request[1])
        if known is not None and known[1] == request[2]:
            owners[request[1]] = zxid, known[1]
    elif op == codes.CLOSE_SESSION:
        owners.pop(session, None)
    elif op == EXPIRE:
        known = owners.get(request[1])
        if known is not None and known[0] == request[2]:
            del owners[request[1]]
