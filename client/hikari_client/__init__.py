"""Hikari's client library: ZooKeeper's protocol for asyncio, Twisted and plain threads.

`hikari_client.aio` is the client for asyncio. What every client raises and gives is here.
"""

from hikari_client.client import Client
from hikari_client.errors import (
    AuthFailed,
    BadArguments,
    BadVersion,
    ClientClosed,
    ConnectionLoss,
    DeadlineExceeded,
    ForkedClient,
    InvalidACL,
    NoAuth,
    NoChildrenForEphemerals,
    NodeExists,
    NoNode,
    NotEmpty,
    NotReadOnly,
    QuotaExceeded,
    ReconfigDisabled,
    SessionExpired,
    TransactionFailed,
    ZKError,
)
from hikari_client.settings import Settings
from hikari_client.values import (
    ACL,
    Auth,
    Created,
    Event,
    EventType,
    NodeData,
    Permission,
    Stat,
    State,
    Status,
)

__all__ = [
    "ACL",
    "Auth",
    "AuthFailed",
    "BadArguments",
    "BadVersion",
    "Client",
    "ClientClosed",
    "ConnectionLoss",
    "Created",
    "DeadlineExceeded",
    "Event",
    "EventType",
    "ForkedClient",
    "InvalidACL",
    "NoAuth",
    "NoChildrenForEphemerals",
    "NoNode",
    "NodeData",
    "NodeExists",
    "NotEmpty",
    "NotReadOnly",
    "Permission",
    "QuotaExceeded",
    "ReconfigDisabled",
    "SessionExpired",
    "Settings",
    "Stat",
    "State",
    "Status",
    "TransactionFailed",
    "ZKError",
]
