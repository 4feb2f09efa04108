"""Frames: the same however the stream is cut, and no length is believed."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hikari_wire.framing import Frames
from hikari_wire.jute import INT, Malformed

FAST = settings(max_examples=100, deadline=None, database=None)
MAX = 1 << 20


def framed(body):
    return INT.pack(len(body)) + body


def bodies_of(frames, data):
    buf, spans = frames.feed(data)
    return [buf[at:end] for at, end in spans]


def test_a_whole_frame_is_found_where_it_is_and_not_copied():
    data = framed(b"abc") + framed(b"") + framed(b"de")
    buf, spans = Frames(MAX).feed(data)
    assert buf is data
    assert spans == [(4, 7), (11, 11), (15, 17)]


def test_an_unfinished_frame_waits_for_its_rest():
    frames = Frames(MAX)
    data = framed(b"first") + framed(b"second")
    assert bodies_of(frames, data[:-1]) == [b"first"]
    assert bodies_of(frames, data[-1:] + framed(b"third")) == [b"second", b"third"]


def test_a_frame_fed_byte_by_byte_appears_with_its_last_byte():
    frames = Frames(MAX)
    data = framed(b"abc")
    assert [bodies_of(frames, data[i : i + 1]) for i in range(len(data))] == [[]] * 6 + [[b"abc"]]


@FAST
@given(
    st.lists(st.binary(max_size=40), max_size=12),
    st.lists(st.integers(0, 400), max_size=20),
)
def test_random_cuts_give_the_same_frames_as_none(bodies, cuts):
    stream = b"".join(map(framed, bodies))
    frames = Frames(MAX)
    found = []
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    for start, stop in itertools.pairwise(places):
        found += bodies_of(frames, stream[start:stop])
    assert found == bodies == bodies_of(Frames(MAX), stream)


@pytest.mark.parametrize("length", [-1, -0x80000000, 101, 0x7FFFFFFF])
def test_a_length_that_lies_is_refused_before_its_bytes_are_awaited(length):
    with pytest.raises(Malformed):
        Frames(100).feed(INT.pack(length))
    frames = Frames(100)
    for byte in INT.pack(length)[:3]:
        assert bodies_of(frames, bytes([byte])) == []
    with pytest.raises(Malformed):
        frames.feed(INT.pack(length)[3:])


def test_the_longest_frame_allowed_is_allowed():
    assert bodies_of(Frames(100), framed(bytes(100))) == [bytes(100)]


def test_a_stream_that_was_refused_stays_refused():
    frames = Frames(100)
    for _ in range(2):
        with pytest.raises(Malformed):
            frames.feed(INT.pack(101) + framed(b"good"))


def test_what_stands_before_a_length_that_lies_is_whole():
    frames = Frames(100)
    assert bodies_of(frames, framed(b"good") + INT.pack(101) + framed(b"bad")) == [b"good"]
    assert "101 bytes" in frames.broken
    for _ in range(2):
        with pytest.raises(Malformed):
            frames.feed(framed(b"good"))


def test_nothing_is_broken_before_it_is():
    frames = Frames(100)
    assert bodies_of(frames, framed(b"good") + INT.pack(100)) == [b"good"]
    assert not frames.broken


def test_a_large_frame_in_many_small_pieces_is_joined_once():
    body = bytes(MAX)
    stream = framed(body)
    frames = Frames(MAX)
    pieces = [stream[at : at + 16] for at in range(0, len(stream), 16)]  # 65,537 of them
    assert bodies_of(frames, pieces[0]) == []
    for piece in pieces[1:-1]:
        assert frames.feed(piece) == (b"", [])  # nothing joined, nothing looked at
    assert bodies_of(frames, pieces[-1]) == [body]


@FAST
@given(st.lists(st.binary(max_size=20), max_size=8))
def test_arbitrary_bytes_are_frames_or_malformed(pieces):
    frames = Frames(1000)
    for piece in pieces:
        try:
            buf, spans = frames.feed(piece)
        except Malformed:
            return
        assert all(4 <= at <= end <= len(buf) for at, end in spans)
