"""Death at named moments: some of them; `python -m faults at-points` goes through all."""

import subprocess
import sys

import pytest
from faults import at_points, nemesis, points, shim
from faults.folders import new_folder
from faults.scenarios import Scenario

from hikari.peers.codec import pack
from hikari.peers.messages import Digest, Forward, Heard
from hikari.raft.entry import ORIGIN, chain
from hikari.raft.messages import (
    Append,
    AppendReply,
    Chunk,
    ChunkReply,
    ReadReply,
    ReadRequest,
    Vote,
    VoteReply,
)

SECONDS = 15.0
CASES_MIN = 3
"""Alone it is a case every two seconds."""


@pytest.mark.ensemble
@pytest.mark.usefixtures("compiler")
def test_whoever_dies_at_a_named_moment_loses_nothing(seed, tmp_path, capsys):
    """One that is not reached counts as wrong."""
    count = len(at_points.CASES)
    found = at_points.campaign(
        seed=seed, count=count, seconds=SECONDS, least=CASES_MIN, keep=tmp_path
    )
    with capsys.disabled():
        print(f"at points: {found}")
    assert not found["wrong"]
    assert found["kills"] >= CASES_MIN
    assert found["acknowledged"]
    assert found["reads_behind_sync"]


def test_every_point_is_drawn_for_everybody_who_can_come_there():
    drawn = at_points.cases(1)
    assert {next(drawn) for _ in at_points.CASES} == set(at_points.CASES)
    assert len({point.name for point in points.ALL}) == len(points.ALL) >= 15
    assert {case.who for case in at_points.CASES} == {"leader", "follower"}
    with pytest.raises(ValueError, match="entry-tron"):
        next(at_points.cases(1, "entry-tron"))
    again = at_points.cases(1, "entry-torn:leader")
    assert [str(next(again)) for _ in range(3)] == ["entry-torn:leader"] * 3


@pytest.mark.ensemble
@pytest.mark.usefixtures("compiler")
def test_a_scenario_can_be_of_a_named_point(seed):
    """There all of the scenarios' judges look at it."""
    with new_folder() as folder:
        scenario = Scenario("mixed", "point:entry-synced:leader", str(seed), folder, seconds=3)
        verdict = scenario.run()
        assert not verdict.failures, verdict.told()
        assert verdict.figures["points"] > 0


def test_a_script_of_a_point_names_it_and_whom_it_kills():
    for point in points.ALL:
        if not nemesis.BUSY & set(point.way):
            script = nemesis.draw(f"point:{point.name}", "a", 3, 60)
            cases = {f"{point.name}:{who}" for who in point.who}
            assert {act["point"] for act in script} == cases
            assert script == nemesis.draw(f"point:{point.name}", "a", 3, 60)
    assert nemesis.needs_short_logs("point:snapshot-named")
    assert nemesis.needs_short_logs("snapshot")
    assert not nemesis.needs_short_logs("point:vote-sent")
    assert not nemesis.needs_short_logs("calm")


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("point:", "no point is called ''"),
        ("point:entry-tron", "no point is called 'entry-tron'"),
        ("point:entry-torn:third", "no point is called"),
        ("point:log-reused", "no scenario writes so much"),
    ],
)
def test_a_point_that_no_scenario_can_reach_is_refused(fault, why):
    with pytest.raises(ValueError, match=why):
        nemesis.cases_of(fault)


DISK = """
import os, sys
file = os.open(sys.argv[1] + "/watermark", os.O_RDWR | os.O_CREAT)
for n in range(3):
    os.pwrite(file, b"%d" % n * 8, 8 * n)
    print(n, flush=True)
    os.fsync(file)
"""
PEERS = """
import socket, sys
here, there = socket.socketpair()
for n, frame in enumerate(sys.argv[2:]):
    here.send(bytes.fromhex(frame))
    print(n, flush=True)
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    if not shim.can_build():
        pytest.skip("gcc is not installed")
    return points.build(tmp_path_factory.mktemp("points"))


@pytest.fixture
def run(tmp_path, library):
    """Run a program that is to die at a point; how it ended, what it printed, its control."""
    root = tmp_path / "root"
    root.mkdir()
    control = points.Control(tmp_path / "control")

    def ran(program, how, way, *words):
        control.arm(points.Point("", how, way, ()))
        done = subprocess.run(
            [sys.executable, "-c", program, str(root), *words],
            env={"LD_PRELOAD": str(library), **control.environment(root, 1, 1)},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout.split(), control

    return ran


@pytest.mark.parametrize(
    ("how", "way", "printed", "size", "steps"),
    [
        (points.BEFORE, ("mark",), [], 0, 1),
        (points.TORN, ("mark",), [], 4, 1),
        (points.AFTER, ("mark",), [], 8, 1),
        (points.AFTER, ("mark", "secure"), ["0"], 8, 2),
        (points.BEFORE, ("mark", "secure", "mark"), ["0"], 8, 3),
        (points.BEFORE, ("mark", "mark"), ["0"], 8, 1),
        (points.AFTER, ("secure", "mark"), ["0"], 16, 2),
    ],
)
def test_a_process_dies_at_the_last_moment_of_the_way(
    run, tmp_path, how, way, printed, size, steps
):
    status, said, control = run(DISK, how, way)
    assert (status, said) == (-9, printed)
    assert (tmp_path / "root/watermark").stat().st_size == size
    assert control.hit
    assert control.seen == steps


def test_who_does_not_come_there_lives_and_it_can_be_told(run):
    status, said, control = run(DISK, points.AFTER, ("mark", "vote"))
    assert (status, said) == (0, ["0", "1", "2"])
    assert not control.hit
    assert control.seen == 1


FIRST = chain(ORIGIN, 1, b"")
ENTRY = chain(FIRST.mark, 1, b"payload")
HEARTBEAT = Append(1, 1, ORIGIN, 0, 0, 0, False, [])
NOT_SAID = [Heard(1, [5, 1 << 60]), Digest(1, 300, 1 << 63), HEARTBEAT]


@pytest.mark.parametrize(
    ("moment", "other", "said"),
    [
        ("say-append", HEARTBEAT, Append(1, 1, FIRST.mark, 0, 0, 0, False, [ENTRY])),
        (
            "say-first-entry",
            Append(1, 1, FIRST.mark, 0, 0, 0, False, [ENTRY]),
            Append(1, 1, ORIGIN, 0, 0, 0, False, [FIRST, ENTRY]),
        ),
        (
            "say-acknowledged",
            AppendReply(1, 1, 7, False, 500, 70_000, False),
            AppendReply(1, 1, 7, True, 500, 70_000, False),
        ),
        ("say-stands", Vote(1, 1, 900, 3, True), Vote(1, 1, 900, 3, False)),
        ("say-vote", VoteReply(1, 9, True, True), VoteReply(1, 9, True, False)),
        ("say-vote", VoteReply(1, 9, False, False), VoteReply(1, 9, True, False)),
        ("say-kept", ChunkReply(1, 1, 900, -1), ChunkReply(1, 1, 900, 200)),
        (
            "say-last-piece",
            Chunk(1, 1, FIRST.mark, 3, [(b"key", bytes(7_000))], 1 << 31, False),
            Chunk(1, 1, FIRST.mark, 4, [], 1 << 31, True),
        ),
        ("say-forward", ReadRequest(1, 1, 5, False), Forward(1, 1, [bytes(300)], 1)),
        ("say-read", ReadReply(1, 1, 5, 900), ReadRequest(1, 1, 5, False)),
        ("say-read-index", ReadRequest(1, 1, 5, False), ReadReply(1, 1, 5, 900)),
    ],
)
def test_what_is_said_to_a_peer_is_known_by_its_frame(run, moment, other, said):
    """Alone or behind others; what is nearly the same is not taken for it."""
    frames = [pack([other]), pack([*NOT_SAID, other]), pack([*NOT_SAID, said])]
    words = [frame.hex() for frame in frames]
    status, printed, control = run(PEERS, points.BEFORE, (moment,), *words)
    assert (status, printed, control.hit) == (-9, ["0", "1"], True)
