"""kazoo's own tests, those that need only a server's address, against an ensemble of three.

They are taken out of the installed package as they are. What is left out, and why, is said here
once; docs/compatibility.md repeats it for people.
"""

import importlib
import unittest
from collections.abc import Callable
from pathlib import Path

import kazoo
import pytest
from kazoo.testing import KazooTestHarness

pytestmark = [
    pytest.mark.ensemble,
    pytest.mark.filterwarnings("ignore"),  # kazoo's threads and clocks are kazoo's
]

DOCS = Path(__file__).resolve().parents[2] / "docs" / "compatibility.md"

# Modules of kazoo.tests whose tests speak to a server.
TAKEN = [
    *("barrier", "cache", "client", "connection", "counter", "election", "interrupt"),
    *("lease", "lock", "partitioner", "party", "queue", "watchers"),
]

# Other modules: nothing in them is about the server, or all of it needs what Hikari has not.
LEFT_OUT = {
    "build": "checks the Java installation of kazoo's own CI",
    "eventlet_handler": "the same requests through eventlet, which is not installed",
    "exceptions": "needs no server",
    "gevent_handler": "the same requests through gevent, which is not installed",
    "hosts": "needs no server",
    "paths": "needs no server",
    "retry": "needs no server",
    "sasl": "SASL (DIGEST-MD5 and Kerberos) is not served",
    "security": "needs no server",
    "selectors_select": "needs no server",
    "threading_handler": "needs no server",
    "utils": "needs no server",
}

SKIPPED = {
    "TestSSLClient": "TLS is not served",
    "TestReconfig": "the list of members cannot be changed while they run",
}

IN_A_HURRY = (
    "KazooLockingQueueTests.test_concurrent_execution",  # 0.1 s for a put, 0.2 s for a get
    "TestAuthentication.test_connect_auth",  # 0.1 s for a write to be at another member
    "KazooLockTests.test_lock_ephemeral",  # and no time at all
    "KazooPatientChildrenWatcherTests.test_watch_iterations",  # about 0.4 s for each create
)
"""They wait for so long and then want it done: three tries on a machine that does much else."""


def _without_skipped(kind: type) -> type:
    """Give the class with what is left out replaced by a skip and its reason, and with what is in
    a hurry tried again."""
    body = {}
    for name in dir(kind):
        reason = SKIPPED.get(kind.__name__) or SKIPPED.get(f"{kind.__name__}.{name}")
        if name.startswith("test") and reason:
            body[name] = unittest.skip(reason)(lambda self: None)
        elif f"{kind.__name__}.{name}" in IN_A_HURRY:
            body[name] = _tried_again(getattr(kind, name))
    return type(kind.__name__, (kind,), body)


def _tried_again(test: Callable[..., object]) -> Callable[..., object]:
    @pytest.mark.flaky(reruns=2)
    def tried(self: unittest.TestCase) -> object:
        return test(self)

    return tried


def _tests_of(module: str) -> list[type]:
    """Give the classes of a module of kazoo.tests that speak to a server."""
    kinds = vars(importlib.import_module(f"kazoo.tests.test_{module}")).values()
    return [
        kind
        for kind in kinds
        if isinstance(kind, type)
        and issubclass(kind, KazooTestHarness)
        and kind.__module__ == f"kazoo.tests.test_{module}"
    ]


for _module in TAKEN:
    for _kind in _tests_of(_module):
        globals()[f"{_module}_{_kind.__name__}"] = _without_skipped(_kind)
del _kind, _module


def test_every_module_of_kazoos_tests_is_placed():
    """A new kazoo cannot bring tests that silently do not run here."""
    folder = Path(importlib.import_module("kazoo.tests").__file__).parent
    found = {path.stem.removeprefix("test_") for path in folder.glob("test_*.py")}
    assert found == {*TAKEN, *LEFT_OUT}


def _count(module: str) -> tuple[int, int]:
    """How many tests of a module run, and how many are skipped, here or by kazoo itself."""
    runs = skipped = 0
    for kind in map(_without_skipped, _tests_of(module)):
        for name in unittest.TestLoader().getTestCaseNames(kind):
            left_out = getattr(getattr(kind, name), "__unittest_skip__", False)
            left_out = left_out or getattr(kind, "__unittest_skip__", False)
            runs, skipped = runs + (not left_out), skipped + left_out
    return runs, skipped


def test_docs_say_of_which_kazoo_how_many_tests_run():
    """The table is of the version that is installed: a newer one asks for a new look."""
    text = DOCS.read_text()
    counts = {module: _count(module) for module in TAKEN}
    for module, (runs, _) in counts.items():
        assert f"| `test_{module}` | {runs} |" in text
    runs, skipped = map(sum, zip(*counts.values(), strict=True))
    assert f"kazoo {kazoo.__version__}: {runs} tests run, {skipped} are left out" in text


def test_docs_say_what_is_left_out():
    """docs/compatibility.md names every module, and every test that is skipped, with its reason."""
    text = DOCS.read_text()
    for name in TAKEN:
        assert f"`test_{name}`" in text
    for name, reason in {**LEFT_OUT, **SKIPPED}.items():
        assert name in text
        assert reason in text
