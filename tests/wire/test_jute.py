"""The primitives: what they read back, and what they refuse."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hikari_wire import jute
from hikari_wire.jute import Malformed

FAST = settings(max_examples=100, deadline=None, database=None)

READERS = (
    jute.read_int,
    jute.read_long,
    jute.read_bool,
    jute.read_buffer,
    jute.read_text,
    jute.read_texts,
)


def test_a_string_is_its_length_and_its_bytes():
    assert jute.pack_text(b"/a") == b"\x00\x00\x00\x02/a"


def test_null_and_empty_are_different_buffers():
    assert jute.pack_buffer(None) == b"\xff\xff\xff\xff"
    assert jute.pack_buffer(b"") == b"\x00\x00\x00\x00"
    assert jute.read_buffer(b"\xff\xff\xff\xff", 0, 4) == (None, 4)
    assert jute.read_buffer(b"\x00\x00\x00\x00", 0, 4) == (b"", 4)


def test_a_null_string_and_a_null_vector_are_empty():
    assert jute.read_text(b"\xff\xff\xff\xff", 0, 4) == (b"", 4)
    assert jute.read_texts(b"\xff\xff\xff\xff", 0, 4) == ((), 4)


def test_a_vector_is_its_count_and_its_elements():
    packed = b"\x00\x00\x00\x02" + b"\x00\x00\x00\x01a" + b"\x00\x00\x00\x00"
    assert jute.pack_texts([b"a", b""]) == packed
    assert jute.read_texts(packed, 0, len(packed)) == ((b"a", b""), len(packed))


@pytest.mark.parametrize("length", [0, 1, 255, 256, 257, 70_000])
def test_strings_of_any_length_come_back(length):
    text = b"x" * length
    packed = jute.pack_text(text)
    assert jute.read_text(packed, 0, len(packed)) == (text, len(packed))
    assert jute.pack_texts([text, text]) == b"\x00\x00\x00\x02" + packed * 2


@FAST
@given(st.lists(st.binary(max_size=300), max_size=8))
def test_any_vector_of_strings_comes_back(texts):
    packed = jute.pack_texts(texts)
    assert jute.read_texts(packed, 0, len(packed)) == (tuple(texts), len(packed))


@pytest.mark.parametrize("length", [2, 0x7FFFFFFF, -2, -0x80000000])
def test_a_length_that_lies_is_refused(length):
    lying = jute.INT.pack(length) + b"x"
    for read in (jute.read_buffer, jute.read_text):
        with pytest.raises(Malformed):
            read(lying, 0, len(lying))


@pytest.mark.parametrize("count", [2, 0x7FFFFFFF, -2, -0x80000000])
def test_a_count_that_cannot_be_is_refused_before_any_element_is_read(count):
    lying = jute.INT.pack(count) + bytes(4)
    with pytest.raises(Malformed):
        jute.read_texts(lying, 0, len(lying))


def test_what_stands_behind_the_end_is_not_read():
    whole = jute.pack_text(b"abc")
    for end in range(len(whole)):
        with pytest.raises(Malformed):
            jute.read_text(whole, 0, end)
    with pytest.raises(Malformed):
        jute.read_int(bytes(8), 0, 3)
    with pytest.raises(Malformed):
        jute.read_long(bytes(8), 0, 7)
    with pytest.raises(Malformed):
        jute.read_bool(bytes(8), 0, 0)


@FAST
@given(st.binary(max_size=64), st.data())
def test_arbitrary_bytes_are_read_or_refused_as_malformed(buf, data):
    at = data.draw(st.integers(0, len(buf)))
    end = data.draw(st.integers(at, len(buf)))
    for read in READERS:
        try:
            _, after = read(buf, at, end)
        except Malformed:
            continue
        assert at < after <= end
