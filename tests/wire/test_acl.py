"""ACLs as raw bytes: the open one is nothing, every other is what stood on the wire."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hikari_wire import acl
from hikari_wire.jute import INT, Malformed

FAST = settings(max_examples=100, deadline=None, database=None)
OPEN_WIRE = (
    b"\x00\x00\x00\x01"  # one entry
    b"\x00\x00\x00\x1f"  # all permissions
    b"\x00\x00\x00\x05world"
    b"\x00\x00\x00\x06anyone"
)

int32 = st.integers(-(2**31), 2**31 - 1)
entries = st.lists(st.tuples(int32, st.binary(max_size=12), st.binary(max_size=40)), max_size=5)


def test_the_open_acl_is_nothing_inside_and_whole_on_the_wire():
    assert acl.OPEN_ACL_RAW == OPEN_WIRE
    assert acl.pack([(31, b"world", b"anyone")]) == b""
    assert acl.wire(b"") == OPEN_WIRE
    assert acl.parse(b"") == ((31, b"world", b"anyone"),)
    assert acl.take(b"??" + OPEN_WIRE + b"??", 2, 2 + len(OPEN_WIRE) + 2) == (b"", 29)


def test_an_acl_that_only_begins_like_the_open_one_is_not_open():
    two = [(31, b"world", b"anyone"), (1, b"ip", b"10.0.0.1")]
    raw = acl.pack(two)
    assert raw
    assert acl.take(raw, 0, len(raw)) == (raw, len(raw))
    assert acl.pack([(30, b"world", b"anyone")])


@pytest.mark.parametrize("count", [b"\x00\x00\x00\x00", b"\xff\xff\xff\xff"])
def test_an_acl_without_entries_is_the_same_null_or_empty(count):
    assert acl.take(count, 0, 4) == (acl.EMPTY_ACL, 4)
    assert acl.parse(acl.EMPTY_ACL) == ()
    assert acl.pack([]) == acl.EMPTY_ACL == bytes(4)
    assert acl.wire(acl.EMPTY_ACL) == bytes(4)


def test_null_scheme_and_id_are_kept_on_the_wire_and_read_as_empty():
    raw = INT.pack(1) + INT.pack(1) + b"\xff\xff\xff\xff" * 2
    assert acl.take(raw, 0, len(raw)) == (raw, len(raw))
    assert acl.parse(raw) == ((1, b"", b""),)


@FAST
@given(entries, st.binary(max_size=4), st.binary(max_size=4))
def test_any_acl_comes_back_from_any_place_in_a_buffer(entries, before, behind):
    raw = acl.pack(entries)
    buf = before + acl.wire(raw) + behind
    taken, stop = acl.take(buf, len(before), len(buf))
    assert taken == raw
    assert stop == len(buf) - len(behind)
    assert acl.parse(taken) == tuple(entries)


@pytest.mark.parametrize("count", [-2, 3, 0x7FFFFFFF, -0x80000000])
def test_a_count_that_lies_is_refused(count):
    raw = INT.pack(count) + OPEN_WIRE[4:]
    with pytest.raises(Malformed):
        acl.take(raw, 0, len(raw))
    with pytest.raises(Malformed):
        acl.parse(raw)


def test_an_acl_cut_short_is_refused_wherever_it_is_cut():
    for raw in (OPEN_WIRE, INT.pack(2) + OPEN_WIRE[4:] + OPEN_WIRE[4:]):
        for end in range(len(raw)):
            with pytest.raises(Malformed):
                acl.take(raw, 0, end)


def test_bytes_behind_an_acl_are_refused():
    with pytest.raises(Malformed):
        acl.parse(OPEN_WIRE + b"\x00")


@FAST
@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_an_acl_or_malformed(raw):
    for read in (acl.parse, lambda raw: acl.take(raw, 0, len(raw))):
        with contextlib.suppress(Malformed):
            read(raw)
