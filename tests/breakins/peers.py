"""The peers' port: who is not of the ensemble, or speaks for another member, is not heard.

What it knows not: the name of the ensemble, or its list of members. Who knows both, and can reach
the port, is taken for a member: see docs/operations.md.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgpack
from breakins.case import Case
from peers.loopback import Loopback

from hikari.peers.codec import HELLO_BYTES_MAX, LENGTH, VERSION, pack, seal
from hikari.peers.link import HELLO_S_MAX, Links
from hikari.peers.messages import Heard

FAMILY: Final = "peers"
BOOK: Final = 0xB00C
NAME: Final = "hikari"
TERM: Final = 1 << 40
MARK: Final = (7, 1, 1)

Row = tuple[Any, ...]


def _messages(sender: int) -> dict[str, Row]:
    """One of each kind, of the sort that would do harm if it were believed."""
    return {
        "Append": (10, sender, TERM, MARK, 7, 1, 7, False, ()),
        "AppendReply": (11, sender, TERM, 99, True, 1, 99, False),
        "Vote": (12, sender, TERM, 99, TERM, False, True, False),
        "VoteReply": (13, sender, TERM, True, False),
        "ReadRequest": (14, sender, TERM, 1, False),
        "ReadReply": (15, sender, TERM, 1, 99),
        "Chunk": (16, sender, TERM, MARK, 0, (), 0, True),
        "ChunkReply": (17, sender, TERM, 7, 1),
        "Forward": (18, sender, TERM, (), 0),
        "Heard": (19, sender, (1, 2, 3)),
        "TimeoutNow": (20, sender, TERM),
        "Digest": (21, sender, 7, 1),
        "DiskRoom": (24, sender, True),
        "Estranged": (25, sender, TERM),
    }


KINDS: Final = tuple(_messages(2))


def _rows(*rows: Row) -> bytes:
    return seal(msgpack.packb(list(rows)))


def hello(sender: Any = 2, receiver: Any = 1, name: Any = NAME, book: Any = BOOK) -> Row:
    """What a member says first."""
    return (VERSION, sender, receiver, name, book)


_WRONG: Final[dict[str, Row]] = {
    "another name": hello(name="other"),
    "no name": hello(name=""),
    "the beginning of the name": hello(name=NAME[:-1]),
    "the name and more": hello(name=NAME + "\0"),
    "the name in capitals": hello(name=NAME.upper()),
    "the name in bytes": hello(name=NAME.encode()),
    "no name at all": hello(name=None),
    "a long name": hello(name="h" * 3000),
    "another list": hello(book=BOOK + 1),
    "no list": hello(book=0),
    "the list as a fraction": hello(book=float(BOOK)),
    "the list as text": hello(book=str(BOOK)),
    "true for a list": hello(book=True),
    "an unknown member": hello(sender=9),
    "no member": hello(sender=0),
    "a member below none": hello(sender=-2),
    "a large member": hello(sender=1 << 60),
    "true for a member": hello(sender=True),
    "the member itself": hello(sender=1),
    "for another member": hello(receiver=2),
    "for nobody": hello(receiver=0),
    "true for the receiver": hello(receiver=True),
    "a field more": (*hello(), 0),
    "a field less": hello()[:-1],
    "no fields": (VERSION,),
    "nothing": (),
    **{
        f"version {n}": (n, *hello()[1:])
        for n in (-1, 0, 1, VERSION - 1, VERSION + 1, 9, 255, 1 << 40)
    },
    "a version in text": (str(VERSION), *hello()[1:]),
    "true for a version": (True, *hello()[1:]),
}
_RAW: Final[dict[str, bytes]] = {
    "HTTP": b"GET / HTTP/1.1\r\nHost: hikari\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(600),
    "a four-letter word": b"ruok",
    "a connect request": b"\0\0\0\x2d" + bytes(45),
    "zeros": bytes(5_000),
    "a frame too long for a stranger": LENGTH.pack(HELLO_BYTES_MAX + 1),
    "the longest frame": b"\xff" * 8,
    "no messages": _rows(),
    "two hellos": _rows(hello(), hello()),
    "a hello of a wrong checksum": _rows(hello())[:7]
    + bytes([_rows(hello())[7] ^ 1])
    + _rows(hello())[8:],
    "a hello that is not an array": seal(msgpack.packb(hello())),
    "a map": seal(msgpack.packb({1: 2})),
    "an extension": seal(msgpack.packb([msgpack.ExtType(5, b"x")])),
    "deep arrays": seal(b"\x91" * 2_000 + b"\xc0"),
    "an array of four milliards": seal(b"\xdd\xff\xff\xff\xff"),
    "bytes of four gigabytes": seal(b"\x91\xc6\xff\xff\xff\xff"),
    "half a hello": _rows(hello())[:20],
    "nothing at all": b"",
}


class Office:
    """Member 1's links, with a link of member 2's, and what they believe."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.lost: list[int] = []
        self.loopback = Loopback()
        self.links = Links(
            clock=self.loopback,
            member=1,
            ensemble=NAME,
            addresses={peer: ("127.0.0.1", peer) for peer in (2, 3)},
            members_checksum=BOOK,
            on_message=self.heard.append,
            on_lost=self.lost.append,
        )
        self.links.start("127.0.0.1", 1)
        self.friend = self.loopback.call(1)
        self.friend.say(_rows(hello()))
        self.loopback.pump()

    def harm(self, stranger: Any) -> str:
        """What whoever called has got, or done, once its time to say hello is over."""
        if self.heard:
            return f"it was believed: {type(self.heard[0]).__name__}"
        if stranger.told:
            return "it was told something"
        if self.friend.lost or self.lost:
            return "a member has lost its link"
        self.loopback.advance(HELLO_S_MAX + 1)
        self.loopback.pump()
        if not stranger.lost:
            return "it is still connected"
        self.friend.say(pack([Heard(2, [7])]))
        self.loopback.pump()
        return "" if self.heard == [Heard(2, [7])] else "a member is heard no more"


def say(said: tuple[bytes, ...], in_pieces: bool) -> str:
    """A stranger says this."""
    office = Office()
    stranger = office.loopback.call(1)
    for frame in said:
        if in_pieces:
            for at in range(len(frame)):
                stranger.say(frame[at : at + 1])
        else:
            stranger.say(frame)
        office.loopback.pump()
    return office.harm(stranger)


def speak_for(kind: str, as_another: int) -> str:
    """A member speaks for another one: it is not heard, nor anybody in its place."""
    office = Office()
    row = _messages(as_another)[kind] if kind != "Hello" else hello(sender=as_another)
    office.friend.say(_rows(row))
    office.loopback.pump()
    if office.heard:
        return "it was believed"
    return "" if office.friend.lost else "its link is still there"


def friend(kind: str) -> str:
    """A member is heard."""
    office = Office()
    office.friend.say(_rows(_messages(2)[kind]))
    office.loopback.pump()
    return "as it may" if len(office.heard) == 1 else ""


def cases() -> Iterator[Case]:
    """Every kind of message, in every place where it must not stand."""

    def stranger(route: str, what: str, *said: bytes) -> Iterator[Case]:
        for pieces in (False, True):
            way = f"{route}, byte by byte" if pieces else route
            yield Case(FAMILY, "a stranger", way, what, say, (said, pieces))

    for name, row in _WRONG.items():
        yield from stranger("a wrong hello", name, _rows(row))
        yield from stranger("a wrong hello and a right one", name, _rows(row), _rows(hello()))
    for name, raw in _RAW.items():
        yield from stranger("no hello", name, raw)
    for kind in KINDS:
        message = _messages(2)[kind]
        yield from stranger("without a hello", kind, _rows(message))
        yield from stranger("before its hello", kind, _rows(message), _rows(hello()))
        yield from stranger("in one frame with its hello", kind, _rows(hello(), message))
        wrong = _rows(hello(name="other"))
        yield from stranger("behind a wrong hello", kind, wrong, _rows(message))
        yield Case(FAMILY, "member 2", "on its link", kind, friend, (kind,), control=True)
    for kind in (*KINDS, "Hello"):
        for other in (1, 3, 9, 0, -2):
            yield Case(FAMILY, "member 2", f"for {other}", kind, speak_for, (kind, other))
    for number in (0, 4, 5, 22, 23, *range(26, 40), 255, -1, 1 << 40):
        unknown = _rows((number, 2, TERM))
        yield from stranger("without a hello", f"a message of kind {number}", unknown)
