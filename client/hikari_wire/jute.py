"""Jute, the encoding under every record: ints, buffers, strings and vectors, big endian.

Each reader takes `(buf, at, end)` and returns the value and the offset behind it. It never reads
at or past `end`, which must not exceed `len(buf)`, and never reserves memory because a length on
the wire says so: a vector's count is held against the bytes that are left before anything is read.
"""

from collections.abc import Sequence
from struct import Struct
from typing import Final

INT: Final = Struct(">i")
LONG: Final = Struct(">q")
NULL: Final = b"\xff\xff\xff\xff"  # the length -1: a null buffer, string or vector
FALSE: Final = b"\x00"
TRUE: Final = b"\x01"

_int_from = INT.unpack_from
_long_from = LONG.unpack_from
_pack_int = INT.pack
# Lengths up to this are packed beforehand: nearly every name and path is shorter.
_LENGTHS: Final = tuple(INT.pack(length) for length in range(256))


class Malformed(ValueError):
    """What was read is not the record it should be: cut short, or a length or count that lies."""


def read_int(buf: bytes, at: int, end: int) -> tuple[int, int]:
    """A signed 32-bit int. Raises Malformed."""
    after = at + 4
    if after > end:
        raise Malformed("cut short inside an int")
    return _int_from(buf, at)[0], after


def read_long(buf: bytes, at: int, end: int) -> tuple[int, int]:
    """A signed 64-bit int. Raises Malformed."""
    after = at + 8
    if after > end:
        raise Malformed("cut short inside a long")
    return _long_from(buf, at)[0], after


def read_bool(buf: bytes, at: int, end: int) -> tuple[bool, int]:
    """One byte; any but zero is true. Raises Malformed."""
    if at >= end:
        raise Malformed("cut short before a boolean")
    return buf[at] != 0, at + 1


def read_buffer(buf: bytes, at: int, end: int) -> tuple[bytes | None, int]:
    """A buffer, None if it is null (length -1). Raises Malformed."""
    at, stop = _span(buf, at, end)
    return (buf[at:stop], stop) if stop >= 0 else (None, at)


def read_text(buf: bytes, at: int, end: int) -> tuple[bytes, int]:
    """A string or buffer as bytes, b"" if it is null. UTF-8 is not checked. Raises Malformed."""
    at, stop = _span(buf, at, end)
    return (buf[at:stop], stop) if stop >= 0 else (b"", at)


def read_path(buf: bytes, at: int, end: int) -> tuple[bytes, int]:
    """A string that must not be null. Raises Malformed."""
    at, stop = _span(buf, at, end)
    if stop < 0:
        raise Malformed("a null path")
    return buf[at:stop], stop


def read_count(buf: bytes, at: int, end: int, element_bytes_min: int) -> tuple[int, int]:
    """The count of a vector, 0 if it is null.

    Raises Malformed if so many elements of at least `element_bytes_min` cannot follow.
    """
    count, at = read_int(buf, at, end)
    if count == -1:
        return 0, at
    if count < 0 or count * element_bytes_min > end - at:
        raise Malformed(f"a vector of {count} in {end - at} bytes")
    return count, at


def read_texts(buf: bytes, at: int, end: int) -> tuple[tuple[bytes, ...], int]:
    """A vector of strings as a tuple of bytes, () if it is null. Raises Malformed."""
    count, at = read_count(buf, at, end, 4)
    texts = []
    for _ in range(count):
        text, at = read_text(buf, at, end)
        texts.append(text)
    return tuple(texts), at


def pack_text(text: bytes) -> bytes:
    """A string (or a buffer that is not null): its length, then the bytes."""
    length = len(text)
    return (_LENGTHS[length] if length < 256 else _pack_int(length)) + text


def pack_buffer(data: bytes | None) -> bytes:
    """A buffer; None becomes the null buffer."""
    return NULL if data is None else _pack_int(len(data)) + data


def pack_texts(texts: Sequence[bytes]) -> bytes:
    """A vector of strings."""
    count = _pack_int(len(texts))
    sizes = set(map(len, texts))
    if len(sizes) == 1:  # as of many that were numbered: joined at once
        length = _pack_int(*sizes)
        return count + length + length.join(texts)
    lengths = _LENGTHS
    return count + b"".join(
        [(lengths[size] if (size := len(text)) < 256 else _pack_int(size)) + text for text in texts]
    )


def _span(buf: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the bytes behind a length begin and stop; the stop is -1 for null."""
    length, at = read_int(buf, at, end)
    if length == -1:
        return at, -1
    stop = at + length
    if length < 0 or stop > end:
        raise Malformed(f"a length of {length} in {end - at} bytes")
    return at, stop
