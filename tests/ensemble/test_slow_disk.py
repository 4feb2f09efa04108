"""Disks that are slow or hang, on one member at a time: nobody's session ends, nothing is lost."""

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from ensemble.checks import created_once, linear_writes, same_tree
from ensemble.ensemble import Ensemble, wait_until
from ensemble.load import Holder, Writer, outages
from ensemble.recorder import OK, Client, create
from kazoo.client import KazooClient
from kazoo.protocol.states import KazooState
from timely import demand_within, timely

pytestmark = [
    pytest.mark.ensemble,
    pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc"),
]

SESSION_MS = 4_000
SLOW_MS = 100
LOAD_S = 4.0
HANG_MS = 5_000
STOOD = re.compile(r"stopped; the longest turn took (\d+) ms, the latest tick was (\d+) ms late")


class Disks:
    """One knob a member: how long its fsyncs take."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shim = folder / "slowdisk.so"
        source = Path(__file__).with_name("slowdisk.c")
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", self.shim, source, "-ldl"], check=True)

    def around(self, number: int) -> dict[str, str]:
        """Give the environment of a member."""
        self.be_slow(number, 0)
        return {
            "LD_PRELOAD": str(self.shim),
            "SLOW_FOLDER": str(self.folder),
            "SLOW_MS": str(self.folder / f"ms-{number}"),
        }

    def be_slow(self, number: int, ms: int) -> None:
        """From now on every fsync of a member takes so much longer."""
        (self.folder / f"ms-{number}").write_text(str(ms))


@pytest.fixture
def disks(tmp_path: Path) -> Disks:
    """Quick disks, so far."""
    return Disks(tmp_path)


def loaded(ensemble: Ensemble, hangs: int = 0) -> tuple[list[Writer], list[Holder]]:
    """Two writers and an idle session on every member but `hangs`, with the shortest time-out."""
    client = Client(ensemble.ports)
    client.open(1)
    for path in (b"/log", b"/registers", b"/present"):
        assert client.ask(create(path)).outcome == OK
    client.close()
    ports = ensemble.ports
    members = [n for n in (1, 2, 3) if n != hangs]
    writers = [Writer(ports, n, f"w{k}{n}", 0.005) for n in members for k in range(2)]
    holders = [Holder(ports, n, [b"/present/h%d" % n]) for n in members]
    for one in (*writers, *holders):
        one.client.timeout_ms = SESSION_MS
        one.begin()
    return writers, holders


def client_of(ensemble: Ensemble, number: int) -> tuple[KazooClient, list[str]]:
    """Somebody else's client of this member, with an ephemeral znode, that knows the others too;
    and what became of its connection, as it comes."""
    others = [n for n in ensemble.numbers if n != number]
    hosts = ",".join(f"127.0.0.1:{ensemble.ports[n - 1]}" for n in (number, *others))
    client = KazooClient(hosts, timeout=SESSION_MS / 1000, randomize_hosts=False)
    heard: list[str] = []
    client.add_listener(heard.append)
    client.start(10)
    client.create("/moved", ephemeral=True)
    return client, heard


def judge(ensemble: Ensemble, writers: list[Writer], holders: list[Holder]) -> int:
    """Stop the load: all acknowledged is there, every session lives. How many were acknowledged."""
    for one in writers:
        one.end()
    history = [op for one in writers for op in one.history]
    linear_writes(history)
    tree = same_tree(ensemble)
    created_once(history, tree, b"/log/")
    for one in writers:
        data, stat = tree[one.register]
        assert (int(data), stat.version) == (one.version, one.version)
    for one in holders:  # they ping till here: to read takes its time
        one.end()  # raises Expired if it was
        assert {tree[path][1].ephemeral_owner for path in one.paths} == {one.client.session}
    return sum(op.outcome == OK for op in history)


def stood_still_ms(ensemble: Ensemble, number: int) -> tuple[int, int]:
    """(longest turn, latest tick) of a member that was ended gently."""
    turn, tick = STOOD.findall(ensemble.log(number))[-1]
    return int(turn), int(tick)


@timely
@pytest.mark.parametrize("which", ["leader", "follower"])
def test_a_slow_disk_stops_nobody(make, disks, which, capsys):
    """100 ms an fsync: that member waits for its disk, and does everything else meanwhile."""
    ensemble = make(surroundings=disks.around)
    ensemble.terminate(1, 2, 3)  # what follows is seen from the first turn on
    ensemble.start()
    slow = ensemble.leader() if which == "leader" else ensemble.followers()[0]
    writers, holders = loaded(ensemble)
    time.sleep(0.5)
    began = time.monotonic()
    disks.be_slow(slow, SLOW_MS)
    time.sleep(LOAD_S)
    done = [op.ended for one in writers for op in one.history if op.outcome == OK]
    rate = sum(at > began for at in done) / LOAD_S
    led = ensemble.leader()
    acked = judge(ensemble, writers, holders)
    disks.be_slow(slow, 0)
    ensemble.terminate(1, 2, 3)
    turn_ms, tick_ms = stood_still_ms(ensemble, slow)
    with capsys.disabled():
        print(
            f"\n{SLOW_MS} ms an fsync on a {which}: {acked} acknowledged, {rate:.0f}/s while slow,"
            f" 0 sessions lost; its longest turn {turn_ms} ms, latest tick {tick_ms} ms;"
            f" {'the same leader' if (led == slow) == (which == 'leader') else 'another leads'}"
        )
    # Only the first slow sync may be in the turn, when nothing was known of it.
    demand_within(2 * SLOW_MS, turn_ms, of="ms in a turn")


@timely
def test_a_disk_that_is_slow_from_the_start_is_never_waited_for_in_a_turn(make, disks, capsys):
    """What the opening has seen of it is enough."""
    ensemble = make(surroundings=disks.around)
    ensemble.terminate(1, 2, 3)
    ensemble.surroundings = lambda number: disks.around(number) | {"SLOW_MS": str(steady)}
    steady = disks.folder / "ms-all"
    steady.write_text(str(SLOW_MS))
    ensemble.start()
    writers, holders = loaded(ensemble)
    time.sleep(LOAD_S)
    acked = judge(ensemble, writers, holders)
    ensemble.terminate(1, 2, 3)
    stood = [stood_still_ms(ensemble, number) for number in ensemble.numbers]
    with capsys.disabled():
        print(f"\n{SLOW_MS} ms an fsync everywhere: {acked} acknowledged, 0 sessions lost;")
        print(f"longest turn, latest tick (ms) of each member: {stood}")
    demand_within(SLOW_MS, *(turn for turn, _ in stood), of="ms in a turn")


@timely
@pytest.mark.parametrize("before_ms", [0, 3], ids=["quick before", "slowish before"])
def test_a_leader_whose_disk_hangs_hands_over(make, disks, before_ms, capsys):
    """For 5 s. A disk that was quick may be synced in the turn, so that its leader hangs with it
    and is voted out; on any other the leader sees it, and hands over. Its clients keep their
    sessions in either case: those of one that hangs as a whole take them elsewhere."""
    ensemble = make(surroundings=disks.around)
    leader = ensemble.leader()
    mover, heard = client_of(ensemble, leader)
    disks.be_slow(leader, before_ms)
    # The clients of these tests do not go elsewhere, but for `mover`.
    writers, holders = loaded(ensemble, hangs=0 if before_ms else leader)
    time.sleep(1.0)
    demand_within(0, ensemble.leader() != leader, of="leaders that were lost before")
    disks.be_slow(leader, HANG_MS)
    hung = time.monotonic()
    wait_until(
        "another leads",
        lambda: any(ensemble.mode(n) == "leader" for n in ensemble.numbers if n != leader),
        10.0,
    )
    changed = time.monotonic() - hung
    demand_within(HANG_MS / 1000, changed, of="s until another leads")
    time.sleep(1.0)
    disks.be_slow(leader, 0)
    time.sleep(max(0.0, hung + HANG_MS / 1000 - time.monotonic()))
    wait_until("it follows", lambda: ensemble.mode(leader) == "follower", 10.0)
    acked = judge(ensemble, writers, holders)
    assert mover.exists("/moved").owner_session_id == mover.client_id[0]
    assert KazooState.LOST not in heard
    mover.stop()
    mover.close()
    elsewhere = [one for one in writers if one.first != leader]
    (longest,) = outages(elsewhere, [hung])
    handed = "the disk hangs" in ensemble.log(leader)
    with capsys.disabled():
        print(
            f"\na leader's disk hangs for {HANG_MS / 1000:g} s: another leads after"
            f" {changed:.2f} s ({'handed over' if handed else 'voted out'}), longest time without"
            f" a write elsewhere {longest:.2f} s; {acked} acknowledged, 0 lost, 0 sessions lost"
        )
    assert handed or not before_ms
    demand_within(SESSION_MS / 1000, longest, of="s without a write elsewhere")
