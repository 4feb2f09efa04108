"""Nobody gets in: generated tries at members in memory. All of them, with those on real processes:
`python -m breakins`."""

from types import ModuleType
from typing import Any

import pytest
from breakins import canaries, listening, monitors, peers, permissions, sessions
from breakins.asking import ASKS, BY_OTHER_FAMILIES, WITHOUT_A_ZNODE
from breakins.canaries import Output
from breakins.case import judge
from breakins.holes import HOLES, Hole
from twisted.logger import Logger

from hikari import config as toml
from hikari.config import ConfigError
from hikari.gateway.handshake import Handshake
from hikari.tree import differences
from hikari_client import Auth
from hikari_tools.shell import session, terminal
from hikari_wire import codes

# What there is at least: a generator that makes nothing shows nothing.
AT_LEAST = {permissions: 1_800, listening: 1_000, sessions: 400, peers: 400, monitors: 1_000}


@pytest.mark.parametrize("family", AT_LEAST, ids=lambda family: family.__name__)
def test_nobody_gets_in(family: ModuleType) -> None:
    verdict = judge(family.cases())
    assert verdict.told == []
    assert verdict.shut_out == [], "who may, does"
    assert verdict.tried.total() >= AT_LEAST[family]
    assert verdict.controls.total() > 10


def test_every_opcode_has_a_row() -> None:
    """A new one without fails here."""
    asked = {ask.op for ask in ASKS}
    assert not asked & (WITHOUT_A_ZNODE | BY_OTHER_FAMILIES)
    assert asked | WITHOUT_A_ZNODE | BY_OTHER_FAMILIES == set(codes.OP_NAMES)


def test_names_are_all_different() -> None:
    for family in AT_LEAST:
        names = [case.name for case in family.cases() if not case.control]
        assert len(names) == len(set(names)), family.__name__


@pytest.mark.interpreted
@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name)
def test_a_check_that_is_left_out_is_noticed(hole: Hole) -> None:
    with hole.planted():
        verdict = judge(hole.cases(), stop_at_first=True)
    assert verdict.told


def test_who_knows_the_name_and_the_list_is_taken_for_a_member() -> None:
    """docs/operations.md says so: the peers' port is guarded by the network alone."""
    office = peers.Office()
    stranger = office.loopback.call(1)
    stranger.say(peers._rows(peers.hello(sender=3)))
    stranger.say(peers._rows(peers._messages(3)["TimeoutNow"]))
    office.loopback.pump()
    assert len(office.heard) == 1


# ---- secrets


@pytest.mark.parametrize(
    "writing", sorted(canaries.writings(b"\x00canary\xff\n'\"end")), ids=lambda one: repr(one)[:40]
)
def test_a_secret_is_found_in_any_writing(writing: bytes) -> None:
    secrets = {"it": b"\x00canary\xff\n'\"end"}
    assert canaries.found(secrets, [Output("log: a", b"password=" + writing + b"\n")]).told
    assert not canaries.found(secrets, [Output("log: a", b"password=\n")]).told


def leaked_logs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Who guesses is logged with what it knows."""
    log = Logger()
    is_guess = Handshake._is_guess

    def told(self: Any, request: Any) -> bool:
        known = self.connection.door.tree.sessions.get(request.session)
        if known is not None:
            log.debug("a guess at {right}", right=known.password.hex())
        return is_guess(self, request)

    monkeypatch.setattr(Handshake, "_is_guess", told)
    secrets, outputs = canaries.defects()
    secrets["a thief's aim"] = next(iter(_passwords(outputs)))
    return canaries.found(secrets, outputs)


def _passwords(outputs: list[Output]) -> set[bytes]:
    text = outputs[0].what.decode()
    return {bytes.fromhex(line.split()[-1]) for line in text.splitlines() if "a guess at" in line}


def leaked_tracebacks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A defect names what it was about."""

    def broken(connection: Any, xid: int, request: Any) -> bytes:
        raise AssertionError(connection.door.tree.look(b"/vault").data)

    monkeypatch.setattr(canaries, "_broken", broken)
    return canaries.found(*canaries.defects())


def leaked_differences(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(differences, "_SECRET", ())
    return canaries.found(*canaries.of_two_trees())


def leaked_values(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(Auth, "__repr__", lambda self: f"Auth({self.credential!r})")
    return canaries.found({"a proof": canaries.PROVEN}, list(canaries.reprs(bytes(16))))


def leaked_files(monkeypatch: pytest.MonkeyPatch, folder: Any) -> Any:
    def load(path: Any) -> Any:
        raise ConfigError(f"{path}: {path.read_text().splitlines()[-1]!r} is wrong")

    monkeypatch.setattr(toml.Config, "load", load)
    outputs = list(canaries.files(folder))
    return canaries.found({"what a file holds": canaries.FILED.encode()}, outputs)


def leaked_history(monkeypatch: pytest.MonkeyPatch, folder: Any) -> Any:
    for room in (terminal, session):
        monkeypatch.setattr(room, "is_public", lambda line: "addauth" not in line)
    outputs = canaries.history(folder)
    return canaries.found({"what a shell was told": canaries.TYPED.encode()}, outputs)


def test_a_leak_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for leak in (leaked_logs, leaked_tracebacks, leaked_differences, leaked_values):
        with monkeypatch.context() as patched:
            assert leak(patched).told, leak.__name__
    for leak in (leaked_files, leaked_history):
        with monkeypatch.context() as patched:
            assert leak(patched, tmp_path).told, leak.__name__
