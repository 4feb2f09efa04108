"""Back-pressure: whose requests are read no further for now, and how much is kept for whom."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection

UNDERWAY_BYTES_MAX: Final = 16 << 20
"""More bytes of unanswered requests, and the connection is read no further."""
UNCOUNTED_BYTES_MAX: Final = 4 << 10
"""So little of a connection does not count among what all of them hold."""


def hold_back(connection: "Connection") -> None:
    """Stop reading a connection with too much under way; go on when half is answered. With
    too much under way for all of them together, stop reading each that waits for something."""
    if connection.closed:
        return  # it counts as it did until it is gone, and then no more
    door, counted = connection.door, len(connection.slots)
    outstanding = door.outstanding = door.outstanding + counted - connection.counted
    connection.counted = counted
    underway_bytes, held_back = connection.underway_bytes, connection.held_back
    if connection.held_bytes or underway_bytes > UNCOUNTED_BYTES_MAX:
        count(connection)
    connection.burdened = counted > 0 or connection.held_bytes > 0
    share = 2 if held_back else 1
    crowded = (
        counted * share > door.requests_max
        or underway_bytes * share > UNDERWAY_BYTES_MAX
        or (counted > 0 and outstanding > door.outstanding_max)
    )
    if crowded != held_back:
        connection.held_back = crowded
        connection.reading()


def count(connection: "Connection") -> None:
    """Tell the door how much is kept for this connection."""
    if connection.closed:
        return  # what it holds is let go of as a whole
    door = connection.door
    held = connection.underway_bytes + connection.outlet.waiting + connection.frames.kept
    if connection.parked:
        held += sum([len(buf) for buf, _ in connection.parked])
    if held <= UNCOUNTED_BYTES_MAX:
        held = 0
    if held != connection.held_bytes:
        door.held_bytes += held - connection.held_bytes
        connection.held_bytes = held
        connection.burdened = True  # look again at the next flush
        if door.held_bytes > door.clients_bytes_max:
            door.relieve()


def forget(connection: "Connection") -> None:
    """It is gone: it counts no more."""
    connection.door.outstanding -= connection.counted
    connection.door.held_bytes -= connection.held_bytes
    connection.counted = connection.held_bytes = 0
    connection.burdened = False
