"""TCP links between members: one out to each peer to speak on, one in from each to listen to.

A link carries frames in order and at most once. It never retries: when it breaks, what was under
way is lost, and `on_lost` says so.
"""

from collections.abc import Callable, Sequence
from operator import is_
from socket import IPPROTO_TCP, TCP_USER_TIMEOUT
from typing import Any, Final

from attrs import Factory, define, field
from twisted.internet import protocol
from twisted.internet.interfaces import IAddress, IConnector, ISystemHandle
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from hikari.complaints import Complaints, place
from hikari.outlet import Outlet
from hikari.peers.codec import (
    FRAME_BYTES_MAX,
    HELLO_BYTES_MAX,
    LENGTH,
    BadFrame,
    PeerMessage,
    pack,
    unpack,
)
from hikari.peers.messages import Hello

log = Logger(__name__)

UNSENT_BYTES_MAX: Final = 128 << 20
"""More unsent bytes break the link: the peer does not read."""
RETRY_S_MIN: Final = 0.02
RETRY_S_MAX: Final = 0.5
LIVED_S_MIN: Final = 1.0
"""A link that did not last so long was not wanted there: it is not made anew at once."""
FRAME_BYTES_SOFT: Final = 24 << 20
"""More messages than this at once go in several frames."""
UNACKNOWLEDGED_MS_MAX: Final = 2_000
"""A link whose peer acknowledges nothing for so long is broken, and made anew. Left alone, TCP
tries again about as late as the line was bad: a member stayed away for 7 to 12 s after a cut of
20 (measured)."""
HELLO_S_MAX: Final = 5.0
"""An incoming link says who it is within this time, or is closed."""
STRANGERS_MAX: Final = 64
"""With more incoming links that have not said who they are, the eldest is closed: a member says it
in its first packet."""


class _Framed(protocol.Protocol):
    """Cuts the stream into frames. Linear, also when a large frame comes in small pieces."""

    links: "Links"
    bytes_max = HELLO_BYTES_MAX
    refused = False

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)  # type: ignore[union-attr]
        self._pieces: list[bytes] = []
        self._have = 0
        self._need = LENGTH.size

    def dataReceived(self, data: bytes) -> None:
        self._have += len(data)
        self._pieces.append(data)
        if self._have < self._need:
            return
        buffer = b"".join(self._pieces) if len(self._pieces) > 1 else data
        at, end = 0, len(buffer)
        self._need = LENGTH.size
        while end - at >= LENGTH.size:
            (size,) = LENGTH.unpack_from(buffer, at)
            if size > self.bytes_max:
                self.refuse(f"a frame of {size} bytes")
                return
            if end - at < LENGTH.size + size:
                self._need = LENGTH.size + size
                break
            at += LENGTH.size
            try:
                messages = unpack(buffer[at : at + size])
            except BadFrame as error:
                self.refuse(str(error))
                return
            self.framesReceived(messages)
            if self.refused:
                return
            at += size
        rest = buffer[at:]
        self._pieces, self._have = [rest] if rest else [], len(rest)

    def framesReceived(self, messages: list[PeerMessage]) -> None:
        raise BadFrame("nothing is said on a link the wrong way")

    def refuse(self, why: str) -> None:
        host = place(self.transport.getPeer())  # type: ignore[union-attr]
        self.links.complaints.say(host=host, why=why)
        self.refused = True
        self.transport.abortConnection()  # type: ignore[union-attr]


class _Outgoing(_Framed):
    """The link on which we speak to one peer."""

    def __init__(self, links: "Links", peer: int) -> None:
        self.links, self.peer = links, peer

    def connectionMade(self) -> None:
        super().connectionMade()
        if ISystemHandle.providedBy(self.transport):
            handle = self.transport.getHandle()
            handle.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS_MAX)
        self.outlet = Outlet(self.transport)
        links = self.links
        self.since = links.clock.seconds()
        hello = Hello(links.member, self.peer, links.ensemble, links.members_checksum)
        self.outlet.write(pack([hello]))
        links._up(self)

    def send(self, frame: bytes) -> None:
        if self.outlet.waiting > UNSENT_BYTES_MAX:
            log.warn("peer {peer} does not read; link closed", peer=self.peer)
            self.transport.abortConnection()  # type: ignore[union-attr]
            return
        self.outlet.write(frame)

    def framesReceived(self, messages: list[PeerMessage]) -> None:
        self.refuse("a peer spoke on the link it should listen on")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.links._down(self)


class _Incoming(_Framed):
    """The link on which one peer speaks to us."""

    peer = 0

    def __init__(self, links: "Links") -> None:
        self.links = links

    def connectionMade(self) -> None:
        super().connectionMade()
        self.deadline = self.links.clock.callLater(HELLO_S_MAX, self.refuse, "no hello in time")
        self.links._called(self)

    def framesReceived(self, messages: list[PeerMessage]) -> None:
        if self.peer:
            for message in messages:
                if message.sender != self.peer or type(message) is Hello:
                    self.refuse(f"peer {self.peer} says hello again, or for {message.sender}")
                    return
                self.links.on_message(message)
            return
        hello = messages[0] if len(messages) == 1 else None
        why = self.links.stranger(hello)
        if why:
            self.refuse(why)
            return
        assert isinstance(hello, Hello)
        self.deadline.cancel()
        self.links._strangers.pop(self, None)
        self.bytes_max = FRAME_BYTES_MAX
        self.peer = hello.sender
        self.links._heard_from(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self.deadline.active():
            self.deadline.cancel()
        self.links._gone(self)


class _Listening(protocol.Factory):
    noisy = False

    def __init__(self, links: "Links") -> None:
        self.links = links

    def buildProtocol(self, addr: IAddress | None) -> _Incoming:
        return _Incoming(self.links)


class _Dialling(protocol.ClientFactory):
    noisy = False

    def __init__(self, links: "Links", peer: int) -> None:
        self.links, self.peer = links, peer

    def buildProtocol(self, addr: IAddress | None) -> _Outgoing:
        return _Outgoing(self.links, self.peer)

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        self.links._again(self.peer)


@define(eq=False)
class Links:
    """All links of one member. Fulfils the replica's `Peers`."""

    clock: Any  # IReactorTime and IReactorTCP
    member: int
    ensemble: str
    addresses: dict[int, tuple[str, int]]  # of the peers
    members_checksum: int
    on_message: Callable[[PeerMessage], None]
    on_lost: Callable[[int], None]

    _out: dict[int, _Outgoing] = field(init=False, default=Factory(dict))
    _in: dict[int, _Incoming] = field(init=False, default=Factory(dict))
    _strangers: dict[_Incoming, None] = field(init=False, default=Factory(dict))  # eldest first
    _retry_s: dict[int, float] = field(init=False, default=Factory(dict))
    _waiting: dict[int, Any] = field(init=False, default=Factory(dict))  # until it is dialled again
    _port: Any = field(init=False, default=None)
    _stopped: bool = field(init=False, default=False)
    complaints: Complaints = field(init=False)

    def __attrs_post_init__(self) -> None:
        text = "link from {host} closed: {why}"
        self.complaints = Complaints(log, text, self.clock.callLater)

    def start(self, host: str, port: int) -> None:
        self._port = self.clock.listenTCP(port, _Listening(self), interface=host)
        for peer in self.addresses:
            self._dial(peer)

    def stop(self) -> None:
        self._stopped = True
        if self._port is not None:
            self._port.stopListening()
        for speaking in self._out.values():
            speaking.outlet.close()
        for listening in self._in.values():
            listening.transport.loseConnection()  # type: ignore[union-attr]

    def send(self, messages: Sequence[tuple[int, PeerMessage]]) -> None:
        """One frame a peer; what is for a peer without a link is dropped. What two are told, the
        very same objects, is packed once."""
        if len(messages) == 1:
            to, message = messages[0]
            link = self._out.get(to)
            if link is not None:
                link.send(pack([message]))
            return
        sorted_: dict[int, list[PeerMessage]] = {}
        for to, message in messages:
            sorted_.setdefault(to, []).append(message)
        packed: list[PeerMessage] = []
        frames: list[bytes] = []
        for to, several in sorted_.items():
            link = self._out.get(to)
            if link is not None:
                if len(several) != len(packed) or not all(map(is_, several, packed)):
                    packed, frames = several, _frames(several)
                for frame in frames:
                    link.send(frame)

    def linked(self, peer: int) -> bool:
        return peer in self._out

    def stranger(self, hello: object) -> str:
        """Why whoever says this is not let in; empty if it is."""
        if not isinstance(hello, Hello):
            return "no hello"
        if hello.ensemble != self.ensemble:
            return f"it belongs to ensemble {hello.ensemble[:40]!r}, we to {self.ensemble!r}"
        if hello.members != self.members_checksum:
            return f"member {hello.sender} has another list of members than we have"
        if hello.receiver != self.member or hello.sender not in self.addresses:
            return f"member {hello.sender} looks for {hello.receiver}; we are {self.member}"
        return ""

    # ---- one link's life

    def _dial(self, peer: int) -> None:
        self._waiting.pop(peer, None)
        if self._stopped:
            return
        host, port = self.addresses[peer]
        self.clock.connectTCP(host, port, _Dialling(self, peer), timeout=2)

    def _again(self, peer: int) -> None:
        if self._stopped:
            return
        wait = self._retry_s.get(peer, RETRY_S_MIN)
        self._retry_s[peer] = min(2 * wait, RETRY_S_MAX)
        self._waiting[peer] = self.clock.callLater(wait, self._dial, peer)

    def _up(self, link: _Outgoing) -> None:
        self._out[link.peer] = link
        log.info("linked to member {peer}", peer=link.peer)

    def _down(self, link: _Outgoing) -> None:
        if self._out.get(link.peer) is link:
            del self._out[link.peer]
        if self._stopped:
            return
        log.info("lost the link to member {peer}", peer=link.peer)
        if self.clock.seconds() - link.since >= LIVED_S_MIN:
            self._retry_s.pop(link.peer, None)
        self.on_lost(link.peer)
        self._again(link.peer)

    def _called(self, link: _Incoming) -> None:
        strangers = self._strangers
        strangers[link] = None
        if len(strangers) > STRANGERS_MAX:
            eldest = next(iter(strangers))
            del strangers[eldest]
            eldest.refuse("too many strangers, and it said nothing")

    def _heard_from(self, link: _Incoming) -> None:
        older = self._in.pop(link.peer, None)
        self._in[link.peer] = link
        if older is not None:  # what is still in it must not overtake what comes on the new one
            older.transport.abortConnection()  # type: ignore[union-attr]
        waiting = self._waiting.get(link.peer)
        if waiting is not None:  # it is back: till we can answer, it is no help in an election
            waiting.cancel()
            self._dial(link.peer)

    def _gone(self, link: _Incoming) -> None:
        self._strangers.pop(link, None)
        if self._in.get(link.peer) is link:
            del self._in[link.peer]
            if not self._stopped:
                # Also when it is the second of the two to break: what it brought in between may
                # have been the last words of one who is dead, believed to be its first.
                self.on_lost(link.peer)


def _frames(messages: list[PeerMessage]) -> list[bytes]:
    """The frames of these messages: one, unless they are much."""
    frame = pack(messages)
    if len(frame) <= FRAME_BYTES_SOFT or len(messages) == 1:
        return [frame]
    half = len(messages) // 2
    return _frames(messages[:half]) + _frames(messages[half:])
