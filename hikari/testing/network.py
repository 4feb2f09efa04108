"""Simulated TCP: streams between hosts, over links that delay, lose, clog and break.

What TCP hides is hidden here too: a lost packet is a delay, a duplicate is nothing, order is kept
within a connection. What it does not hide is not: connections break with data under way, a host
that has died in silence says nothing, and a cut link keeps back whatever is sent until it heals.
"""

import random
import socket
from collections import deque
from typing import Any, Final

from twisted.internet.address import IPv4Address
from twisted.internet.error import (
    ConnectError,
    ConnectionAborted,
    ConnectionDone,
    ConnectionLost,
    ConnectionRefusedError,
    TimeoutError,
)
from twisted.internet.interfaces import ISystemHandle
from twisted.internet.protocol import ClientFactory
from twisted.python.failure import Failure
from zope.interface import implementer

from hikari.testing.timeline import Process, Timeline

FIN: Final = b"FIN"
RST: Final = b"RST"  # told apart by identity: no data is ever this very object
RETRANSMIT_S: Final = 0.2
UNREAD_BYTES_MAX: Final = 1 << 20
SYNS_S: Final = (1.0, 3.0, 7.0)
"""Behind the first: when a kernel asks again for a connection that nobody has answered."""
UNACKNOWLEDGED_MAX: Final = 4
"""So many packets go unanswered: a sender whom no acknowledgement reaches falls silent."""


class Link:
    """One direction between two hosts."""

    __slots__ = ("cut", "cut_at", "delay_s", "held", "loss", "spread_s")

    def __init__(self) -> None:
        self.cut = False
        self.cut_at = 0.0
        self.delay_s = -1.0  # negative: the network's default holds
        self.spread_s = 0.0
        self.loss = 0.0
        self.held: list[Stream] = []


class Network:
    """All hosts, links, ports and connections."""

    def __init__(self, timeline: Timeline, chance: random.Random) -> None:
        self.timeline = timeline
        self.chance = chance
        self.down: dict[str, float] = {}  # hosts without power, and since when
        self.chop = 0.0  # how often what is sent arrives in pieces
        self.room = UNREAD_BYTES_MAX
        self.default = (0.0002, 0.0002, 0.0)  # of a link: delay, spread, loss
        self.bytes = 0  # ever sent
        self._links: dict[tuple[str, str], Link] = {}
        self._ports: dict[tuple[str, int], Port] = {}
        self._sides: dict[Side, None] = {}
        self._ephemeral_port = 40_000

    def link(self, sender: str, to: str) -> Link:
        link = self._links.get((sender, to))
        if link is None:
            link = self._links[sender, to] = Link()
        return link

    def latency_s(self, link: Link) -> float:
        """How long a packet takes on this link now."""
        chance = self.chance
        delay_s, spread_s, loss = link.delay_s, link.spread_s, link.loss
        if delay_s < 0:
            delay_s, spread_s, loss = self.default
        delay_s += spread_s * chance.random()
        if loss:
            wait_s = RETRANSMIT_S
            while chance.random() < loss and wait_s < 4:
                delay_s += wait_s
                wait_s *= 2
        return delay_s

    # ---- faults

    def cut(self, sender: str, to: str) -> None:
        link = self.link(sender, to)
        if not link.cut:
            link.cut, link.cut_at = True, self.timeline.now

    def heal(self, sender: str, to: str) -> None:
        """What was kept back is sent again, some time later."""
        link = self.link(sender, to)
        if link.cut:
            link.cut = False
            held, link.held = link.held, []
            for stream in dict.fromkeys(held):
                stream.go_on(self._next_try_s(link.cut_at))

    def power(self, host: str) -> None:
        """A host is on again: who still sends to what it was before is told that it is gone."""
        since = self.down.pop(host, None)
        if since is None:
            return
        for side in self._sides:
            if side.peer_host == host and not side.other.process.alive and side.out.unread:
                self.timeline.at(self.timeline.now + self._next_try_s(since), side.arrived, RST)

    def _next_try_s(self, since: float) -> float:
        """TCP waits twice as long from try to try: the next one may be as far off as the first was
        long ago."""
        return RETRANSMIT_S + self.chance.random() * min(self.timeline.now - since, 120)

    def reset(self, one: str, other: str) -> None:
        """Break all connections between two hosts, with what is under way on them."""
        for side in list(self._sides):
            if (side.host, side.peer_host) == (one, other):
                side.out.break_off()
                side.into.break_off()
                for end in (side, side.other):
                    wait_s = self.latency_s(self.link(end.peer_host, end.host))
                    self.timeline.at(
                        self.timeline.now + wait_s, end.die, ConnectionLost(), process=end.process
                    )

    def died(self, process: Process, silently: bool) -> None:
        """A process is no more. Its kernel closes its sockets, unless that has died too."""
        self._ports = {at: port for at, port in self._ports.items() if port.process is not process}
        for side in list(self._sides):
            if side.process is process:
                del self._sides[side]
                side.lost = True
                if not silently:
                    side.out.send(RST)

    # ---- for reactors

    def listen(self, process: Process, port: int, factory: Any) -> "Port":
        listening = Port(self, process, port, factory)
        assert (process.host, port) not in self._ports, "the port is taken"
        self._ports[process.host, port] = listening
        return listening

    def unlisten(self, port: "Port") -> None:
        if self._ports.get((port.process.host, port.port)) is port:
            del self._ports[port.process.host, port.port]

    def connect(self, process: Process, host: str, port: int, factory: Any, timeout: float) -> None:
        timeline = self.timeline
        there, back = self.link(process.host, host), self.link(host, process.host)
        arrives_s, began_s = self.latency_s(there), timeline.now

        def fail(why: ConnectError) -> None:
            factory.clientConnectionFailed(None, Failure(why))  # type: ignore[no-untyped-call]

        def arrive() -> None:
            """At the other host's kernel."""
            if there.cut or back.cut or host in self.down:
                again_s = next((at for at in SYNS_S if began_s + at > timeline.now), timeout)
                if again_s < timeout:
                    timeline.at(began_s + again_s, ask)
                    return
                wait_s = max(0.0, began_s + timeout - timeline.now)
                timeline.at(timeline.now + wait_s, fail, _timed_out(), process=process)
                return
            back_at = timeline.now + self.latency_s(back)
            listening = self._ports.get((host, port))
            if listening is None:
                timeline.at(back_at, fail, _refused(), process=process)
                return
            self._ephemeral_port += 1
            ours = Side(self, process, host, port)
            theirs = Side(self, listening.process, process.host, self._ephemeral_port)
            ours.tie(theirs)
            timeline.at(timeline.now, theirs.begin, listening.factory, process=theirs.process)
            timeline.at(back_at, ours.begin, factory, process=process)

        def ask() -> None:
            """By our kernel, which forgets what a process wanted that is no more."""
            if process.alive:
                timeline.at(timeline.now + arrives_s, arrive)

        ask()


class Port:
    """IListeningPort."""

    def __init__(self, network: Network, process: Process, port: int, factory: Any) -> None:
        self.network, self.process, self.port, self.factory = network, process, port, factory

    def stopListening(self) -> None:
        self.network.unlisten(self)


class Stream:
    """One direction of one connection: what is sent arrives in order, at some time."""

    __slots__ = (
        "_back",
        "_broken",
        "_link",
        "_network",
        "_newest",
        "_queue",
        "_unheard",
        "taken",
        "to",
        "unread",
    )

    def __init__(self, network: Network, link: Link, back: Link, to: "Side") -> None:
        self._network, self._link, self._back = network, link, back
        self._broken = False
        self._unheard = 0  # packets that arrived while no acknowledgement could come back
        self._queue: deque[bytes] = deque()
        self._newest = 0.0  # when the last of them arrives
        self.to = to
        self.taken = 0  # pieces that have arrived
        self.unread = 0  # bytes that the other end has not taken

    def send(self, data: bytes) -> None:
        if self._broken:
            return
        self._queue.append(data)
        if self._link.cut:
            self._hold(self._link)
        else:
            self._schedule(self._network.latency_s(self._link))

    def _hold(self, link: Link) -> None:
        """Nothing passes, or nothing comes back: the sender's kernel tries again and again."""
        link.held.append(self)
        self.to.other.unanswered()

    def _schedule(self, delay_s: float) -> None:
        timeline = self._network.timeline
        self._newest = max(self._newest, timeline.now + delay_s)
        timeline.at(self._newest, self._arrive)

    def _arrive(self) -> None:
        """At the other host's kernel, which tells its process."""
        if not self._queue:
            return
        if self._link.cut:
            self._hold(self._link)
            return
        if self._back.cut:
            self._unheard += 1
            if self._unheard > UNACKNOWLEDGED_MAX:
                self._hold(self._back)
                return
        else:
            self._unheard = 0
        self.taken += self.to.process.alive
        self.to.arrived(self._queue.popleft())

    def go_on(self, delay_s: float) -> None:
        """The link is back: everything kept back goes again."""
        for _ in range(len(self._queue)):
            self._schedule(delay_s)

    def break_off(self) -> None:
        """Nothing arrives any more: a stream has no holes."""
        self._queue.clear()
        self._broken = True


@implementer(ISystemHandle)
class Side:
    """ITCPTransport: one end of a connection."""

    def __init__(self, network: Network, process: Process, peer_host: str, peer_port: int) -> None:
        self.network = network
        self.process = process
        self.host = process.host
        self.peer_host = peer_host
        self._peer = IPv4Address("TCP", peer_host, peer_port)
        self.protocol: Any = None
        self.lost = False
        self.disconnecting = False
        self.other: Side
        self.out: Stream
        self.into: Stream
        self._inbox: deque[bytes] = deque()
        self._reading = False  # an event to do so is under way
        self._paused = False
        self._buffer = bytearray()  # what `write` was given and the stream had no room for
        self._producer: Any = None
        self._user_timeout_s = 0.0
        self._giving_up = False
        network._sides[self] = None

    def tie(self, other: "Side") -> None:
        self.other, other.other = other, self
        network = self.network
        there, back = network.link(self.host, other.host), network.link(other.host, self.host)
        self.out = Stream(network, there, back, other)
        other.out = Stream(network, back, there, self)
        self.into, other.into = other.out, self.out

    def begin(self, factory: Any) -> None:
        if self.lost:  # before anybody knew of it
            if isinstance(factory, ClientFactory):
                factory.clientConnectionFailed(None, Failure(_refused()))  # type: ignore
            return
        self.protocol = factory.buildProtocol(self._peer)
        self.protocol.makeConnection(self)
        self._read_soon()

    # ---- what arrives

    def arrived(self, data: bytes) -> None:
        """In the kernel; not in the process's own time."""
        if self.lost or not self.process.alive:
            if self.host in self.network.down:
                self.other.unanswered()
            elif data is not RST:
                self.out.send(RST)
            return
        if data is RST:
            self._inbox.clear()
        self._inbox.append(data)
        self._read_soon()

    def _read_soon(self) -> None:
        if self._inbox and not self._reading:
            self._reading = True
            timeline = self.network.timeline
            timeline.at(timeline.now, self._read, process=self.process)

    def _read(self) -> None:
        self._reading = False
        if self.protocol is None or self.lost:
            return
        while self._inbox and not self.lost:
            data = self._inbox[0]
            if data is RST:
                self.die(ConnectionLost())
                return
            if self._paused:
                return
            self._inbox.popleft()
            if data is FIN:
                self.die(ConnectionDone())
                return
            self.into.unread -= len(data)
            self.other.has_room()
            if self.network.chop and self.network.chance.random() < self.network.chop:
                self._read_in_pieces(data)
            else:
                self.protocol.dataReceived(data)

    def _read_in_pieces(self, data: bytes) -> None:
        at = 0
        while at < len(data) and not self.lost:
            count = self.network.chance.choice((1, 3, 4, 100, 5000))
            self.protocol.dataReceived(data[at : at + count])
            at += count

    def die(self, reason: Exception) -> None:
        """The connection is gone, whoever's fault it is."""
        if not self.lost:
            self.lost = self.disconnecting = True
            self.network._sides.pop(self, None)
            if self.protocol is not None:
                self.protocol.connectionLost(Failure(reason))  # type: ignore[no-untyped-call]

    def unanswered(self) -> None:
        """What was sent is not acknowledged: after TCP_USER_TIMEOUT the kernel gives up."""
        if self._user_timeout_s and not self._giving_up and not self.lost:
            self._giving_up = True
            timeline, taken = self.network.timeline, self.out.taken
            at = timeline.now + self._user_timeout_s
            timeline.at(at, self._give_up, taken, process=self.process)

    def _give_up(self, taken: int) -> None:
        self._giving_up = False
        if self.out.taken == taken:  # nothing has got through since
            self.die(ConnectionLost())

    # ---- for the protocol

    def getHandle(self) -> "Side":
        return self

    def recv(self, count: int, flags: int) -> bytes:
        """What comes next, and stays there."""
        assert flags == socket.MSG_PEEK
        if not self._inbox:
            raise BlockingIOError
        if self._inbox[0] is RST:
            raise ConnectionResetError
        return b"" if self._inbox[0] is FIN else self._inbox[0][:count]

    def setsockopt(self, level: int, option: int, value: int) -> None:
        assert option == socket.TCP_USER_TIMEOUT
        self._user_timeout_s = value / 1000

    def getPeer(self) -> IPv4Address:
        return self._peer

    def getHost(self) -> IPv4Address:
        return IPv4Address("TCP", self.host, 0)

    def setTcpNoDelay(self, enabled: bool) -> None:
        pass

    def writeSomeData(self, data: bytes) -> int | Exception:
        if self.lost:
            return ConnectionLost()
        room = self.network.room - self.out.unread
        if room <= 0:
            return 0
        taken = data if len(data) <= room else data[:room]
        self.out.unread += len(taken)
        self.network.bytes += len(taken)
        self.out.send(taken)
        return len(taken)

    def write(self, data: bytes) -> None:
        if self.lost or self.disconnecting:
            return
        self._buffer += data
        self.has_room()

    def has_room(self) -> None:
        """The other end has read something: some time later, that is known here."""
        if self._buffer:
            timeline = self.network.timeline
            timeline.at(timeline.now + 0.0001, self._drain, process=self.process)

    def _drain(self) -> None:
        if self.lost or not self._buffer:
            return
        sent = self.writeSomeData(bytes(self._buffer))
        if isinstance(sent, int):
            del self._buffer[:sent]
        if self._buffer:
            return
        if self.disconnecting:
            self._close()
        elif self._producer is not None:
            self._producer.resumeProducing()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        self._producer = producer
        producer.resumeProducing()

    def unregisterProducer(self) -> None:
        self._producer = None

    def pauseProducing(self) -> None:
        self._paused = True

    def resumeProducing(self) -> None:
        if not self.lost and not self.disconnecting:
            self._paused = False
            self._read_soon()

    def loseConnection(self) -> None:
        if not self.disconnecting and not self.lost:
            self.disconnecting = True
            if not self._buffer:
                self._close()

    def _close(self) -> None:
        self.out.send(FIN)
        self._later(ConnectionDone())

    def abortConnection(self) -> None:
        if not self.lost:
            self.disconnecting = self._paused = True
            self._buffer.clear()
            self.out.send(RST)
            self._later(ConnectionAborted())

    def _later(self, reason: Exception) -> None:
        timeline = self.network.timeline
        timeline.at(timeline.now, self.die, reason, process=self.process)


def _timed_out() -> ConnectError:
    return TimeoutError()  # type: ignore[no-untyped-call]


def _refused() -> ConnectError:
    return ConnectionRefusedError()  # type: ignore[no-untyped-call]
