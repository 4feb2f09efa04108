"""The numbers of a znode as zkCli shows them."""

from datetime import UTC, datetime
from typing import Any

from hikari_client import Stat


def date(ms: int) -> str:
    """A time of the server, for people."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")


def lines(stat: Stat) -> str:
    """In zkCli's words and order."""
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
            f"ephemeralOwner = 0x{stat.ephemeral_owner % (1 << 64):x}",
            f"dataLength = {stat.data_length}",
            f"numChildren = {stat.num_children}",
        )
    )


def plain(stat: Stat) -> dict[str, Any]:
    """For JSON."""
    return dict(stat._asdict())
