"""Tells somebody a long answer in pieces, no faster than it is read."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection

PIECE_BYTES: Final = 16 << 10
TURN_BYTES: Final = 256 << 10
"""After so much, others come first."""
PATIENCE_S: Final = 10.0
"""Who has not read what was said within this time is told no more."""


class Telling:
    """The pieces are made as they are needed: at most one of them, and what the connection has not
    read yet, is in memory. Closes the connection behind the last."""

    __slots__ = ("_connection", "_pieces")

    def __init__(self, connection: "Connection", pieces: Iterator[bytes]) -> None:
        self._connection = connection
        self._pieces = pieces

    def go_on(self) -> None:
        """It has read all that was said so far, or others had their turn."""
        connection = self._connection
        if connection.closed:
            return
        connection.cancel_deadline()
        try:
            self._say()
        except Exception as error:
            connection.failed(error)

    def _say(self) -> None:
        connection, said = self._connection, 0
        later_s = connection.door.later_s
        for piece in self._pieces:
            connection.traffic.events += 1  # it answers no request
            connection.out.append(piece)
            connection.flush()
            said += len(piece)
            if connection.closed:
                return
            if connection.deaf:
                connection.deadline = later_s(
                    PATIENCE_S, connection.refuse, "it does not read the answer to a word"
                )
                return
            if said > TURN_BYTES:
                connection.deadline = later_s(0, self.go_on)
                return
        connection.end()


def in_pieces(lines: Iterable[str]) -> Iterator[bytes]:
    """Lines, each with its own end, as pieces that are worth a write."""
    piece, size = [], 0
    for line in lines:
        piece.append(line)
        size += len(line)
        if size >= PIECE_BYTES:
            yield "".join(piece).encode("utf-8", "surrogateescape")
            piece, size = [], 0
    yield "".join(piece).encode("utf-8", "surrogateescape")
