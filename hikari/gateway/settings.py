"""How a member is configured, by the names of ZooKeeper's configuration."""

from typing import TYPE_CHECKING, Any, Final

from hikari.gateway.figures import mode
from hikari.tree.fresh import CONFIG

if TYPE_CHECKING:
    from hikari.gateway.door import Door

JSON_NAMES: Final = {
    "clientPort": "client_port",
    "dataDir": "data_dir",
    "dataLogDir": "data_log_dir",
    "tickTime": "tick_time",
    "maxClientCnxns": "max_client_cnxns",
    "minSessionTimeout": "min_session_timeout",
    "maxSessionTimeout": "max_session_timeout",
    "serverId": "server_id",
    "clientPortListenBacklog": "client_port_listen_backlog",
}
"""Those that the admin port shows, and how it calls them."""


def settings(door: "Door") -> dict[str, Any]:
    """In the order of the word `conf`. `tickTime` is our own tick, of which `initLimit` and
    `syncLimit` are an election time-out; both ports of peers are one here."""
    about = door.about
    config = about.config
    peer = config.me.peer.port
    alone = {
        "clientPort": config.client.port,
        "secureClientPort": -1,
        "dataDir": about.tree_folder(),
        "dataDirSize": about.tree_bytes(),
        "dataLogDir": about.journal_folder(),
        "dataLogSize": about.journal_bytes(),
        "tickTime": config.raft.tick_ms,
        "maxClientCnxns": getattr(config.limits, "max_client_connections", 0),
        "minSessionTimeout": config.sessions.timeout_min_ms,
        "maxSessionTimeout": config.sessions.timeout_max_ms,
        "clientPortListenBacklog": -1,
        "serverId": config.member.id,
    }
    if mode(door) == "standalone":
        return alone
    return alone | {
        "initLimit": config.raft.election_ticks,
        "syncLimit": config.raft.election_ticks,
        "electionAlg": 3,
        "electionPort": peer,
        "quorumPort": peer,
        "peerType": 0,
    }


def membership(door: "Door") -> str:
    """The members, one a line, as ZooKeeper writes them and /zookeeper/config has them: nothing,
    if there is but one."""
    if len(door.replica.raft.voters) == 1:
        return ""
    known = door.tree.look(CONFIG)
    if known is not None and known.data:
        return known.data.decode()
    return door.about.config.ensemble.servers().decode() + "version=0"
