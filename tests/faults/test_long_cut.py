"""Found by cutting members off for long: when the line was good again, TCP tried again only after
about as long as it had been bad, so the member stayed away for 7 to 12 s after a cut of 20."""

import time

import pytest
from faults.faulted import Faulted
from faults.folders import new_folder
from faults.nets import Switched
from timely import demand_within, timely

pytestmark = pytest.mark.ensemble

CUT_S = 7.0
BACK_S_MAX = 4.0


@pytest.fixture
def ensemble():
    try:
        net = Switched(3, "seed")
    except OSError as error:
        pytest.skip(f"no namespaces here: {error}")
    with new_folder() as folder:
        made = Faulted(folder, net)
        yield made
        made.close()
        net.close()


@timely
def test_a_member_is_back_soon_after_a_long_cut(ensemble):
    ensemble.start()
    leader = ensemble.leader()
    away, other = (number for number in ensemble.numbers if number != leader)
    links = [(a, b) for n in (leader, other) for a, b in ((n, away), (away, n))]
    ensemble.net.set([(a, b, {"cut": True}) for a, b in links])
    time.sleep(CUT_S)
    assert ensemble.mode(away) is None, "it serves without a leader"
    ensemble.net.set([(a, b, {}) for a, b in links])
    healed = time.monotonic()
    while ensemble.mode(away) is None and time.monotonic() - healed < 30:
        time.sleep(0.05)
    demand_within(BACK_S_MAX, time.monotonic() - healed, of="s to be back")
    leads, terms = ensemble.leader(), len({term for term, _ in ensemble.terms()})
    demand_within(1, terms, of="terms: its return, or the machine, made a leader change")
    assert leads == leader
