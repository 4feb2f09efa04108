"""Real members, each on a small disk of its own, which others and they themselves fill."""

import contextlib
import itertools
import json
import os
import random
import subprocess
import time
import urllib.error
import urllib.request
from collections import defaultdict

import pytest
from ensemble.checks import created_once, same_tree
from ensemble.ensemble import Ensemble, wait_until
from ensemble.load import Worker
from ensemble.recorder import OK, SYNC, Client, create, delete, exists, get

from hikari.ensemble import config_text
from hikari.tree.space import REFUSAL
from hikari_wire import codes

MIB = 1 << 20
DISK_MIB = 384
TINY_MIB = 224
MOUNTABLE = os.geteuid() == 0
pytestmark = pytest.mark.skipif(not MOUNTABLE, reason="a disk of its own needs root")


@pytest.fixture
def small(request, make, tmp_path):
    """Give three members, each on a mount of `DISK_MIB` or what a test asks; not started."""
    size = f"size={getattr(request, 'param', DISK_MIB)}m"
    ensemble = Ensemble(tmp_path / "small")
    make.made.append(ensemble)
    homes = [ensemble.layout.home(number) for number in ensemble.numbers]
    for number, home in zip(ensemble.numbers, homes, strict=True):
        home.mkdir(parents=True)
        mount = ["mount", "-t", "tmpfs", "-o", size, "hikari-small", home]
        if subprocess.run(mount, check=False).returncode:
            pytest.skip("nothing can be mounted here")
        text = config_text(ensemble.layout, number)
        ensemble.layout.config(number).write_text(text)
    yield ensemble
    ensemble.close()
    try:
        ensemble.demand_clean_logs()
    finally:
        for home in homes:
            subprocess.run(["umount", home], check=True)


def free_bytes(ensemble, number):
    found = os.statvfs(ensemble.layout.home(number))
    return found.f_bavail * found.f_frsize


def fill(ensemble, *numbers, mib_per_s=0):
    """Somebody else takes all there is, until nothing more can be written; 0: at once."""
    for number in numbers:
        path = ensemble.layout.home(number) / "foreign"
        with path.open("ab", buffering=0) as foreign, contextlib.suppress(OSError):
            while True:
                foreign.write(bytes(MIB))
                if mib_per_s:
                    time.sleep(1 / mib_per_s)


def tidy(ensemble, *numbers):
    """Somebody else tidies up."""
    for number in numbers:
        (ensemble.layout.home(number) / "foreign").unlink()


def figures(ensemble, number):
    """Give what `mntr` says; nothing is known of who does not answer."""
    try:
        lines = ensemble.word(number, b"mntr").splitlines()
    except OSError:
        return defaultdict(str)
    told = (line.removeprefix("zk_").split("\t") for line in lines if "\t" in line)
    return defaultdict(str, told)


def readyz(ensemble, number):
    """Give the status and the body."""
    url = f"http://{ensemble.layout.admin(number)}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
    except OSError:
        return 0, {"alarms": []}


def told(answer):
    """Give status and alarms."""
    return answer[0], answer[1]["alarms"]


def wait_read_only(ensemble, value):
    """Who says so: all, but for one whose journal was overrun, and that waits for room to start."""

    def who():
        ensemble.demand_alive()
        running = ensemble.running
        said = [n for n in running if figures(ensemble, n)["hikari_read_only"] == str(value)]
        waits = [n for n in running if n not in said and not figures(ensemble, n)]
        return said if len(said) + len(waits[:1]) == len(running) else []

    wait_until(f"read-only is {value} everywhere", who)
    return who()


class Filler(Worker):
    """Creates znodes of random data, one after another; what is refused is left alone."""

    data_bytes = 8_000

    def prepare(self):
        self.chance = random.Random(7)
        self.count = self.refused = 0
        self.done_at = [time.monotonic()]

    def step(self):
        self.count += 1
        path = b"/w/%d" % self.count
        op = self.client.ask(create(path, path + b" " + self.chance.randbytes(self.data_bytes)))
        if op.outcome == OK:
            self.done_at.append(time.monotonic())
        else:
            assert op.error == REFUSAL, op
            self.refused += 1
            time.sleep(0.02)

    def again(self):
        self.count += 1  # what was under way may have happened
        super().again()

    def goes_on(self):
        """Wait until some more was written."""
        goal = len(self.done_at) + 20
        wait_until("writes go on", lambda: len(self.done_at) >= goal or not self.is_alive())

    def longest_gap(self, since):
        moments = [since, *(at for at in self.done_at if at > since)]
        return max(after - at for at, after in itertools.pairwise(moments))


def begin(ensemble):
    client = Client(ensemble.ports)
    client.open(1)
    assert client.ask(create(b"/w")).outcome == OK
    client.close()
    filler = Filler(ensemble.ports, 1)
    filler.begin()
    return filler


def judge(ensemble, filler):
    """Nothing that was acknowledged is lost, and all members agree."""
    filler.end()
    for number in ensemble.running:
        ensemble.wait_caught_up(number)
    created_once(filler.history, same_tree(ensemble), b"/w/")


def test_one_full_disk_of_three_is_nobodys_trouble(small):
    """A follower's is not even noticed; a leader's costs it the leadership."""
    small.start()
    filler = begin(small)
    leader = small.leader()
    follower = small.followers()[0]
    since = time.monotonic()
    fill(small, follower)
    wait_until("an alarm", lambda: figures(small, follower)["hikari_disk_low"] == "1")
    alarmed = (200, ["disk_low"])
    wait_until("that is all", lambda: told(readyz(small, follower)) == alarmed)
    filler.goes_on()
    assert small.leader() == leader
    tidy(small, follower)
    wait_until("it recovers", lambda: figures(small, follower)["hikari_disk_low"] == "0")
    fill(small, leader)
    wait_until("another leads", lambda: small.leader() != leader)
    filler.goes_on()
    assert figures(small, small.leader())["hikari_read_only"] == "0"
    print(f"longest time without a write: {filler.longest_gap(since):.3f} s")
    tidy(small, leader)
    wait_until("it recovers", lambda: figures(small, leader)["hikari_disk_low"] == "0")
    assert not filler.refused
    judge(small, filler)


@pytest.mark.parametrize("small", [TINY_MIB], indirect=True)
def test_a_member_is_started_on_a_very_small_disk_that_others_have_filled(small):
    """The reserve holds what an opening needs, also where an eighth of the disk does not. (Of one
    that is filled between two looks at it, the member's own writes may take the rest: it waits.)"""
    small.start()
    filler = begin(small)
    follower = small.followers()[0]
    fill(small, follower, mib_per_s=100)
    wait_until("an alarm", lambda: figures(small, follower)["hikari_disk_low"] == "1")
    wait_until("the reserve helps", lambda: free_bytes(small, follower) >= 16 * MIB)
    small.kill(follower)
    small.launch(follower)
    small.wait_serving()
    assert "waiting for it" not in small.log(follower)
    filler.goes_on()
    tidy(small, follower)
    judge(small, filler)


def test_full_disks_make_the_ensemble_read_only_until_there_is_room(small):
    """What reads, deletes and ends sessions goes on meanwhile, also under another leader."""
    small.start()
    filler = begin(small)
    client, dying = Client(small.ports, timeout_ms=30_000), Client(small.ports, timeout_ms=4_000)
    client.attach(small.followers()[0])
    dying.open(1)
    assert client.ask(create(b"/d")).outcome == OK
    made = client.ask_all([create(b"/d/%d" % n, bytes(1000)) for n in range(200)])
    assert all(op.outcome == OK for op in made)
    assert dying.ask(create(b"/e", b"", codes.EPHEMERAL)).outcome == OK
    fill(small, *small.numbers)
    serving = wait_read_only(small, 1)
    wait_until("writes are refused", lambda: filler.refused)
    alarmed = (200, ["disk_low", "read_only"])
    for number in serving:
        wait_until("it serves", lambda n=number: told(readyz(small, n)) == alarmed)
    dying.drop()
    client.attach(2)
    assert client.ask(get(b"/d/0")).outcome == OK
    gone = client.ask_all([delete(b"/d/%d" % n) for n in range(100)])
    assert all(op.outcome == OK for op in gone)
    wait_until("the session has expired", lambda: client.ask(exists(b"/e")).error == codes.NO_NODE)
    if len(serving) == len(small.numbers):  # else there would be no majority
        killed = small.leader()
        small.kill(killed)
        client.attach(small.leader())
        assert client.ask(delete(b"/d/100")).outcome == OK
        assert client.ask(create(b"/no")).error == REFUSAL
        small.launch(killed)  # it may have to wait for room
    tidy(small, *small.numbers)
    small.wait_serving()
    wait_read_only(small, 0)
    client.attach(1)
    assert client.ask(SYNC).outcome == OK
    assert client.ask(create(b"/yes")).outcome == OK
    filler.goes_on()
    judge(small, filler)


def test_an_ensemble_that_fills_its_disks_itself_makes_room_by_deletes(small):
    small.start()
    for number in small.numbers:  # so that it takes less time
        (small.layout.home(number) / "foreign").write_bytes(bytes((DISK_MIB - 200) * MIB))
    Filler.data_bytes = 250_000
    try:
        filler = begin(small)
        wait_read_only(small, 1)
        filler.end()
    finally:
        Filler.data_bytes = 8_000
    done = [op for op in filler.history if op.outcome == OK]
    least = min(free_bytes(small, number) for number in small.numbers)
    print(f"{len(done)} znodes of 250 kB on {DISK_MIB} MiB; {least // MIB} MiB were left")
    client = Client(small.ports, timeout_ms=30_000)
    client.attach(1)
    gone = client.ask_all([delete(op.request[1]) for op in done[::2]])
    assert all(op.outcome == OK for op in gone)
    wait_read_only(small, 0)
    assert client.ask(create(b"/again")).outcome == OK
    for op in done[1::2]:
        assert client.ask(get(op.request[1])).value[0] == op.request[2]


def test_a_member_waits_for_room_to_start(small):
    small.start()
    follower = small.followers()[0]
    small.kill(follower)
    reserve = small.layout.home(follower) / "reserve"
    reserve.unlink()
    fill(small, follower)
    small.launch(follower)
    wait_until("it says so", lambda: "the disk is full" in small.log(follower))
    small.demand_alive()
    tidy(small, follower)
    small.wait_serving()
    assert "waiting for it" in small.log(follower)
