"""A plan: everything that is decided before a simulation runs, drawn from one seed.

It is plain JSON, so that a case which found something can be kept, read and cut down: seeds rot
when the code that draws from them changes, plans do not.
"""

import json
import random
from collections.abc import Sequence
from typing import Any, Final

from attrs import asdict, define, field

REGISTERS: Final = [f"/r{n}" for n in range(4)]
FOLDERS: Final = ["/q", "/e", "/s"]
ENDINGS: Final = ["/k", "/t"]
"""Folders of containers, and of TTL znodes."""
LIMITED: Final = "/u"
"""A folder with a quota."""
LIMITS: Final = f"/zookeeper/quota{LIMITED}/zookeeper_limits"
STATS: Final = f"/zookeeper/quota{LIMITED}/zookeeper_stats"
DELAYING: Final = {
    *("halves", "alone", "deaf", "mute", "one way", "slow link", "pause", "slow disk", "stall"),
    "exile",
}
"""Faults under which word of a session may be late: who is expired then is hard to judge."""
RESTLESS: Final = {"close", "hang up", "move", "sleep", "leave"}
PLAIN: Final = ["/p0", "/p1"]
"""Registers that nothing but sets, gets, creates and deletes of their own touch: a judge that
trusts no zxid can look at them."""
FREE_MIB: Final = (0, 5, 20, 100, 500, 2_000)
"""What others leave of a disk: nothing to write into, too little to go on with, less than the
reserve makes up for, little, little only if it stays so, enough. See `hikari.store.space`."""
ROTS: Final = [
    *("journal row", "journal loses a row", "journal is empty", "journal cannot be opened"),
    *("tree- row", "tree- is empty", "tree- cannot be opened"),
    *("watermark is lost", "watermark rots"),
]
Act = list[Any]
"""[at_s, kind, argument, …]"""


@define
class Script:
    """What one client does."""

    timeout_ms: int
    acts: list[Act] = field(factory=list)


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
    plan.scripts = [_script(chance, n, members, horizon_s) for n in range(chance.randrange(3, 8))]
    plan.faults = _faults(chance, members, horizon_s, kinds)
    return plan


# ---- how the code itself is tuned: small batches and bounds find what large ones hide


def _knobs(chance: random.Random) -> dict[str, float]:
    small = chance.random() < 0.6  # journals so short that snapshots are needed
    return {
        "kept": chance.choice((0, 3, 20)) if small else 1_000,
        "flush_entries": chance.choice((3, 10, 40)) if small else 1_000,
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
        "room": chance.choice((1 << 20, 1 << 20, 3_000)),
        "check_ms": chance.choice((100, 400, 400, 60_000)),
        "per_minute": chance.choice((1_200, 10_000)),
        "never_used_ms": chance.choice((0, 0, 2_000)),
        "enforcing": chance.choice((0, 0, 0b10, 0b1110, 0b11111110)),  # a bit a member
    }


# ---- what clients do


def _script(chance: random.Random, number: int, members: int, horizon_s: float) -> Script:
    script = Script(chance.choice((4_000, 4_000, 10_000, 40_000)))
    # Not before there is a leader to connect to: without the folders hardly anything succeeds.
    folders = [*REGISTERS, *FOLDERS, *ENDINGS, LIMITED, f"/zookeeper/quota{LIMITED}", LIMITS, STATS]
    acts = [[1.0, "burst", [["create", path, 0] for path in folders]]]
    gap_s = chance.choice((0.01, 0.05, 0.2))
    steady = chance.random() < 0.4  # it keeps its connection for as long as it can
    at_s = 1.0
    while at_s < horizon_s:
        act = _act(chance, members)
        if not (steady and act[0] in RESTLESS):
            acts.append([round(at_s, 4), *act])
        at_s += chance.expovariate(1 / gap_s)
    script.acts = acts
    return script


def _act(chance: random.Random, members: int) -> Act:
    drawn = chance.random()
    if drawn < 0.18:
        return _plain(chance)
    if drawn < 0.82:
        return _request(chance)
    if drawn < 0.94:
        return ["burst", [_request(chance) for _ in range(chance.randrange(2, 12))]]
    if drawn < 0.945:
        return ["sleep", chance.choice((0.5, 5.0))]
    if drawn < 0.95:  # and goes on as if it had not
        return ["burst", [_create(chance), ["close"], _create(chance), _create(chance)]]
    if drawn < 0.955:
        return ["leave", chance.choice(REGISTERS), chance.choice((0.02, 0.1, 0.4))]
    if drawn < 0.96:
        return ["close"]
    if drawn < 0.98:
        return ["hang up"]
    return ["move", chance.randrange(members) + 1]


def _plain(chance: random.Random) -> Act:
    path, drawn = chance.choice(PLAIN), chance.random()
    if drawn < 0.45:
        return ["linear get", path, False]
    if drawn < 0.65:
        return ["set", path]
    if drawn < 0.85:
        return ["cas", path]
    return ["create", path, 0] if drawn < 0.93 else ["delete", path]


def _request(chance: random.Random) -> Act:
    if chance.random() < 0.15:
        return _rarer(chance)
    register, drawn = chance.choice(REGISTERS), chance.random()
    watch = chance.random() < 0.3
    if drawn < 0.30:
        return ["set", chance.choice((register, register, *_names("/s")[:2]))]
    if drawn < 0.38:
        return ["cas", register]
    if drawn < 0.52:
        return ["get", register, watch]
    if drawn < 0.60:
        return ["linear get", register, watch]
    if drawn < 0.72:
        return _create(chance)
    if drawn < 0.80:
        return ["delete", chance.choice((*REGISTERS, *_names("/s"), *_names("/e")))]
    if drawn < 0.85:
        return ["children", chance.choice((*FOLDERS, "/", *_names("/s")[:2])), watch]
    if drawn < 0.90:
        return ["exists", chance.choice((*REGISTERS, *_names("/s"), *_names("/e"))), watch]
    if drawn < 0.94:
        return _question(chance)
    if drawn < 0.955:
        return ["sync"]
    return ["multi", [_part(chance) for _ in range(chance.randrange(1, 5))]]


def _rarer(chance: random.Random) -> Act:
    """What ends by itself, what is limited, and what only Keeper can do."""
    drawn, watch = chance.random(), chance.random() < 0.3
    container, mortal = chance.choice(_names("/k")[:3]), chance.choice(_names("/t")[:3])
    limited = chance.choice(_names(LIMITED))
    if drawn < 0.30:
        return chance.choice(
            (
                *(["container", container], ["create", f"{container}/c", 0]),
                *(["delete", f"{container}/c"], ["delete", f"{container}/c"]),
                *(["children", container, watch], ["exists", container, watch]),
            )
        )
    if drawn < 0.60:
        ttl_ms = chance.choice((200, 1_000, 6_000))
        return chance.choice(
            (
                *(["ttl", mortal, ttl_ms], ["ttl", mortal, ttl_ms], ["ttl", "/t/n-", ttl_ms]),
                *(["set", mortal], ["create", f"{mortal}/c", 0], ["delete", f"{mortal}/c"]),
                *(["exists", mortal, watch], ["children", "/t", watch]),
            )
        )
    if drawn < 0.80:
        hard = f"count=-1,bytes=-1=;byteHardLimit={chance.choice((-1, 12))};countHardLimit="
        return chance.choice(
            (
                *(["create", limited, 0], ["create", limited, 1], ["set", limited]),
                *(["delete", limited], ["remove all", limited, 9], ["get", STATS, False]),
                *(["say", LIMITS, f"{hard}{chance.choice((-1, 3, 5))}"], ["get", STATS, False]),
            )
        )
    return _of_keeper(chance)


def _of_keeper(chance: random.Random) -> Act:
    path = chance.choice((*_names("/s"), *_names("/k")[:3], *_names("/t")[:3]))
    return chance.choice(
        (
            *(["remove all", path, chance.choice((1, 2, 9))], ["try", path], ["absent", path]),
            *(["if absent", chance.choice(_names("/s"))], ["create", f"{path}/c", 0]),
        )
    )


def _question(chance: random.Random) -> Act:
    drawn = chance.random()
    path = chance.choice(("/", *FOLDERS, *REGISTERS[:2], *_names("/s")[:2], *_names("/e")[:2]))
    if drawn < 0.45:
        return ["watch", path, chance.randrange(2)]
    if drawn < 0.60:
        return ["unwatch", path, chance.randrange(1, 6)]
    if drawn < 0.70:
        return ["watched", path, chance.randrange(1, 6)]
    if drawn < 0.83:
        return ["ephemerals", chance.choice(("/", "", "/e", "/e/n", "/s"))]
    return ["count", path] if drawn < 0.97 else ["who"]


def _names(folder: str) -> list[str]:
    return [f"{folder}/{n}" for n in range(5)]


def _create(chance: random.Random) -> Act:
    drawn = chance.random()
    if drawn < 0.35:
        return ["create", "/q/n-", 2]  # sequential
    if drawn < 0.5:
        return ["create", "/e/n-", 3]  # ephemeral and sequential
    if drawn < 0.8:
        return ["create", chance.choice(_names("/e")), 1]  # ephemeral
    if drawn < 0.87:
        name = chance.choice((*_names("/s"), *_names("/e")))
        return ["create hidden", name, chance.randrange(2)]
    return ["create", chance.choice((*REGISTERS, *_names("/s"))), 0]


def _part(chance: random.Random) -> Act:
    drawn = chance.random()
    if drawn < 0.1:
        return _part_of_rarer(chance)
    if drawn < 0.4:
        return ["set", chance.choice(REGISTERS)]
    if drawn < 0.6:
        return _create(chance)
    if drawn < 0.8:
        return ["delete", chance.choice(_names("/s"))]
    return ["check", chance.choice(REGISTERS)]


def _part_of_rarer(chance: random.Random) -> Act:
    while True:
        act = _rarer(chance)
        if act[0] not in ("get", "exists", "children"):
            return act


# ---- what befalls the members


def _faults(
    chance: random.Random, members: int, horizon_s: float, kinds: Sequence[str]
) -> list[Act]:
    """A seed has some kinds of faults, not all: they hide each other's traces."""
    prompt = chance.random() < 0.3
    of = sorted(set(_DRAW) - DELAYING if prompt else _DRAW)
    kinds = kinds or chance.sample(of, chance.randrange(2, 8))
    every_s = chance.choice((0.3, 1.0, 3.0))
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
