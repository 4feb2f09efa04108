"""Client libraries side by side, against one ensemble: each run is a process of its own."""

import importlib.util
import itertools
import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hikari_tools.bench.peers import BenchError

NAMES = {
    "asyncio": "hikari_client, asyncio",
    "twisted": "hikari_client, Twisted",
    "blocking": "hikari_client, blocking",
    "kazoo": "kazoo",
    "aiozk": "aiozk",
    "java": "ZooKeeper's, Java",
}
JAR = Path("/usr/share/java/zookeeper.jar")
JAVA = ("java", "-cp", str(JAR), str(Path(__file__).with_name("JavaClient.java")))
PYTHON = (sys.executable, "-m", "hikari_tools.bench.clients")
RIVAL = "kazoo"
SPARE_S = 60.0
HEAD = (
    f"| workload | depth | client | ops/s | beside {RIVAL}'s | CPU µs/op | of {RIVAL}'s |\n"
    "|---|--:|---|--:|--:|--:|--:|"
)
_rounds = itertools.count(1)


@dataclass(frozen=True)
class Plan:
    """What is measured: every combination, in turns."""

    kinds: Sequence[str]
    workloads: Sequence[str]
    depths: Sequence[int]
    seconds: float
    runs: int

    def __post_init__(self) -> None:
        unknown = [*({*self.kinds} - {*NAMES}), *({*self.workloads} - {"get", "set", "create"})]
        if unknown:
            raise BenchError(f"what is {', '.join(unknown)}?")


def there(kinds: Sequence[str]) -> list[str]:
    """Leave out those that are not installed."""
    found = {kind for kind in kinds if importlib.util.find_spec(kind)} | {"asyncio", "blocking"}
    if JAR.exists() and shutil.which("java") and shutil.which("javac"):
        found.add("java")
    return [kind for kind in kinds if kind in found]


def measure(plan: Plan, hosts: str, say: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """Give the report of each run."""
    for _ in range(plan.runs):
        for workload in plan.workloads:
            for depth in plan.depths:
                for kind in plan.kinds:
                    report = _run(kind, hosts, workload, depth, plan.seconds)
                    say(
                        f"{workload:>7} {depth:>3} {kind:>9}  {report['ops_per_s']:>9,.0f} ops/s"
                        f"  {report['cpu_us_per_op']:>7,.1f} µs/op"
                    )
                    yield {"kind": kind, "workload": workload, "depth": depth, **report}


def _run(kind: str, hosts: str, workload: str, depth: int, seconds: float) -> dict[str, float]:
    root = f"/bench-{next(_rounds)}"
    words = [hosts, workload, str(depth), f"{seconds:g}", root]
    program = JAVA if kind == "java" else (*PYTHON, kind)
    try:
        done = subprocess.run(
            [*program, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds + SPARE_S,
            check=False,
        )
        report: dict[str, float] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise BenchError(f"{NAMES[kind]} does not end") from None
    except ValueError:
        raise BenchError(f"{NAMES[kind]} failed: {done.stderr.strip()[-500:]}") from None
    return report


def table(reports: Sequence[Mapping[str, Any]]) -> str:
    """Medians, and beside the rival's."""
    figures: dict[tuple[str, int, str], list[Mapping[str, Any]]] = {}
    for report in reports:
        key = (report["workload"], report["depth"], report["kind"])
        figures.setdefault(key, []).append(report)
    rows = [HEAD]
    for (workload, depth, kind), runs in figures.items():
        cells = [workload, str(depth), NAMES[kind]]
        rival = figures.get((workload, depth, RIVAL))
        for name, form in (("ops_per_s", "{:,.0f}"), ("cpu_us_per_op", "{:,.1f}")):
            own = statistics.median(run[name] for run in runs)
            cells.append(form.format(own))
            cells.append(_ratio(own, rival, name))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _ratio(own: float, rival: Sequence[Mapping[str, Any]] | None, name: str) -> str:
    if not rival:
        return "-"
    return f"{own / statistics.median(run[name] for run in rival):.2f}"
