"""Recipes: what is built of znodes, once for every driver. See docs/recipes."""

from hikari_client.recipes.atomic import AtomicValue, Counter
from hikari_client.recipes.barrier import Barrier, DoubleBarrier
from hikari_client.recipes.election import Election, LeaderLatch
from hikari_client.recipes.following import ChildrenList, ChildrenWatch, DataWatch, NodeCache
from hikari_client.recipes.held import Acquisition, Held, Holder
from hikari_client.recipes.lease import Lease, MultiLease
from hikari_client.recipes.lock import Lock, ReadLock, ReadWriteLock, WriteLock
from hikari_client.recipes.multi import HeldMany, MultiLock
from hikari_client.recipes.reentrant import ReentrantLock
from hikari_client.recipes.semaphore import Semaphore

__all__ = [
    "Acquisition",
    "AtomicValue",
    "Barrier",
    "ChildrenList",
    "ChildrenWatch",
    "Counter",
    "DataWatch",
    "DoubleBarrier",
    "Election",
    "Held",
    "HeldMany",
    "Holder",
    "LeaderLatch",
    "Lease",
    "Lock",
    "MultiLease",
    "MultiLock",
    "NodeCache",
    "ReadLock",
    "ReadWriteLock",
    "ReentrantLock",
    "Semaphore",
    "WriteLock",
]
