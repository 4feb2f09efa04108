"""Two worlds that differ in nothing but what is protected, and those who would like to know.

Whoever hears the same in both has learnt nothing: that is the judge, beside the error and the rows.
So both have had the same number of requests: in the one with fewer, some fail.
"""

from typing import Final, NamedTuple

from replica.cluster import Cluster, Member
from replica.wire import Client, acl_of

from hikari.tree import keys
from hikari.tree.acl import digest
from hikari_wire import codes

ALL: Final = codes.PERM_ALL
BOB: Final = b"bob:own"
NETWORK: Final = b"10.66.0.0/16"
INSIDE: Final = "10.66.7.7"

VAULT: Final = b"/vault"
QUOTA: Final = b"/zookeeper/quota/vault"
STATS: Final = QUOTA + b"/zookeeper_stats"
LATER: Final = b"/later"
HALF: Final = b"/half"
TARGETS: Final = (VAULT, VAULT + b"/gem", b"/box", b"/ttl", b"/eph", STATS)
OPEN: Final = b"/open"
NOTHING: Final = (codes.DELETE, b"/nothing", -1)
"""Fails, tells nobody, and counts as a request."""


class Who(NamedTuple):
    """Somebody on a connection: from where, and what it proves, or tries to."""

    name: str
    host: str = "10.0.0.9"
    proofs: tuple[bytes, ...] = ()


def password(world: int) -> bytes:
    """Of her to whom all belongs: even the hashes differ."""
    return b"ann:%d-in-the-vault" % world


NOBODY: Final = Who("nobody")
COLLEAGUE: Final = Who("who lacks the permission", proofs=(BOB,))
OUTSIDERS: Final = (
    NOBODY,
    Who("another user", proofs=(b"mallory:guess",)),
    Who("a neighbour's address", "10.67.7.7"),
    Who("an address that only looks so", "::ffff:10.67.7.7"),
    Who("who knows the hashes", proofs=tuple(digest(password(world)) for world in (0, 1))),
    Who("a namesake", proofs=(b"ann:wrong", b"ann:", b"ann", b"super:wrong", b"super:", b"")),
)


def log_in(client: Client, *proofs: bytes) -> None:
    """Prove these."""
    for proof in proofs:
        client.wire.say(client.frame((codes.AUTH, 0, b"digest", proof), codes.XID_AUTH))


class World:
    """A member, or three, with a vault. `number` 0 or 1; `lacking`: the permissions that bob has
    not. Nobody else but ann, and who comes from her network, has any."""

    def __init__(self, number: int, lacking: int = ALL, size: int = 1) -> None:
        self.number = number
        self.cluster = Cluster(size)
        self.owner = self.cluster.client(self.cluster.leader)
        log_in(self.owner, password(number))
        self.acl = self._acl(lacking)
        self._fill()
        self.cluster.run()
        failed = [error for error in self.owner.errors() if error not in (0, codes.NO_NODE)]
        assert not failed
        if size > 1:
            self.cluster.tick(3)

    def _acl(self, lacking: int) -> bytes:
        entries = [(ALL, b"digest", digest(password(self.number))), (ALL, b"ip", NETWORK)]
        if ALL & ~lacking:
            entries.append((ALL & ~lacking, b"digest", digest(BOB)))
        return acl_of(*entries)

    def _fill(self) -> None:
        one = bool(self.number)
        data = b"one treasure" if one else b"the other treasure, and larger"
        make = (codes.CREATE,)
        gem, half = VAULT + b"/gem", HALF + b"/deep"
        self.asked(
            (*make, OPEN, b"", b"", 0),
            (*make, HALF, b"", b"", 0),
            (*make, VAULT, data, self.acl, 0),
            (codes.CREATE_CONTAINER, b"/box", data, self.acl, codes.CONTAINER),
            (codes.CREATE_TTL, b"/ttl", data, self.acl, codes.PERSISTENT_WITH_TTL, 1000 + one),
            (*make, b"/eph", data, self.acl, codes.EPHEMERAL),
            (*make, gem, data, self.acl, 0),
            *((*make, gem + b"/dust-%d-%d" % (one, n), data, self.acl, 0) for n in range(2 + one)),
            (*make, VAULT + b"/kid-%d" % one, data, self.acl, 0),
            (*make, VAULT + b"/eph-%d" % one, data, self.acl, codes.EPHEMERAL),
            (*make, QUOTA, b"", self.acl, 0),
            (*make, QUOTA + b"/zookeeper_limits", b"count=%d,bytes=-1" % one, self.acl, 0),
            (*make, STATS, b"", self.acl, 0),
            (*make, half, data, self.acl, 0),
            *((*make, half + b"/%d" % n, data, self.acl, 0) for n in range(2 + 3 * one)),
            *((codes.SET_DATA, path, data, -1) for path in TARGETS[: 2 + 3 * one]),
            *(NOTHING,) * (8 - 7 * one),
        )

    def asked(self, *requests: tuple[object, ...]) -> None:
        """The owner does these."""
        self.owner.ask(*requests)

    @property
    def member(self) -> Member:
        """Where the others are: a follower, if there is one."""
        followers = self.cluster.followers
        return followers[0] if followers else self.cluster.leader

    def enter(self, who: Who) -> Client:
        """Somebody comes, with a session of its own."""
        client = self.cluster.dial(self.member, who.host)
        client.hello()
        self.cluster.run()
        assert client.session
        self.prove(client, who)
        return client

    def prove(self, client: Client, who: Who) -> None:
        """It says who it is."""
        log_in(client, *who.proofs)
        self.cluster.run()
        client.listen().heard.clear()

    def back(self, client: Client, who: Who) -> Client:
        """The session of this client, on a new connection of this one's."""
        known = client.listen().response
        assert known is not None
        again = self.cluster.dial(self.member, who.host)
        again.hello(known.timeout_ms, known.session, known.password)
        self.cluster.run()
        assert again.session == known.session
        self.prove(again, who)
        return again

    def rows(self) -> list[tuple[bytes, bytes]]:
        """All znodes but those that anybody may change."""
        found = self.cluster.leader.everything()
        return [
            (key, row)
            for key, row in found
            if key[:1] == keys.ZNODE and not keys.path_of(key).startswith(OPEN)
        ]
