"""The `hikari-bench` command."""

import contextlib
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from hikari_tools.bench import compare as measuring
from hikari_tools.bench import libraries, load, machine, table
from hikari_tools.bench.load import Level
from hikari_tools.bench.peers import VERSION, BenchError, Hikari, Peer, ZooKeeper, ask, hosts
from hikari_tools.bench.ports import free_ports

BENCH_FOLDER = Path("../shared/bench")


class Words(click.ParamType[tuple[str, ...]]):
    """Some words with commas between them."""

    name = "a,b"

    def convert(self, value: Any, *_: object) -> tuple[str, ...]:
        """Split; a default comes split already."""
        if not isinstance(value, str):
            return tuple(value)
        return tuple(word.strip() for word in value.split(",") if word.strip())


def say(text: str) -> None:
    """Tell a person how it goes; what is printed to keep goes to standard output."""
    click.echo(text, err=True)


members_option = click.option(
    "--members", type=click.IntRange(1, 7), default=3, show_default=True, help="In each ensemble."
)
peers_option = click.option(
    "--peers",
    "peer_names",
    type=Words(),
    default="zookeeper",
    show_default=True,
    help='Whom to compare with; "" for nobody.',
)
bench_folder_option = click.option(
    "--bench-folder",
    type=click.Path(path_type=Path),
    default=BENCH_FOLDER,
    show_default=True,
    help="Where zkload.c and peers/zookeeper.sh are.",
)
data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder on the disk to measure; a folder in it is made and removed.",
)
report_option = click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="Put the table there too."
)
out_option = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Append each run's JSON line."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Measure Hikari and its peers, side by side."""
    # So that `finally` runs and no server is left behind.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


@contextlib.contextmanager
def running(
    data: Path | None,
    members: int,
    peer_names: Sequence[str],
    bench_folder: Path,
    earlier: Path | None = None,
) -> Iterator[tuple[list[Peer], str]]:
    """Start our ensemble and those of its peers that are installed; stop them in any case."""
    unknown = set(peer_names) - {"zookeeper"}
    if unknown:
        raise BenchError(f"no peer is called {', '.join(sorted(unknown))}; there is zookeeper")
    with tempfile.TemporaryDirectory(prefix="hikari-bench-", dir=data) as folder:
        note = f"Measured on {machine.describe(Path(folder))}."
        with contextlib.ExitStack() as stack:
            peers: list[Peer] = [Hikari(Path(folder, "hikari"), free_ports(members), members)]
            started(peers[-1], stack)
            if earlier:
                home = Path(folder, "earlier")
                peers.append(Hikari(home, free_ports(members), members, earlier))
                started(peers[-1], stack)
            missing = ZooKeeper.missing(bench_folder) if "zookeeper" in peer_names else None
            if missing:
                say(f"{missing}; going on with Hikari alone")
                note += f" **{missing}; Hikari ran alone.**"
            elif "zookeeper" in peer_names:
                home = Path(folder, "zookeeper")
                peers.append(ZooKeeper(home, free_ports(members), members, bench_folder))
                started(peers[-1], stack)
            if earlier:
                note += f" Earlier is {machine.commit_of(earlier) or earlier.name}."
            yield peers, f"{note} {versions(peers)}"


def started(peer: Peer, stack: contextlib.ExitStack) -> None:
    """Start a peer; it is stopped with the stack, half started too."""
    say(f"starting {len(peer.ports)} x {peer.name}")
    stack.callback(peer.stop)
    peer.start()


def versions(peers: Sequence[Peer]) -> str:
    """Name what was measured."""
    named = [f"Hikari {machine.hikari_version()}"]
    for peer in peers:
        found = VERSION.search(ask(peer.ports[0])) if peer.name == "zookeeper" else None
        if found:
            named.append(f"ZooKeeper {found[1]}")
    return f"{', '.join(named)}; {len(peers[0].ports)} members each, {measuring.today()}."


def command_line(words: Sequence[str]) -> str:
    """Give the command for a report: what was measured, not where its files lay."""
    kept = ["hikari-bench"]
    named = iter(words)
    for word in named:
        option, equals, _ = word.partition("=")
        if option not in ("--bench-folder", "--data", "--report", "--out"):
            kept.append(word)
        elif not equals:
            next(named, None)
    return shlex.join(kept)


def publish(section: str, text: str, report: Path | None) -> None:
    """Print a table, and put it into the document."""
    text = f"{text}\n\nBy `{command_line(sys.argv[1:])}`."
    click.echo(text)
    if report:
        table.put_into(report, section, text)
        say(f"written to {report}")


@main.command()
@members_option
@click.option("--seconds", type=float, default=4.0, show_default=True, help="Of each run.")
@click.option(
    "--runs", type=click.IntRange(1), default=3, show_default=True, help="Of each figure."
)
@click.option("--workloads", type=Words(), default="get,set,create,mixed,multi", show_default=True)
@click.option("--levels", type=Words(), default="1x1,16x1,16x16,64x16", show_default=True)
@peers_option
@click.option(
    "--earlier",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Compare with another version of Hikari, in this checkout, and with nobody else.",
)
@click.option(
    "--warm-up", type=float, default=40.0, show_default=True, help="Seconds, for the Java VMs only."
)
@bench_folder_option
@data_option
@report_option
@out_option
def compare(
    members: int,
    seconds: float,
    runs: int,
    workloads: tuple[str, ...],
    levels: tuple[str, ...],
    peer_names: tuple[str, ...],
    earlier: Path | None,
    warm_up: float,
    bench_folder: Path,
    data: Path | None,
    report: Path | None,
    out: Path | None,
) -> None:
    """Throughput, latency and processor time an operation, the servers in turn."""
    try:
        plan = measuring.Plan(workloads, [*map(Level.parse, levels)], seconds, runs, warm_up)
        zkload = load.build(bench_folder)
        names = () if earlier else peer_names
        with running(data, members, names, bench_folder, earlier) as (peers, note):
            for peer in peers:
                if peer.name == "zookeeper":
                    say(f"warming up {peer.name}")
                    measuring.warm(zkload, peer, warm_up)
            reports = measuring.compare(zkload, peers, plan)
            kept = measuring.shown(measuring.written(reports, out), say)
    except (BenchError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    note += (
        f" Medians of {runs} runs of {seconds:g} s, values of 128 bytes; CPU is that of all members"
        f" together. Others on the machine used {table.disturbance(kept)}."
    )
    other, section = ("earlier", "versions") if earlier else ("zookeeper", "compare")
    publish(section, f"{table.compare_table(kept, other)}\n\n{note}", report)


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
        with running(data, members, peer_names, bench_folder) as (peers, note):
            for _ in range(kills):
                for peer in peers:
                    outages = iter([measuring.outage_ms(zkload, peer)])
                    for outage in measuring.written(outages, out):
                        gaps.setdefault(peer.name, []).append(outage["max_gap_ms"])
                        say(f"{peer.name:>9}  no write for {outage['max_gap_ms']:,.0f} ms")
    except BenchError as error:
        raise click.ClickException(str(error)) from None
    note += " Six connections write without pause; the leader is ended by SIGKILL."
    publish("failover", f"{table.failover_table(gaps)}\n\n{note}", report)


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
        with running(data, members, (), BENCH_FOLDER) as (peers, note):
            reports = list(libraries.measure(plan, hosts(peers[0]), say))
    except (BenchError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    missing = [libraries.NAMES[kind] for kind in clients if kind not in kinds]
    if missing:
        note += f" Not installed: {', '.join(missing)}."
    note += f" Medians of {runs} runs of {seconds:g} s, in turns; values of 128 bytes."
    publish("client", f"{libraries.table(reports)}\n\n{note}", report)


if __name__ == "__main__":
    main(prog_name="hikari-bench")
