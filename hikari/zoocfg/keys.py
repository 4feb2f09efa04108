"""What becomes of each key that ZooKeeper 3.9 knows.

Honoured are those in `FIELDS`, and what `hikari.zoocfg.load` reads by name. All others are either
harmless, and named in one warning with the reason, or refused: nothing is ignored in silence. A
key that ends in `*` stands for all that begin like it.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple


class Field(NamedTuple):
    """A key that becomes a setting of ours as it is. `name`: table and key in `hikari.toml`. While
    `hikari.config` has no such setting, the key is warned of, or refused, with `without`."""

    kind: str  # "number", "flag" or "text"
    name: str
    refused: bool
    without: str


FIELDS: Final = {
    "maxClientCnxns": Field(
        *("number", "limits.max_client_connections"),
        *(False, "there is no limit of connections per address yet"),
    ),
    "globalOutstandingLimit": Field(
        *("number", "limits.outstanding_limit"),
        *(False, "requests are limited by connection"),
    ),
    "jute.maxbuffer": Field("number", "limits.frame_bytes_max", True, ""),
    "DigestAuthenticationProvider.superDigest": Field(
        "text", "access.super_digest", True, "there is no superuser yet"
    ),
    "skipACL": Field("flag", "access.skip_acl", True, "ACLs are always checked"),
    "enforceQuota": Field("flag", "quotas.enforce", True, "quotas are not enforced yet"),
    "znode.container.checkIntervalMs": Field(
        "number", "endings.check_interval_ms", False, "there are no containers yet"
    ),
    "znode.container.maxPerMinute": Field(
        "number", "endings.per_minute_max", False, "there are no containers yet"
    ),
    "znode.container.maxNeverUsedIntervalMs": Field(
        "number", "endings.never_used_ms", False, "there are no containers yet"
    ),
    "readonlymode.enabled": Field(
        *("flag", "sessions.readonly_mode"),
        *(False, "a member without a quorum does not serve"),
    ),
}
"""A flag that says no to what there is not is as it should be, and not mentioned."""


class Switch(NamedTuple):
    """A key that has no effect in ZooKeeper but with one word: any other is taken for `rest`.
    "true" may be written in whatever case."""

    word: str
    rest: str

    def taken(self, value: str) -> str:
        """`word` or `rest`."""
        said = value.lower() if self.word == "true" else value
        return self.word if said == self.word else self.rest

    def misread(self, value: str) -> bool:
        """Whether a person may have meant something else than ZooKeeper takes it for."""
        agrees = _YES if self.taken(value) in _YES else _NO
        return value.lower() not in agrees


_YES: Final = ("true", "yes")
_NO: Final = ("false", "no")
_TRUE: Final = Switch("true", "false")

SWITCHES: Final = {
    "skipACL": Switch("yes", "no"),
    "admin.enableServer": Switch("false", "true"),
    "forceSync": Switch("no", "yes"),
    "leaderServes": Switch("no", "yes"),
    "enforceQuota": _TRUE,
    "readonlymode.enabled": _TRUE,
    "admin.portUnification": _TRUE,
    "admin.forceHttps": _TRUE,
    "admin.needClientAuth": _TRUE,
    "enforce.auth.enabled": _TRUE,
    "sessionRequireClientSASLAuth": _TRUE,
    "allowSaslFailedClients": _TRUE,
    "DigestAuthenticationProvider.enabled": _TRUE,
    "audit.enable": _TRUE,
    "emulate353TTLNodes": _TRUE,
    "extendedTypesEnabled": _TRUE,
}
"""Each as 3.9.5's code looks at it."""

STRICT: Final = frozenset(
    (
        *("localSessionsEnabled", "localSessionsUpgradingEnabled", "quorumListenOnAllIPs"),
        *("syncEnabled", "standaloneEnabled", "reconfigEnabled", "sslQuorum", "portUnification"),
        *("sslQuorumReloadCertFiles", "quorum.auth.enableSasl", "quorum.auth.learnerRequireSasl"),
        *("quorum.auth.serverRequireSasl", "jvm.pause.monitor", "multiAddress.enabled"),
        "multiAddress.reachabilityCheckEnabled",
    )
)
"""Neither ZooKeeper nor Hikari starts if one of these is neither true nor false."""

DANGEROUS: Final = {
    "skipACL": "nobody is asked for permissions: every client may read and change every znode",
}
"""Honoured, with a warning if they say yes."""

_TLS: Final = "TLS is not served yet"
_SASL: Final = "SASL is not served"
_PEER_SASL: Final = "members do not authenticate each other by SASL"
_RAFT: Final = "Raft has its own times: see [raft] in docs/configuration.md"
_THREADS: Final = "there is one thread, and nothing to tune"
_DISK: Final = "the state is not kept in snapshots and logs of ZooKeeper's kind"
_THROTTLE: Final = "connections are held back one by one, not throttled"
_WATCHES: Final = "watches are kept in one way"
_CACHE: Final = "the cache is bounded in bytes: see limits.cache_bytes_max"
_JOURNAL: Final = "one fsync a turn, with no timer to set"
_OBSERVERS: Final = "there are no observers"
_GROUPS: Final = "all members have one vote: hierarchical quorums are not served"
_ALIVE: Final = "clients ping, and members too"
_TESTS: Final = "it is for ZooKeeper's own tests"
_HTTP: Final = "it has bounds of its own"

HARMLESS: Final = {
    "initLimit": _RAFT,
    "syncLimit": _RAFT,
    "connectToLearnerMasterLimit": _RAFT,
    "cnxTimeout": _RAFT,
    "quorumCnxnTimeoutMs": _RAFT,
    "maxTimeToWaitForEpoch": _RAFT,
    "leader.maxTimeToWaitForEpoch": _RAFT,
    "leaderConnectDelayDuringRetryMs": _RAFT,
    "fastleader.*": _RAFT,
    "electionPortBindRetry": "the second port of server.N is not used",
    "quorumListenOnAllIPs": "a member listens on the address of its own server.N",
    "standaloneEnabled": "one member alone is an ensemble of one",
    "dataLogDir": "journal and tree are both in dataDir",
    "autopurge.*": "there is nothing to purge",
    "snapCount": _DISK,
    "commitLogCount": "see journal.entries_kept",
    "snapSizeLimitInKb": _DISK,
    "txnLogSizeLimitInKb": _DISK,
    "preAllocSize": _DISK,
    "snapshot.*": _DISK,
    "serializeLastProcessedZxid.enabled": _DISK,
    "digest.enabled": "the digest is always kept and compared",
    "fsync.warningthresholdms": "see hikari_fsync_slowest_ms in mntr",
    "flushDelay": _JOURNAL,
    "maxWriteQueuePollTime": _JOURNAL,
    "maxBatchSize": _JOURNAL,
    "syncEnabled": _OBSERVERS,
    "observer.*": _OBSERVERS,
    "observerMaster.*": _OBSERVERS,
    "observerMasterPort": _OBSERVERS,
    "localSessionsEnabled": "every session is known to all members",
    "localSessionsUpgradingEnabled": "every session is known to all members",
    "clientPortListenBacklog": "it is 1024",
    "tcpKeepAlive": _ALIVE,
    "clientTcpKeepAlive": _ALIVE,
    "maxResponseCacheSize": _CACHE,
    "maxGetChildrenResponseCacheSize": _CACHE,
    "watchManagerName": _WATCHES,
    "watcherCleanThreadsNum": _WATCHES,
    "watcherCleanThreshold": _WATCHES,
    "watcherCleanIntervalInSeconds": _WATCHES,
    "maxInProcessingDeadWatchers": _WATCHES,
    "bitHashCacheSize": _WATCHES,
    "connectionMaxTokens": _THROTTLE,
    "connectionToken*": _THROTTLE,
    "connectionFreezeTime": _THROTTLE,
    "connectionDrop*": _THROTTLE,
    "connectionDecreaseRatio": _THROTTLE,
    "connection_throttle_*": _THROTTLE,
    "requestThrottle*": _THROTTLE,
    "request_throttle*": _THROTTLE,
    "requestStale*": _THROTTLE,
    "request_stale_*": _THROTTLE,
    "throttledOpWaitTime": _THROTTLE,
    "throttled_op_wait_time": _THROTTLE,
    "largeRequest*": _THROTTLE,
    "advancedFlowControlEnabled": _THREADS,
    "serverCnxnFactory": _THREADS,
    "netty.*": _THREADS,
    "nio.*": _THREADS,
    "commitProcessor.*": _THREADS,
    "learner.*": _THREADS,
    "leader.*": _THREADS,
    "follower.*": _THREADS,
    "maxConcurrentSnapSyncs": _THREADS,
    "maxConcurrentDiffSyncs": _THREADS,
    "forward_learner_requests_to_commit_processor_disabled": _THREADS,
    "quorum.cnxn.threads.size": _THREADS,
    "outstandingHandshake.limit": "TLS is not served",
    "messageTracker.*": "see hikari_turn_longest_ms in mntr",
    "jvm.*": "there is no JVM",
    "jute.maxbuffer.extrasize": "a request may be as large as jute.maxbuffer, no more",
    "enableEagerACLCheck": "ACLs are checked where the request is applied",
    "IPAuthenticationProvider.usexforwardedfor": "nobody is authenticated over HTTP",
    "quorum.auth.*": _PEER_SASL,
    "kerberos.*": _SASL,
    "requireKerberosConfig": _SASL,
    "security.auth_to_local": _SASL,
    "server.realm": _SASL,
    "fips-mode": "no cryptography is done here",
    "client.certReload": "TLS is not served",
    "sslQuorumReloadCertFiles": "TLS is not served",
    "admin.idleTimeout": _HTTP,
    "admin.httpVersion": _HTTP,
    "admin.rateLimiterIntervalInMS": "snapshot and restore are not served",
    "admin.snapshot.*": "snapshot and restore are not served",
    "admin.restore.*": "snapshot and restore are not served",
    "metricsProvider.exportJvmInfo": "there is no JVM",
    "metricsProvider.numWorkerThreads": _HTTP,
    "metricsProvider.maxQueueSize": _HTTP,
    "metricsProvider.workerShutdownTimeoutMs": _HTTP,
    "multiAddress.reachabilityCheck*": "a member has one address",
    "audit.impl.class": "there is no audit log",
    "datadir.autocreate": "the folder is made if it is not there",
    "db.autocreate": "a member that lost its data knows it, and asks the others",
    "jmx.*": "there is no JVM",
    "closeSessionTxn.enabled": "the end of a session is decided where it is applied",
    "forceSnapshotSync": "who is behind gets entries, or the tree where those are gone",
    "snapshotSizeFactor": "see journal.entries_kept",
    "intBufferStartingSizeBytes": "an answer's buffer grows by itself",
    "pathStats.*": "paths are not taken apart",
    "controllerPort": _TESTS,
    "test.*": _TESTS,
    "testingonly.*": _TESTS,
    "kinit": _SASL,
    "skipLearnerRequestToNextProcessor": _THREADS,
    "version": "the members are read from the file at each start",
}

REFUSED: Final = {
    "secureClientPort": _TLS,
    "secureClientPortAddress": _TLS,
    "ssl.*": _TLS,
    "client.portUnification": _TLS,
    "metricsProvider.ssl.*": _TLS,
    "metricsProvider.httpsPort": _TLS,
    "authProvider*": "no other authentication than digest and ip is served",
    "X509AuthenticationProvider.*": _TLS,
    "superUser": _SASL,
    "superUser.*": _SASL,
    "sasl.serverconfig": _SASL,
    "SASLAuthenticationProvider.*": _SASL,
    "letAnySaslUserDoX": _SASL,
    "ensembleAuthName": "the scheme `ensemble` is not served",
    "enforce.auth.schemes": "a session need not authenticate here",
    "group.*": _GROUPS,
    "oraclePath": "there is no oracle for two members",
}

UNLESS: Final = {
    "electionAlg": (("3",), "there is one way to elect"),
    "peerType": (("participant",), _OBSERVERS),
    "sslQuorum": (("false",), _TLS),
    "portUnification": (("false",), _TLS),
    "admin.portUnification": (("false",), _TLS),
    "admin.forceHttps": (("false",), _TLS),
    "admin.needClientAuth": (("false",), _TLS),
    "quorum.auth.enableSasl": (("false",), _PEER_SASL),
    "quorum.auth.learnerRequireSasl": (("false",), _PEER_SASL),
    "quorum.auth.serverRequireSasl": (("false",), _PEER_SASL),
    "enforce.auth.enabled": (("false",), "a session need not authenticate here"),
    "sessionRequireClientSASLAuth": (("false",), _SASL),
    "allowSaslFailedClients": (("false",), _SASL),
    "DigestAuthenticationProvider.enabled": (("true",), "digest is always served"),
    "DigestAuthenticationProvider.digestAlg": (("SHA1", "SHA-1"), "SHA1 alone is served"),
    "audit.enable": (("false",), "there is no audit log"),
    "emulate353TTLNodes": (("false",), "znodes of 3.5.3 are not served"),
    "weight.*": (("1",), _GROUPS),
}
"""Refused unless the value is one of these, whatever its case: then there is nothing to say."""

NOTED: Final = {
    "multiAddress.enabled": (("false",), "a member has one address"),
    "reconfigEnabled": (("false",), "a reconfig is answered RECONFIGDISABLED"),
    "extendedTypesEnabled": (("true",), "znodes with a time to live are always served"),
    "leaderServes": (("yes",), "every member serves"),
    "forceSync": (("yes",), "an acknowledged write is always synced"),
}
"""Harmless, and not even named if the value is one of these."""

READ: Final = frozenset(
    (
        *("dataDir", "clientPort", "clientPortAddress", "tickTime", "minSessionTimeout"),
        *("maxSessionTimeout", "maxCnxns", "dynamicConfigFile", "4lw.commands.whitelist"),
        *("admin.enableServer", "admin.serverAddress", "admin.serverPort", "admin.commandURL"),
        *("metricsProvider.className", "metricsProvider.httpHost", "metricsProvider.httpPort"),
    )
)
"""What `load` reads by name; `server.N` besides."""


def found(name: str, table: Iterable[str]) -> str:
    """The entry of `table` that this key belongs to, or nothing."""
    if name in table:
        return name
    for entry in table:
        if entry.endswith("*") and name.startswith(entry[:-1]):
            return entry
    return ""
