"""hikari_tools.bench.report: what is kept of a measurement, and made of it again."""

import json

import pytest
from click.testing import CliRunner
from tools.canned import report

from hikari_tools.bench.__main__ import main
from hikari_tools.bench.machine import SAYS_COMPILED
from hikari_tools.bench.report import command_line


@pytest.fixture
def lines(tmp_path):
    """The file that `compare --out` writes."""
    file = tmp_path / "lines"
    kept = [report("get 16x16", "hikari", 300), report("get 16x16", "zookeeper", 100)]
    kept.append({"note": "Measured on a quiet day."})
    file.write_text("".join(json.dumps(line) + "\n" for line in kept))
    return file


def plot(*words):
    return CliRunner().invoke(main, ["plot", *map(str, words)])


def test_tables_are_made_again_from_a_file(lines):
    """Without a server, and with what was known of the machine."""
    done = plot(lines)
    assert done.exit_code == 0
    assert "not reached: 25% too little" in done.stdout
    assert "0 of 2 goals that were measured are reached." in done.stdout
    assert "Measured on a quiet day." in done.stdout


def test_pictures_stand_beside_the_document_that_shows_them(lines, tmp_path):
    """Every picture in the text is there, and every one that is there is in the text."""
    document = tmp_path / "docs" / "performance.md"
    document.parent.mkdir()
    assert plot(lines, "--report", document).exit_code == 0
    drawn = sorted(f"plots/{file.name}" for file in (document.parent / "plots").iterdir())
    text = document.read_text()
    assert drawn == ["plots/latency.svg", "plots/processor.svg", "plots/throughput.svg"]
    assert all(f"({name})" in text for name in drawn)
    assert text.count("![") == len(drawn)


def test_what_compiled_rooms_do_does_not_replace_what_interpreted_ones_do(lines, tmp_path):
    """Each has its place in the document; the pictures stay those of the interpreted."""
    document = tmp_path / "performance.md"
    assert plot(lines, "--report", document).exit_code == 0
    before = document.read_text()
    with lines.open("a") as more:
        note = f"Measured. Hikari 1{SAYS_COMPILED}; 3 members each."
        more.write(json.dumps({"note": note}) + "\n")
    assert plot(lines, "--report", document).exit_code == 0
    after = document.read_text()
    assert after.startswith(before)
    assert after.count("0 of 2 goals") == 2
    assert after.count("![") == before.count("![")


@pytest.mark.parametrize("text", ["no json\n", '{"max_gap_ms": 3}\n', "[1]\n", ""])
def test_a_file_of_something_else_is_refused(tmp_path, text):
    """Named, with the line that is not understood."""
    file = tmp_path / "lines"
    file.write_text(text)
    done = plot(file)
    assert done.exit_code == 1
    assert str(file) in done.output


def test_a_report_does_not_say_where_files_lay():
    """The command under a table is the one that anybody would type."""
    words = ["compare", "--bench-folder", "/x", "--seconds", "4", "--out=/y", "--runs=3"]
    assert command_line(words) == "hikari-bench compare --seconds 4 --runs=3"
    words = ["compare", "--earlier", "/x", "--runs", "1"]
    assert command_line(words) == "hikari-bench compare --earlier CHECKOUT --runs 1"
