"""hikari_tools.bench.table: medians, and a document whose other words stay."""

import pytest

from hikari_tools.bench import table


def report(label, ops_per_s, workload="get", cpu_us=2.0, **more):
    """Give a report as zkload prints it, in its parts that count."""
    return {
        "label": label,
        "workload": workload,
        "connections": 16,
        "depth": 4,
        "ops_per_s": ops_per_s,
        "seconds": 4.0,
        "latency_us": {"p50": 10.4, "p99": 1234.5},
        "server_cpu_us_per_op": cpu_us,
        "server_cpu_s": 2.0,
        "client_cpu_s": 1.0,
        "machine_cpu_s": 5.0,
        "errors": {},
        **more,
    }


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_row_holds_medians_and_ratios():
    """One disturbed run of three does not show."""
    reports = [report("hikari", ops) for ops in (90_000, 10, 100_000)]
    reports += [report("zookeeper", ops, cpu_us=16.0) for ops in (40_000, 45_000, 50_000)]
    head, _, row = table.compare_table(reports).splitlines()
    assert len(cells(head)) == len(cells(row))
    assert cells(row) == [
        *("get", "16x4", "90,000", "45,000", "2.00", "10 / 1,234", "10 / 1,234"),
        *("2.0", "16.0", "0.12", "0"),
    ]


def test_a_missing_peer_has_dashes():
    """Hikari alone gives a table too."""
    row = table.compare_table([report("hikari", 5)]).splitlines()[-1]
    assert cells(row) == ["get", "16x4", "5", "-", "-", "10 / 1,234", "-", "2.0", "-", "-", "0"]


def test_an_earlier_version_stands_where_zookeeper_would():
    """Beside the version that is measured, under its own name."""
    reports = [report("hikari", 100_000), report("earlier", 80_000, cpu_us=1.6)]
    head, _, row = table.compare_table(reports, "earlier").splitlines()
    assert "ops/s earlier" in head
    assert "ZooKeeper" not in head
    assert cells(row)[2:5] == ["100,000", "80,000", "1.25"]


def test_errors_are_named_with_their_server():
    """A figure with errors says which, and whose."""
    reports = [
        report("hikari", 5),
        report("zookeeper", 5, errors={"CONNECTIONLOSS": 3}, disconnects=2),
        report("zookeeper", 5, errors={"CONNECTIONLOSS": 4}),
    ]
    row = table.compare_table(reports).splitlines()[-1]
    assert cells(row)[-1] == "zookeeper: CONNECTIONLOSS 7, disconnects 2"


def test_rows_come_as_they_were_measured():
    """The order of workloads is the order that was asked for."""
    reports = [report("hikari", 5, workload) for workload in ("set", "get", "set")]
    assert [cells(row)[0] for row in table.compare_table(reports).splitlines()[2:]] == [
        "set",
        "get",
    ]


def test_disturbance_is_what_nobody_of_ours_used():
    """The machine was busy for 5 s, of which 3 s are accounted for, in a window of 4 s."""
    assert table.disturbance([report("hikari", 5)]).startswith("0.50 cores")
    assert table.disturbance([]) == "unknown"


def test_failover_table():
    """The worst outage is what counts, and each is shown."""
    text = table.failover_table({"hikari": [300.4, 100.0, 200.0], "zookeeper": [500.0]})
    assert [cells(row) for row in text.splitlines()[2:]] == [
        ["hikari", "3", "100", "200", "300", "300 100 200"],
        ["zookeeper", "1", "500", "500", "500", "500"],
    ]


@pytest.mark.parametrize("old", [None, "# Performance\n\nWritten by hand.\n"])
def test_a_document_without_marks_gets_them(tmp_path, old):
    """The first table is put at the end, and the second one in its place."""
    document = tmp_path / "performance.md"
    if old:
        document.write_text(old)
    table.put_into(document, "compare", "one")
    table.put_into(document, "failover", "other")
    table.put_into(document, "compare", "two")
    assert document.read_text() == (
        (old or "# Performance\n") + "\n<!-- compare: begin -->\ntwo\n<!-- compare: end -->\n"
        "\n<!-- failover: begin -->\nother\n<!-- failover: end -->\n"
    )


def test_words_around_the_marks_stay(tmp_path):
    """What people wrote before and after a table is theirs."""
    document = tmp_path / "performance.md"
    document.write_text("a\n<!-- compare: begin -->\nold\n<!-- compare: end -->\nb\n")
    table.put_into(document, "compare", "new")
    assert document.read_text() == "a\n<!-- compare: begin -->\nnew\n<!-- compare: end -->\nb\n"
