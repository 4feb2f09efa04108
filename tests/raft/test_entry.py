"""Records and the chain that ties them."""

import pytest

from hikari.raft.entry import HEADER_BYTES, ORIGIN, CorruptRecord, Mark, chain, parse


def test_a_record_says_everything() -> None:
    entry = chain(Mark(6, 2, 77), 3, b"payload")
    again = parse(entry.record)
    assert (again.index, again.term, again.previous) == (7, 3, 77)
    assert again.payload == b"payload"
    assert again.mark == entry.mark == Mark(7, 3, entry.checksum)


def test_an_empty_payload_is_a_whole_record() -> None:
    entry = chain(ORIGIN, 1, b"")
    assert len(entry.record) == HEADER_BYTES
    assert parse(entry.record).payload == b""


def test_every_flipped_bit_is_seen() -> None:
    record = chain(ORIGIN, 1, b"xy").record
    for bit in range(8 * len(record)):
        rotten = bytearray(record)
        rotten[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CorruptRecord):
            parse(bytes(rotten))


@pytest.mark.parametrize("size", [0, 1, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 1])
def test_a_part_of_a_record_is_none(size: int) -> None:
    with pytest.raises(CorruptRecord):
        parse(chain(ORIGIN, 1, b"xy").record[:size])


def test_equal_checksums_mean_equal_histories() -> None:
    """The same payload at the same place behind another entry is another entry."""
    one, other = chain(ORIGIN, 1, b"a"), chain(ORIGIN, 1, b"b")
    assert chain(one.mark, 2, b"x").checksum != chain(other.mark, 2, b"x").checksum
