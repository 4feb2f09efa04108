"""Real members: one whose tree is not what the others hold says so, heals, and can be examined."""

from contextlib import closing, contextmanager

import pytest
from ensemble.ensemble import Ensemble, wait_until
from ensemble.recorder import OK, Client, create, get
from ensemble.test_damage import hikari

from hikari.replica.digests import BUSY_POINTS, DIGEST_ENTRIES
from hikari.store.rows import RocksRows
from hikari.tree import keys

pytestmark = pytest.mark.ensemble


@pytest.fixture
def ensemble(tmp_path):
    """Three members; their logs are not demanded to be clean."""
    made = Ensemble(tmp_path / "ensemble", 3)
    yield made.start()
    made.close()


@contextmanager
def rows_of(ensemble: Ensemble, number: int):
    """The tree of a member that does not run."""
    (folder,) = ensemble.layout.home(number).glob("**/tree-*")
    with closing(RocksRows(folder)) as rows:
        yield rows


def test_a_member_with_a_rotten_row_heals_when_the_znode_changes_and_it_is_named(ensemble):
    odd, *others = ensemble.followers()
    others.append(ensemble.leader())
    client = Client(ensemble.ports, timeout_ms=8_000)
    client.open(others[0])
    assert client.ask(create(b"/spoilt", b"first")).outcome == OK
    ensemble.wait_caught_up(odd)
    ensemble.terminate(odd)
    key = keys.znode_key(b"/spoilt")
    with rows_of(ensemble, odd) as rows:
        rows.write({key: rows.get(key)[:-1] + b"!"})

    ensemble.launch(odd)
    ensemble.wait_serving()
    assert client.ask(create(b"/spoilt/child", b"")).outcome == OK
    for number in range(BUSY_POINTS * DIGEST_ENTRIES):
        assert client.ask(create(b"/%d" % number, b"")).outcome == OK
    wait_until("the odd one has healed", lambda: "healed: " in ensemble.log(odd))
    assert "the tree is not what a majority holds" in ensemble.log(odd)
    assert "the tree HERE is not that of the majority" in ensemble.log(odd)
    named = "damaged-1-tree-0: /spoilt: data was 5 bytes ("
    wait_until("the znode is named", lambda: named in ensemble.log(odd))
    counted = "damaged-1-tree-0: 1 znodes and sessions are not what the others hold"
    wait_until("and counted", lambda: counted in ensemble.log(odd))
    assert "hikari_diverged_znodes\t1\n" in ensemble.word(odd, b"mntr")
    client.close()
    reader = Client(ensemble.ports)
    reader.open(odd)
    assert reader.ask(get(b"/spoilt")).value[0] == b"first"
    reader.close()

    homes = {number: str(ensemble.layout.home(number)) for number in (odd, others[0])}
    assert hikari("compare", *homes.values())[0] == 3, "they run"
    ensemble.terminate(odd, *others)
    (old,) = ensemble.layout.home(odd).glob("**/damaged-*-tree-*")
    status, said = hikari("compare", homes[others[0]], str(old))
    assert status == 1
    lines = said.splitlines()
    assert lines[0].startswith(f"older      {old} at zxid ")
    assert lines[2].startswith("differs    /spoilt: data was 5 bytes (")
    assert lines[3:] == ["verdict    1 znodes and sessions differ"]
    status, said = hikari("compare", *homes.values())
    assert (status, said.splitlines()[-1][:19]) == (0, "verdict    the same")
