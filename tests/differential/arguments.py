"""Good, bad and borderline arguments of requests, drawn by chance."""

import base64
import hashlib
import random
from typing import Any

ANYONE = ["world", "anyone"]
NAMES = ("a", "b", "c")
INT_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1
TTL_MAX_MS = 0x00FFFFFFFFFF
HOUR_MS = 3_600_000


def digest(user_password: str) -> str:
    """As an ACL names it."""
    user = user_password.partition(":")[0]
    hashed = hashlib.sha1(user_password.encode()).digest()
    return f"{user}:{base64.b64encode(hashed).decode()}"


USERS = ("ann:1", "bob:2")


def _utf8(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


BAD_PATHS: tuple[str | None, ...] = (
    *(None, "", "a", "R/a", "//", "/R/", "/R//a", "/R/a/", "/R/a//", "/R/./a", "/R/../a", "/R/."),
    *("/R/..", "/.", "/..", "/./", "/R/a/.", "/R/a/..", "/R/a\0b", "/R/\0", "/R/a\x01", "/R/\x1f"),
    *("/R/a\x7f", _utf8("/R/\x80"), _utf8("/R/\x9f"), _utf8("/R/\ud800"), _utf8("/R/\ue000")),
    *(_utf8("/R/\uf8ff"), _utf8("/R/\ufff0"), _utf8("/R/\uffff"), _utf8("/R/\U0001f600")),
    *("/R/\xff", "/R/a\xc3", "/R/\xc0\x80", "/R/\xe2\x82"),
)
ODD_PATHS = (
    *("/R/...", "/R/.a", "/R/a.", "/R/ ", "/R/a b", "/R/-", "/R/0000000001", "/R/%2f", "/R/~"),
    *(
        _utf8("/R/\xe9"),
        _utf8("/R/\u4e2d"),
        _utf8("/R/\xa0"),
        _utf8("/R/\ufeff"),
        "/R/" + "n" * 300,
    ),
    *(_utf8("/R/\uf900"), _utf8("/R/\uffef"), "/R/" + "/".join("xyz" * 5)),
)
SYSTEM_PATHS = (
    *("/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config", "/zookeeper/none"),
    *("/zookeeper/quota/R", "/zookeeper/quota/none"),
)
VERSIONS = (-2, -3, -INT_MAX - 1, INT_MAX, 1000)

# No IPv6 address that is valid: from 3.9.4 on it is one (ZOOKEEPER-4240), and so it is to us.
BAD_ACLS: tuple[Any, ...] = (
    *(None, [], [[31, "world", "somebody"]], [[31, "world", ""]], [[31, "nonsense", "x"]]),
    *([[31, "digest", "nocolon"]], [[31, "digest", "a:b:c"]], [[31, "digest", ":"]]),
    *([[31, "digest", "a:"]], [[31, "digest", ":b"]], [[31, "digest", ""]], [[31, "ip", ""]]),
    *([[31, "ip", "300.1.1.1"]], [[31, "ip", "127.0.0.1/33"]], [[31, "ip", "127.0.0.1/-1"]]),
    *(
        [[31, "ip", "127.0.0.1/x"]],
        [[31, "ip", "1.2.3"]],
        [[31, "ip", "1.2.3.4.5"]],
        [[31, "ip", "1.2.3.4/33"]],
        [[31, "", ""]],
    ),
    *(
        [[31, "ip", "127.0.0.1/"]],
        [[31, "ip", "127.0.0.1/8/8"]],
        [[31, "ip", "12345::1"]],
        [[31, "ip", "1::2::3"]],
        [[31, "ip", "1:2"]],
    ),
    *([[31, *ANYONE], [31, "nonsense", "x"]], [[31, "super", "x"]], [[31, "x509", "CN=a"]]),
    *([[31, "sasl", "a"]], [[31, "x509", ""]], [[31, "ip", "1.2.3.4 "]], [[31, "ip", "0x1.2.3.4"]]),
    *([[31, None, "x"]], [[31, "world", None]], [[31, "auth", None]], [[31, "ip", None]]),
    *([[31, "digest", None]], [[31, "auth", ""], [31, "nonsense", ""]]),
)
ACLS: tuple[Any, ...] = (
    *([[1, *ANYONE]], [[2, *ANYONE]], [[4, *ANYONE]], [[8, *ANYONE]], [[16, *ANYONE]]),
    *([[0, *ANYONE]], [[30, *ANYONE]], [[29, *ANYONE]], [[27, *ANYONE]], [[23, *ANYONE]]),
    *([[15, *ANYONE]], [[32, *ANYONE]], [[-1, *ANYONE]], [[63, *ANYONE]], [[17, *ANYONE]]),
    *([[31, *ANYONE], [31, *ANYONE]], [[1, *ANYONE], [2, *ANYONE]]),
    *([[31, "ip", "127.0.0.1"]], [[31, "ip", "127.0.0.0/8"]], [[31, "ip", "10.0.0.0/8"]]),
    *([[31, "ip", "127.0.0.1/32"]], [[31, "ip", "127.0.0.1/0"]], [[31, "ip", "127.1.2.3/8"]]),
    *([[31, "auth", ""]], [[31, "auth", "whatever"]], [[1, *ANYONE], [31, "auth", ""]]),
    *([[31, "digest", digest(USERS[0])]], [[31, "digest", digest(USERS[1])]]),
    *([[31, "digest", "ann:x"]], [[31, "digest", digest(USERS[0])], [1, *ANYONE]]),
    *(
        [[17, "digest", digest(USERS[0])], [1, *ANYONE]],
        [[31, "digest", digest(USERS[0])], [17, *ANYONE]],
    ),
    *([[1, "digest", digest(USERS[0])], [2, "digest", digest(USERS[1])]],),
)
ODD_ADDRESSES: tuple[Any, ...] = (
    *([[31, "ip", "127.0.0.01"]], [[31, "ip", "127.0.0.1/+8"]], [[31, "ip", "127.0.0.1/08"]]),
)
"""Valid, for Java reads the numbers of an address as any others."""
OPEN_ACL = [[31, *ANYONE]]
AUTHS: tuple[tuple[str | None, str | None], ...] = (
    *(("digest", USERS[0]), ("digest", USERS[1]), ("digest", USERS[0]), ("digest", "nocolon")),
    *(("digest", ""), ("digest", "a:b:c"), ("digest", ":"), ("ip", ""), ("ip", "10.0.0.1")),
)
BAD_AUTHS: tuple[tuple[str | None, str | None], ...] = (
    *(("nonsense", "x"), ("world", "anyone"), ("auth", ""), ("", ""), ("super", "x")),
    *(("sasl", "x"), (None, "x"), ("ip", None)),
)


class Arguments:
    """Draws arguments. It guesses which znodes there are, so that most requests find one."""

    def __init__(self, chance: random.Random, served: set[str]) -> None:
        self.chance = chance
        self.acls = ACLS + ODD_ADDRESSES if "super" in served else ACLS
        self.lasting = False  # whether the seat sets watches that last, or those that do not
        self.likely: dict[str, int] = {"/R": 0}  # path: about its version
        self.created: dict[str, int] = {}  # parent: about how many children were created
        self.ephemerals: set[str] = set()

    def one(self, of: Any) -> Any:
        """Any of them."""
        return self.chance.choice(of)

    def often(self, share: float) -> bool:
        """True in this share of cases."""
        return self.chance.random() < share

    # ---- paths

    def known(self) -> str:
        """A path that is probably there: there are few that may be."""
        if self.often(0.6):
            return str(self.one(list(self.likely)))
        names = [self.one(NAMES) for _ in range(self.one((0, 1, 1, 1, 1, 2, 2, 2, 3)))]
        return "/".join(["/R", *names])

    def path(self) -> str | None:
        """Any path, most of them there."""
        draw = self.chance.random()
        if draw < 0.74:
            return self.known()
        if draw < 0.88:
            return self.fresh()
        if draw < 0.92:
            return str(self.one(SYSTEM_PATHS))
        if draw < 0.96:
            return str(self.one(ODD_PATHS))
        bad: str | None = self.one(BAD_PATHS)
        return bad

    def fresh(self) -> str:
        """A path below one that is probably there; now and then not."""
        parent = self.known()
        if parent.count("/") > 4:
            parent = "/R"
        if self.often(0.05):
            parent += "/none"
        return f"{parent}/{self.one(NAMES)}"

    def to_create(self, sequential: bool) -> str | None:
        """A path for a create."""
        draw = self.chance.random()
        if sequential and draw < 0.3:
            return self.known() + "/"
        if draw < 0.85:
            return self.fresh()
        return self.path()

    def to_delete(self) -> str | None:
        """Rather deep ones."""
        return max(self.known(), self.known(), key=len) if self.often(0.7) else self.path()

    def version(self, path: str | None) -> int:
        """-1, the right one, or one near it."""
        if self.often(0.5):
            return -1
        if self.often(0.1):
            return int(self.one(VERSIONS))
        return max(0, self.likely.get(path or "", 0) + self.one((0, 0, 0, 0, -1, 1)))

    def watch(self) -> bool:
        """Whether a read watches. Up to 3.8 a seat has but one mode of watch for a path: the last
        one set (ZOOKEEPER-4466)."""
        return not self.lasting and self.often(0.7)

    # ---- the rest

    def data(self) -> str | int | None:
        """Some bytes."""
        draw = self.chance.random()
        if draw < 0.8:
            return str(self.one(("", "x", "data", "\0\xff", "longer data than that")))
        if draw < 0.9:
            return None
        if draw < 0.998:
            return int(self.one((1, 100, 255, 256, 1000, 10_000)))
        return int(self.one((1_000_000, 1_048_000)))

    def acl(self) -> Any:
        """Mostly the open one."""
        draw = self.chance.random()
        if draw < 0.8:
            return OPEN_ACL
        return self.one(self.acls) if draw < 0.93 else self.one(BAD_ACLS)

    # ---- what becomes of them, as far as that can be guessed

    def was_created(self, path: str | None, flags: int, acl: Any) -> None:
        """It is probably there now."""
        if path is None or path in self.likely or acl not in (OPEN_ACL, *self.acls):
            return
        parent = path.rpartition("/")[0]
        if parent in self.likely and parent not in self.ephemerals and len(self.likely) < 25:
            if flags in (2, 3, 6):
                path += f"{self.created.get(parent, 0):010}"
            if flags in (1, 3):
                self.ephemerals.add(path)
            self.likely[path] = 0
            self.created[parent] = self.created.get(parent, 0) + 1

    def was_deleted(self, path: str | None) -> None:
        """It is probably gone."""
        if path != "/R" and not any(other.startswith(f"{path}/") for other in self.likely):
            self.likely.pop(path or "", None)

    def was_set(self, path: str | None) -> None:
        """Its version is probably one more."""
        if path in self.likely:
            self.likely[path] += 1
