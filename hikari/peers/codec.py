"""Peer frames: a u32 length, XXH3 of what follows, a msgpack array of messages, each an array of
its fields.

What comes in is held against the checksum and each message's types before anything of it is used.
The checksum is for what TCP's own sixteen bits let pass: a term, a commit or an acknowledgement
that says too much would be believed, and a damaged proposal would be logged for all to choke on.
It is no proof of who speaks. (Each byte of a write passes it five times among three members; of
1 KiB crc32 takes 0.39 µs, XXH3 0.07.)
"""

import struct
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final

import msgpack
from xxhash import xxh3_64_intdigest

from hikari.peers.messages import Digest, DiskRoom, Forward, Heard, Hello
from hikari.raft.entry import CorruptRecord, Mark, parse
from hikari.raft.messages import (
    Append,
    AppendReply,
    Chunk,
    ChunkReply,
    Estranged,
    Message,
    ReadReply,
    ReadRequest,
    TimeoutNow,
    Vote,
    VoteReply,
)

VERSION: Final = 6
LENGTH: Final = struct.Struct(">I")
_HEAD: Final = struct.Struct(">IQ")  # length of what follows it, checksum of what follows that
HEAD_BYTES: Final = _HEAD.size
_CHECKSUM: Final = struct.Struct(">Q")
_CHECKSUM_BYTES: Final = _CHECKSUM.size
FRAME_BYTES_MAX: Final = 96 << 20
HELLO_BYTES_MAX: Final = 4 << 10
"""What a stranger may send before it has said who it is."""

PeerMessage = Message | Forward | Heard | Digest | DiskRoom | Hello


class BadFrame(ValueError):
    """The bytes are not what a member sends; the link is of no more use."""


_FIELDS: Final[dict[type[Any], tuple[int, tuple[type, ...]]]] = {
    Hello: (VERSION, (int, int, str, int)),
    Append: (10, (int, int, tuple, int, int, int, bool, tuple)),
    AppendReply: (11, (int, int, int, bool, int, int, bool)),
    Vote: (12, (int, int, int, int, bool, bool, bool)),
    VoteReply: (13, (int, int, bool, bool)),
    ReadRequest: (14, (int, int, int, bool)),
    ReadReply: (15, (int, int, int, int)),
    Chunk: (16, (int, int, tuple, int, tuple, int, bool)),
    ChunkReply: (17, (int, int, int, int)),
    Forward: (18, (int, int, tuple, int)),
    Heard: (19, (int, tuple)),
    TimeoutNow: (20, (int, int)),
    Digest: (21, (int, int, int)),
    DiskRoom: (24, (int, bool)),
    Estranged: (25, (int, int)),
}


_ATTRIBUTES: Final = {
    kind: attrgetter(*[name for name in kind.__slots__ if name != "__weakref__"])
    for kind in _FIELDS
}


def _plain(message: PeerMessage) -> tuple[Any, ...]:
    kind = type(message)
    number, _ = _FIELDS[kind]
    if kind is Append:
        assert isinstance(message, Append)
        records = [entry.record for entry in message.entries]
        m = message
        head = (number, m.sender, m.term, m.before, m.commit, m.round)
        return (*head, m.durable, m.forgot, records)
    return (number, *_ATTRIBUTES[kind](message))


def pack(messages: Sequence[PeerMessage]) -> bytes:
    """One frame that holds all of `messages`."""
    return seal(msgpack.packb([_plain(message) for message in messages]))


def seal(rows: bytes) -> bytes:
    """The frame around what msgpack made of the messages."""
    return _HEAD.pack(_CHECKSUM_BYTES + len(rows), xxh3_64_intdigest(rows)) + rows


def _no_extension(code: int, data: bytes) -> Any:
    raise BadFrame(f"extension type {code}")


def unpack(body: bytes) -> list[PeerMessage]:
    """The messages of a frame's body (without its length). Raises BadFrame."""
    packed = body[_CHECKSUM_BYTES:]
    if len(body) < _CHECKSUM_BYTES or xxh3_64_intdigest(packed) != _CHECKSUM.unpack_from(body)[0]:
        raise BadFrame("its checksum does not match")
    try:
        rows = msgpack.unpackb(packed, use_list=False, strict_map_key=True, ext_hook=_no_extension)
    except (ValueError, msgpack.UnpackException, RecursionError) as error:
        raise BadFrame(f"not msgpack: {type(error).__name__}") from None
    if type(rows) is not tuple:
        raise BadFrame("not an array of messages")
    return [_message(row) for row in rows]


def _message(row: Any) -> PeerMessage:
    if type(row) is not tuple or not row or type(row[0]) is not int:
        raise BadFrame("not a message")
    build = _BUILD.get(row[0])
    if build is None:
        raise BadFrame(f"a message of kind {row[0]}: another version?")
    kind, types, make = build
    if tuple(map(type, row[1:])) != types:
        raise BadFrame(f"{kind.__name__} with wrong fields")
    message: PeerMessage = make(*row[1:])
    return message


def _mark(fields: tuple[Any, ...]) -> Mark:
    if len(fields) != 3 or any(type(field) is not int for field in fields):
        raise BadFrame("not a mark")
    return Mark(*fields)


def _each(values: tuple[Any, ...], kind: type) -> list[Any]:
    if any(type(value) is not kind for value in values):
        raise BadFrame(f"not all {kind.__name__}")
    return list(values)


def _append(
    sender: int,
    term: int,
    before: tuple[Any, ...],
    commit: int,
    round_: int,
    durable: int,
    forgot: bool,
    records: tuple[bytes, ...],
) -> Append:
    mark = _mark(before)
    entries = []
    index, checksum = mark.index, mark.checksum
    for record in _each(records, bytes):
        try:
            entry = parse(record)
        except CorruptRecord as error:
            raise BadFrame(str(error)) from None
        index += 1
        if entry.index != index or entry.previous != checksum:
            raise BadFrame(f"entry {entry.index} does not continue the chain at {index - 1}")
        checksum = entry.checksum
        entries.append(entry)
    return Append(sender, term, mark, commit, round_, durable, forgot, entries)


def _chunk(
    sender: int,
    term: int,
    mark: tuple[Any, ...],
    number: int,
    rows: tuple[Any, ...],
    checksum: int,
    done: bool,
) -> Chunk:
    for row in rows:
        if type(row) is not tuple or len(row) != 2 or not all(type(x) is bytes for x in row):
            raise BadFrame("not a row")
    return Chunk(sender, term, _mark(mark), number, list(rows), checksum, done)


_MAKE: Final[dict[type[Any], Callable[..., Any]]] = {
    Append: _append,
    Chunk: _chunk,
    Forward: lambda sender, term, blobs, count: Forward(sender, term, _each(blobs, bytes), count),
    Heard: lambda sender, sessions: Heard(sender, _each(sessions, int)),
}
_BUILD: Final = {
    number: (kind, types, _MAKE.get(kind, kind)) for kind, (number, types) in _FIELDS.items()
}
