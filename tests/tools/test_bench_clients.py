"""hikari-bench client: what is measured, and how it is told."""

import pytest
from ensemble.ensemble import Ensemble

from hikari_tools.bench import libraries
from hikari_tools.bench.peers import BenchError


def report(kind: str, ops_per_s: float, cpu_us: float) -> dict[str, object]:
    words = {"kind": kind, "workload": "get", "depth": 64}
    return {**words, "ops_per_s": ops_per_s, "cpu_us_per_op": cpu_us}


def test_each_is_told_beside_the_rival() -> None:
    reports = [report("asyncio", ops, 5.0) for ops in (60_000, 1, 50_000)]
    reports.append(report("kazoo", 5_000, 100.0))
    rows = libraries.table(reports).splitlines()
    assert rows[2] == "| get | 64 | hikari_client, asyncio | 50,000 | 10.00 | 5.0 | 0.05 |"
    assert rows[3] == "| get | 64 | kazoo | 5,000 | 1.00 | 100.0 | 1.00 |"


def test_without_the_rival_there_is_no_comparison() -> None:
    row = libraries.table([report("asyncio", 50_000, 5.0)]).splitlines()[2]
    assert row == "| get | 64 | hikari_client, asyncio | 50,000 | - | 5.0 | - |"


def test_what_nobody_knows_is_refused() -> None:
    with pytest.raises(BenchError, match="curator"):
        libraries.Plan(["curator"], ["get"], [1], 1, 1)


@pytest.mark.ensemble
def test_every_library_that_is_installed_is_measured(tmp_path_factory) -> None:
    ensemble = Ensemble(tmp_path_factory.mktemp("ensemble"), 1)
    try:
        ensemble.start()
        hosts = f"127.0.0.1:{ensemble.ports[0]}"
        for kind in libraries.there(["asyncio", "twisted", "blocking", "kazoo", "aiozk"]):
            plan = libraries.Plan([kind], ["create"], [8, 1], 0.1, 1)
            for told in libraries.measure(plan, hosts, lambda line: None):
                assert told["ops_per_s"] > 0
                assert told["cpu_us_per_op"] > 0
    finally:
        ensemble.close()
