"""Secrets that are planted wherever one can stand, and looked for in everything that comes out.

A secret is found in any writing: as it is, in hex, base64, escaped, as numbers.
"""

import base64
import io
import json
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote_from_bytes

from breakins import asking, monitors, sessions, sockets
from breakins.caller import calling, said
from breakins.case import judge
from breakins.sockets import Stage
from breakins.vault import World
from prompt_toolkit.history import History
from twisted.logger import LogEvent, capturedLogs, eventAsText

import hikari_tools.shell.commands  # noqa: F401  fills the registry
from hikari import config as toml
from hikari.config import ConfigError
from hikari.gateway import admin
from hikari.gateway.reads import READS
from hikari.tree.acl import digest
from hikari.tree.differences import differences
from hikari.zoocfg import load as zoo
from hikari_client import Auth, blocking
from hikari_client.errors import ZKError
from hikari_client.settings import Settings
from hikari_tools.shell import terminal
from hikari_tools.shell.session import Options, Shell
from hikari_wire import codes, requests
from hikari_wire.records import ConnectRequest, ConnectResponse

PREFIX: Final = b"canary-"
GUESS: Final = b"ann:canary-guess-8d21"
TYPED: Final = "canary-typed-40b7"
FILED: Final = "canary-filed-93c5"
DATA: Final = b"canary-data-5e0f"
PROVEN: Final = b"eve:canary-proven-77aa"
ZOO_SECRETS: Final = (
    *("ssl.keyStore.password", "ssl.trustStore.password", "ssl.quorum.keyStore.password"),
    *(
        "ssl.quorum.trustStore.password",
        "ssl.keyStore.passwordPath",
        "quorum.auth.learner.password",
    ),
    *("DigestAuthenticationProvider.superDigest", "zookeeper.superDigest", "superDigest"),
    *(
        "zookeeper.DigestAuthenticationProvider.superDigest",
        "DigestAuthenticationProvider.superDgst",
    ),
    *("X509AuthenticationProvider.superUser", "metricsProvider.ssl.keyStore.password", "password"),
    *("zookeeper.ssl.keyStore.password", "fips.password", "authProvider.x509.password"),
)


class Output(NamedTuple):
    """What came out, and where."""

    place: str
    what: bytes


class Found(NamedTuple):
    """`told`: each secret that was found, and where."""

    canaries: int
    places: list[str]
    bytes: int
    told: list[str]


def writings(secret: bytes) -> set[bytes]:
    """All the ways in which it may be written."""
    text = secret.decode("latin-1")
    return {
        secret,
        secret.hex().encode(),
        secret.hex().upper().encode(),
        secret.hex(" ").encode(),
        base64.b64encode(secret).rstrip(b"="),
        base64.urlsafe_b64encode(secret).rstrip(b"="),
        repr(secret)[2:-1].encode(),
        repr(text)[1:-1].encode(),
        json.dumps(text)[1:-1].encode(),
        quote_from_bytes(secret).encode(),
        str(list(secret))[1:-1].encode(),
        str(int.from_bytes(secret, "big")).encode(),
        str(int.from_bytes(secret, "little")).encode(),
        text.encode(),
    }


def found(secrets: dict[str, bytes], outputs: list[Output]) -> Found:
    """Look for all of them everywhere."""
    told = []
    for name, secret in secrets.items():
        for writing in writings(secret):
            told += [
                f"{name} in {place}: {_around(what, writing)!r}"
                for place, what in outputs
                if writing in what
            ]
    size = sum(len(what) for _, what in outputs)
    return Found(len(secrets), [place for place, _ in outputs], size, sorted(set(told)))


def _around(what: bytes, writing: bytes) -> bytes:
    at = what.index(writing)
    return what[max(0, at - 60) : at + len(writing) + 20]


# ---- what real members tell


def secrets_of(stage: Stage) -> dict[str, bytes]:
    """What is planted in an ensemble: passwords, their hashes, a session's password, data."""
    return {
        "a user's password": sockets.ANN,
        "another user's password": sockets.BOB,
        "the superuser's password": sockets.SUPER,
        "the hash of a password": digest(sockets.ANN).partition(b":")[2],
        "the superuser's hash": digest(sockets.SUPER).partition(b":")[2],
        "a session's password": stage.password,
        "data that may not be read": b"a treasure",
        "a wrong password": GUESS.partition(b":")[2],
        "a proof": PROVEN.partition(b":")[2],
        "what a shell was told": TYPED.encode(),
        "what a file holds": FILED.encode(),
        "data of another": DATA,
    }


def _strangers(stage: Stage) -> Iterator[Output]:
    """Every answer to who may not, and to who says what is no request."""
    for member in (1, 2, 3):
        with calling(stage.port(member)) as one:
            given = one.hello(stage.session, GUESS[4:20])
            yield Output(f"reply: a guess at member {member}", repr(given).encode())
        with calling(stage.port(member)) as one:
            assert one.hello() is not None
            one.log_in(GUESS)
            one.log_in(PROVEN)
            for ask in asking.ASKS:
                answer = one.ask(ask.request(sockets.VAULT))
                if answer is not None and answer[0]:
                    yield Output(f"reply: {ask.name}", repr(answer).encode() + answer[1])
            one.log_in(PROVEN, b"x509")
            yield Output("reply: a scheme that is not served", one.next() or b"")
        yield from _malformed(stage, member)


def _malformed(stage: Stage, member: int) -> Iterator[Output]:
    """Frames that are wrong, with a secret in them."""
    auth = requests.encode((codes.AUTH, 0, b"digest", PROVEN), codes.XID_AUTH)
    connect = requests.encode_connect(ConnectRequest(0, 0, 10_000, 0, GUESS, False))
    wrong = {
        "an auth before a session": auth,
        "a connect cut short": connect[:-20],
        "an auth cut short": connect + auth[:16] + auth[20:],
        "an auth of a wrong length": connect + b"\0\0\0\x20" + auth[4:],
        "an auth that is too long": connect + b"\x7f\xff\xff\xff" + auth[4:],
        "an unknown opcode": connect
        + requests.encode((codes.SYNC, PROVEN), 1)[:8]
        + b"\0\0\x27\x0f",
        "words behind a secret": PROVEN + b"\nmntr",
        "HTTP": b"GET /?password="
        + PROVEN
        + b" HTTP/1.1\r\nAuthorization: "
        + PROVEN
        + b"\r\n\r\n",
    }
    for name, bytes_ in wrong.items():
        yield Output(f"reply: {name}", said(stage.port(member), bytes_, half_closed=True))


def _monitors(stage: Stage) -> Iterator[Output]:
    for member in (1, 2, 3):
        for name in monitors.NAMES:
            what = name.encode() + monitors.MASK
            yield Output(f"word: {name}", said(stage.port(member), what, half_closed=True))
        port = stage.ensemble.layout.admin(member).port
        pages = [f"/commands/{name}" for name in admin.COMMANDS]
        for page in (*pages, "/commands", "/metrics", "/livez", "/readyz", "/health", "/nothing"):
            target = f"{page}?password={PROVEN.decode()}"
            head = monitors._head("GET", target, f"Authorization: {PROVEN.decode()}")
            yield Output(f"admin: {page}", said(port, head))
        peer = stage.ensemble.layout.peer(member).port
        yield Output("peer: a stranger", said(peer, PROVEN * 3, half_closed=True))


def _command(*words: str, **more: Any) -> bytes:
    ran = subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, timeout=60, check=False, **more
    )
    return ran.stdout + ran.stderr


def _shell(stage: Stage) -> Iterator[Output]:
    looks = (
        *("get /vault", "getAcl /vault", "setAcl /vault world:nobody:x", "set /vault x", "history"),
        *("redo 1", "deleteall /vault", "ls -R /", "tree /", "find / x", "grep treasure /", "du /"),
    )
    server = f"127.0.0.1:{stage.port(2)}"
    shell = ("hikari_tools.shell", "--yes", "--server", server)
    for first in (
        (f"addauth digest sue:{TYPED}", f"addauth digest sue:{TYPED} and more"),
        (f"addauth sue:{TYPED}", *looks[:1]),
        (f"addauth none sue:{TYPED}", *looks[:1]),
    ):
        lines = "\n".join((*first, *looks))
        yield Output("shell: lines", _command(*shell, input=lines.encode()))
    for proof in (f"digest:sue:{TYPED}", f"none:sue:{TYPED}", TYPED):
        yield Output("shell: --auth", _command(*shell, "--auth", proof, "get", "/vault"))
    nowhere = ("hikari_tools.shell", "--server", "127.0.0.1:1", "--connect-timeout", "0.2")
    yield Output("shell: nobody", _command(*nowhere, "--auth", f"digest:sue:{TYPED}", "ls", "/"))


def _client(stage: Stage) -> Iterator[Output]:
    """What a program's log would have of its exceptions."""
    auth = [Auth("digest", PROVEN)]
    with blocking.connect(f"127.0.0.1:{stage.port(2)}", auth=auth) as client:
        for call in (
            lambda: client.get("/vault"),
            lambda: client.set("/vault", DATA),
            lambda: client.create("/vault/new", DATA),
            lambda: client.create("/no/new", DATA),
            lambda: client.delete("/vault/gem"),
            lambda: client.add_auth("none", PROVEN),
        ):
            try:
                call()
            except (ZKError, TypeError, AttributeError) as error:
                text = "".join(traceback.format_exception(error)) + repr(error)
                yield Output("client: an exception", text.encode())
        yield Output("client: itself", repr(client).encode() + repr(vars(client)).encode())


def reprs(password: bytes) -> Iterator[Output]:
    """What is seen of a value that holds a secret, in a log or in a debugger."""
    for value in (
        Auth("digest", PROVEN),
        Settings(auth=(Auth("digest", PROVEN),)),
        ConnectRequest(0, 0, 10_000, 1, password, False),
        ConnectResponse(0, 10_000, 1, password, False),
        Options(hosts="a", auth=(Auth("digest", PROVEN),)),
        toml.Access(super_digest=digest(sockets.SUPER).decode()),
    ):
        kind = type(value).__name__
        yield Output(f"repr: {kind}", f"{value!r} {value} {value:}".encode())


# ---- what stopped members tell


def _stopped(stage: Stage) -> Iterator[Output]:
    ensemble = stage.ensemble
    homes = [ensemble.layout.home(number) for number in ensemble.numbers]
    configs = [str(ensemble.layout.config(number)) for number in ensemble.numbers]
    yield Output("compare: members", _command("hikari", "compare", str(homes[0]), str(homes[1])))
    for command in ("verify", "salvage"):
        yield Output(f"{command}: whole", _command("hikari", command, "--config", configs[0]))
    for path in sorted((homes[0] / "journal").glob("*.[ls][os][gt]")):
        data = bytearray(path.read_bytes())
        for at in [at for at, byte in enumerate(data) if byte][::37]:
            data[at] ^= 0x40
        path.write_bytes(data)
    for command in ("verify", "salvage", "salvage --accept-loss"):
        words = ("hikari", *command.split()[:1], "--config", configs[0], *command.split()[1:])
        yield Output(f"{command}: damaged", _command(*words))


def of_two_trees() -> tuple[dict[str, bytes], list[Output]]:
    """All that two trees can differ in, as `hikari compare` and the log name it."""
    worlds = [World(0), World(1)]
    trees = [world.member.tree for world in worlds]
    for tree in trees:
        tree.settle()
        for session in tree.sessions.values():
            session.password = bytes(reversed(session.password))
    rows = [world.member.rows for world in worlds]
    told = differences(rows[0].view(), rows[1].view(), rows[1].get).told
    assert len(told) > 10
    secrets = {
        "data": b"one treasure",
        "other data": b"the other treasure",
        **{
            f"a session's password {number}": session.password
            for number, tree in enumerate(trees)
            for session in tree.sessions.values()
        },
    }
    return secrets, [Output("compare: two worlds", "\n".join(told).encode())]


# ---- files of configuration


def files(folder: Path) -> Iterator[Output]:
    """What is complained of in a file that holds secrets."""
    head = '[member]\nid = 1\n[[ensemble.members]]\nid = 1\nclient = "a:1"\npeer = "a:2"\n'
    secret = f'"super:{FILED}"'
    wrong = {
        "a list": f"[access]\nsuper_digest = [{secret}]\n",
        "a table": f"[access]\nsuper_digest = {{ a = {secret} }}\n",
        "no colon": f'[access]\nsuper_digest = "{FILED}"\n',
        "no user": f'[access]\nsuper_digest = ":{FILED}"\n',
        "misspelt": f"[access]\nsuper_digset = {secret}\n",
        "in another table": f"[member]\nsuper_digest = {secret}\n",
        "no table": f"access = {secret}\n",
        "in the wrong place": f"[access]\nskip_acl = {secret}\n",
        "not closed": f"[access]\nsuper_digest = {secret[:-1]}\n",
        "no quotes": f"[access]\nsuper_digest = super:{FILED}\n",
        "twice": f"[access]\nsuper_digest = {secret}\nsuper_digest = {secret}\n",
        "a password beside it": f"[access]\npassword = {secret}\n",
    }
    for name, text in wrong.items():
        path = folder / "hikari.toml"
        body = text + head if name == "no table" else head + text
        path.write_text(body if name != "in another table" else text + head[9:])
        yield Output(f"file: {name}", _complaint(lambda path=path: toml.Config.load(path)))
    for key in ZOO_SECRETS:
        for value in (FILED, f"super:{FILED}", f"{FILED}\n{key}=other-{FILED}"):
            path = folder / "zoo.cfg"
            path.write_text(f"dataDir={folder}\nclientPort=2181\n{key}={value}\n")
            yield Output(f"file: {key}", _complaint(lambda path=path: zoo.load(path).warnings))


def _complaint(load: Any) -> bytes:
    try:
        result = load()
    except ConfigError as error:
        return str(error).encode()
    return "\n".join(result).encode() if isinstance(result, list) else b""


# ---- a person's history


TYPED_LINES: Final = (
    "addauth digest sue:{}",
    "  addauth digest sue:{}",
    "ADDAUTH digest sue:{}",
    "add_auth digest sue:{}",
    '"addauth" digest sue:{}',
    "'addauth' digest sue:{}",
    '"add\\x61uth" digest sue:{}',
    "addauth\tdigest\tsue:{}",
    "addauht digest sue:{}",
    "auth digest sue:{}",
    "digest sue:{}",
    "sue:{}",
    "login sue {}",
)


def history(folder: Path) -> list[Output]:
    """What the shell keeps of lines with a password in them: for later, and for `history`."""
    shell = Shell(Options(hosts="127.0.0.1:1"))
    file = folder / "history"
    kept: History = terminal._Public(str(file))
    for line in ("ls /public", *TYPED_LINES):
        typed = line.format(TYPED)
        kept.append_string(typed)
        shell.remember(typed.strip())
    assert b"ls /public" in file.read_bytes()
    return [
        Output("history: the file", file.read_bytes()),
        Output("history: the command", "\n".join(shell.history).encode()),
    ]


# ---- logs of members in memory, at every level, with defects


def _text_of(logged: list[LogEvent]) -> bytes:
    return "\n".join(eventAsText(event, includeSystem=True) for event in logged).encode()


def defects() -> tuple[dict[str, bytes], list[Output]]:
    """A member whose answers cannot be made says so with a traceback; and what is logged of
    those who try to take sessions."""
    with capturedLogs() as logged:
        world = World(1)
        for op in list(READS):
            known = READS[op]
            client = world.enter(sockets.Who("eve", proofs=(PROVEN,)))
            READS[op] = _broken
            try:
                if op in requests.ENCODE and op in {ask.op for ask in asking.LOOKS}:
                    request = next(a for a in asking.LOOKS if a.op == op).request(b"/vault")
                    client.ask(request)
                    world.cluster.run()
            finally:
                READS[op] = known
        judge(sessions.cases())
    text = _text_of(list(logged))
    assert b"Traceback" in text
    known = world.owner.listen().response
    assert known is not None
    secrets = {
        "an owner's password": b"1-in-the-vault",
        "a proof": PROVEN,
        "data": b"one treasure",
        "a password of a session": known.password,
    }
    return secrets, [Output("traceback: defects and thieves", text)]


def _broken(connection: Any, xid: int, request: Any) -> bytes:
    raise AssertionError("a defect")


# ---- everything


def search(folder: Path) -> Found:
    """Plant all, do all, and look for all."""
    outputs: list[Output] = []
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        with sockets.staged(folder / "ensemble") as stage:
            outputs += _strangers(stage)
            outputs += _monitors(stage)
            outputs += _shell(stage)
            outputs += _client(stage)
            stage.ensemble.kill(3)
            stage.ensemble.launch(3)
            stage.ensemble.wait_serving()
            outputs += _monitors(stage)
            stage.ensemble.terminate(*list(stage.ensemble.running))
            outputs += _stopped(stage)
            outputs += [
                Output(f"log: member {number}", stage.ensemble.log(number).encode())
                for number in stage.ensemble.numbers
            ]
        outputs += reprs(stage.password)
        outputs += files(folder)
        outputs += history(folder)
    outputs.append(Output("log: of the tests", (out.getvalue() + err.getvalue()).encode()))
    first = found(secrets_of(stage), outputs)
    others = [found(*of_two_trees()), found(*defects())]
    return Found(
        first.canaries + sum(one.canaries for one in others),
        first.places + [place for one in others for place in one.places],
        first.bytes + sum(one.bytes for one in others),
        first.told + [line for one in others for line in one.told],
    )
