"""`hikari-bench soak`."""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import click

from hikari_tools.bench import load, machine, soaking, table
from hikari_tools.bench import report as reporting
from hikari_tools.bench.figures import Report, disturbance
from hikari_tools.bench.options import (
    bench_folder_option,
    data_option,
    members_option,
    out_option,
    report_option,
    say,
)
from hikari_tools.bench.peers import BenchError, Hikari
from hikari_tools.bench.rounds import shown
from hikari_tools.bench.servers import servers
from hikari_tools.bench.soaking import Plan, Soak
from hikari_tools.bench.steadiness import STILL_MS, errors, while_disk_works

WHAT_BESIDE = {
    "lock": "ephemeral znodes created and deleted",
    "create": "znodes created",
    "churn": "sessions opened and closed",
    "watch": "watches told",
}
"""What an operation of each of these workloads is."""


@click.command()
@members_option
@click.option("--minutes", type=float, default=30.0, show_default=True, help="In all.")
@click.option("--seconds", type=float, help="Instead of minutes.")
@click.option("--window", type=float, default=10.0, show_default=True, help="Seconds of each.")
@click.option(
    "--load",
    "part",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.5,
    show_default=True,
    help="Part of the most that is done.",
)
@click.option(
    "--znodes",
    type=click.IntRange(1),
    default=300_000,
    show_default=True,
    help="Read and written, a set of 10000 in each window: more of them than caches hold.",
)
@click.option("--value-bytes", type=click.IntRange(1), default=1024, show_default=True)
@bench_folder_option
@data_option
@report_option
@out_option
def soak(
    members: int,
    minutes: float,
    seconds: float | None,
    window: float,
    part: float,
    znodes: int,
    value_bytes: int,
    bench_folder: Path,
    data: Path | None,
    report: Path | None,
    out: Path | None,
) -> None:
    """Whether memory, disk and latency stay as they are under a mixed load that does not end.

    Gets and sets in an open loop, in windows; beside them ephemeral znodes, new znodes,
    sessions and watches come and go. Before that all znodes are used twice, as quickly as can
    be, so that caches are full (some minutes). It ends with status 1 if there were errors.
    """
    begun = time.monotonic()
    plan = Plan(seconds or minutes * 60, window, part, znodes, value_bytes)
    try:
        zkload = load.build(bench_folder)
        with (
            servers(data, members, (), bench_folder, None, say) as (there, note),
            there.running(there.names) as (peer,),
        ):
            assert isinstance(peer, Hikari)
            kept = shown(reporting.written(Soak(zkload, peer, plan, say).run(), out), say)
            note += f" {machine.conditions((), members)}"
    except BenchError as error:
        raise click.ClickException(str(error)) from None
    note += f" {_how(plan, kept, time.monotonic() - begun)} {reporting.by()}"
    reporting.append({"note": note}, out)
    reporting.publish_soak(kept, note, report)
    if errors(kept):
        raise click.ClickException(f"errors: {errors(kept)}")


def _how(plan: Plan, reports: Sequence[Report], took_s: float) -> str:
    windows = [one for one in reports if one["figure"] == soaking.FIGURE]
    rate = windows[0]["rate"]
    return (
        f"{len(windows)} windows of {plan.window_s:g} s: gets and sets (9 to 1) of {plan.znodes:,}"
        f" znodes of {plan.value_bytes:,} bytes, {rate:,.0f} a second as they are due, which is"
        f" {plan.load:.0%} of the most ({windows[0]['workload']} {soaking.CLOSED}); beside them"
        f" {', '.join(_beside(windows))} a second. Memory is resident memory; disk is all of a"
        f" member's folder. Others on the machine used {disturbance(windows)}.{_still(windows)}"
        f" It took {took_s / 60:.1f} min."
    )


def _still(windows: Sequence[Report]) -> str:
    """How long the disk did nothing, where that is known."""
    known = [still for one in windows if (still := one["disk_still_ms"]) is not None]
    if not known:
        return ""
    long = len(windows) - len(while_disk_works(windows))
    return (
        f" The disk had requests and completed none of them for {max(known):,.0f} ms at most, and"
        f" for {STILL_MS} ms or longer in {long} windows."
    )


def _beside(windows: Sequence[Report]) -> list[str]:
    """How much of what was done beside it."""
    medians = {
        name: table.number(statistics.median(one["beside"][name] for one in windows))
        for name in WHAT_BESIDE
    }
    return [f"{medians[name]} {what}" for name, what in WHAT_BESIDE.items()]
