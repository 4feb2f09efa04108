"""What is kept of a measurement: JSON lines, and the section of a document that is made of them."""

import json
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from hikari_tools.bench import plots, steadiness, table, timelines
from hikari_tools.bench.figures import Report, figures
from hikari_tools.bench.goals import judged
from hikari_tools.bench.machine import SAYS_COMPILED, SAYS_IN_MEMORY
from hikari_tools.bench.options import say
from hikari_tools.bench.peers import BenchError
from hikari_tools.bench.soaking import FIGURE as SOAK

NOT_TOLD = ("--bench-folder", "--data", "--report", "--out")
PLACES = {"--earlier": "CHECKOUT"}
"""What stands for a folder that a reader has somewhere else."""
PLOTS = "plots"  # the folder of the pictures, beside the document


def command_line(words: Sequence[str]) -> str:
    """Give the command for a report: what was measured, not where its files lay."""
    kept = ["hikari-bench"]
    named = iter(words)
    for word in named:
        option, equals, _ = word.partition("=")
        if option in NOT_TOLD or option in PLACES:
            kept += [option, PLACES[option]] if option in PLACES else []
            if not equals:
                next(named, None)
        else:
            kept.append(word)
    return shlex.join(kept)


def append(line: Mapping[str, Any], out: Path | None) -> None:
    """Add a JSON line to the file, if there is one."""
    if out:
        with out.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line) + "\n")


def written(reports: Iterable[dict[str, Any]], out: Path | None) -> Iterator[dict[str, Any]]:
    """Append each report to a file of JSON lines as it passes."""
    for report in reports:
        append(report, out)
        yield report


def read(file: Path) -> tuple[list[Report], str]:
    """Give the reports of such a file and the last note in it."""
    reports: list[Report] = []
    note = ""
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            found = json.loads(line)
            if "note" in found:
                note = found["note"]
            elif found["figure"] and found["label"]:
                reports.append(found)
        except (ValueError, KeyError, TypeError):
            raise BenchError(f"{file}, line {number}: no run of `compare` or `soak`") from None
    if not reports:
        raise BenchError(f"{file} has no runs")
    return reports, note


def compare_section(reports: Sequence[Report], note: str, pictures: Sequence[str] = ()) -> str:
    """The whole text: goals, pictures, all figures, and what they were measured on."""
    against = list(judged(reports))
    parts = [table.goals_table(against)] if against else []
    if against:
        reached = sum(one.verdict == "reached" for one in against)
        known = sum(one.value is not None for one in against)
        parts.append(f"{reached} of {known} goals that were measured are reached.")
    parts += [f"![{Path(name).stem}]({name})" for name in pictures]
    parts += [table.figures_table(figures(reports)), note]
    return "\n\n".join(parts)


def publish_compare(reports: Sequence[Report], note: str, document: Path | None) -> None:
    """Print the tables; put them into the document and the pictures beside it. What our members
    did with compiled rooms has a place of its own, and no pictures."""
    text = compare_section(reports, note)
    if SAYS_COMPILED in note:
        publish("compare compiled", text, document)
        return
    click.echo(text)
    if document:
        drawn = plots.draw(reports, document.parent / PLOTS)
        pictures = [f"{PLOTS}/{file.name}" for file in drawn]
        table.put_into(document, "compare", compare_section(reports, note, pictures))
        say(f"written to {document}, with {len(drawn)} pictures in {document.parent / PLOTS}")


def publish_soak(reports: Sequence[Report], note: str, document: Path | None) -> None:
    """The same of a soak: its tables, and its pictures. One without a disk has its own place."""
    section = f"{SOAK} in memory" if SAYS_IN_MEMORY in note else SOAK
    windows = [report for report in reports if report["figure"] == SOAK]
    tables = [steadiness.parts_table(windows), steadiness.slopes_table(windows)]
    click.echo("\n\n".join([*tables, note]))
    if document:
        drawn = timelines.draw_soak(windows, document.parent / PLOTS, section.replace(" ", "-"))
        pictures = [f"![{file.stem}]({PLOTS}/{file.name})" for file in drawn]
        table.put_into(document, section, "\n\n".join([*tables, *pictures, note]))
        say(f"written to {document}, with {len(drawn)} pictures in {document.parent / PLOTS}")


def publish(section: str, text: str, document: Path | None) -> None:
    """Print a text, and put it into the document."""
    click.echo(text)
    if document:
        table.put_into(document, section, text)
        say(f"written to {document}")


def by() -> str:
    """The command that runs."""
    return f"By `{command_line(sys.argv[1:])}`."
