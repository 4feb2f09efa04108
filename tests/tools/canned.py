"""Reports as zkload prints them, in their parts that count."""

from typing import Any


def report(figure: str, label: str, ops_per_s: float = 1_000, **more: Any) -> dict[str, Any]:
    """Of a figure such as `get 16x16`."""
    return {
        "figure": figure,
        "label": label,
        "workload": figure.split()[0],
        "ops": 5,
        "ops_per_s": ops_per_s,
        "seconds": 4.0,
        "latency_us": {"p50": 10.4, "p99": 1234.5, "p99.9": 2000},
        "server_cpu_us_per_op": 2.0,
        "server_cpu_s": 2.0,
        "client_cpu_s": 1.0,
        "machine_cpu_s": 5.0,
        "errors": {},
        **more,
    }


def cells(line: str) -> list[str]:
    """Of a row of a table."""
    return [cell.strip() for cell in line.strip("|").split("|")]
