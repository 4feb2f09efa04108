"""A member answers ClickHouse Keeper's requests as a model does that knows nothing of Hikari."""

from collections import Counter

import pytest
from differential import servers
from ensemble.ensemble import Ensemble
from keeper.chance import ALONE
from keeper.model import Answer, Keeper
from keeper.table import STRANGER, WHO, Table

SEEDS, STEPS = range(1, 13), 220

pytestmark = pytest.mark.ensemble


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    one = Ensemble(tmp_path_factory.mktemp("keeper"), 1, servers.settings())
    one.start()
    yield ("127.0.0.1", one.ports[0])
    one.close()
    one.demand_clean_logs()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_member_answers_as_the_model_of_keeper(address, seed):
    """`python -m keeper --seeds …` plays more."""
    table = Table(address, seed)
    for step in range(STEPS):
        table.play(step % 3 % 2)
    table.demand_same_tree()
    table.close()


def test_each_request_is_drawn_and_both_succeeds_and_fails(address):
    figures = Counter()
    for seed in (101, 102):
        table = Table(address, seed)
        for step in range(400):
            table.play(step % 2)
        table.close()
        figures += table.figures
    never_fail = {("tryRemove", False), ("createContainer", False)}
    wanted = {(name, good) for name in (*ALONE, "multi", "multiRead") for good in (True, False)}
    never = {("multi", False), ("multiRead", False)}  # their parts do
    assert wanted - set(figures) <= never | never_fail


def test_the_model_can_be_contradicted():
    model = Keeper("/k")
    who = WHO[STRANGER]
    assert model.answer(["createIfNotExists", "/k/a", "", [[31, "world", "anyone"]], 0], who, 0)
    refused = model.answer(["removeRecursive", "/k/a", 0], who, 0)
    assert not refused.allows(0, [])
    assert refused.allows(-111, [])
    listed = model.answer(["listRecursive", "/k", 5], who, 0)
    assert listed.allows(0, [["/k/a"]])
    assert not listed.allows(0, [[]])
    assert not listed.allows(0, [["/k/a", "/k/a"]])
    failed = model.answer(["multi", [["checkNotExists", "/k/a", -1]]], who, 0)
    assert failed.allows(0, [[-1, -110, -110], ["end", -1, -1]])
    assert not failed.allows(0, [[-1, 0, 0], ["end", -1, -1]])
    assert not Answer(body=["/k"]).allows(0, ["/k/a"])
