"""The judge is judged: of a thousand good histories, each damaged in one place, it must flag all
but a few. `pytest -s tests/testing/test_checker_mutants.py` prints the figures.
"""

import random
from collections import Counter
from itertools import count, islice

from testing.damage import DAMAGES, History
from testing.recorder import Play

from hikari.testing.replay import judge

HISTORIES = 20
STEPS = 300
MUTANTS = 1_000


def good_histories() -> list[History]:
    """Of real members in memory, with faults and without, in which something happened."""
    plays = (Play(seed, faults=seed % 3 > 0).run(STEPS) for seed in count())
    histories = (History(*play.history) for play in plays)
    return list(islice((one for one in histories if len(one.applied) > 50), HISTORIES))


def test_damaged_histories_are_flagged() -> None:
    histories = good_histories()
    for history in histories:
        assert judge(history.applied, history.talks, at_rest=True) == []
        copy = history.copy()
        assert judge(copy.applied, copy.talks, at_rest=True) == []
    chance = random.Random(20)
    made: Counter[str] = Counter()
    flagged: Counter[str] = Counter()
    missed = []
    while made.total() < MUTANTS:
        damage = DAMAGES[made.total() % len(DAMAGES)]
        for _ in range(100):
            number = chance.randrange(len(histories))
            copy = histories[number].copy()
            if damage(copy, chance):
                break
        else:
            raise AssertionError(f"no history has a place for {damage.__name__}")
        made[damage.__name__] += 1
        if judge(copy.applied, copy.talks, at_rest=True):
            flagged[damage.__name__] += 1
        else:
            missed.append((damage.__name__, number))
    share = flagged.total() / made.total()
    operations = sum(len(talk.asked) for history in histories for talk in history.talks)
    print(f"\n{flagged.total()} of {made.total()} damaged histories flagged: {share:.1%}")
    print(f"from {len(histories)} good ones of {operations} operations, not one flagged")
    for name, times in sorted(made.items()):
        print(f"  {name:24} {flagged[name]:3} of {times:3}")
    assert share >= 0.99, missed
