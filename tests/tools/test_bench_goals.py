"""hikari_tools.bench.goals: what is held against what, and what is said of it."""

from tools.canned import cells, report

from hikari_tools.bench import afresh, cases, openloop, table
from hikari_tools.bench.goals import GOALS, judged


def verdicts(*reports):
    """By figure and measure."""
    return {(one.figure, one.goal.measure): one.verdict for one in judged(reports)}


def test_a_goal_is_reached_by_the_medians():
    """Four times ZooKeeper's operations, and a quarter of its processor time."""
    ours = [report("get 16x16", "hikari", ops) for ops in (1, 400, 500)]
    theirs = report("get 16x16", "zookeeper", 100, server_cpu_us_per_op=8.0)
    assert verdicts(*ours, theirs) == {
        ("get 16x16", "ops_per_s"): "reached",
        ("get 16x16", "cpu_us"): "reached",
    }


def test_a_goal_that_is_missed_says_by_how_much():
    """In parts of the goal, whichever way it lies."""
    ours = report("get 16x16", "hikari", 300, server_cpu_us_per_op=3.0)
    theirs = report("get 16x16", "zookeeper", 100, server_cpu_us_per_op=8.0)
    assert verdicts(ours, theirs) == {
        ("get 16x16", "ops_per_s"): "not reached: 25% too little",
        ("get 16x16", "cpu_us"): "not reached: 50% too much",
    }


def test_some_goals_know_no_peer():
    """Ten million znodes: 600 MB and three seconds, whoever else is there."""
    ours = report("10 million znodes", "hikari", memory_mb=900, start_s=1.5)
    assert verdicts(ours) == {
        ("10 million znodes", "memory_mb"): "not reached: 50% too much",
        ("10 million znodes", "start_s"): "reached",
        ("10 million znodes", "ops_per_s"): "ZooKeeper was not measured",
    }


def test_a_linearizable_read_is_held_against_two():
    """ZooKeeper's and etcd's."""
    rates = {"hikari": 300, "zookeeper": 100, "etcd": 150}
    found = judged([report("syncget 16x16", label, rate) for label, rate in rates.items()])
    assert [(one.goal.beside, one.verdict) for one in found] == [
        ("zookeeper", "reached"),
        ("etcd", "not reached: 33% too little"),
    ]


def test_the_table_has_the_goal_and_the_verdict():
    """Beside what was measured."""
    reports = [report("set 1x1", label) for label in ("hikari", "zookeeper")]
    rows = table.goals_table(judged(reports)).splitlines()
    assert [len(cells(row)) for row in rows] == [7] * 4
    assert cells(rows[2]) == [
        *("set 1x1", "p50", "10.4 µs", "10.4 µs", "1.00", "at most 0.8 times ZooKeeper's"),
        "not reached: 25% too much",
    ]


def test_every_goal_is_of_a_figure_that_is_measured():
    """A goal under a name that nobody measures would never be missed."""
    measured = {case.name for group in cases.STANDING.values() for case in group}
    measured |= {f"{w} open {load:.0%}" for w in openloop.WORKLOADS for load in openloop.LOADS}
    measured |= {f"{count} million znodes" for count in (1, 3, 10)}
    measured |= {cases.idling(cases.IDLE, "just started").name, f"create among {cases.DIRECTORY:,}"}
    assert afresh.DIRECTORY == cases.DIRECTORY
    assert {figure for goal in GOALS for figure in goal.figures} <= measured
