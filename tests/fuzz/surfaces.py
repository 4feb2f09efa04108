"""Where bytes of strangers are decoded, each behind the very entry point of production.

A surface's `eat` takes mutated frames and returns how many reached a decoder. What is not the
declared error is a `Crash`, which holds the frame.
"""

import random
from collections.abc import Callable
from typing import Any
from zlib import crc32

from fuzz import corpus
from fuzz.mutation import Mutator

from hikari.peers import codec
from hikari.raft.entry import CorruptRecord, Mark, chain, parse
from hikari_wire import acl, codes, replies, requests
from hikari_wire.framing import Frames
from hikari_wire.jute import Malformed
from hikari_wire.records import Stat

FRAME_BYTES_MAX = 1 << 20
SAMPLE = 31
"""One in so many and one of what is accepted is held against its invariants."""
Spans = list[tuple[int, int]]


class Crash(Exception):
    """A decoder did what it must not, with this frame (without its length)."""

    def __init__(self, surface: str, frame: bytes, why: str) -> None:
        super().__init__(f"{surface}: {why}: {frame[:2000].hex()}")
        self.surface, self.frame, self.why = surface, frame, why


class Surface:
    """One kind of frame: its corpus, its decoder, its invariants."""

    name = ""
    seeds: list[bytes]
    msgpacked = False

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.mutator = Mutator(self.seeds, chance, self.msgpacked)
        self.accepted = 0

    def some(self, count: int) -> list[Any]:
        return self.mutator.some(count)

    def eat(self, frames: list[Any]) -> int:
        raise NotImplementedError

    def one(self, frame: bytes) -> None:
        """Decode one frame, with every invariant held against it. Raises Crash."""
        raise NotImplementedError


class Framed(Surface):
    """Frames of the client port: they come as a stream, cut anywhere, at times with a length that
    lies."""

    def eat(self, frames: list[Any]) -> int:
        seen = 0
        for buf, spans in self.stream(frames):
            seen += len(spans)
            self.spans(buf, spans)
        return seen

    def stream(self, frames: list[Any]) -> list[tuple[bytes, Spans]]:
        chance = self.chance
        parts = []
        for frame in frames:
            parts.append(len(frame).to_bytes(4, "big"))
            parts.append(frame)
        bits = chance.getrandbits(32)
        if not bits & 7:
            liar = (bits >> 3) % len(frames)
            lie = chance.choice((-1, 0, 3, 7, 1 << 31, 1 << 20, 1 << 16, len(frames[liar]) + 1))
            parts[2 * liar] = (lie & 0xFFFFFFFF).to_bytes(4, "big")
        data = b"".join(parts)
        cuts = sorted([(bits >> 8) % len(data), (bits >> 16) % len(data), len(data)])
        cutter, at, fed = Frames(FRAME_BYTES_MAX), 0, []
        for cut in cuts:
            try:
                fed.append(cutter.feed(data[at:cut]))
            except Malformed:
                break
            except Exception as error:
                raise Crash("framing", data[:cut], repr(error)) from error
            at = cut
        return fed

    def spans(self, buf: bytes, spans: Spans) -> None:
        decode, number = self.decode, self.accepted
        at = end = 0
        try:
            for at, end in spans:
                try:
                    decode(buf, at, end)
                except Malformed:
                    continue
                number += 1
                if not number & SAMPLE:
                    self.check(buf, at, end)
        except Exception as error:
            raise Crash(self.name, buf[at:end], repr(error)) from error
        self.accepted = number

    def one(self, frame: bytes) -> None:
        try:
            self.decode(frame, 0, len(frame))
        except Malformed:
            return
        except Exception as error:
            raise Crash(self.name, frame, repr(error)) from error
        self.check(frame, 0, len(frame))

    def decode(self, buf: bytes, at: int, end: int) -> Any:
        """As production does. Raises Malformed and nothing else."""
        raise NotImplementedError

    def check(self, buf: bytes, at: int, end: int) -> None:
        """What is accepted is the same once it was encoded and decoded again."""
        raise NotImplementedError


class Requests(Framed):
    name, seeds = "requests", corpus.REQUESTS

    def decode(
        self,
        buf: bytes,
        at: int,
        end: int,
        header: Callable[..., tuple[int, int]] = requests.HEADER.unpack_from,
        decoders: dict[int, requests.Decoder] = requests.DECODE,
    ) -> Any:
        if end - at < 8:
            raise Malformed("the gateway closes at this")
        _, op = header(buf, at)
        decoder = decoders.get(op)
        if decoder is None:
            raise Malformed("the gateway answers this")
        return decoder(buf, at + 8, end)

    def check(self, buf: bytes, at: int, end: int) -> None:
        request = self.decode(buf, at, end)
        careful, stop = requests._TAKE[request[0]](request[0], buf, at + 8, end)
        assert request == careful, "the quick reader and the careful one differ"
        assert at + 8 <= stop <= end, "read past the end"
        frame = requests.encode(request, 5)
        assert requests.decode(request[0], frame, 12) == request, "not the same again"
        if request[0] in _WITH_ACL:
            entries = acl.parse(request[_WITH_ACL[request[0]]])
            assert acl.parse(acl.pack(entries)) == entries, "an ACL that is not the same again"


_WITH_ACL = {codes.CREATE: 3, codes.CREATE2: 3, codes.SET_ACL: 2}


class Connects(Framed):
    name, seeds = "connects", corpus.CONNECTS
    decode = staticmethod(requests.decode_connect)  # type: ignore[assignment]

    def check(self, buf: bytes, at: int, end: int) -> None:
        request = requests.decode_connect(buf, at, end)
        frame = requests.encode_connect(request)
        assert requests.decode_connect(frame, 4, len(frame)) == request, "not the same again"


class ConnectResponses(Framed):
    name, seeds = "connect responses", corpus.CONNECT_RESPONSES
    decode = staticmethod(replies.decode_connect)  # type: ignore[assignment]

    def check(self, buf: bytes, at: int, end: int) -> None:
        response = replies.decode_connect(buf, at, end)
        frame = replies.encode_connect(response)
        assert replies.decode_connect(frame, 4, len(frame)) == response, "not the same again"


class Replies(Framed):
    """The op of a reply is what the client had asked; in the corpus it stands for the xid."""

    name, seeds = "replies", corpus.REPLIES

    def decode(self, buf: bytes, at: int, end: int) -> Any:
        xid, _, error = replies.decode_header(buf, at, end)
        if error:
            return None
        if xid == codes.XID_NOTIFICATION:
            return replies.decode_notification(buf, at + 16, end)
        return replies.decode_body(xid, buf, at + 16, end)

    def check(self, buf: bytes, at: int, end: int) -> None:
        xid, _, error = replies.decode_header(buf, at, end)
        value = self.decode(buf, at, end)
        if error or value is None:
            return
        if xid == codes.XID_NOTIFICATION:
            frame = replies.notification(*value)
            assert replies.decode_notification(frame, 20, len(frame)) == value
            return
        frame = replies.frame(xid, 0, 0, replies.BODY[xid](_of_server(value)))
        assert replies.decode_body(xid, frame, 20, len(frame)) == value, "not the same again"


def _of_server(value: Any) -> Any:
    """What the server would have packed to make the client see this value."""
    if type(value) is Stat:
        return value.pack()
    if type(value) is tuple:
        return tuple([_of_server(part) for part in value])
    return value


class Peers(Surface):
    """Bodies of peer frames; seven of eight with a checksum that is right all the same: else
    nothing of them would be looked at."""

    name, msgpacked = "peers", True
    seeds = [codec.pack([message])[codec.HEAD_BYTES :] for message in corpus.MESSAGES] + [
        codec.pack(corpus.MESSAGES)[codec.HEAD_BYTES :]
    ]

    def some(self, count: int) -> list[Any]:
        right = count // 8 * 7
        frames = [codec.seal(bytes(rows))[4:] for rows in self.mutator.some(right)]
        for frame in self.mutator.some(count - right):
            sealed = bytearray(codec.seal(self.seeds[len(frame) % len(self.seeds)])[4:])
            sealed[len(frame) % len(sealed)] ^= 1 + len(frame) % 255
            frames.append(bytes(sealed))
        return frames

    def eat(self, frames: list[Any]) -> int:
        unpack, number = codec.unpack, self.accepted
        body = b""
        try:
            for frame in frames:
                body = bytes(frame)
                try:
                    messages = unpack(body)
                except codec.BadFrame:
                    continue
                number += 1
                if not number & SAMPLE:
                    self.check(messages)
        except Exception as error:
            raise Crash(self.name, body, repr(error)) from error
        self.accepted = number
        return len(frames)

    def one(self, frame: bytes) -> None:
        try:
            self.check(codec.unpack(frame))
        except codec.BadFrame:
            return
        except Exception as error:
            raise Crash(self.name, frame, repr(error)) from error

    def check(self, messages: list[Any]) -> None:
        frame = codec.pack(messages)
        assert codec.pack(codec.unpack(frame[4:])) == frame, "not the same again"
        for message in messages:
            assert type(message.sender) is int


class Records(Surface):
    """Records of the journal, as a disk or a peer gives them; half of them with a checksum that
    is right all the same."""

    name, seeds = "records", corpus.RECORDS

    def some(self, count: int) -> list[Any]:
        frames = self.mutator.some(count)
        for frame in frames[::2]:
            frame[:4] = crc32(frame[4:]).to_bytes(4, "big")
        return frames

    def eat(self, frames: list[Any]) -> int:
        for frame in frames:
            self.one(bytes(frame))
        return len(frames)

    def one(self, frame: bytes) -> None:
        try:
            entry = parse(frame)
        except CorruptRecord:
            return
        except Exception as error:
            raise Crash(self.name, frame, repr(error)) from error
        if entry.index:
            before = Mark(entry.index - 1, 0, entry.previous)
            if chain(before, entry.term, entry.payload).record != frame:
                raise Crash(self.name, frame, "not the same again")


SURFACES: dict[str, tuple[type[Surface], int]] = {
    "requests": (Requests, 8),
    "connects": (Connects, 2),
    "connect responses": (ConnectResponses, 1),
    "replies": (Replies, 4),
    "peers": (Peers, 4),
    "records": (Records, 1),
}
"""name -> (surface, its share of the frames)"""
