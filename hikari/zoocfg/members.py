"""`server.N`: where the members are."""

import re
from typing import Final

from hikari.config import Address, MemberAddress

_FORM: Final = "must be like host:port:port, host:port:port:participant, or either with ;clientport"
SERVER: Final = re.compile(r"server\.(\d+)")


def member_of(id: int, text: str) -> MemberAddress:
    """One line. Members speak to each other on the first port; the second, on which ZooKeeper
    elects, is not used. Raises ValueError."""
    peers, semicolon, client = text.partition(";")
    if "|" in peers:
        raise ValueError("several addresses of one member are not served")
    match = re.fullmatch(r"(\[[^\]]+\]|[^:\[\]]+):(\d+):(\d+)(?::(\w+))?", peers.strip())
    if match is None or (semicolon and not client):
        raise ValueError(f"{_FORM}, not {text!r}")
    host, peer, election, role = match.groups()
    if role is not None and role.lower() != "participant":
        raise ValueError(f"a member is a participant, not {role!r}: there are no observers")
    if not 1 <= id <= 255:
        raise ValueError(f"N must be from 1 to 255, not {id}")
    if peer == election:
        raise ValueError("the two ports must differ")
    return MemberAddress(
        id=id,
        client=_client(client.strip()) if semicolon else None,
        peer=Address.parse(f"{host}:{peer}"),
    )


def _client(text: str) -> Address:
    """`port` alone is on all addresses."""
    return Address.parse(text if ":" in text else f"0.0.0.0:{text}")
