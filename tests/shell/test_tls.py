"""The shell by TLS, which a relay ends before a member: who is believed, and who is asked."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme
from drivers import relay
from shell.running import ran

pytestmark = pytest.mark.ensemble

QUICKLY = ("--connect-timeout", "1")
Start = Callable[..., str]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> str:
    """The file of the authority that signs for everybody here."""
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return str(file)


@pytest.fixture
def serving(ensemble: Any, authority: trustme.CA) -> Iterator[Start]:
    """Give a function that serves TLS by a name, to those alone who prove who they are if asked
    to; it gives the address."""
    with ExitStack() as stack:

        def start(name: str = "localhost", ask_who: bool = False) -> str:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(name).configure_cert(context)
            if ask_who:
                authority.configure_trust(context)
                context.verify_mode = ssl.CERT_REQUIRED
            port = stack.enter_context(relay.serving(relay.tls_before(ensemble.ports[0], context)))
            return f"localhost:{port}"

        yield start


def test_a_server_whose_authority_is_named_is_believed(serving: Start, ca: str) -> None:
    server = serving()
    assert ran(server, "--tls-ca", ca, "create", "/by-tls", "safe").stdout == "Created /by-tls\n"
    here = ran(server, "get", "/by-tls", HIKARI_TLS_CA=ca)
    assert (here.stdout, here.stderr) == ("safe\n", "")
    assert ran(server, "--tls-ca", ca, "delete", "/by-tls").returncode == 0


def test_words_go_by_tls_too(serving: Start, ca: str) -> None:
    server = serving()
    said = ran(server, "--tls-ca", ca, "stat")
    assert (said.returncode, said.stderr) == (0, "")
    assert server in said.stdout
    assert "unreached" not in said.stdout
    assert "not connected" not in ran(server, "--tls-ca", ca, "version").stdout


def test_another_ensemble_is_reached_by_tls_as_well(serving: Start, ca: str) -> None:
    server = serving()
    lines = f"create /here x\ncp /here zk://{server}/there\nget /there"
    said = ran(server, "--tls-ca", ca, lines=lines)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.splitlines()[-1] == "x"


def test_an_unknown_authority_or_another_name_is_refused(serving: Start, ca: str) -> None:
    unknown = ran(serving(), "--tls", *QUICKLY, "ls", "/")
    assert (unknown.returncode, unknown.stdout) == (3, "")
    assert len(unknown.stderr.splitlines()) == 1
    assert "certificate verify failed" in unknown.stderr
    other = ran(serving("elsewhere.example"), "--tls-ca", ca, *QUICKLY, "ls", "/")
    assert other.returncode == 3
    assert "Hostname mismatch" in other.stderr


def test_whoever_is_asked_says_who_it_is(
    serving: Start, ca: str, authority: trustme.CA, tmp_path: Path
) -> None:
    me = authority.issue_cert("me@example.org")
    together, key = tmp_path / "me.pem", tmp_path / "me.key"
    me.private_key_and_cert_chain_pem.write_to_path(str(together))
    me.private_key_pem.write_to_path(str(key))
    chain = tmp_path / "me.crt"
    chain.write_bytes(b"".join(one.bytes() for one in me.cert_chain_pems))
    server = serving(ask_who=True)
    nobody = ran(server, "--tls-ca", ca, *QUICKLY, "ls", "/")
    assert nobody.returncode == 3
    assert len(nobody.stderr.splitlines()) == 1
    by_one = ("--tls-ca", ca, "--tls-cert", str(together))
    by_two = ("--tls-ca", ca, "--tls-cert", str(chain), "--tls-key", str(key))
    assert ran(server, *by_one, "exists", "/").returncode == 0
    assert ran(server, *by_two, "exists", "/").returncode == 0


def test_a_file_that_is_of_no_use_is_named(
    serving: Start, ca: str, authority: trustme.CA, tmp_path: Path
) -> None:
    server, missing = serving(), str(tmp_path / "missing.pem")
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    locked = tmp_path / "locked.pem"
    locked.write_bytes(_locked(authority))
    for options, named in (
        (("--tls-ca", missing), missing),
        (("--tls-ca", str(empty)), str(empty)),
        (("--tls-cert", missing), missing),
        (("--tls-cert", ca), ca),
        (("--tls-cert", str(locked)), str(locked)),
    ):
        said = ran(server, *options, "ls", "/")
        assert (said.returncode, said.stdout) == (5, ""), said
        assert said.stderr.startswith(f"{named}: ")
        assert len(said.stderr.splitlines()) == 1
    assert ran(server, "--tls-key", ca, "ls", "/").returncode == 2
    opened = {"HIKARI_TLS_PASSWORD": "secret"}
    assert ran(server, "--tls-ca", ca, "--tls-cert", str(locked), "ls", "/", **opened).stderr == ""


def _locked(authority: trustme.CA) -> bytes:
    """A certificate with its key, behind a password."""
    from cryptography.hazmat.primitives import serialization

    mine = authority.issue_cert("me@example.org")
    key = serialization.load_pem_private_key(mine.private_key_pem.bytes(), None)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    return pem + b"".join(one.bytes() for one in mine.cert_chain_pems)


def test_who_speaks_no_tls_to_a_server_that_does_hears_of_it(serving: Start) -> None:
    said = ran(serving(), *QUICKLY, "ls", "/")
    assert said.returncode == 3
    assert len(said.stderr.splitlines()) == 1
