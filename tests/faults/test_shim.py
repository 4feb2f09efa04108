"""The library between a member and its disk does what it is told, where it is told."""

import errno
import os
import signal
import subprocess
import sys

import pytest
from faults import shim

pytestmark = pytest.mark.usefixtures("compiler")

PROGRAM = """
import os, sys
root = sys.argv[1]
def call(name, *arguments):
    try:
        getattr(os, name)(*arguments)
    except OSError as error:
        print(name, error.errno, flush=True)
file = os.open(root + "/file", os.O_RDWR | os.O_CREAT)
log = os.open(root + "/LOG", os.O_RDWR | os.O_CREAT)
other = os.open(root + "-other", os.O_RDWR | os.O_CREAT)
for n in range(3):
    call("write", file, b"%d" % n * 10)  # points 1, 3, 5
    call("write", log, b"x")
    call("write", other, b"x")
    call("fdatasync", file)  # points 2, 4, 6
call("mkdir", root + "/folder")  # 7
call("rename", root + "/file", root + "/renamed")  # 8
call("ftruncate", file, 5)  # 9
call("unlink", root + "/renamed")  # 10
call("pwrite", file, b"y" * 10, 0)  # 11
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return shim.build(tmp_path_factory.mktemp("shim"))


class Ran:
    def __init__(self, library, folder, mode="", point=0, flag=""):
        self.root = folder / "root"
        self.root.mkdir()
        self.trace = folder / "trace"
        asked = shim.environment(self.root, mode, point, trace=self.trace, flag=flag)
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(self.root)],
            env={**os.environ, **asked, "LD_PRELOAD": str(library)},
            capture_output=True,
            text=True,
        )
        self.status, self.said = done.returncode, done.stdout.split("\n")[:-1]
        self.points = shim.points(self.trace)

    def content(self, name="file"):
        return (self.root / name).read_bytes()


def test_every_write_is_a_point_but_those_to_text_logs_and_elsewhere(library, tmp_path):
    ran = Ran(library, tmp_path)
    calls = [one.call for one in ran.points]
    assert calls == [
        *("write", "fdatasync") * 3,
        *("mkdir", "rename", "ftruncate", "unlink", "pwrite"),
    ]
    assert [one.number for one in ran.points] == list(range(1, 12))
    assert {one.path for one in ran.points[:6]} == {"file"}
    assert (ran.status, ran.said) == (0, [])


@pytest.mark.parametrize(
    ("mode", "content"),
    [("kill", b"0" * 10), ("after", b"0" * 10 + b"1" * 10), ("torn", b"0" * 10 + b"1" * 5)],
)
def test_a_process_dies_at_the_point(library, tmp_path, mode, content):
    ran = Ran(library, tmp_path, mode, 3)
    assert ran.status == -signal.SIGKILL
    assert ran.content() == content
    assert [(one.number, one.call) for one in ran.points] == [(3, "write")]


def test_a_call_that_writes_nothing_is_not_torn(library, tmp_path):
    ran = Ran(library, tmp_path, "torn", 8)
    assert ran.status == -signal.SIGKILL
    assert ran.content() == b"0" * 10 + b"1" * 10 + b"2" * 10


@pytest.mark.parametrize(
    ("mode", "point", "said"),
    [
        ("eio", 4, [f"fdatasync {errno.EIO}"]),
        ("eio-on", 10, [f"unlink {errno.EIO}", f"pwrite {errno.EIO}"]),
        ("enospc", 5, [f"write {errno.ENOSPC}"]),
        ("enospc", 6, []),  # an fsync needs no room
        ("enospc-on", 5, [f"write {errno.ENOSPC}", f"pwrite {errno.ENOSPC}"]),
        ("short", 3, [f"write {errno.ENOSPC}"]),  # half of the one, then nothing of the next
    ],
)
def test_a_call_fails(library, tmp_path, mode, point, said):
    ran = Ran(library, tmp_path, mode, point)
    assert (ran.status, ran.said) == (0, said)


def test_a_disk_is_full_while_a_flag_is_there(library, tmp_path):
    flag = tmp_path / "full"
    flag.touch()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert len(Ran(library, tmp_path / "a", "enospc-flag", 1, str(flag)).said) == 4
    flag.unlink()
    assert Ran(library, tmp_path / "b", "enospc-flag", 1, str(flag)).said == []


def test_one_fsync_fails_when_the_flag_appears(library, tmp_path):
    flag = tmp_path / "failing"
    flag.touch()
    assert Ran(library, tmp_path, "eio-flag", 1, str(flag)).said == [f"fdatasync {errno.EIO}"]
    assert not flag.exists()


def test_without_fsync_nothing_is_said(library, tmp_path):
    ran = Ran(library, tmp_path, "nosync", 1)
    assert (ran.status, ran.said) == (0, [])
