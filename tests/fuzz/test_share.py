"""What a shared machine keeps from a server is not the server's; what the server does is."""

import os
import time

import pytest
from fuzz.share import Machine, Share, of, unhindered_s


@pytest.mark.parametrize(
    ("took_s", "ran_s", "waited_s", "others_s", "whose_s"),
    [
        (5.0, 5.0, 0.0, 0.0, 5.0),  # it computes
        (5.0, 5.0, 0.0, 9.0, 5.0),  # and no other's bad luck excuses that
        (5.0, 0.0, 0.0, 0.0, 5.0),  # it does nothing
        (5.0, 0.1, 4.9, 0.0, 0.1),  # it was not let
        (5.0, 0.1, 2.0, 0.0, 3.0),
        (5.0, 0.1, 2.0, 2.5, 0.5),  # it waited for one that was not let
        (5.0, 3.0, 1.0, 9.0, 3.0),
        (0.001, 0.002, 0.0, 0.0, 0.001),  # the counts were read a little before and after
    ],
)
def test_of_a_wait_only_what_the_machine_withheld_is_not_the_servers(
    took_s, ran_s, waited_s, others_s, whose_s
):
    found_s = unhindered_s(took_s, Share(ran_s, waited_s), others_s)
    assert found_s == pytest.approx(whose_s)


def test_what_the_kernel_counts_is_what_was_done():
    machine = Machine(os.getpid())
    before, _ = machine.look()
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    share = machine.look()[0] - before
    assert 0.03 < share.ran_s < 0.5


def test_a_server_that_sleeps_is_slow():
    machine = Machine(os.getpid())
    began, before = time.monotonic(), machine.look()
    time.sleep(1.0)
    behind, took_s = machine.look(), time.monotonic() - began
    share, others_s = behind[0] - before[0], behind[1] - before[1]
    assert unhindered_s(took_s, share, others_s) > 0.1


def test_who_is_not_there_was_kept_from_nothing(tmp_path):
    assert of(tmp_path / "schedstat") == Share(0.0, 0.0)
