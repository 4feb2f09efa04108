"""A client came back to some member and names its watches (setWatches): what has it missed?"""

from collections.abc import Iterable

from hikari.tree.tree import Tree
from hikari_wire import codes

Event = tuple[int, bytes]


def rearm(
    tree: Tree,
    relative_zxid: int,
    data: Iterable[bytes],
    exist: Iterable[bytes],
    child: Iterable[bytes],
) -> tuple[list[Event], list[bytes], list[bytes], list[bytes]]:
    """The events that fired behind its back, and the data, exist and child watches still to fire.
    `relative_zxid` is the newest zxid the client has seen.

    What was created and deleted again meanwhile is not told: ZooKeeper's promise, no more.
    """
    events: list[Event] = []
    data_kept, exist_kept, child_kept = [], [], []
    for path in data:
        znode = tree.look(path)
        if znode is None:
            events.append((codes.EVENT_DELETED, path))
        elif znode.mzxid > relative_zxid:
            events.append((codes.EVENT_DATA_CHANGED, path))
        else:
            data_kept.append(path)
    for path in exist:
        if tree.look(path) is not None:
            events.append((codes.EVENT_CREATED, path))
        else:
            exist_kept.append(path)
    for path in child:
        znode = tree.look(path)
        if znode is None:
            events.append((codes.EVENT_DELETED, path))
        elif znode.pzxid > relative_zxid:
            events.append((codes.EVENT_CHILDREN_CHANGED, path))
        else:
            child_kept.append(path)
    return events, data_kept, exist_kept, child_kept
