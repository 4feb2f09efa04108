"""What a stranger does to a member's ports. Each attack is one connection; it returns how many
frames it got rid of."""

import contextlib
import random
import select
import socket
from collections.abc import Callable

from fuzz import corpus
from fuzz.mutation import Mutator

from hikari.peers import codec
from hikari.peers.messages import Hello
from hikari_wire import codes, requests
from hikari_wire.records import ConnectRequest

HTTP = b"GET /%s HTTP/1.1\r\nHost: hikari\r\nUser-Agent: x\r\n\r\n"
TLS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200))
WORDS = [b"ruok", b"srvr", b"stat", b"mntr", b"wchp", b"dump", b"kill", b"isro"]
ENDS = (codes.CLOSE_SESSION, codes.AUTH)
"""Behind these, or mutants of them, a connection reads no more."""
BURST = 64
STUCK_S = 5.0
ANSWERED_S = 0.05
"""What was asked last is answered by then, mostly; what was not is dropped with its connection."""
SESSION_MS = 4_000


MESSAGES = [codec.pack([message]) for message in corpus.MESSAGES]


def wrong_frames(mutator: Mutator, count: int) -> bytes:
    """Frames that no member sends. Sound ones are left out: a peer that lies is believed."""
    return b"".join([bytes(frame) for frame in mutator.some(count) if frame not in MESSAGES])


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


def hello(timeout_ms: int = SESSION_MS) -> bytes:
    """A connect request that opens a session."""
    return requests.encode_connect(ConnectRequest(0, 0, timeout_ms, 0, bytes(16), False))


def pour(sock: socket.socket, data: bytes) -> bool:
    """Write all of it, and read what is answered meanwhile. False: the other end closed, or takes
    no more."""
    view = memoryview(data)
    while view:
        readable, writable, _ = select.select([sock], [sock], [], STUCK_S)
        if not readable and not writable:
            return False
        if readable and not sock.recv(1 << 18):
            return False
        if writable:
            view = view[sock.send(view) :]
    return True


def closes(sock: socket.socket, within_s: float) -> bool:
    """Whether the other end closes in time, whatever it says before."""
    sock.settimeout(within_s)
    with contextlib.suppress(ConnectionError):
        while True:
            try:
                if not sock.recv(1 << 18):
                    return True
            except TimeoutError:
                return False
    return True


class Attacker:
    """`client` and `peer` are a member's ports; `call` is the hello of a member that it knows and
    that does not run, so that frames behind it are read."""

    def __init__(
        self, client: tuple[str, int], peer: tuple[str, int], call: Hello, seed: int
    ) -> None:
        self.client, self.peer = client, peer
        self.chance = chance = random.Random(seed)
        self.requests = Mutator(corpus.REQUESTS, chance)
        self.staying = Mutator(
            [
                frame
                for frame in corpus.REQUESTS
                if requests.HEADER.unpack_from(frame)[1] not in ENDS
            ],
            chance,
        )
        self.connects = Mutator(corpus.CONNECTS, chance)
        self.call = codec.pack([call])
        self.hellos = Mutator([self.call], chance, msgpacked=True)
        self.messages = Mutator(MESSAGES, chance, msgpacked=True)
        self.sent = 0
        self.by_attack: dict[str, int] = {}
        self._lot: list[Callable[[], int]] = [self.session] * 6 + [self.behind_requests] * 2
        self._lot += [self.stranger, self.words, self.no_protocol, self.resume]
        self._lot += [self.peer_stranger, self.peer_frames, self.leaves]
        self._lot += [self.never_reads, self.watches_all, self.drips]

    def attack(self) -> None:
        """One connection, whichever it is."""
        kind = self.chance.choice(self._lot)
        sent = 0
        with contextlib.suppress(ConnectionError):
            sent = kind()
        self.sent += sent
        name = kind.__name__
        self.by_attack[name] = self.by_attack.get(name, 0) + sent

    def _dial(self, address: tuple[str, int]) -> socket.socket:
        sock = socket.create_connection(address, 10)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def _enter(self) -> socket.socket:
        sock = self._dial(self.client)
        sock.sendall(hello())
        sock.recv(1 << 12)
        return sock

    # ---- at the client port

    def session(self) -> int:
        """Mutated requests in the midst of a session, at times with a length that lies."""
        sent = 1
        mutator = self.requests if self.chance.random() < 0.3 else self.staying
        with self._enter() as sock:
            for _ in range(self.chance.randrange(1, 20)):
                said = [framed(frame) for frame in mutator.some(BURST) if len(frame) >= 8]
                if self.chance.random() < 0.05:
                    number = self.chance.randrange(len(said))
                    said[number] = self.chance.randbytes(2) + said[number]
                if not pour(sock, b"".join(said)):
                    return sent
                sent += len(said)
            closes(sock, ANSWERED_S)
        return sent

    def behind_requests(self) -> int:
        """Sound requests, then garbage, in one piece."""
        with self._enter() as sock:
            sound = [framed(self.chance.choice(corpus.REQUESTS)) for _ in range(BURST)]
            garbage = self.chance.randbytes(self.chance.randrange(1, 300))
            pour(sock, b"".join(sound) + garbage)
            closes(sock, ANSWERED_S)
        return 2 + BURST

    def stranger(self) -> int:
        """Mutated connect requests, and a request behind each."""
        for _ in range(8):
            with contextlib.suppress(ConnectionError), self._dial(self.client) as sock:
                (said,) = self.connects.some(1)
                pour(sock, framed(said) + framed(corpus.REQUESTS[0]))
                closes(sock, 0.002)
        return 16

    def resume(self) -> int:
        """Sessions of others, guessed."""
        for _ in range(8):
            with contextlib.suppress(ConnectionError), self._dial(self.client) as sock:
                session, password = self.chance.randrange(1, 1_000), self.chance.randbytes(16)
                ask = ConnectRequest(0, 0, 10_000, session, password, False)
                sock.sendall(requests.encode_connect(ask))
                assert closes(sock, 10), "a session with a wrong password"
        return 8

    def words(self) -> int:
        """Four letters, nearly."""
        for _ in range(8):
            with contextlib.suppress(ConnectionError), self._dial(self.client) as sock:
                word = bytearray(self.chance.choice(WORDS))
                if self.chance.random() < 0.7:
                    word[self.chance.randrange(4)] = self.chance.randrange(256)
                pour(sock, bytes(word) + self.chance.randbytes(self.chance.randrange(9)))
                closes(sock, 0.002)
        return 8

    def no_protocol(self) -> int:
        """Another protocol, to a stranger and within a session."""
        said = self.chance.choice([TLS, HTTP % self.chance.randbytes(30), b"\n" * 100])
        with self._dial(self.client) as sock:
            pour(sock, said)
            assert closes(sock, 11), "what is no handshake was not closed"
        with self._enter() as sock:
            pour(sock, said)
            closes(sock, 0.01)
        return 3

    def leaves(self) -> int:
        """Half a frame and a reset, or nothing at all."""
        sent = 0
        for _ in range(8):
            sock = self._enter() if self.chance.random() < 0.5 else self._dial(self.client)
            with sock:
                (said,) = self.requests.some(1)
                pour(sock, framed(said)[: self.chance.randrange(1 + len(said))])
                linger = self.chance.choice([b"\x01\0\0\0\0\0\0\0", bytes(8)])
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            sent += 1
        return sent

    def never_reads(self) -> int:
        """It asks for megabytes and takes none of them."""
        reads = ((codes.GET_DATA, b"/zookeeper", False),) * 4_000
        ask = requests.encode((codes.MULTI_READ, reads), 1)
        sent = 1
        with self._enter() as sock:
            sock.settimeout(ANSWERED_S)
            with contextlib.suppress(TimeoutError):
                for _ in range(30):
                    sock.sendall(ask)
                    sent += 1
        return sent

    def watches_all(self) -> int:
        """A setWatches of nearly a megabyte, and at times it leaves in the midst."""
        name = self.chance.randbytes(2).hex().encode()
        paths = tuple(b"/%s%d" % (name, number) for number in range(40_000))
        with self._enter() as sock:
            pour(sock, requests.encode((codes.SET_WATCHES, 1 << 40, (), paths, ()), 1))
            closes(sock, self.chance.choice([0.001, 0.3]))
        return 2

    def drips(self) -> int:
        """A frame, or a handshake, a byte at a time; it has not the patience to end it."""
        with self._enter() if self.chance.random() < 0.5 else self._dial(self.client) as sock:
            (said,) = self.requests.some(1)
            for byte in framed(bytes(said))[:20]:
                if closes(sock, 0.02):
                    break
                sock.sendall(bytes([byte]))
        return 1

    # ---- at the peer port

    def peer_stranger(self) -> int:
        """Mutated hellos, and what else a stranger might say there."""
        for _ in range(8):
            with contextlib.suppress(ConnectionError), self._dial(self.peer) as sock:
                (said,) = self.hellos.some(1)
                if self.chance.random() < 0.3:
                    said = bytearray(self.chance.choice([TLS, HTTP % b"x", hello(), b"\x91" * 99]))
                pour(sock, bytes(said))
                closes(sock, 0.002)
        return 8

    def peer_frames(self) -> int:
        """A hello that is right, then frames that are not."""
        sent = 0
        for _ in range(8):
            with contextlib.suppress(ConnectionError), self._dial(self.peer) as sock:
                said = wrong_frames(self.messages, 4)
                if pour(sock, self.call + said):
                    sent += 5
                closes(sock, 0.002)
        return sent
