"""The same on real sockets: three processes, of which the first answers no word but `srvr`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from breakins import monitors, peers, sessions
from breakins.asking import ALONE, CHANGES, CHECKS, LOOKS
from breakins.caller import Caller, calling, said
from breakins.case import Case
from breakins.vault import OUTSIDERS, Who
from ensemble.ensemble import Ensemble
from replica.wire import acl_of

from hikari.ensemble import config_text
from hikari.tree.acl import digest
from hikari_wire import codes

FAMILY: Final = "on sockets"
ANN: Final = b"ann:in-the-vault"
BOB: Final = b"bob:own"
SUPER: Final = b"super:very-much"
VAULT: Final = b"/vault"
ONLY_SRVR: Final = 1
SETTINGS: Final = f'\n[access]\nsuper_digest = "{digest(SUPER).decode()}"\n'


class Stage:
    """An ensemble with a vault, and its owner, who must not be disturbed."""

    def __init__(self, ensemble: Ensemble) -> None:
        self.ensemble = ensemble
        self.owner = Caller(ensemble.ports[1])
        known = self.owner.hello()
        assert known is not None
        self.session, self.password = known.session, known.password
        assert self.owner.log_in(ANN) == codes.OK
        acl = acl_of(
            (codes.PERM_ALL, b"digest", digest(ANN)),
            (codes.PERM_CREATE, b"digest", digest(BOB)),
            (codes.PERM_ALL, b"ip", b"10.66.0.0/16"),
        )
        for path, flags in ((VAULT, 0), (VAULT + b"/gem", 0), (VAULT + b"/mine", codes.EPHEMERAL)):
            answer = self.owner.ask((codes.CREATE, path, b"a treasure", acl, flags))
            assert answer is not None
            assert answer[0] == codes.OK

    def disturbed(self) -> str:
        """Whether the owner has lost anything."""
        answer = self.owner.ask((codes.GET_DATA, VAULT + b"/mine", False))
        if answer is None:
            return "the owner has lost the connection"
        return "" if answer[0] == codes.OK and b"a treasure" in answer[1] else "the owner lost data"

    def port(self, number: int) -> int:
        """Where a member serves clients."""
        return self.ensemble.layout.client(number).port

    def close(self) -> None:
        """The owner hangs up."""
        self.owner.close()


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Start it, and end it."""
    ensemble = Ensemble(folder, 3, SETTINGS)
    config = ensemble.layout.config(ONLY_SRVR)
    config.parent.mkdir(parents=True)
    text = config_text(ensemble.layout, ONLY_SRVR) + SETTINGS
    assert 'words = ["*"]' in text
    config.write_text(text.replace('words = ["*"]', 'words = ["srvr"]'))
    try:
        ensemble.start()
        stage = Stage(ensemble)
        yield stage
        stage.close()
    finally:
        ensemble.close()
    ensemble.demand_clean_logs()


def permission(stage: Stage, member: int, who: Who, request: Any) -> str:
    """NOAUTH, and nothing else."""
    with calling(stage.port(member)) as one:
        assert one.hello() is not None
        for proof in who.proofs:
            one.log_in(proof)
        answer = one.ask(request)
        if answer != (codes.NO_AUTH, b""):
            return f"it was answered {answer}"
    return stage.disturbed()


def guess(stage: Stage, member: int, name: str) -> str:
    """Take the owner's session up."""
    password = sessions._guesses(stage.password, stage.session, bytes(16))[name]
    with calling(stage.port(member)) as one:
        given = one.hello(stage.session, password)
        if given is not None and given.session:
            return f"it was given session {given.session:#x}"
        if one.next() is not None:
            return "it was told more"
    return stage.disturbed()


def scheme(stage: Stage, member: int, name: bytes, proof: bytes) -> str:
    """A proof of a kind that proves nothing."""
    with calling(stage.port(member)) as one:
        assert one.hello() is not None
        one.log_in(proof, name)
        answer = one.ask((codes.GET_DATA, VAULT, False))
        if answer is not None and answer != (codes.NO_AUTH, b""):
            return f"it was answered {answer}"
    return stage.disturbed()


def word(stage: Stage, name: str, what: bytes) -> str:
    """It is not in the whitelist."""
    told = said(stage.port(ONLY_SRVR), what, half_closed=True).decode("latin-1")
    return "" if told == name + monitors.REFUSAL else f"it was told {told[:40]!r}"


def http(stage: Stage, method: str, target: str, wanted: tuple[int, ...]) -> str:
    """No page, no file, no obedience."""
    port = stage.ensemble.layout.admin(ONLY_SRVR).port
    told = said(port, monitors._head(method, target))
    for secret in (*monitors.FILES, b"a treasure"):
        if secret in told:
            return f"it was told {secret!r}"
    status = int(told.split()[1]) if told.startswith(b"HTTP/1.") else 0
    if status == 200 and b"Unknown command" not in told:
        return "it was answered"
    return "" if status in (0, 200, *wanted) else f"it was answered {status}"


def peer(stage: Stage, frames: tuple[bytes, ...]) -> str:
    """A stranger at the peers' port is told nothing, and hung up on."""
    port = stage.ensemble.layout.peer(2).port
    told = said(port, b"".join(frames), half_closed=True)
    return "it was told something" if told else stage.disturbed()


def owner(stage: Stage, member: int, proof: bytes) -> str:
    """Who may, may."""
    with calling(stage.port(member)) as one:
        assert one.hello() is not None
        one.log_in(proof)
        answer = one.ask((codes.GET_DATA, VAULT, False))
        return "as it may" if answer is not None and answer[0] == codes.OK else ""


def cases(stage: Stage) -> Iterator[Case]:
    """Some of each family, at each member in turn."""
    bob = Who("who lacks the permission", proofs=(BOB,))
    asks = [ask for ask in (*LOOKS, *CHECKS, *CHANGES, *ALONE) if ask.permission != 4]
    for number, ask in enumerate(asks):
        for who in (bob, OUTSIDERS[number % len(OUTSIDERS)]):
            if who.host == "10.0.0.9":
                member = number % 3 + 1
                given = (stage, member, who, ask.request(VAULT))
                yield Case(FAMILY, who.name, f"member {member}", ask.name, permission, given)
    for name in sessions.GUESSES:
        for member in (1, 2, 3):
            yield Case(FAMILY, name, f"member {member}", "session", guess, (stage, member, name))
    for number, known in enumerate((b"super", b"world", b"ip", b"x509", b"sasl", b"auth", b"")):
        for proof in (b"", b"anyone", ANN, SUPER, b"10.66.0.1"):
            member = number % 3 + 1
            what = f"scheme {known.decode()!r}"
            given = (stage, member, known, proof)
            yield Case(FAMILY, "a pretender", f"member {member}", what, scheme, given)
    for name in monitors.NAMES:
        if name != "srvr":
            for way, pieces in monitors._ways(name.encode()).items():
                yield Case(FAMILY, "anybody", way, name, word, (stage, name, b"".join(pieces)))
    for path in monitors.PATHS:
        refused = path in ("/commands/restore", "/commands/snapshot")
        wanted = (501,) if refused else (400, 404, 405, 414)
        if path and "ruok?" not in path and path != "/commands?command=restore":
            what = f"GET {path[:60]!r}"
            yield Case(FAMILY, "anybody", "admin", what, http, (stage, "GET", path, wanted))
    for method in monitors.METHODS:
        given = (stage, method, "/commands/stat_reset", (400, 405))
        yield Case(FAMILY, "anybody", "admin", f"{method} stat_reset", http, given)
    for name, row in peers._WRONG.items():
        frames = (peers._rows(row), peers._rows(peers._messages(1)["Append"]))
        yield Case(FAMILY, "a stranger", "peers' port", name, peer, (stage, frames))
    for name, raw in peers._RAW.items():
        yield Case(FAMILY, "a stranger", "peers' port", name, peer, (stage, (raw,)))
    for proof in (ANN, SUPER):
        for member in (1, 2, 3):
            what = proof.decode()
            given = (stage, member, proof)
            yield Case(FAMILY, what, f"member {member}", "getData", owner, given, control=True)
