"""hikari_tools.bench.table: medians, and a document whose other words stay."""

import pytest
from tools.canned import cells, report

from hikari_tools.bench import table
from hikari_tools.bench.figures import disturbance, figures


def test_each_server_has_a_row_of_medians():
    """One disturbed run of three does not show."""
    reports = [report("get 16x4", "hikari", ops) for ops in (90_000, 10, 100_000)]
    reports += [report("get 16x4", "etcd", 5, server_cpu_us_per_op=16.0)]
    head, _, ours, theirs = table.figures_table(figures(reports)).splitlines()
    assert len(cells(head)) == len(cells(ours))
    assert cells(ours) == [
        *("get 16x4", "Hikari", "90,000", "10.4", "1,234", "2,000", "2.00", "", "0"),
    ]
    assert cells(theirs)[1:3] == ["etcd", "5.00"]
    assert cells(theirs)[6] == "16.0"


def test_what_a_run_does_not_measure_is_a_dash():
    """Idle sessions have no rate, no latency and no cost, but memory."""
    one = report("idle 10x1", "hikari", 0, ops=0, server_rss_mb=151.6)
    row = table.figures_table(figures([one])).splitlines()[-1]
    assert cells(row)[2:] == ["-", "-", "-", "-", "-", "memory of all members: 152 MB", "0"]


def test_an_earlier_version_stands_beside_this_one():
    """With ratios; more operations and less processor time are better."""
    reports = [report("get 1x1", "hikari", 100_000)]
    reports.append(report("get 1x1", "earlier", 80_000, server_cpu_us_per_op=1.6))
    head, _, row = table.versions_table(reports).splitlines()
    assert len(cells(head)) == len(cells(row))
    assert cells(row) == [
        *("get 1x1", "100,000", "80,000", "1.25", "10.4 / 1,234", "10.4 / 1,234"),
        *("2.00", "1.60", "1.25", "0"),
    ]


def test_a_version_that_did_not_run_has_dashes():
    """Alone it gives a table too."""
    row = table.versions_table([report("get 1x1", "hikari")]).splitlines()[-1]
    assert cells(row)[1:] == ["1,000", "-", "-", "10.4 / 1,234", "-", "2.00", "-", "-", "0"]


def test_errors_are_named_and_counted_over_all_runs():
    """A figure with errors says which."""
    reports = [
        report("set 1x1", "zookeeper", errors={"CONNECTIONLOSS": 3}, disconnects=2),
        report("set 1x1", "zookeeper", errors={"CONNECTIONLOSS": 4}, expired=0),
    ]
    row = table.figures_table(figures(reports)).splitlines()[-1]
    assert cells(row)[-1] == "CONNECTIONLOSS 7, disconnects 2"


def test_figures_come_as_they_were_measured():
    """In the order in which they were first seen, ours before the peers'."""
    order = [("set 1x1", "zookeeper"), ("get 1x1", "hikari"), ("set 1x1", "hikari")]
    rows = table.figures_table(figures(report(*one) for one in order)).splitlines()[2:]
    assert [cells(row)[:2] for row in rows] == [
        ["set 1x1", "Hikari"],
        ["set 1x1", "ZooKeeper"],
        ["get 1x1", "Hikari"],
    ]


def test_disturbance_is_what_nobody_of_ours_used():
    """The machine was busy for 5 s, of which 3 s are accounted for, in a window of 4 s."""
    assert disturbance([report("get 1x1", "hikari")]).startswith("0.50 cores")
    assert disturbance([report("get 1x1", "etcd", observed_s=2.0)]).startswith("1.00 cores")
    assert disturbance([]) == "unknown"


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
