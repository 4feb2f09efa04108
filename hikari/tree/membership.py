"""What `/zookeeper/config` tells: the members, as ZooKeeper writes them, and since when.

    server.1=10.0.0.1:2888:2889:participant;10.0.0.1:2181
    version=2a

The leader has its own configuration written there by an entry, so that all trees are equal, a
change is told to those who watch, and a client that comes back hears of it. A member that is alone
tells nothing, as a ZooKeeper that stands alone.
"""

from typing import Final

# A request of our own, see hikari.tree.sessions.
CONFIGURE: Final = -21  # (CONFIGURE, servers): the lines above "version="

NO_VERSION: Final = -1
"""The data version that the znode of ZooKeeper has: what is in there counts by itself."""
_VERSION: Final = b"version="


def content(servers: bytes, zxid: int) -> bytes:
    """The znode's data, from a change of that zxid on."""
    return servers + _VERSION + b"%x" % zxid if servers else b""


def servers_of(data: bytes | None) -> bytes:
    """The lines of the members in the znode's data."""
    return (data or b"").rpartition(_VERSION)[0]
