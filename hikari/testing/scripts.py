"""What clients do: the part of a plan that is drawn for each of them.

Clients have characters. One that does a little of everything is soon held up by a write that
nobody answers, and then shows nothing more of what its member would have told it; one that only
reads goes on asking.
"""

import random
from collections.abc import Callable
from typing import Any, Final

from attrs import define, field

from hikari.testing import rarer

REGISTERS: Final = [f"/r{n}" for n in range(4)]
FOLDERS: Final = ["/q", "/e", "/s"]
RESTLESS: Final = {"close", "hang up", "move", "sleep", "leave", "away"}
PLAIN: Final = ["/p0", "/p1"]
"""Registers that nothing but sets, gets, creates and deletes of their own touch: a judge that
trusts no zxid can look at them."""
Act = list[Any]
"""[at_s, kind, argument, …]"""
Draw = Callable[[random.Random, int], Act]


@define
class Script:
    """What one client does."""

    timeout_ms: int
    acts: list[Act] = field(factory=list)


def draw_script(chance: random.Random, members: int, horizon_s: float, acts_max: int) -> Script:
    """What a client does until `horizon_s`: no more than `acts_max` things."""
    act, gaps_s, timeouts_ms = chance.choices(_CHARACTERS, _SHARES)[0]
    script = Script(chance.choice(timeouts_ms))
    # Not before there is a leader to connect to: without the folders hardly anything succeeds.
    acts = [[1.0, "burst", [["create", path, 0] for path in REGISTERS + FOLDERS + rarer.FOLDERS]]]
    gap_s = chance.choice(gaps_s)
    steady = chance.random() < 0.4  # it keeps its connection for as long as it can
    at_s = 1.0
    while at_s < horizon_s and len(acts) < acts_max:
        drawn = act(chance, members)
        if not (steady and drawn[0] in RESTLESS):
            acts.append([round(at_s, 4), *drawn])
        at_s += chance.expovariate(1 / gap_s)
    script.acts = acts
    return script


# ---- characters


def _anything(chance: random.Random, members: int) -> Act:
    drawn = chance.random()
    if drawn < 0.18:
        return _plain(chance)
    if drawn < 0.80:
        return _request(chance)
    if drawn < 0.82:
        return _watch_twice(chance)
    if drawn < 0.94:
        return ["burst", [_request(chance) for _ in range(chance.choice((2, 2, 5, 11, 50)))]]
    if drawn < 0.945:
        return ["sleep", chance.choice((0.5, 5.0))]
    if drawn < 0.95:  # and goes on as if it had not
        return ["burst", [_create(chance), ["close"], _create(chance), _create(chance)]]
    return _restless(chance, members)


def _reads_only(chance: random.Random, members: int) -> Act:
    drawn = chance.random()
    if drawn < 0.5:
        return ["linear get", chance.choice(REGISTERS + PLAIN), False]
    if drawn < 0.95:
        return _read(chance)
    return ["move", chance.randrange(members) + 1]


def _writes_mostly(chance: random.Random, members: int) -> Act:
    drawn = chance.random()
    if drawn < 0.5:
        return ["set", chance.choice(REGISTERS)]
    return _create(chance) if drawn < 0.8 else ["delete", chance.choice(_names("/s"))]


def _comes_and_goes(chance: random.Random, members: int) -> Act:
    drawn = chance.random()
    if drawn < 0.6:
        return _read(chance) if drawn < 0.4 else _create(chance)
    return _away(chance) if drawn < 0.85 else _restless(chance, members)


_TIMEOUTS_MS: Final = (4_000, 4_000, 10_000, 40_000)
_CHARACTERS: Final[list[tuple[Draw, tuple[float, ...], tuple[int, ...]]]] = [
    (_anything, (0.01, 0.05, 0.2), _TIMEOUTS_MS),
    (_reads_only, (0.03, 0.1, 0.5), _TIMEOUTS_MS),
    (_writes_mostly, (0.01, 0.05, 0.2), _TIMEOUTS_MS),
    (_comes_and_goes, (0.1, 0.4), (4_000,)),
]
_SHARES: Final = (5, 3, 1, 2)


# ---- what they do


def _away(chance: random.Random) -> Act:
    """For as long as its session lives, and a little more or less. The leader may be unable to
    commit that it is back until it has begun to end the session."""
    hold_s = chance.choice((0.0, 0.3, 0.7))
    beyond_s = chance.uniform(-0.5, 0.1) if hold_s else chance.uniform(-0.05, 0.4)
    return ["away", round(beyond_s, 3), hold_s]


def _restless(chance: random.Random, members: int) -> Act:
    drawn = chance.random()
    if drawn < 0.1:
        return ["leave", chance.choice(REGISTERS), chance.choice((0.02, 0.1, 0.4))]
    if drawn < 0.2:
        return ["close"]
    if drawn < 0.25:
        return _away(chance)
    if drawn < 0.6:
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
        return rarer.draw_rarer(chance)
    register, drawn = chance.choice(REGISTERS), chance.random()
    if drawn < 0.30:
        return ["set", chance.choice((register, register, *_names("/s")[:2]))]
    if drawn < 0.38:
        return ["cas", register]
    if drawn < 0.72:
        return _read(chance) if drawn < 0.60 else _create(chance)
    if drawn < 0.80:
        return ["delete", chance.choice((*REGISTERS, *_names("/s"), *_names("/e")))]
    if drawn < 0.90:
        return _read(chance)
    if drawn < 0.94:
        return _question(chance)
    if drawn < 0.955:
        return ["sync"]
    return ["multi", [_part(chance) for _ in range(chance.randrange(1, 5))]]


def _read(chance: random.Random) -> Act:
    register, drawn = chance.choice(REGISTERS), chance.random()
    watch = chance.random() < 0.3
    if drawn < 0.40:
        return ["get", register, watch]
    if drawn < 0.60:
        return ["linear get", register, watch]
    if drawn < 0.80:
        return ["children", chance.choice((*FOLDERS, "/", *_names("/s")[:2])), watch]
    return ["exists", chance.choice((*REGISTERS, *_names("/s"), *_names("/e"))), watch]


def _watch_twice(chance: random.Random) -> Act:
    """One znode, watched in two ways, or twice in one."""
    path = chance.choice((*REGISTERS, *_names("/s")[:2]))
    ways = chance.sample(("get", "exists", "children", "children"), 2)
    return ["burst", [[way, path, True] for way in ways]]


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
        return rarer.draw_part(chance)
    if drawn < 0.4:
        return ["set", chance.choice(REGISTERS)]
    if drawn < 0.6:
        return _create(chance)
    if drawn < 0.8:
        return ["delete", chance.choice(_names("/s"))]
    return ["check", chance.choice(REGISTERS)]
