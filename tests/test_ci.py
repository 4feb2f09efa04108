"""`.ci/run`: a run that could have had its judges and has not is not green."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTED = "the tests ran"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One whose `test` passes, on a machine that has nothing but a shell."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / ".ci" / "setup.sh").write_text("prepare() { return 1; }\n")
    _program(tmp_path / "test", f"echo {TESTED}")
    (tmp_path / "bin").mkdir()
    for name in ("bash", "dirname"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    return tmp_path


def _program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/bash\n{line}\n")
    path.chmod(0o755)


def run(project: Path, **programs: str) -> tuple[int, str]:
    """(status, what it said), on a machine that has these programs too."""
    for name, line in programs.items():
        _program(project / "bin" / name.replace("_", "-"), line)
    done = subprocess.run(
        ["bash", project / ".ci" / "run"],
        env={"PATH": str(project / "bin")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert TESTED in done.stdout
    return done.returncode, done.stdout.partition(TESTED)[2]


def test_a_failed_installation_fails_the_run_behind_its_tests(project: Path) -> None:
    status, said = run(project, id="echo 0", apt_get="exit 100")
    assert status == 1
    assert "failed: the tests ran without what judges them: apt-get failed" in said
    assert "zookeeper" in said


def test_a_client_that_npm_could_not_get_fails_the_run(project: Path) -> None:
    status, said = run(project, id="echo 0", apt_get="exit 0", npm="exit 1")
    assert status == 1
    assert "npm failed (see above): the client for Node" in said


@pytest.mark.parametrize(
    "programs",
    [{"id": "echo 1000", "apt_get": "exit 100", "npm": "exit 1"}, {"id": "echo 0"}],
    ids=["not root", "no apt-get"],
)
def test_who_cannot_install_goes_on_without(project: Path, programs: dict[str, str]) -> None:
    assert run(project, **programs) == (0, "\n")


def test_who_has_installed_all_is_done_with_the_tests(project: Path) -> None:
    assert run(project, id="echo 0", apt_get="exit 0", npm="exit 0") == (0, "\n")
