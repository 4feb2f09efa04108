"""The numbers of a znode as zkCli shows them, and what its owner says of its kind."""

from datetime import UTC, datetime
from typing import Any, Final

from hikari_client import Stat

_CONTAINER: Final = -(1 << 63)
_TTL: Final = 0xFF << 56
_TTL_MASK: Final = (1 << 40) - 1


def date(ms: int) -> str:
    """A time of the server, for people."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")


def lines(stat: Stat) -> str:
    """In zkCli's words and order."""
    owner = stat.ephemeral_owner % (1 << 64)
    return "\n".join(
        (
            f"cZxid = 0x{stat.czxid:x}",
            f"ctime = {date(stat.ctime)}",
            f"mZxid = 0x{stat.mzxid:x}",
            f"mtime = {date(stat.mtime)}",
            f"pZxid = 0x{stat.pzxid:x}",
            f"cversion = {stat.cversion}",
            f"dataVersion = {stat.version}",
            f"aclVersion = {stat.aversion}",
            f"ephemeralOwner = 0x{owner:x}",
            f"dataLength = {stat.data_length}",
            f"numChildren = {stat.num_children}",
        )
    )


def plain(stat: Stat) -> dict[str, Any]:
    """For JSON."""
    return dict(stat._asdict())


def is_container(stat: Stat) -> bool:
    return stat.ephemeral_owner == _CONTAINER


def ttl_ms(stat: Stat) -> int | None:
    """The TTL of a znode that has one."""
    owner = stat.ephemeral_owner % (1 << 64)
    return owner & _TTL_MASK if owner & _TTL == _TTL else None


def session_of(stat: Stat) -> int:
    """The session that an ephemeral ends with; 0 for all others."""
    if is_container(stat) or ttl_ms(stat) is not None:
        return 0
    return stat.ephemeral_owner
