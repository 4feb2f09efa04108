"""`hikari-bench profile`."""

import dataclasses
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from hikari_tools.bench import callgrind, floors, load, machine, profiling, spying
from hikari_tools.bench import report as reporting
from hikari_tools.bench.options import (
    Words,
    bench_folder_option,
    data_option,
    out_option,
    report_option,
    say,
)
from hikari_tools.bench.peers import BenchError
from hikari_tools.bench.servers import servers
from hikari_tools.bench.table import number

PARTS = ("time", "instructions", "floors")
Row = dict[str, Any]


@click.command()
@click.option("--seconds", type=float, default=5.0, show_default=True, help="Of each run.")
@click.option("--only", type=Words(), default="", help=f"Some of: {', '.join(PARTS)}.")
@bench_folder_option
@data_option
@report_option
@out_option
def profile(
    seconds: float,
    only: tuple[str, ...],
    bench_folder: Path,
    data: Path | None,
    report: Path | None,
    out: Path | None,
) -> None:
    """Where the time of a read and of a write goes, on leader and followers, beside floors.

    Processor time by the kernel's account, rooms by py-spy, instructions by valgrind's
    callgrind; of these two, who is not installed is left out. Floors: the same frames
    answered by a bare loop, a forced write, RocksDB alone.
    """
    try:
        if unknown := set(only) - set(PARTS):
            named = ", ".join(sorted(unknown))
            raise BenchError(f"no part is called {named}; there are {', '.join(PARTS)}")
        zkload = load.build(bench_folder)
        with servers(data, profiling.MEMBERS, (), bench_folder, None, say) as (there, note):
            parts, missing = _measured(zkload, there, seconds, only or PARTS)
            note += f" {machine.conditions((), profiling.MEMBERS)}"
    except BenchError as error:
        raise click.ClickException(str(error)) from None
    note += "".join(f" **{one}.**" for one in missing)
    note += f" Runs of {seconds:g} s, values of 128 bytes."
    for part, rows in parts.items():
        for row in rows:
            reporting.append({"part": part, **row}, out)
    tables = [TABLES[part](rows) for part, rows in parts.items() if rows]
    reporting.publish("profile", "\n\n".join([*tables, f"{note} {reporting.by()}"]), report)


def _measured(
    zkload: Path, there: Any, seconds: float, asked: Sequence[str]
) -> tuple[dict[str, list[Row]], list[str]]:
    """The rows of each part, and what was left out for want of a program."""
    parts: dict[str, list[Row]] = {}
    missing = []
    with tempfile.TemporaryDirectory(dir=there.folder) as name:
        folder = Path(name)
        if "time" in asked:
            if not spying.program():
                missing.append("py-spy is not installed (pip install py-spy): no areas")
            with there.running(there.names) as (peer,):
                rows = profiling.by_time(zkload, peer, seconds, folder, say)
                parts["time"] = list(rows)
        if "instructions" in asked:
            if lacks := callgrind.missing():
                missing.append(f"{lacks} is not installed (valgrind): no instructions")
            else:
                counted = profiling.by_instructions(zkload, folder / "counted", say)
                parts["instructions"] = list(counted)
        if "floors" in asked:
            parts["floors"] = []
            for floor in floors.all_floors(zkload, folder, seconds):
                say(f"{floor.name}: {floor.cpu_us:.2f} µs")
                parts["floors"].append(dataclasses.asdict(floor))
            if not any("RocksDB" in row["name"] for row in parts["floors"]):
                missing.append("rocksdict is not installed: no floors of RocksDB")
    return parts, missing


def times_table(rows: Sequence[Row]) -> str:
    """Processor time: the kernel's part, other threads', and the areas of Python's."""
    heads = ["operation", "member", "ops/s", "µs in all", "kernel", "other threads", "Python"]
    areas = [name for name in [*spying.AREAS, spying.OTHER] if _anywhere(rows, "areas_us", name)]
    cells = [
        [
            *(row["figure"], row["label"], number(row["ops_per_s"])),
            number(row["user_us"] + row["kernel_us"] + row["others_us"]),
            *(number(row[name]) for name in ("kernel_us", "others_us", "user_us")),
            *(_cell(row["areas_us"].get(name)) for name in areas),
        ]
        for row in rows
    ]
    return _table([*heads, *(f"of that {name}" for name in areas)], 2, cells)


def instructions_table(rows: Sequence[Row]) -> str:
    """Thousands, by object."""
    objects = [*callgrind.OBJECTS, callgrind.OTHER]
    order = [(case.name, seen) for case in profiling.CASES for seen in case.seen]
    cells = [
        [
            *(row["figure"], row["label"], number(sum(row["instructions"].values()) / 1e3)),
            *(_cell(row["instructions"][name] / 1e3) for name in objects),
        ]
        for row in sorted(rows, key=lambda row: order.index((row["figure"], row["label"])))
    ]
    return _table(["operation", "member", "thousand instructions", *objects], 2, cells)


def floors_table(rows: Sequence[Row]) -> str:
    """For one operation each."""
    cells = [
        [row["name"], number(row["cpu_us"]), number(row["kernel_us"]), _cell(row["took_us"])]
        for row in rows
    ]
    return _table(["floor", "µs", "of that kernel", "p50 by the clock, µs"], 1, cells)


TABLES = {"time": times_table, "instructions": instructions_table, "floors": floors_table}


def _anywhere(rows: Iterable[Row], of: str, name: str) -> bool:
    return any(row[of].get(name) for row in rows)


def _cell(value: float | None) -> str:
    return number(value) if value else "-"


def _table(heads: Sequence[str], names: int, cells: Iterable[Sequence[str]]) -> str:
    """Markdown; so many columns are names, the others numbers."""
    marks = ["---"] * names + ["--:"] * (len(heads) - names)
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, marks, *cells))
