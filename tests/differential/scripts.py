"""Draws a script from a seed."""

import random
from typing import Any

from differential import operations, shapes
from differential.arguments import Arguments
from differential.stage import DOOMED_MS, Step

FRAME_BYTES_MAX = 1_000_000
"""Shorter ones are taken by both."""
OPENS: tuple[dict[str, Any], ...] = (
    *({"zxid": "seen"}, {"zxid": "seen"}, {}, {"read_only": True}, {"read_only": None}),
    *({"password": "wrong"}, {"password": ""}, {"password": None}, {"password": "short"}),
    *({"zxid": "future"}, {"as": "nobody"}, {"as": "new", "timeout_ms": 0}, {"as": "new"}),
    *(
        {"as": "new", "zxid": "future"},
        {"as": "new", "timeout_ms": 10**6},
        {"as": "new", "password": ""},
    ),
    *({"as": "new", "timeout_ms": -1}, {"as": "new", "password": "short"}),
)


def draw(seed: int, count: int, seats: int, served: set[str], only: set[str]) -> list[Step]:
    """About `count` operations. `served` is what may be drawn besides what needs nothing; `only`
    names operations of the table, none means all."""
    chance = random.Random(f"differential {seed}")
    arguments = Arguments(chance, served)
    table = [one for one in operations.TABLE if set(one.needs) <= served]
    table = [one for one in table if not only or one.name in only]
    weights = [one.weight for one in table]
    multi_share = 0.0 if only and "multi" not in only else 0.06
    steps: list[Step] = []
    doomed: set[int] = set()
    shared: set[int] = set()  # seats whose session another one has had
    drawn = 0
    while drawn < count:
        seat = chance.randrange(seats)
        draw = chance.random()
        if draw < 0.012:
            how = _open(chance, seats, seat in shared)
            steps.append({"seat": seat, "open": how})
            if how.get("as") == "new":
                shared.discard(seat)
            if isinstance(how.get("as"), int):
                shared |= {seat, how["as"]}
        elif draw < 0.02:
            steps.append({"seat": seat, "drop": True})
        elif draw < 0.022:
            steps.append({"seat": seat, "open": {"as": "new", "timeout_ms": DOOMED_MS}})
            doomed.add(seat)
        elif draw < 0.03 and seat in doomed:
            steps.append({"seat": seat, "expire": True})
            doomed.discard(seat)
        else:
            asked = []
            arguments.lasting = seat == seats - 1 and "addWatch" in served
            for _ in range(chance.choice((1, 1, 1, 1, 1, 1, 2, 3, 5))):
                if chance.random() < multi_share:
                    multi = operations.multi(arguments, served)
                    if asked and len(shapes.frame(multi, 0)) > FRAME_BYTES_MAX:
                        break  # what is before it is answered, or not: both close at this one
                    asked.append(multi)
                    continue
                (operation,) = chance.choices(table, weights) if table else (None,)
                if operation is None or (operation.alone and asked):
                    break
                asked.append(operation.draw(arguments))
                if operation.last:
                    break
            if asked:
                steps.append({"seat": seat, "ask": asked})
            drawn += max(1, len(asked))
    return steps


def _open(chance: random.Random, seats: int, shared: bool) -> dict[str, Any]:
    """Nothing that is refused while another is connected to the session. With a wrong password,
    ZooKeeper breaks that connection before it looks at the password: whoever knows a session's id
    can. With a zxid of the future, we do, before we know how far this member is."""
    if chance.random() < 0.1:
        return {"as": chance.randrange(seats)}
    refused = [how for how in OPENS if "password" in how or how.get("zxid") == "future"]
    return dict(chance.choice([how for how in OPENS if not (shared and how in refused)]))
