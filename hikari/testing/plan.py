"""A plan: everything that is decided before a simulation runs, drawn from one seed.

It is plain JSON, so that a case which found something can be kept, read and cut down: seeds rot
when the code that draws from them changes, plans do not.
"""

import json
import random
from collections.abc import Sequence
from typing import Any, Final

from attrs import asdict, define, field

from hikari.testing.scripts import Act, Script, draw_script

DELAYING: Final = {
    *("halves", "alone", "deaf", "mute", "one way", "slow link", "pause", "slow disk", "stall"),
    *("exile", "last words", "two leaders", "interrupt"),
}
"""Faults under which word of a session may be late: who is expired then is hard to judge."""
AWAITED: Final = ["curse", "exile", "interrupt", "last words", "two leaders"]
"""Faults that choose their moment themselves. They are drawn more often than the others."""
FREE_MIB: Final = (0, 5, 20, 100, 500, 2_000)
"""What others leave of a disk: nothing to write into, too little to go on with, less than the
reserve makes up for, little, little only if it stays so, enough. See `hikari.store.space`."""
ROTS: Final = [
    *("journal row", "journal loses a row", "journal is empty", "journal cannot be opened"),
    *("tree- row", "tree- is empty", "tree- cannot be opened"),
    *("watermark is lost", "watermark rots"),
]


@define
class Plan:
    """`turns`: how many turns of all members together the chaos lasts."""

    seed: int
    members: int
    turns: int
    knobs: dict[str, float] = field(factory=dict)
    rates: list[float] = field(factory=list)  # of the members' clocks
    scripts: list[Script] = field(factory=list)
    faults: list[Act] = field(factory=list)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=None, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        content = json.loads(text)
        content["scripts"] = [Script(**script) for script in content["scripts"]]
        return cls(**content)


def draw(seed: int, turns: int, members: int = 0, kinds: Sequence[str] = ()) -> Plan:
    """The plan of a seed. `members`: 0 draws them too. `kinds` of faults: none draws some."""
    chance = random.Random(seed)
    members = members or chance.choice((3, 3, 3, 5))
    horizon_s = turns / (members * 30)
    plan = Plan(seed, members, turns)
    plan.knobs = _knobs(chance)
    skewed = chance.random() < 0.3
    plan.rates = [chance.uniform(0.9, 1.1) if skewed else 1.0 for _ in range(members)]
    plan.scripts = [
        draw_script(chance, members, horizon_s, turns) for _ in range(chance.randrange(3, 8))
    ]
    plan.faults = _faults(chance, members, horizon_s, kinds)
    if any(kind == "interrupt" for _, kind, *_ in plan.faults):  # then there must be snapshots
        plan.knobs |= {"kept": 0, "flush_entries": chance.choice((1, 3)), "chunk_bytes": 1}
    return plan


# ---- how the code itself is tuned: small batches and bounds find what large ones hide


def _knobs(chance: random.Random) -> dict[str, float]:
    small = chance.random() < 0.6  # journals so short that snapshots are needed
    return {
        "kept": chance.choice((0, 3, 20)) if small else 1_000,
        "flush_entries": chance.choice((1, 3, 10, 40)) if small else 1_000,
        "append_bytes": chance.choice((1, 1, 400, 4 << 20)),
        "committed_bytes": chance.choice((1, 300, 1 << 20)),
        "chunk_bytes": chance.choice((1, 200, 2_000, 1 << 20)),
        "settle_rows": chance.choice((1, 5, 2_048)),
        "entries_in_memory": chance.choice((1, 4, 512)),
        "digest_entries": chance.choice((1, 1, 8, 128)),
        "doubled": chance.choice((0, 0, 0.02, 0.2)),
        "late": chance.choice((0, 0, 0.02, 0.2)),
        "late_s": chance.choice((0.01, 0.3, 3.0)),
        "chop": chance.choice((0, 0, 0.05, 1)),
        "loss": chance.choice((0, 0, 0, 0.01, 0.1)),
        "delay_s": chance.choice((0.0001, 0.001, 0.02)),
        "spread_s": chance.choice((0.0001, 0.005, 0.05)),
        "sync_s": chance.choice((0.0002, 0.0002, 0.001, 0.005, 0.05)),
        "turn_s": chance.choice((0, 0, 0, 0, 0.003, 0.02)),
        "room": chance.choice((1 << 20, 1 << 20, 3_000)),
        "check_ms": chance.choice((100, 400, 400, 60_000)),
        "per_minute": chance.choice((1_200, 10_000)),
        "never_used_ms": chance.choice((0, 0, 2_000)),
        "enforcing": chance.choice((0, 0, 0b10, 0b1110, 0b11111110)),  # a bit a member
    }


# ---- what befalls the members


def _faults(
    chance: random.Random, members: int, horizon_s: float, kinds: Sequence[str]
) -> list[Act]:
    """A seed has some kinds of faults, not all: they hide each other's traces."""
    prompt = chance.random() < 0.3
    of = sorted(set(_DRAW) - DELAYING) if prompt else sorted(_DRAW) + 2 * AWAITED
    kinds = kinds or chance.sample(of, chance.choice((1, 1, 2, 3, 5, 7)))
    every_s = chance.choice((0.3, 1.0, 3.0, 6.0))
    faults: list[Act] = []
    at_s = 1.5 + chance.expovariate(1 / every_s)
    while at_s < horizon_s:
        kind = chance.choice(kinds)
        faults.append([round(at_s, 4), kind, *_DRAW[kind](chance, members)])
        at_s += chance.expovariate(1 / every_s)
    return faults


def _some(chance: random.Random, members: int) -> list[int]:
    return sorted(chance.sample(range(1, members + 1), chance.randrange(1, members)))


def _one(chance: random.Random, members: int) -> int:
    """0 is whoever leads then."""
    return chance.randrange(members + 1)


def _pair(chance: random.Random, members: int) -> list[int]:
    return chance.sample(range(1, members + 1), 2)


def _whose(chance: random.Random, members: int) -> int | list[int]:
    """One member, a majority or all."""
    count = chance.choice((0, members // 2 + 1, members))
    return sorted(chance.sample(range(1, members + 1), count)) or _one(chance, members)


def _while(chance: random.Random) -> float:
    return round(chance.choice((0.1, 0.5, 2.0, 6.0)) * (0.5 + chance.random()), 3)


def _rest(chance: random.Random) -> float:
    """How long a member that died stays so: often hardly at all."""
    return round(chance.choice((0.001, 0.05, 0.5, 3.0)) * (0.5 + chance.random()), 4)


_DRAW: Final[dict[str, Any]] = {
    "kill": lambda c, m: [_one(c, m), _rest(c)],
    "power": lambda c, m: [_one(c, m), _rest(c)],
    "power all": lambda c, m: [_rest(c)],
    "doom": lambda c, m: [_one(c, m), c.randrange(1, 40), c.random() < 0.5, _rest(c)],
    "stop": lambda c, m: [_one(c, m), _rest(c)],
    "hand over": lambda c, m: [c.randrange(m) + 1],
    "curse": lambda c, m: [
        [c.choice((4, 12, 40)) + c.randrange(8) for _ in range(c.randrange(2, 7))],
        c.random() < 0.5,
        round(c.choice((0.001, 0.05)) * (0.5 + c.random()), 4),
    ],
    "exile": lambda c, m: [
        *(c.choice((0.7, 1.5, 3.0)), c.choice((0, 0, 0.02, 0.2)), c.random() < 0.5, _rest(c)),
    ],
    "last words": lambda c, m: [c.choice(("", "", "kill", "wipe")), c.choice((0.3, 1.0, 2.0))],
    "two leaders": lambda c, m: [
        *(c.random() < 0.5, c.random() < 0.5, c.choice((0, 2, 10)), c.choice((0.05, 0.5, 2.0))),
    ],
    "interrupt": lambda c, m: [
        *(c.choice((1, 3)), c.choice((0, c.randrange(1, 12))), c.choice((0.02, 0.5, 1.5))),
    ],
    "flap": lambda c, m: [_rest(c), c.randrange(2, 6)],
    "halves": lambda c, m: [_some(c, m), _while(c)],
    "alone": lambda c, m: [_one(c, m), _while(c)],
    "deaf": lambda c, m: [_one(c, m), _while(c)],
    "mute": lambda c, m: [_one(c, m), _while(c)],
    "one way": lambda c, m: [*_pair(c, m), _while(c)],
    "reset": lambda c, m: _pair(c, m),
    "pause": lambda c, m: [_one(c, m), _while(c)],
    "clock": lambda c, m: [_one(c, m), c.choice((-3_600_000, -60_000, 60_000, 3_600_000))],
    "slow link": lambda c, m: [*_pair(c, m), c.choice((0.05, 0.3, 1.0)), _while(c)],
    "slow disk": lambda c, m: [_one(c, m), c.choice((0.02, 0.1, 0.4)), _while(c)],
    "fill": lambda c, m: [_whose(c, m), c.choice(FREE_MIB), _while(c)],
    "stall": lambda c, m: [_one(c, m), c.choice((0.3, 1.0, 5.0))],
    "failed fsync": lambda c, m: [_one(c, m), c.random() < 0.5, _rest(c)],
    "failed write": lambda c, m: [_one(c, m), _rest(c)],
    "wipe": lambda c, m: [_one(c, m), _rest(c)],
    "rot": lambda c, m: [_one(c, m), c.choice(ROTS), _rest(c)],
    "rot unseen": lambda c, m: [_one(c, m), round(c.random(), 4)],
    "tear": lambda c, m: [_one(c, m), c.randrange(1, 20), _rest(c)],
}
KINDS: Final = sorted(_DRAW)
