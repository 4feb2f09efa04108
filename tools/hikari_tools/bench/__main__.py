"""The `hikari-bench` command."""

import signal
import sys
from pathlib import Path

import click

from hikari_tools.bench import libraries, load, machine, outage, table
from hikari_tools.bench import report as reporting
from hikari_tools.bench.compare import compare, plot
from hikari_tools.bench.options import (
    BENCH_FOLDER,
    Words,
    bench_folder_option,
    data_option,
    members_option,
    out_option,
    peers_option,
    report_option,
    say,
)
from hikari_tools.bench.peers import BenchError, hosts
from hikari_tools.bench.profile import profile
from hikari_tools.bench.servers import servers
from hikari_tools.bench.soak import soak


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Measure Hikari and its peers, side by side."""
    # So that `finally` runs and no server is left behind.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))


main.add_command(compare)
main.add_command(plot)
main.add_command(soak)
main.add_command(profile)


@main.command()
@members_option
@click.option("--kills", type=click.IntRange(1), default=5, show_default=True)
@peers_option
@bench_folder_option
@data_option
@report_option
@out_option
def failover(
    members: int,
    kills: int,
    peer_names: tuple[str, ...],
    bench_folder: Path,
    data: Path | None,
    report: Path | None,
    out: Path | None,
) -> None:
    """The longest time without a successful write when the leader is killed."""
    gaps: dict[str, list[float]] = {}
    try:
        zkload = load.build(bench_folder)
        with (
            servers(data, members, peer_names, bench_folder, None, say) as (there, note),
            there.running(there.zookeepers) as peers,
        ):
            for _ in range(kills):
                for peer in peers:
                    outages = iter([outage.outage_ms(zkload, peer)])
                    for one in reporting.written(outages, out):
                        gaps.setdefault(peer.name, []).append(one["max_gap_ms"])
                        say(f"{peer.name:>9}  no write for {one['max_gap_ms']:,.0f} ms")
            note += f" {machine.conditions(there.versions, members)}"
    except BenchError as error:
        raise click.ClickException(str(error)) from None
    note += " Six connections write without pause; the leader is ended by SIGKILL."
    text = f"{table.failover_table(gaps)}\n\n{note}\n\n{reporting.by()}"
    reporting.publish("failover", text, report)


@main.command()
@members_option
@click.option("--seconds", type=float, default=3.0, show_default=True, help="Of each run.")
@click.option(
    "--runs", type=click.IntRange(1), default=3, show_default=True, help="Of each figure."
)
@click.option("--clients", type=Words(), default=",".join(libraries.NAMES), show_default=True)
@click.option("--workloads", type=Words(), default="get,set,create", show_default=True)
@click.option("--depths", type=Words(), default="64,1", show_default=True)
@data_option
@report_option
def client(
    members: int,
    seconds: float,
    runs: int,
    clients: tuple[str, ...],
    workloads: tuple[str, ...],
    depths: tuple[str, ...],
    data: Path | None,
    report: Path | None,
) -> None:
    """Client libraries: operations a second, and processor time of the client for each."""
    try:
        kinds = libraries.there(clients)
        plan = libraries.Plan(kinds, workloads, [int(depth) for depth in depths], seconds, runs)
        with (
            servers(data, members, (), BENCH_FOLDER, None, say) as (there, note),
            there.running(there.names) as (ours,),
        ):
            reports = list(libraries.measure(plan, hosts(ours), say))
    except (BenchError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    note += f" {machine.conditions((), members)}"
    missing = [libraries.NAMES[kind] for kind in clients if kind not in kinds]
    if missing:
        note += f" Not installed: {', '.join(missing)}."
    note += f" Medians of {runs} runs of {seconds:g} s, in turns; values of 128 bytes."
    text = f"{libraries.table(reports)}\n\n{note}\n\n{reporting.by()}"
    reporting.publish("client", text, report)


if __name__ == "__main__":
    main(prog_name="hikari-bench")
