"""What a simulated member stands on is no slower, and no quicker, than a machine."""

import random
from collections.abc import Callable

import pytest

from hikari.testing.disk import Disk
from hikari.testing.machine import SimulatedMachine
from hikari.testing.network import Network
from hikari.testing.timeline import Process, Timeline

Worked = list[tuple[str, float]]


@pytest.fixture
def machine() -> SimulatedMachine:
    timeline = Timeline(random.Random(1))
    disk = Disk(random.Random(1))
    disk.sync_s = (0.001, 0.001)
    process = Process(timeline, "member 1", "10.0.0.1")
    network = Network(timeline, random.Random(1))
    return SimulatedMachine(process, network, disk, random.Random(1), 0)


def piece(machine: SimulatedMachine, worked: Worked, name: str) -> Callable[[], None]:
    return lambda: worked.append((name, round(machine.process.timeline.now, 6)))


def test_what_waits_for_a_thread_takes_as_long_as_the_disk_takes_when_its_turn_comes(
    machine: SimulatedMachine,
) -> None:
    timeline, worker, worked = machine.process.timeline, machine.worker("tree"), Worked()
    machine.disk.slow_s = 0.4
    for name in "abc":
        worker.do(piece(machine, worked, name))
    timeline.run(0.5)
    machine.disk.slow_s = 0.0
    timeline.run(2.0)
    assert worked == [("a", 0.401), ("b", 0.802), ("c", 0.803)]


def test_a_thread_works_on_while_its_process_stands_still(machine: SimulatedMachine) -> None:
    timeline, worker, worked = machine.process.timeline, machine.worker("tree"), Worked()
    machine.disk.sync_s = (0.1, 0.1)
    for name in "abc":
        worker.do(piece(machine, worked, name))
    machine.process.sleep(0.25)
    timeline.run(1.0)
    assert worked == [("a", 0.25), ("b", 0.25), ("c", 0.3)], "as far as the process can tell"


def test_a_thread_begins_nothing_before_it_is_given_it(machine: SimulatedMachine) -> None:
    timeline, worker, worked = machine.process.timeline, machine.worker("tree"), Worked()
    machine.disk.sync_s = (0.1, 0.1)
    worker.do(piece(machine, worked, "a"))
    timeline.at(0.05, worker.do, piece(machine, worked, "b"), process=machine.process)
    timeline.at(0.5, worker.do, piece(machine, worked, "c"), process=machine.process)
    timeline.run(1.0)
    assert worked == [("a", 0.1), ("b", 0.2), ("c", 0.6)]
