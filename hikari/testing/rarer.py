"""What clients do more rarely: what ends by itself, what is limited, what only Keeper can do."""

import random
from typing import Any, Final

ENDINGS: Final = ["/k", "/t"]
"""Folders of containers, and of TTL znodes."""
LIMITED: Final = "/u"
"""A folder with a quota."""
LIMITS: Final = f"/zookeeper/quota{LIMITED}/zookeeper_limits"
STATS: Final = f"/zookeeper/quota{LIMITED}/zookeeper_stats"
FOLDERS: Final = [*ENDINGS, LIMITED, f"/zookeeper/quota{LIMITED}", LIMITS, STATS]
"""What must be there, in this order."""

Act = list[Any]


def draw_rarer(chance: random.Random) -> Act:
    """One of them."""
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


def draw_part(chance: random.Random) -> Act:
    """One that a multi may have."""
    while True:
        act = draw_rarer(chance)
        if act[0] not in ("get", "exists", "children"):
            return act


def _names(folder: str) -> list[str]:
    return [f"{folder}/{n}" for n in range(5)]
