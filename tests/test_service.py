"""The life of one member, as far as no other test sees it."""

import random

from hikari.testing.disk import Disk
from hikari.testing.members import Manners, Member, make_config
from hikari.testing.network import Network
from hikari.testing.timeline import Timeline


def test_a_turn_that_was_asked_for_before_the_stop_comes_to_nothing():
    """Found by stopping members under load: the turn wrote to a store that was closed, and a
    member that had stopped well ended with status 70."""
    timeline = Timeline(random.Random(1))
    network = Network(timeline, random.Random(2))
    member = Member(
        make_config(1, 1, 1_000, 1_000),
        timeline,
        network,
        random.Random(3),
        Disk(random.Random(4)),
        Manners(),
    )
    member.start()
    timeline.run(1.0)
    assert member.leads
    server = member.server
    left_over = []
    server.reactor.after_poll = left_over.append
    server.replica.tick()
    assert left_over
    server.stop()
    timeline.run(2.0)
    for turn in left_over:
        turn()
    assert member.machine.ended is None
