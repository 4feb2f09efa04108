"""Whatever comes in is a message or a BadFrame; what goes out comes back as it was."""

import contextlib
import random
import struct
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hikari.peers.codec import HEAD_BYTES, LENGTH, VERSION, BadFrame, pack, seal, unpack
from hikari.peers.messages import Digest, DiskRoom, Forward, Heard, Hello
from hikari.raft.entry import ORIGIN, Entry, Mark, chain
from hikari.raft.messages import (
    Append,
    AppendReply,
    Chunk,
    ChunkReply,
    Estranged,
    ReadReply,
    ReadRequest,
    TimeoutNow,
    Vote,
    VoteReply,
)

FUZZ = settings(deadline=None, max_examples=100)


def entries(count: int, before: Mark = ORIGIN) -> list[Entry]:
    made: list[Entry] = []
    for number in range(count):
        made.append(chain(made[-1].mark if made else before, 3, b"payload %d" % number))
    return made


MESSAGES: list[Any] = [
    Hello(1, 2, "hikari", 0xFFFFFFFF),
    Append(1, 3, Mark(0, 0, 0), 5, 7, 0, False, entries(3)),
    Append(1, 3, Mark(9, 2, 77), 5, 7, 0, True, []),
    AppendReply(2, 3, 7, True, 9, 12, False),
    Vote(2, 4, 12, 3, True),
    Vote(2, 4, 12, 3, False, True),
    TimeoutNow(1, 4),
    Estranged(1, 4),
    VoteReply(1, 4, False, True),
    ReadRequest(2, 3, 1 << 60, False),
    ReadReply(1, 3, 1 << 60, 12),
    Chunk(1, 3, Mark(9, 2, 77), 4, [(b"k", b"v"), (b"", b"")], 123, False),
    ChunkReply(2, 3, 9, -1),
    Forward(2, 3, [b"proposal", b""], 1),
    Heard(2, [1, 2, 3]),
    Digest(2, 128, 2**64 - 1),
    DiskRoom(2, True),
]


def plain(message: Any) -> Any:
    """Something that can be compared: entries have no equality."""
    if isinstance(message, Append):
        records = [entry.record for entry in message.entries]
        return (message.sender, message.term, message.before, message.commit, records)
    return message


def body(rows: Any) -> bytes:
    return sealed(msgpack.packb(rows))


def sealed(rows: bytes) -> bytes:
    """The body of a frame, its checksum right, whatever is in it."""
    return seal(rows)[4:]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_as_it_was(message: Any) -> None:
    frame = pack([message, message])
    assert LENGTH.unpack_from(frame) == (len(frame) - 4,)
    back = unpack(frame[4:])
    assert [type(one) for one in back] == [type(message)] * 2
    assert [plain(one) for one in back] == [plain(message)] * 2


def test_a_frame_holds_messages_of_all_kinds_in_order() -> None:
    assert [plain(one) for one in unpack(pack(MESSAGES)[4:])] == [plain(one) for one in MESSAGES]


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"\x00\x00\x00",
        b"\x00\x00\x00\x00\x90",
        sealed(b""),
        sealed(b"\xc1"),
        body(None),
        body({}),
        body("hello"),
        body([1]),
        body([[]]),
        body([["append"]]),
        body([[True, 1, 2, "x", 3]]),
        body([[99, 1, 2]]),
        body([[VERSION]]),
        body([[VERSION, 1, 2, "hikari"]]),
        body([[VERSION, 1, 2, "hikari", 3, 4]]),
        body([[VERSION, 1, 2, b"hikari", 3]]),
        body([[VERSION, True, 2, "hikari", 3]]),
        body([[10, 1, 3, [0, 0], 5, 7, False, []]]),
        body([[10, 1, 3, [0, 0, None], 5, 7, False, []]]),
        body([[10, 1, 3, [0, 0, 0], 5, 7, False, ["text"]]]),
        body([[10, 1, 3, [0, 0, 0], 5, 7, False, [b"short"]]]),
        body([[10, 1, 3, [0, 0, 0], 5, 7, False, [bytes(24)]]]),
        body([[16, 1, 3, [0, 0, 0], 5, [[b"k"]], 7, False]]),
        body([[16, 1, 3, [0, 0, 0], 5, [b"kv"], 7, False]]),
        body([[18, 1, 3, [1], 1]]),
        body([[19, 1, [b"1"]]]),
        body([[19, 1, [True]]]),
        sealed(msgpack.packb([]) + b"\x00"),
        body([{1: 2}]),
        body([{b"k": {b"k": 1}}]),
        sealed(msgpack.packb([msgpack.ExtType(5, b"x")])),
        sealed(msgpack.packb([msgpack.Timestamp(1, 1)])),
        sealed(b"\xd7\xff" + b"\xff" * 8),
        sealed(b"\xc7\x0c\xff" + b"\xff" * 12),
        sealed(b"\x91\xa2\xff\xfe"),
        sealed(b"\x91" * 600),
        sealed(b"\x91" * 100_000),
        sealed(b"\xdd\xff\xff\xff\xff"),
        sealed(b"\xdf\xff\xff\xff\xff"),
        sealed(b"\xc6\xff\xff\xff\xff"),
        sealed(b"\xdb\xff\xff\xff\xff"),
        sealed(b"\xc9\xff\xff\xff\xff\x05"),
    ],
    ids=lambda wrong: wrong[:16].hex(),
)
def test_what_is_no_message_is_a_bad_frame(wrong: bytes) -> None:
    with pytest.raises(BadFrame) as raised:
        unpack(wrong)
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_flipped_bit_is_a_bad_frame(message: Any) -> None:
    """Fields have no checksum of their own: an index that says too much would be believed."""
    sound = pack([message])[4:]
    for bit in range(8 * len(sound)):
        flipped = bytearray(sound)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadFrame):
            unpack(bytes(flipped))


@pytest.mark.parametrize("damage", ["swapped", "missing", "foreign", "flipped"])
def test_a_chain_that_is_broken_anywhere_is_a_bad_frame(damage: str) -> None:
    whole = [entry.record for entry in entries(4)]
    if damage == "swapped":
        whole[1], whole[2] = whole[2], whole[1]
    elif damage == "missing":
        del whole[1]
    elif damage == "foreign":
        whole[2] = entries(3, Mark(0, 0, 5))[2].record
    else:
        whole[2] = whole[2][:-1] + b"?"
    row = [10, 1, 3, [0, 0, 0], 5, 7, False, whole]
    with pytest.raises(BadFrame):
        unpack(body([row]))


def test_a_chain_that_does_not_continue_where_it_says_is_a_bad_frame() -> None:
    records = [entry.record for entry in entries(2)]
    for before in ([1, 0, 0], [0, 0, 1]):
        with pytest.raises(BadFrame):
            unpack(body([[10, 1, 3, before, 5, 7, False, records]]))


def only_bad_frames(data: bytes) -> None:
    with contextlib.suppress(BadFrame):
        unpack(data)


def test_frames_with_a_few_bytes_changed_are_messages_or_bad() -> None:
    chance = random.Random(7)
    frames = [pack([message])[HEAD_BYTES:] for message in MESSAGES] + [pack(MESSAGES)[HEAD_BYTES:]]
    for _ in range(20_000):
        frame = bytearray(chance.choice(frames))
        for _ in range(chance.randrange(1, 4)):
            frame[chance.randrange(len(frame))] = chance.randrange(256)
        if chance.random() < 0.3:
            del frame[chance.randrange(len(frame)) :]
        only_bad_frames(sealed(bytes(frame)))


def test_known_kinds_with_any_fields_are_messages_or_bad() -> None:
    chance = random.Random(3)
    fields = [None, True, False, -1, 0, 1, 2**63, 2**64 - 1, -(2**63), 1.5, b"", b"bytes", "text"]
    fields += [[], {}, [0, 0, 0], [b""], [[b"k", b"v"]], [-1, 2**64 - 1, 0], {b"k": 1}]
    kinds = [VERSION, *range(10, 22)]
    sound = [list(unpack_plain(message)) for message in MESSAGES]
    for _ in range(20_000):
        row: list[Any] = [chance.choice(kinds), *chance.choices(fields, k=chance.randrange(9))]
        if chance.random() < 0.7:
            row = list(chance.choice(sound))
            row[chance.randrange(len(row))] = chance.choice(fields)
        only_bad_frames(body([row]))


def unpack_plain(message: Any) -> Any:
    """A message as the array of its fields."""
    (row,) = msgpack.unpackb(pack([message])[HEAD_BYTES:])
    return row


@FUZZ
@given(st.binary(max_size=200))
def test_any_bytes_are_messages_or_bad(data: bytes) -> None:
    only_bad_frames(data)
    only_bad_frames(sealed(data))


@pytest.mark.parametrize("field", range(1, 8))
def test_a_field_of_another_type_is_a_bad_frame(field: int) -> None:
    row: list[Any] = [11, 2, 3, 7, True, 9, 12, False]
    for other in (None, b"x", "x", 1.5, [], {}, not row[field] if field not in (4, 7) else 3):
        changed = list(row)
        changed[field] = other
        if type(other) is not type(row[field]):
            with pytest.raises(BadFrame):
                unpack(body([changed]))


def test_a_record_is_not_longer_than_it_says() -> None:
    """Bytes behind a record would be taken for its payload: its checksum covers them."""
    record = entries(1)[0].record + struct.pack(">I", 7)
    with pytest.raises(BadFrame):
        unpack(body([[10, 1, 3, [0, 0, 0], 5, 7, False, [record]]]))
