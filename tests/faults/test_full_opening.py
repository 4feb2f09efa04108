"""A disk that fills while a member opens what is there: it waits for room, it does not end."""

import pytest
from ensemble.ensemble import Ensemble, wait_until
from ensemble.recorder import OK, Client, create
from faults import shim

pytestmark = pytest.mark.usefixtures("compiler")

POINTS = (1, 8, 16, 24, 32)
"""Writes that every opening does before it serves."""
SERVES = "serves clients on"


@pytest.fixture(params=["new", "old"])
def member(request, tmp_path):
    """A member that is alone, and does not run: with a folder to begin, or one to go on with."""
    library = shim.build(tmp_path)
    ensemble = Ensemble(tmp_path / "ensemble", 1)
    ensemble.shim = {"LD_PRELOAD": str(library)}
    if request.param == "old":
        ensemble.start()
        client = Client(ensemble.ports)
        client.open(1)
        assert client.ask(create(b"/a", b"")).outcome == OK
        client.close()
        ensemble.kill(1)
    yield ensemble
    ensemble.close()


@pytest.mark.parametrize("point", POINTS)
def test_a_member_whose_disk_fills_while_it_opens_waits_for_room(member, tmp_path, point):
    flag = tmp_path / "full"
    flag.touch()
    home = member.layout.home(1)
    around = shim.environment(home, shim.FULL, point, flag=str(flag)) | member.shim
    member.surroundings = lambda number: around
    said = len(member.log(1)) if (home / "log").exists() else 0
    member.launch(1)
    anew = "No space left on device"
    wait_until("it finds no room", lambda: anew in member.log(1)[said:])
    wait_until("again", lambda: member.log(1)[said:].count("beginning anew") >= 2)
    assert SERVES not in member.log(1)[said:]
    member.demand_alive()
    flag.unlink()
    member.wait_serving()
