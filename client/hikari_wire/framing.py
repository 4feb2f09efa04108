"""Frames: a 4-byte length, then so many bytes."""

from typing import Final

from hikari_wire.jute import INT, Malformed

_int_from: Final = INT.unpack_from
_Spans = list[tuple[int, int]]


class Frames:
    """Cuts a stream into frames without copying what has arrived whole.

    Bytes of an unfinished frame are kept in pieces and joined once, when it is complete, so the
    work is linear in what arrives however it is cut. No more is kept than one frame and the last
    piece fed.
    """

    __slots__ = ("_bytes_max", "_pieces", "_wanted", "broken", "kept")

    def __init__(self, bytes_max: int) -> None:
        """A frame longer than `bytes_max` (its 4-byte length not counted) is refused."""
        self._bytes_max = bytes_max
        self._pieces: list[bytes] | None = None  # not yet a whole frame
        self.kept = 0  # sum of their lengths
        self.broken = ""
        """Why there is no frame behind those that were fed last: what the next call raises."""
        self._wanted = 4  # bytes to have before there can be anything new

    def feed(self, data: bytes) -> tuple[bytes, _Spans]:
        """Returns a buffer and where in it the whole frames are: (first byte behind the length,
        end), in order.

        Raises Malformed when a length is negative or too long, and on every call from then on. If
        whole frames stand before it in `data`, they are returned, and `broken` says what is wrong.
        """
        if self._pieces:
            self._pieces.append(data)
            self.kept += len(data)
            if self.kept < self._wanted:
                return b"", []
            data = b"".join(self._pieces)
            self._pieces = None
            self.kept = 0
        spans: _Spans = []
        at = 0
        size = len(data)
        wanted = 4
        while at + 4 <= size:
            (length,) = _int_from(data, at)
            if not 0 <= length <= self._bytes_max:
                self.broken = f"a frame of {length} bytes, at most {self._bytes_max} allowed"
                if spans:
                    break
                self._keep(data[at:], 4)
                raise Malformed(self.broken)
            end = at + 4 + length
            if end > size:
                wanted = 4 + length
                break
            spans.append((at + 4, end))
            at = end
        if at < size:
            self._keep(data[at:], wanted)
        return data, spans

    def _keep(self, rest: bytes, wanted: int) -> None:
        self._pieces = [rest]
        self.kept = len(rest)
        self._wanted = wanted
