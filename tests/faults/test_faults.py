"""Each fault is one: a cut cuts, a lost packet is lost, a wrong clock is wrong, a disk slow."""

import socket
import subprocess
import threading
import time

import pytest
from ensemble.recorder import create, get
from faults import shim
from faults.clients import Loop
from faults.faulted import SLOW_DISK, Faulted, clock_library
from faults.folders import new_folder
from faults.nets import CLIENTS, Loopback, Switched

from hikari.testing.history import OK

pytestmark = pytest.mark.ensemble


@pytest.fixture
def net():
    try:
        made = Switched(2, "seed")
    except OSError as error:
        pytest.skip(f"no namespaces here: {error}")
    yield made
    made.close()


@pytest.fixture
def echo(net):
    """A connection from the clients' place to member 1, where everything is sent back."""
    listening = net.socket(1)
    listening.bind(net.client(1))
    listening.listen()

    def serve():
        accepted, _ = listening.accept()
        with accepted:
            while data := accepted.recv(1 << 16):
                accepted.sendall(data)

    threading.Thread(target=serve, daemon=True).start()
    with net.socket() as dialled:
        dialled.connect(net.client(1))
        dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        dialled.settimeout(5)
        yield dialled
    listening.close()


def _trip(echo):
    began = time.monotonic()
    echo.sendall(b"x")
    assert echo.recv(1) == b"x"
    return time.monotonic() - began


def test_a_link_is_cut_in_one_direction_and_heals(net, echo):
    _trip(echo)
    net.set([(1, CLIENTS, {"cut": True})])
    echo.settimeout(0.3)
    with pytest.raises(TimeoutError):
        _trip(echo)
    net.set([(1, CLIENTS, {})])
    echo.settimeout(5)
    assert echo.recv(1) == b"x"


def test_a_link_is_slow(net, echo):
    assert min(_trip(echo) for _ in range(20)) < 0.02
    net.set([(CLIENTS, 1, {"delay_s": 0.03})])
    assert min(_trip(echo) for _ in range(10)) > 0.03
    net.set([(CLIENTS, 1, {"bytes_s": 20_000})])
    began = time.monotonic()
    echo.sendall(bytes(10_000))
    left = 10_000
    while left:
        left -= len(echo.recv(left))
    assert time.monotonic() - began > 0.4


def test_packets_are_lost_and_doubled_and_overtake(net, echo):
    """And a TCP connection carries on all the same."""
    net.set([(CLIENTS, 1, {"loss": 0.2, "duplicate": 0.3, "reorder": 0.3})])
    for _ in range(60):
        _trip(echo)
    stats = net.stats()
    assert stats["lost"] > 3
    assert stats["doubled"] > 3
    assert stats["delayed"] > 3


def test_nothing_is_left_behind(net):
    """Who lives in a namespace keeps it; when the switch is gone, nobody can reach it."""
    inside = subprocess.run(
        [*net.inside(1), "cat", "/proc/net/dev"], capture_output=True, text=True, check=True
    )
    assert "hkf0" in inside.stdout
    net.close()
    assert net._switch.poll() is not None
    devices = subprocess.run(
        ["cat", "/proc/net/dev"], capture_output=True, text=True, check=True
    ).stdout
    assert "hkf" not in devices


def _one_member(folder, **more):
    ensemble = Faulted(folder, Loopback(1), **more)
    ensemble.start()
    return ensemble, Loop(ensemble.net, "seed")


def _did(loop, act):
    client = loop.client("one", act)
    assert loop.run(lambda: client.done, 20)


@pytest.mark.skipif(clock_library() is None, reason="no C compiler")
def test_a_clock_is_wrong_and_timers_are_not():
    ctimes, waits = [], []

    def act(client):
        for number, ahead_s in enumerate((0, 3600, -3600)):
            ensemble.set_clock(1, ahead_s)
            began = time.monotonic()
            path = b"/%d" % number
            yield create(path)
            ctimes.append((yield get(path)).value[1].ctime / 1000 - time.time())
            waits.append(time.monotonic() - began)

    with new_folder() as folder:
        ensemble, loop = _one_member(folder, clocks=True)
        try:
            _did(loop, act)
        finally:
            ensemble.close()
    assert abs(ctimes[0]) < 5
    assert abs(ctimes[1] - 3600) < 5
    # An entry's time never goes back, whatever the clock says.
    assert abs(ctimes[2] - 3600) < 5
    assert max(waits) < 3


def test_a_disk_is_slow():
    waits = []

    def act(client):
        for number, fsync_s in enumerate((0.0, 0.3, *[0.0] * 6)):
            ensemble.set_disk(1, fsync_s)
            began = time.monotonic()
            yield create(b"/%d" % number)
            waits.append(time.monotonic() - began)

    with new_folder() as folder:
        ensemble, loop = _one_member(folder, program=SLOW_DISK)
        try:
            _did(loop, act)
        finally:
            ensemble.close()
    assert waits[1] > 0.3 > min(waits)


@pytest.mark.skipif(not shim.can_build(), reason="no gcc")
def test_a_full_disk_refuses_writes_until_it_is_not_full():
    times = []

    def act(client):
        yield create(b"/before")
        ensemble.flag(1).touch()
        threading.Timer(1.0, ensemble.flag(1).unlink).start()
        times.append(time.monotonic())
        while (yield create(b"/behind")).outcome != OK:
            pass
        times.append(time.monotonic())

    with new_folder() as folder:
        ensemble, loop = _one_member(folder, disks=shim.FULL)
        try:
            _did(loop, act)
        finally:
            ensemble.close()
        assert ensemble.full(1)
        ensemble.demand_clean_logs()
    assert times[1] - times[0] > 1.0


@pytest.mark.skipif(not shim.can_build(), reason="no gcc")
def test_a_member_whose_fsync_fails_ends_and_is_whole_again_behind_it():
    found = []

    def first(client):
        yield create(b"/acknowledged")
        ensemble.flag(1).touch()
        yield create(b"/in-doubt")

    def then(client):
        found.append((yield get(b"/acknowledged")).outcome)

    with new_folder() as folder:
        ensemble, loop = _one_member(folder, disks=shim.FAILS_ONCE)
        try:
            loop.client("one", first)
            member = ensemble.running[1]
            assert loop.run(lambda: member.ended, 20)
            assert member.broke, member.obituary()
            assert not ensemble.flag(1).exists()
            del ensemble.running[1]
            ensemble.launch(1)
            _did(loop, then)
        finally:
            ensemble.close()
        assert "this member cannot go on" in ensemble.log(1)
        ensemble.demand_clean_logs()
    assert found == [OK]
