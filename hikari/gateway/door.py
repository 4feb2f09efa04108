"""All connections of one member, and what they share: the tree they read, the watches, the turn."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sized
from typing import TYPE_CHECKING, Any

from attrs import Factory, define, field
from twisted.logger import Logger

from hikari.complaints import Complaints
from hikari.gateway.about import About
from hikari.gateway.counts import NOTHING, Counts, Sizes, Traffic
from hikari.gateway.figures import Figure
from hikari.gateway.portions import Portions
from hikari.gateway.pressure import forget
from hikari.gateway.relief import relieve
from hikari.gateway.strangers import Strangers
from hikari.gateway.watching import readers, tell
from hikari.replica.replica import Replica
from hikari.tree.state import Event
from hikari.tree.tree import Tree
from hikari.watches.table import WatchTable
from hikari_wire import codes
from hikari_wire.replies import notification

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection

log = Logger(__name__)


@define(eq=False)
class Door:
    """Fulfils the replica's `Door`. `replica` and `tree` are tied in by the service. `now_s` is
    the time of the last tick: nobody who is answered costs a look at a clock."""

    frame_bytes_max: int
    requests_max: int
    connections_max: int
    output_bytes_max: int
    timeout_min_ms: int
    timeout_max_ms: int
    new_password: Callable[[], bytes]
    later_s: Callable[..., Any]  # (seconds, callable, arguments) -> IDelayedCall
    about: About
    readonly_mode: bool = False  # see hikari.gateway.isolation
    connections_per_host_max: int = 0  # 0: as many as all together
    sessions_max: int = 1_000_000  # of the whole ensemble, see hikari.gateway.handshake
    outstanding_max: int = 1_000
    clients_bytes_max: int = 1 << 30
    super_digest: bytes = b""  # who knows its password is the superuser; b"": nobody
    skip_acl: bool = False  # everybody is

    damaged: Callable[[Exception], None] | None = field(init=False, default=None)
    replica: Replica = field(init=False)
    tree: Tree = field(init=False)
    heard: set[int] = field(init=False)  # the replica's own
    watches: WatchTable = field(init=False, default=Factory(WatchTable))
    interest: tuple[Sized, Sized] = field(init=False)
    connections: dict["Connection", None] = field(init=False, default=Factory(dict))
    by_session: dict[int, "Connection"] = field(init=False, default=Factory(dict))
    due: list["Connection"] = field(init=False, default=Factory(list))
    hosts: Counter[str] = field(init=False, default=Factory(Counter))  # connections of each
    outstanding: int = field(init=False, default=0)
    """Requests that were read and are not answered, of all connections."""
    held_bytes: int = field(init=False, default=0)
    """Of all connections: requests under way, unread replies, unfinished frames."""
    now_s: float = field(init=False, default=0.0)
    moment: tuple[float, int] = field(init=False, default=(0.0, 0))
    """`now_s`, and the newest zxid: whoever is told something is told it at this moment."""
    gone_by: Traffic = field(init=False, default=Factory(Traffic))
    """Of connections that are gone, less what is not counted any more."""
    counts: Counts = field(init=False, default=Factory(Counts))
    sizes: Sizes = field(init=False, default=Factory(Sizes))
    trace_mask: int = field(init=False, default=0)  # what `stmk` said; nothing is traced
    figures: list[Callable[[], Iterable[Figure]]] = field(init=False, default=Factory(list))
    """What other rooms know: see hikari.gateway.figures."""
    alone: bool = field(init=False, default=False)
    """No leader for so long that who may read here without one does."""
    healing: Callable[[], bool] = field(init=False, default=lambda: False)
    """Something of this member was set aside, and it is not whole again."""
    strangers: Strangers = field(init=False, default=Factory(Strangers))
    complaints: Complaints = field(init=False)
    portions: Portions = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.now_s = self.about.started_s
        self.interest = (self.watches.paths, self.watches.lasting.watchers)
        self.portions = Portions(self.later_s)
        self.complaints = Complaints(log, "client {peer} closed: {why}", self.later_s)

    def tie(self, replica: Replica) -> None:
        """The replica and the door know each other from now on."""
        self.replica, self.tree, self.heard = replica, replica.tree, replica.heard

    # ---- for connections

    def admit(self, connection: "Connection") -> str:
        """Why there is no room for one more; if there is, "", and it is counted from now on."""
        if len(self.connections) >= self.connections_max:
            self.counts.refused += 1
            return "too many connections"
        host = connection.peer.host
        if 0 < self.connections_per_host_max <= self.hosts[host]:
            self.counts.refused += 1
            return "too many connections from its address"
        self.connections[connection] = None
        self.hosts[host] += 1
        return ""

    def gone(self, connection: "Connection") -> None:
        if connection not in self.connections:
            return  # it was never admitted
        del self.connections[connection]
        self.counts.dropped += 1
        self.gone_by.add(connection.traffic)
        if connection.counted or connection.held_bytes:
            forget(connection)
        self._gone_from(connection.peer.host)
        if connection.watched_bytes:
            self.watches.drop(connection)
        if self.by_session.get(connection.session) is connection:
            del self.by_session[connection.session]

    def _gone_from(self, host: str) -> None:
        left = self.hosts[host] - 1
        if left:
            self.hosts[host] = left
        else:
            del self.hosts[host]

    def relieve(self) -> None:
        """Too much is kept for all clients together, or they watch too much."""
        relieve(self)

    def serving(self) -> bool:
        return self.replica.serving

    def negotiate(self, timeout_ms: int) -> int:
        return max(self.timeout_min_ms, min(timeout_ms, self.timeout_max_ms))

    def attached(self, connection: "Connection") -> None:
        self.by_session[connection.session] = connection

    def propose(self, connection: "Connection", requests: list[tuple[Any, ...]], size: int) -> None:
        group = (connection.session, connection.attachment, connection.identities, requests)
        self.replica.propose(connection, group, size)

    def barrier(self, answer: Callable[[], None]) -> None:
        self.replica.barrier(answer)

    def wake(self) -> None:
        """What a connection has to write is written in the turn that is asked for here."""
        self.replica.wake()

    # ---- for those who ask how it is

    def tick(self) -> None:
        self.now_s = self.about.seconds()
        self.moment = (self.now_s, self.tree.zxid)
        self.strangers.tick(self.now_s)

    def traffic(self) -> Traffic:
        """Of all connections, those that are gone too."""
        all = Traffic()
        all.add(self.gone_by)
        for connection in self.connections:
            all.add(connection.traffic)
        return all

    def latency_ms(self) -> tuple[float, float, float]:
        """(least, mean, most) of all requests that were answered since this was reset. Those that
        were answered in the poll that brought them count as 0."""
        traffic = self.traffic()
        return traffic.latency().among(traffic.sent - traffic.events)

    def reset(self) -> None:
        """Latencies and frames are counted anew."""
        self.replica.counts.sizes.reset()
        self.sizes.reset()
        before, now = self.gone_by, self.traffic()
        before.received -= now.received
        before.sent -= now.sent
        before.events -= now.events
        for traffic in (before, *[connection.traffic for connection in self.connections]):
            traffic.forget_latency()
        before.earlier = NOTHING

    def reset_connections(self) -> None:
        """The same of each connection; those of the member stay."""
        for connection in self.connections:
            self.gone_by.add(connection.traffic)
            connection.traffic.reset()

    # ---- for the turn

    def fired(self, events: list[Event], zxid: int) -> None:
        watches = self.watches
        paths, lasting = watches.paths, watches.lasting.watchers
        for type, path, acl in events:
            if path not in paths and not lasting:
                continue  # most interest nobody
            watchers: Collection[Any] = watches.fire(type, path)
            if watchers:
                self.counts.fired[type].add(len(watchers))
                event = notification(type, codes.STATE_SYNC_CONNECTED, path, zxid)
                told = readers(watchers, acl) if acl else watchers
                self.counts.watch_bytes += len(event) * len(told)
                tell(told, event, self.due)

    def session_moved(self, session: int, attachment: int) -> None:
        connection = self.by_session.get(session)
        if connection is not None and connection.attachment != attachment:
            if attachment:
                connection.dismiss()
            else:
                connection.over()  # who closed it is told so

    def turn_ended(self) -> None:
        self.moment = (self.now_s, self.tree.zxid)
        due, self.due = self.due, []
        for connection in due:
            connection.flush()
        if self.alone and self.replica.serving:
            self._rejoined()

    def _rejoined(self) -> None:
        """There is a leader: whoever read here without one comes back as what it was before."""
        self.alone = False
        for connection in [one for one in self.connections if one.local]:
            connection.refuse("there is a leader again", quietly=True)

    def leader_lost(self) -> None:
        # Who has lost entries may not know what it once knew: not even to be read.
        self.alone = self.readonly_mode and not self.replica.raft.recovering
        if self.connections:
            log.warn("no leader for too long: closing {count} clients", count=len(self.connections))
        for connection in list(self.connections):
            connection.refuse("no leader", quietly=True)

    def restored(self) -> None:
        self.tree = self.replica.tree
        for connection in list(self.connections):
            connection.refuse("the tree was replaced by a snapshot", quietly=True)
