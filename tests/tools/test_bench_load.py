"""hikari_tools.bench.load: the command line of zkload and what it reports."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hikari_tools.bench import load
from hikari_tools.bench.__main__ import main
from hikari_tools.bench.load import Level, Run
from hikari_tools.bench.peers import BenchError


@pytest.mark.parametrize("text", ["1x1", "16x16", "640x2"])
def test_a_level_is_written_as_it_is_read(text):
    """A level in a table can be pasted into a command."""
    assert str(Level.parse(text)) == text


@pytest.mark.parametrize("text", ["", "16", "x", "16x", "0x1", "1x0", "axb", "-1x1", "1x1x1"])
def test_what_is_no_level(text):
    """Anything else is refused before a server is started."""
    with pytest.raises(ValueError, match="a level is CONNECTIONSxDEPTH"):
        Level.parse(text)


def test_the_command_line_of_a_run():
    """All members' processes are accounted for, and the label tells the servers apart."""
    run = Run("set", Level(16, 4), 2.5, seed=3, options=("--keep",))
    words = run.words(Path("zkload"), "127.0.0.1:1,127.0.0.1:2", "hikari", [11, 12])
    assert " ".join(words) == (
        "zkload --hosts 127.0.0.1:1,127.0.0.1:2 --workload set --label hikari --connections 16"
        " --depth 4 --duration 2.5 --warmup 1 --seed 3 --pids 11,12 --keep"
    )


@pytest.mark.parametrize("text", ["", "zkload: cannot connect", "[]", "{}", '{"ops": 1}'])
def test_a_report_that_is_none_is_refused(text):
    """A run that failed does not become a row of zeros."""
    with pytest.raises(BenchError, match="zkload"):
        load.parse_report(text)


def test_a_run_that_fails_says_why():
    """What zkload complained of is passed on."""
    process = load.start([sys.executable, "-c", "raise SystemExit('cannot connect')"])
    with pytest.raises(BenchError, match="zkload failed: cannot connect"):
        load.finish(process, 60)


def test_a_run_that_hangs_is_ended():
    """No load generator is left behind."""
    process = load.start([sys.executable, "-c", "import signal; signal.pause()"])
    with pytest.raises(BenchError, match="did not end in 0 s"):
        load.finish(process, 0.01)
    assert process.poll() is not None


def test_a_missing_load_generator_is_named(tmp_path):
    """Who runs it elsewhere is told which option to give."""
    done = CliRunner().invoke(main, ["compare", "--bench-folder", str(tmp_path)])
    assert done.exit_code == 1
    assert "name its folder with --bench-folder" in done.output
