"""Sessions: another's taken up, closed, or used once it is over."""

from collections.abc import Iterator
from typing import Any, Final

from breakins.case import Case
from replica.cluster import Cluster
from replica.wire import Client

from hikari_wire import codes

FAMILY: Final = "sessions"
MASK: Final = (1 << 48) - 1
SALT: Final = 0xB3415C00
"""ZooKeeper's, see `ZooKeeperServer.java`."""

MINE: Final = b"/mine"


def of_java(seed: int) -> bytes:
    """What `new java.util.Random(seed).nextBytes` puts into sixteen bytes."""
    state = (seed ^ 0x5DEECE66D) & MASK
    told = b""
    for _ in range(4):
        state = (state * 0x5DEECE66D + 0xB) & MASK
        told += (state >> 16).to_bytes(4, "little")
    return told


def _guesses(right: bytes, session: int, own: bytes) -> dict[str, bytes]:
    """Every password that somebody might think of who knows all but the right one. A part of
    it, as a guess that went on byte by byte would know it, is as wrong."""
    flipped = [bytes((right[0] ^ bit, *right[1:])) for bit in (1, 0x80)]
    return {
        "an empty password": b"",
        "zeros": bytes(16),
        "ones": b"\xff" * 16,
        "one zero": b"\0",
        "all but the last byte": right[:-1],
        "all but the first byte": right[1:],
        "half of it": right[:8],
        "one byte more": right + b"\0",
        "twice": right * 2,
        "another end": right[:-1] + bytes((right[-1] ^ 1,)),
        "another beginning": flipped[0],
        "another first bit": flipped[1],
        "reversed": right[::-1],
        "in letters": right.hex().encode(),
        "one's own password": own,
        "ZooKeeper's of that session": of_java(session ^ SALT),
        "ZooKeeper's without the salt": of_java(session),
        "the session's id": session.to_bytes(16, "big"),
        "the session's id, and nothing": session.to_bytes(8, "big"),
        "four kilobytes less a little": bytes(4000),
    }


GUESSES: Final = tuple(_guesses(bytes(range(16)), 1, b""))
STATES: Final = ("connected", "without a connection", "moved", "with a write under way")
PLACES: Final = ("where it is", "at another member", "at the leader")
BEHIND: Final[dict[str, tuple[Any, ...]]] = {
    "alone": (),
    "with a close behind it": ((codes.CLOSE_SESSION,),),
    "with a write behind it": ((codes.SET_DATA, MINE, b"stolen", -1),),
}


class Scene:
    """Three members, and somebody with a session and an ephemeral."""

    def __init__(self, state: str = "connected") -> None:
        self.cluster = Cluster(3)
        self.home = self.cluster.followers[0]
        self.victim = self.cluster.client(self.home)
        self.cluster.write(self.victim, MINE, b"safe", codes.EPHEMERAL)
        self.own = _password(self.cluster.client(self.cluster.leader))  # the thief's
        known = self.victim.listen().response
        assert known is not None
        self.session, self.password, self.timeout_ms = known.session, known.password, 10_000
        if state == "without a connection":
            self.victim.wire.die()
        elif state == "moved":
            self.home = self.cluster.followers[1]
            self.victim = self.cluster.move(self.victim, self.home)
        elif state == "with a write under way":
            self.cluster.leader.disk.slow = True
            self.victim.create(b"/under-way")
        self.cluster.run()
        self.state = state

    def member(self, place: str) -> Any:
        """Where the thief calls."""
        if place == "where it is":
            return self.home
        if place == "at the leader":
            return self.cluster.leader
        return next(m for m in self.cluster.followers if m is not self.home)

    def call(
        self, place: str, session: int, password: bytes, *behind: Any, seen: int = 0
    ) -> Client:
        """Ask for a session, and more in the same breath."""
        thief = self.cluster.dial(self.member(place), "10.1.1.1")
        thief.hello(self.timeout_ms, session, password)
        if behind:
            thief.wire.say(b"".join([thief.frame(request) for request in behind]))
        self.settle()
        thief.listen()
        return thief

    def settle(self) -> None:
        """All that is under way ends."""
        leader = self.cluster.leader
        leader.disk.slow = False
        leader.disk.land()
        self.cluster.run()
        self.cluster.tick(3)

    def harm(self, thief: Client) -> str:
        """What the thief has got, or done; "": nothing."""
        if thief.session or not thief.closed:
            return f"it was given session {thief.session:#x}"
        if thief.heard or thief.events:
            return "it was answered"
        for member in self.cluster.members.values():
            if self.session not in member.tree.sessions:
                return "the session is closed"
            if member.data(MINE) != b"safe":
                return "what it holds was changed"
        if self.state == "without a connection":
            again = self.call("where it is", self.session, self.password)
            return "" if again.session == self.session else "its owner cannot take it up again"
        if self.victim.closed:
            return "its owner has lost the connection"
        xid = self.victim.create(b"/still-mine")
        self.settle()
        return "" if self.victim.error(xid) == codes.OK else "its owner cannot write any more"


def _password(client: Client) -> bytes:
    known = client.listen().response
    assert known is not None
    return known.password


def take(state: str, place: str, guess: str, behind: str) -> str:
    """By the id, which anybody may know, and a guess."""
    scene = Scene(state)
    password = _guesses(scene.password, scene.session, scene.own)[guess]
    return scene.harm(scene.call(place, scene.session, password, *BEHIND[behind]))


def take_alone(guess: str) -> str:
    """Where a member has lost the others, and may be read: no session of the ensemble is there."""
    scene = Scene()
    cluster, home = scene.cluster, scene.home
    home.door.readonly_mode = True
    cluster.cut(home)
    cluster.until(lambda: home.door.alone)
    thief = cluster.dial(home, "10.1.1.1")
    password = scene.password
    if guess != "the right password":
        password = _guesses(scene.password, scene.session, scene.own)[guess]
    thief.hello(scene.timeout_ms, scene.session, password, read_only=True)
    cluster.run()
    return f"it was given session {thief.session:#x}" if thief.session else ""


def mistaken(place: str, offset: int) -> str:
    """The right password, for the session beside it: there is none, or it is another's."""
    scene = Scene()
    scene.cluster.client(scene.home)
    return scene.harm(scene.call(place, scene.session + offset, scene.password))


def over(place: str, end: str, behind: str) -> str:
    """A session that is over is nobody's, whatever its password was."""
    scene = Scene()
    if end == "closed":
        scene.victim.ask((codes.CLOSE_SESSION,))
        scene.cluster.run()
    elif end == "expired":
        scene.victim.wire.die()
        scene.cluster.until(lambda: scene.session not in scene.cluster.leader.tree.sessions, 1_000)
    else:  # closed, and asked for in the same breath
        scene.victim.ask((codes.CLOSE_SESSION,))
    thief = scene.call(place, scene.session, scene.password, *BEHIND[behind])
    if thief.session:
        return f"it was given session {thief.session:#x}"
    held = [m for m in scene.cluster.members.values() if scene.session in m.tree.sessions]
    return "the session is back" if held or thief.heard else ""


def spoken_for(what: str) -> str:
    """On a connection that has a session, there is no way to speak for another."""
    scene = Scene()
    thief = scene.cluster.client(scene.home)
    thief.listen()
    known = scene.session
    said = {
        "a second connect request": lambda: thief.hello(10_000, known, scene.password),
        "a close for another": lambda: thief.wire.say(
            b"\0\0\0\x10" + (1).to_bytes(4, "big") + b"\xff\xff\xff\xf5" + known.to_bytes(8, "big")
        ),
        "attach, an opcode of the log": lambda: thief.wire.say(_raw(-12, known)),
        "expire, an opcode of the log": lambda: thief.wire.say(_raw(-13, known)),
        "createSession, an opcode of the log": lambda: thief.wire.say(_raw(-10, known)),
        "one's own close": lambda: thief.ask((codes.CLOSE_SESSION,)),
    }[what]
    said()
    scene.settle()
    if thief.session == known or known not in scene.cluster.leader.tree.sessions:
        return "it spoke for another"
    if scene.victim.closed or scene.cluster.leader.data(MINE) != b"safe":
        return "its owner has lost something"
    return ""


SPOKEN: Final = (
    *("a second connect request", "a close for another", "attach, an opcode of the log"),
    *("expire, an opcode of the log", "createSession, an opcode of the log", "one's own close"),
)


def _raw(op: int, session: int) -> bytes:
    body = (7).to_bytes(4, "big") + op.to_bytes(4, "big", signed=True) + session.to_bytes(8, "big")
    return len(body).to_bytes(4, "big") + body


def used_after_its_end(place: str) -> str:
    """A connection whose session was closed elsewhere does nothing more."""
    scene = Scene()
    old = scene.victim
    moved = scene.cluster.move(old, scene.member(place))
    scene.cluster.run()
    moved.ask((codes.CLOSE_SESSION,))
    scene.settle()
    for connection in (old, moved):
        connection.wire.say(connection.frame((codes.CREATE, b"/ghost", b"", b"", 0)))
    scene.settle()
    return "it could write" if scene.cluster.leader.data(b"/ghost") is not None else ""


def under_way_at_its_end(end: str) -> str:
    """What its former connection had sent is not done once the session has moved, or is over."""
    scene = Scene()
    cluster, home = scene.cluster, scene.home
    cluster.network.held.add((home.number, cluster.leader.number))
    scene.victim.create(b"/ghost")
    cluster.run()
    moved = cluster.move(scene.victim, cluster.leader)
    cluster.run()
    if end == "closed":
        moved.ask((codes.CLOSE_SESSION,))
        cluster.run()
    cluster.network.held.clear()
    scene.settle()
    return "it could write" if cluster.leader.data(b"/ghost") is not None else ""


class Wary(bytes):
    """A secret that must be compared in constant time: not by `==`."""

    __slots__ = ()
    asked: list[str] = []  # noqa: RUF012  # of all of them

    def __eq__(self, other: object) -> bool:
        Wary.asked.append("==")
        return bytes(self) == other

    def __ne__(self, other: object) -> bool:
        Wary.asked.append("!=")
        return bytes(self) != other

    def startswith(self, *given: Any) -> bool:
        """The same byte by byte."""
        Wary.asked.append("startswith")
        return super().startswith(*given)

    __hash__ = bytes.__hash__


def by_the_clock(whose: str, place: str) -> str:
    """How long a refusal takes tells nothing of how much was right."""
    scene = Scene()
    Wary.asked.clear()
    for member in scene.cluster.members.values():
        member.tree.sessions[scene.session].password = Wary(scene.password)
        member.door.super_digest = Wary(b"super:0123456789")
    if whose == "a session's":
        thief = scene.call(place, scene.session, scene.password[:-1] + b"?")
        if thief.session:
            return "it was let in"
    else:
        other = scene.cluster.client(scene.member(place))
        other.wire.say(other.frame((codes.AUTH, 0, b"digest", b"super:guess"), codes.XID_AUTH))
        scene.settle()
    return f"the password is compared by {Wary.asked[0]}" if Wary.asked else ""


def by_many_guesses(count: int) -> str:
    """Passwords of new sessions have nothing to do with their ids, or with one another."""
    cluster = Cluster(1)
    seen = set()
    for _ in range(count):
        known = cluster.client(cluster.leader).listen().response
        assert known is not None
        if known.password in (of_java(known.session ^ SALT), of_java(known.session)):
            return "a password can be computed from the session's id"
        if len(known.password) != 16 or known.password in seen:
            return "a password was given twice"
        seen.add(known.password)
        for connection in list(cluster.leader.door.connections):
            connection.transport.die()  # type: ignore[union-attr]
    return ""


def welcome(place: str, state: str) -> str:
    """Who knows the password is the owner."""
    scene = Scene(state)
    again = scene.call(place, scene.session, scene.password)
    return "as it may" if again.session == scene.session else ""


def cases() -> Iterator[Case]:
    """Every guess, everywhere, in every state of the session."""
    for state in STATES:
        for place in PLACES:
            for guess in GUESSES:
                for behind in BEHIND if state == "connected" else ("alone",):
                    given = (state, place, guess, behind)
                    what = f"a session that is {state}, {behind}"
                    yield Case(FAMILY, guess, place, what, take, given)
            given_ = (place, state)
            yield Case(FAMILY, "the owner", place, state, welcome, given_, control=True)
    for guess in ("the right password", *GUESSES):
        what = "a session of the ensemble"
        yield Case(FAMILY, guess, "at a member that is alone", what, take_alone, (guess,))
    for place in PLACES:
        for offset in (-2, 1, 2, 1 << 40, 1 << 62, -(1 << 60)):
            name = f"the session that is {offset:+} beside it"
            yield Case(FAMILY, "the right password", place, name, mistaken, (place, offset))
        # Elsewhere, whoever comes first has it.
        for end in ("closed", "expired", *(("being closed",) if place == PLACES[0] else ())):
            for behind in BEHIND:
                what = f"a session that is {end}, {behind}"
                yield Case(FAMILY, "the right password", place, what, over, (place, end, behind))
        yield Case(FAMILY, "its owner", place, "used after its end", used_after_its_end, (place,))
        for whose in ("a session's", "the superuser's"):
            yield Case(FAMILY, "a stopwatch", place, whose, by_the_clock, (whose, place))
    for end in ("moved", "closed"):
        what = f"under way when it is {end}"
        yield Case(FAMILY, "its owner", "at the leader", what, under_way_at_its_end, (end,))
    for what in SPOKEN:
        yield Case(FAMILY, "another session", "where it is", what, spoken_for, (what,))
    yield Case(FAMILY, "who counts", "at the leader", "200 passwords", by_many_guesses, (200,))
