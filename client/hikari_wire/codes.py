"""The numbers of the protocol: opcodes, errors, events, states, permissions, flags, special xids.

Plain ints, not enums: they are compared on the way of every request. Names for printing are in
`OP_NAMES`, `ERROR_NAMES`, `EVENT_NAMES` and `STATE_NAMES`.
"""

from typing import Final

# Opcodes: the second int of a request header.
NOTIFICATION: Final = 0
CREATE: Final = 1
DELETE: Final = 2
EXISTS: Final = 3
GET_DATA: Final = 4
SET_DATA: Final = 5
GET_ACL: Final = 6
SET_ACL: Final = 7
GET_CHILDREN: Final = 8
SYNC: Final = 9
PING: Final = 11
GET_CHILDREN2: Final = 12
CHECK: Final = 13
MULTI: Final = 14
CREATE2: Final = 15
RECONFIG: Final = 16
CHECK_WATCHES: Final = 17
REMOVE_WATCHES: Final = 18
CREATE_CONTAINER: Final = 19
DELETE_CONTAINER: Final = 20
CREATE_TTL: Final = 21
MULTI_READ: Final = 22
AUTH: Final = 100
SET_WATCHES: Final = 101
SASL: Final = 102
GET_EPHEMERALS: Final = 103
GET_ALL_CHILDREN_NUMBER: Final = 104
SET_WATCHES2: Final = 105
ADD_WATCH: Final = 106
WHO_AM_I: Final = 107
# ClickHouse Keeper's, beyond ZooKeeper's.
FILTERED_LIST: Final = 500
CHECK_NOT_EXISTS: Final = 501
CREATE_IF_NOT_EXISTS: Final = 502
REMOVE_RECURSIVE: Final = 503
CHECK_STAT: Final = 504
TRY_REMOVE: Final = 505
FILTERED_LIST_WITH_DATA: Final = 506
LIST_RECURSIVE: Final = 507
ERROR: Final = -1  # the result of a failed element of a multi
CREATE_SESSION: Final = -10
CLOSE_SESSION: Final = -11

OP_NAMES: Final[dict[int, str]] = {
    NOTIFICATION: "notification",
    CREATE: "create",
    DELETE: "delete",
    EXISTS: "exists",
    GET_DATA: "getData",
    SET_DATA: "setData",
    GET_ACL: "getACL",
    SET_ACL: "setACL",
    GET_CHILDREN: "getChildren",
    SYNC: "sync",
    PING: "ping",
    GET_CHILDREN2: "getChildren2",
    CHECK: "check",
    MULTI: "multi",
    CREATE2: "create2",
    RECONFIG: "reconfig",
    CHECK_WATCHES: "checkWatches",
    REMOVE_WATCHES: "removeWatches",
    CREATE_CONTAINER: "createContainer",
    DELETE_CONTAINER: "deleteContainer",
    CREATE_TTL: "createTTL",
    MULTI_READ: "multiRead",
    AUTH: "auth",
    SET_WATCHES: "setWatches",
    SASL: "sasl",
    GET_EPHEMERALS: "getEphemerals",
    GET_ALL_CHILDREN_NUMBER: "getAllChildrenNumber",
    SET_WATCHES2: "setWatches2",
    ADD_WATCH: "addWatch",
    WHO_AM_I: "whoAmI",
    FILTERED_LIST: "filteredList",
    CHECK_NOT_EXISTS: "checkNotExists",
    CREATE_IF_NOT_EXISTS: "createIfNotExists",
    REMOVE_RECURSIVE: "removeRecursive",
    CHECK_STAT: "checkStat",
    TRY_REMOVE: "tryRemove",
    FILTERED_LIST_WITH_DATA: "filteredListWithData",
    LIST_RECURSIVE: "listRecursive",
    ERROR: "error",
    CREATE_SESSION: "createSession",
    CLOSE_SESSION: "closeSession",
}

# Errors: the last int of a reply header. Down to API_ERROR the system's, below it the request's.
OK: Final = 0
SYSTEM_ERROR: Final = -1
RUNTIME_INCONSISTENCY: Final = -2
DATA_INCONSISTENCY: Final = -3
CONNECTION_LOSS: Final = -4
MARSHALLING_ERROR: Final = -5
UNIMPLEMENTED: Final = -6
OPERATION_TIMEOUT: Final = -7
BAD_ARGUMENTS: Final = -8
UNKNOWN_SESSION: Final = -12
NEW_CONFIG_NO_QUORUM: Final = -13
RECONFIG_IN_PROGRESS: Final = -14
API_ERROR: Final = -100
NO_NODE: Final = -101
NO_AUTH: Final = -102
BAD_VERSION: Final = -103
NO_CHILDREN_FOR_EPHEMERALS: Final = -108
NODE_EXISTS: Final = -110
NOT_EMPTY: Final = -111
SESSION_EXPIRED: Final = -112
INVALID_CALLBACK: Final = -113
INVALID_ACL: Final = -114
AUTH_FAILED: Final = -115
SESSION_MOVED: Final = -118
NOT_READ_ONLY: Final = -119
EPHEMERAL_ON_LOCAL_SESSION: Final = -120
NO_WATCHER: Final = -121
REQUEST_TIMEOUT: Final = -122
RECONFIG_DISABLED: Final = -123
SESSION_CLOSED_REQUIRE_SASL_AUTH: Final = -124
QUOTA_EXCEEDED: Final = -125
THROTTLED_OP: Final = -127

ERROR_NAMES: Final[dict[int, str]] = {
    OK: "OK",
    SYSTEM_ERROR: "SYSTEMERROR",
    RUNTIME_INCONSISTENCY: "RUNTIMEINCONSISTENCY",
    DATA_INCONSISTENCY: "DATAINCONSISTENCY",
    CONNECTION_LOSS: "CONNECTIONLOSS",
    MARSHALLING_ERROR: "MARSHALLINGERROR",
    UNIMPLEMENTED: "UNIMPLEMENTED",
    OPERATION_TIMEOUT: "OPERATIONTIMEOUT",
    BAD_ARGUMENTS: "BADARGUMENTS",
    UNKNOWN_SESSION: "UNKNOWNSESSION",
    NEW_CONFIG_NO_QUORUM: "NEWCONFIGNOQUORUM",
    RECONFIG_IN_PROGRESS: "RECONFIGINPROGRESS",
    API_ERROR: "APIERROR",
    NO_NODE: "NONODE",
    NO_AUTH: "NOAUTH",
    BAD_VERSION: "BADVERSION",
    NO_CHILDREN_FOR_EPHEMERALS: "NOCHILDRENFOREPHEMERALS",
    NODE_EXISTS: "NODEEXISTS",
    NOT_EMPTY: "NOTEMPTY",
    SESSION_EXPIRED: "SESSIONEXPIRED",
    INVALID_CALLBACK: "INVALIDCALLBACK",
    INVALID_ACL: "INVALIDACL",
    AUTH_FAILED: "AUTHFAILED",
    SESSION_MOVED: "SESSIONMOVED",
    NOT_READ_ONLY: "NOTREADONLY",
    EPHEMERAL_ON_LOCAL_SESSION: "EPHEMERALONLOCALSESSION",
    NO_WATCHER: "NOWATCHER",
    REQUEST_TIMEOUT: "REQUESTTIMEOUT",
    RECONFIG_DISABLED: "RECONFIGDISABLED",
    SESSION_CLOSED_REQUIRE_SASL_AUTH: "SESSIONCLOSEDREQUIRESASLAUTH",
    QUOTA_EXCEEDED: "QUOTAEXCEEDED",
    THROTTLED_OP: "THROTTLEDOP",
}

# What a notification says happened.
EVENT_NONE: Final = -1
EVENT_CREATED: Final = 1
EVENT_DELETED: Final = 2
EVENT_DATA_CHANGED: Final = 3
EVENT_CHILDREN_CHANGED: Final = 4
EVENT_DATA_WATCH_REMOVED: Final = 5
EVENT_CHILD_WATCH_REMOVED: Final = 6
EVENT_PERSISTENT_WATCH_REMOVED: Final = 7

EVENT_NAMES: Final[dict[int, str]] = {
    EVENT_NONE: "None",
    EVENT_CREATED: "NodeCreated",
    EVENT_DELETED: "NodeDeleted",
    EVENT_DATA_CHANGED: "NodeDataChanged",
    EVENT_CHILDREN_CHANGED: "NodeChildrenChanged",
    EVENT_DATA_WATCH_REMOVED: "DataWatchRemoved",
    EVENT_CHILD_WATCH_REMOVED: "ChildWatchRemoved",
    EVENT_PERSISTENT_WATCH_REMOVED: "PersistentWatchRemoved",
}

# How the client stands to the ensemble, as a notification tells it.
STATE_DISCONNECTED: Final = 0
STATE_NO_SYNC_CONNECTED: Final = 1
STATE_SYNC_CONNECTED: Final = 3
STATE_AUTH_FAILED: Final = 4
STATE_CONNECTED_READ_ONLY: Final = 5
STATE_SASL_AUTHENTICATED: Final = 6
STATE_CLOSED: Final = 7
STATE_EXPIRED: Final = -112

STATE_NAMES: Final[dict[int, str]] = {
    STATE_DISCONNECTED: "Disconnected",
    STATE_NO_SYNC_CONNECTED: "NoSyncConnected",
    STATE_SYNC_CONNECTED: "SyncConnected",
    STATE_AUTH_FAILED: "AuthFailed",
    STATE_CONNECTED_READ_ONLY: "ConnectedReadOnly",
    STATE_SASL_AUTHENTICATED: "SaslAuthenticated",
    STATE_CLOSED: "Closed",
    STATE_EXPIRED: "Expired",
}

# Permissions of an ACL entry, to be or-ed.
PERM_READ: Final = 1
PERM_WRITE: Final = 2
PERM_CREATE: Final = 4
PERM_DELETE: Final = 8
PERM_ADMIN: Final = 16
PERM_ALL: Final = 31

# The flags of a create: which kind of znode. Not bits.
PERSISTENT: Final = 0
EPHEMERAL: Final = 1
PERSISTENT_SEQUENTIAL: Final = 2
EPHEMERAL_SEQUENTIAL: Final = 3
CONTAINER: Final = 4
PERSISTENT_WITH_TTL: Final = 5
PERSISTENT_SEQUENTIAL_WITH_TTL: Final = 6

# Which children a FILTERED_LIST is about.
LIST_ALL: Final = 0
LIST_PERSISTENT: Final = 1
LIST_EPHEMERAL: Final = 2

# Which watches a checkWatches or removeWatches is about.
WATCHER_CHILDREN: Final = 1
WATCHER_DATA: Final = 2
WATCHER_ANY: Final = 3
WATCHER_PERSISTENT: Final = 4
WATCHER_PERSISTENT_RECURSIVE: Final = 5

# The mode of an addWatch.
ADD_WATCH_PERSISTENT: Final = 0
ADD_WATCH_PERSISTENT_RECURSIVE: Final = 1

# Special xids: the first int of a request or reply header.
XID_NOTIFICATION: Final = -1
XID_PING: Final = -2
XID_AUTH: Final = -4
XID_SET_WATCHES: Final = -8
