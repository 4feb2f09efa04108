"""A member that has lost its majority: clients that said they can bear it may still read here.

It is ZooKeeper's read-only mode (`readonlymode.enabled`), off unless it is configured. What is
read may be old for as long as the member is alone, and the client knows: its connect response says
so. Its session is this member's alone: not in the log, good for nothing but reading, and over with
its connection, at the latest when a leader is found. A session of the ensemble is never taken up
here: its client would believe in it while the others expire it.
"""

from typing import TYPE_CHECKING, Final

from hikari_wire.records import ConnectRequest, ConnectResponse
from hikari_wire.replies import encode_connect

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection

LOCAL: Final = 1 << 62
"""In the id of every local session, and in no other: those are zxids."""


def admit(connection: "Connection", request: ConnectRequest) -> None:
    """Give a session of this member alone to a client that may be read-only, or send it on."""
    door = connection.door
    if request.zxid_last_seen > door.tree.zxid:
        connection.refuse("it has seen more than this member, which is alone", quietly=True)
    elif request.session in door.tree.sessions:
        connection.refuse("its session is the ensemble's, this member is alone", quietly=True)
    elif request.session:
        end_as_expired(connection, request)
    else:
        password = door.new_password()
        session = LOCAL | int.from_bytes(password[:7], "big")
        timeout_ms = door.negotiate(request.timeout_ms)
        welcome(connection, request, timeout_ms, session, password, alone=True)
        connection.isolated(session, timeout_ms)
        end_if_silent(connection, received=-1)


def end_if_silent(connection: "Connection", received: int) -> None:
    """Nobody else counts how long it is silent: look once a time-out."""
    if connection.traffic.received == received:
        connection.refuse("silent for its whole time-out", quietly=True)
    else:
        connection.deadline = connection.door.later_s(
            connection.timeout_ms / 1000, end_if_silent, connection, connection.traffic.received
        )


def welcome(
    connection: "Connection",
    request: ConnectRequest,
    timeout_ms: int,
    session: int,
    password: bytes,
    alone: bool = False,
) -> None:
    """The connect response. Clients that know no read-only mode are not told of it."""
    read_only = None if request.read_only is None else alone
    response = ConnectResponse(0, timeout_ms, session, password, read_only)
    connection.out.append(encode_connect(response))


def end_as_expired(connection: "Connection", request: ConnectRequest) -> None:
    """ZooKeeper's way to say so, also for a wrong password. Nothing more is read."""
    welcome(connection, request, 0, 0, bytes(16))
    connection.end()
