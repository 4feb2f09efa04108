"""Recipes: what is built of znodes, once for every driver. See docs/recipes."""

from hikari_client.recipes.atomic import AtomicValue, CachedCounter, Counter
from hikari_client.recipes.barrier import Barrier, DoubleBarrier
from hikari_client.recipes.certain import create_protected, delete_guaranteed
from hikari_client.recipes.configuration import Configuration
from hikari_client.recipes.discovery import (
    Instance,
    Provider,
    Registration,
    at_random,
    round_robin,
    services,
    sticky,
)
from hikari_client.recipes.election import Election, LeaderLatch
from hikari_client.recipes.following import (
    ChildrenList,
    ChildrenWatch,
    DataWatch,
    NodeCache,
    SharedValue,
)
from hikari_client.recipes.held import Acquisition, Held, Holder
from hikari_client.recipes.lease import Lease, MultiLease
from hikari_client.recipes.lock import Lock, ReadLock, ReadWriteLock, WriteLock
from hikari_client.recipes.locking_queue import Item, LockingQueue
from hikari_client.recipes.multi import HeldMany, MultiLock
from hikari_client.recipes.partitioner import Portion, SetPartitioner
from hikari_client.recipes.party import Group, Party, ShallowParty
from hikari_client.recipes.persistent_node import PersistentNode
from hikari_client.recipes.queues import DelayQueue, Entry, IdQueue, PriorityQueue, Queue
from hikari_client.recipes.quiet import PatientChildrenWatch, Quiet
from hikari_client.recipes.reentrant import ReentrantLock
from hikari_client.recipes.revoking import revoke
from hikari_client.recipes.semaphore import Semaphore
from hikari_client.recipes.sharded_queue import ShardedQueue
from hikari_client.recipes.shared_count import SharedCount
from hikari_client.recipes.tree_cache import ChildrenCache, TreeCache
from hikari_client.recipes.unique_ids import UniqueIds

__all__ = [
    "Acquisition",
    "AtomicValue",
    "Barrier",
    "CachedCounter",
    "ChildrenCache",
    "ChildrenList",
    "ChildrenWatch",
    "Configuration",
    "Counter",
    "DataWatch",
    "DelayQueue",
    "DoubleBarrier",
    "Election",
    "Entry",
    "Group",
    "Held",
    "HeldMany",
    "Holder",
    "IdQueue",
    "Instance",
    "Item",
    "LeaderLatch",
    "Lease",
    "Lock",
    "LockingQueue",
    "MultiLease",
    "MultiLock",
    "NodeCache",
    "Party",
    "PatientChildrenWatch",
    "PersistentNode",
    "Portion",
    "PriorityQueue",
    "Provider",
    "Queue",
    "Quiet",
    "ReadLock",
    "ReadWriteLock",
    "ReentrantLock",
    "Registration",
    "Semaphore",
    "SetPartitioner",
    "ShallowParty",
    "ShardedQueue",
    "SharedCount",
    "SharedValue",
    "TreeCache",
    "UniqueIds",
    "WriteLock",
    "at_random",
    "create_protected",
    "delete_guaranteed",
    "revoke",
    "round_robin",
    "services",
    "sticky",
]
