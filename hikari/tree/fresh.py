"""What is there before anybody came: the znodes a new ZooKeeper shows."""

from typing import Final

from hikari.tree.znode import Znode
from hikari_wire import acl, codes

ROOT: Final = b"/"
SYSTEM: Final = b"/zookeeper"
QUOTA: Final = b"/zookeeper/quota"
LIMITS: Final = b"/zookeeper_limits"  # the last element of a path below QUOTA
STATS: Final = b"/zookeeper_stats"
CONFIG: Final = b"/zookeeper/config"

UNDELETABLE: Final = frozenset((ROOT, SYSTEM, QUOTA, CONFIG))

# Its children were never "created" by a request: that is why a fresh root shows cversion -1.
_CHILDREN: Final = {ROOT: 1, SYSTEM: 2, QUOTA: 0, CONFIG: 0}


def fresh_znodes() -> list[tuple[bytes, Znode]]:
    """Path and znode, all of them without data, at zxid 0 and time 0."""
    znodes = []
    for path, children in _CHILDREN.items():
        znode = Znode(b"", b"", owner=0, zxid=0, time_ms=0)
        znode.children = children
        znodes.append((path, znode))
    config = znodes[-1][1]
    config.acl = acl.pack(
        [(codes.PERM_READ, b"world", b"anyone")]
    )  # to be read by anyone, changed by nobody
    config.aversion = -1  # ZooKeeper sets that ACL as version -1, and it shows
    return znodes
