"""`hikari-bench compare` and `plot`."""

import contextlib
import dataclasses
import os
import time
from collections.abc import Sequence
from pathlib import Path

import click

from hikari_tools.bench import cases, comparison, load, machine, table
from hikari_tools.bench import report as reporting
from hikari_tools.bench.comparison import MATRIX_LEVELS, MATRIX_WORKLOADS, Comparison
from hikari_tools.bench.figures import OURS, Report, disturbance, figures
from hikari_tools.bench.load import Level
from hikari_tools.bench.options import (
    Words,
    bench_folder_option,
    data_option,
    members_option,
    out_option,
    peers_option,
    report_option,
    say,
)
from hikari_tools.bench.peers import BenchError
from hikari_tools.bench.rounds import Plan, shown
from hikari_tools.bench.servers import servers
from hikari_tools.bench.soaking import FIGURE as SOAK

WHOLE = Path("docs", "performance.md")
"""Where a whole comparison is written, if nothing else is said."""


@click.command()
@members_option
@peers_option
@click.option(
    "--only", type=Words(), help=f"Some of the groups: {', '.join(cases.GROUPS)}.", default=""
)
@click.option("--short", is_flag=True, help="A minute of it, for ratios; nothing is written.")
@click.option("--seconds", type=float, help="Of each run.  [default: 4; short: 0.5]")
@click.option("--runs", type=click.IntRange(1), help="Of each figure.  [default: 3; short: 1]")
@click.option(
    "--warm-up", type=float, help="Seconds, for the Java VMs only.  [default: 40; short: 0]"
)
@click.option(
    "--millions",
    type=Words(),
    default="1,3",
    show_default=True,
    help="Of znodes on one member, for the group scale. 10 takes minutes, and 16 GB of memory"
    " for ZooKeeper.",
)
@click.option("--workloads", type=Words(), default="", help="These alone, at --levels.")
@click.option("--levels", type=Words(), default="", help="CONNECTIONSxDEPTH, for --workloads.")
@click.option(
    "--earlier",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Compare with another version of Hikari, in this checkout, and with nobody else. It runs"
    " interpreted, whatever HIKARI_COMPILED says of ours.",
)
@bench_folder_option
@data_option
@report_option
@out_option
def compare(
    members: int,
    peer_names: tuple[str, ...],
    only: tuple[str, ...],
    short: bool,
    seconds: float | None,
    runs: int | None,
    warm_up: float | None,
    millions: tuple[str, ...],
    workloads: tuple[str, ...],
    levels: tuple[str, ...],
    earlier: Path | None,
    bench_folder: Path,
    data: Path | None,
    report: Path | None,
    out: Path | None,
) -> None:
    """Throughput, latency, processor time and memory, the servers in turn, beside the goals.

    Without --only, --short, --workloads and --earlier it is the whole comparison, and written
    into docs/performance.md and docs/plots, where ZooKeeper could be measured. It ends
    with status 1 if a figure of ours has errors.
    """
    begun = time.monotonic()
    try:
        if report and not report.parent.is_dir():
            raise BenchError(f"there is no folder {report.parent} to put {report.name} into")
        plan = Plan(seconds or (0.5 if short else 4.0), runs or (1 if short else 3))
        matrix = bool(workloads or levels or earlier)
        if matrix + short + bool(only) > 1:
            raise BenchError("--only, --short, and --workloads, --levels or --earlier: one of them")
        whole = Comparison(
            *_asked(only, short, workloads, levels, matrix),
            plan=dataclasses.replace(plan, warm_up=0.2) if short else plan,
            vm_warm_up=(0.0 if short else 40.0) if warm_up is None else warm_up,
            millions=[*map(float, millions)],
        )
        zkload = load.build(bench_folder)
        names = () if earlier else peer_names
        with (
            servers(data, members, names, bench_folder, earlier, say) as (there, note),
            # Closed before their folder is gone: it stops the servers that it has started.
            contextlib.closing(whole.run(zkload, there)) as reports,
        ):
            kept = shown(reporting.written(reports, out), say)
            note += f" {machine.conditions(there.versions, members)}"
    except (BenchError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    note += f" {_how(whole, kept, time.monotonic() - begun)} {reporting.by()}"
    reporting.append({"note": note}, out)
    if earlier and os.environ.get(machine.COMPILED):
        rows = table.versions_table(kept, "compiled", "interpreted")
        reporting.publish("compiled", f"{rows}\n\n{note}", report)
    elif earlier:
        reporting.publish("versions", f"{table.versions_table(kept)}\n\n{note}", report)
    else:
        is_whole = not (matrix or short or only) and {"zookeeper"} <= set(there.names)
        document = WHOLE if is_whole and WHOLE.is_file() else None
        reporting.publish_compare(kept, note, report or document)
    fail_on_errors(kept)


def _asked(
    only: Sequence[str], short: bool, workloads: Sequence[str], levels: Sequence[str], matrix: bool
) -> tuple[list[cases.Case], list[str]]:
    if short:
        return [case for group in cases.SHORT.values() for case in group], []
    if matrix:
        at = map(Level.parse, levels or MATRIX_LEVELS)
        return cases.matrix(workloads or MATRIX_WORKLOADS, at), []
    return comparison.chosen(only)


def _how(whole: Comparison, reports: Sequence[Report], took_s: float) -> str:
    plan = whole.plan
    runs = "1 run" if plan.runs == 1 else f"{plan.runs} runs"
    return (
        f"Medians of {runs} of {plan.seconds:g} s, values of 128 bytes where none is"
        f" named; CPU is that of all members together. Others on the machine used"
        f" {disturbance(reports)}. The Java VMs had {whole.vm_warm_up:g} s to warm up."
        f" It took {took_s / 60:.1f} min."
    )


def fail_on_errors(reports: Sequence[Report]) -> None:
    """End the command with a status if a figure of ours has errors. A peer's are only told."""
    for name, by_server in figures(reports).items():
        if OURS in by_server and by_server[OURS].errors:
            raise click.ClickException(f"errors of Hikari, {name}: {by_server[OURS].errors}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@report_option
def plot(file: Path, report: Path | None) -> None:
    """Make tables and pictures again, of what `compare` or `soak` wrote into `--out FILE`."""
    try:
        reports, note = reporting.read(file)
    except BenchError as error:
        raise click.ClickException(str(error)) from None
    is_soak = any(one["figure"] == SOAK for one in reports)
    (reporting.publish_soak if is_soak else reporting.publish_compare)(reports, note, report)
