"""Draws what becomes of containers and TTL znodes, and who watches them.

A *life* is what is asked of one znode: early, and late, when what is short-lived is over and what
has a medium TTL is not. A script is many lives, interleaved by chance, in steps as `stage` has them
and these, that `endings` plays:

| step | does |
|---|---|
| `{"pass": ms}` | waits until a TTL znode with this TTL, made now, is gone |
| `{"settle": ms}` | the same, and then until some rounds of the collection are over |
| `{"look": true}` | writes down the whole tree |
| `{"restart": true}` | kills the server and starts it again; all come back, and nobody watches |
| `{"race": [path, …]}` | makes a child in each container, emptied or gone by now: who knows |
"""

import random
from collections.abc import Callable
from typing import Any

from differential.arguments import HOUR_MS, INT_MAX, OPEN_ACL, TTL_MAX_MS
from differential.stage import Step

SHORT_MS, MEDIUM_MS = 1_500, 4_000
PASS_MS = MEDIUM_MS // 2
NEVER_USED_MS = MEDIUM_MS
ACTOR, OWNER, ONCE, LASTING, RECURSIVE = range(5)
"""Seats: who asks; who has ephemerals; and who watches, each with one mode of watch."""
SEATS = 5
PARENTS, LIVES, RACED = 4, 60, 8
READ_CREATE_DELETE, READ = [[13, "world", "anyone"]], [[1, "world", "anyone"]]

Request = list[Any]
Asked = tuple[int, Request]  # by which seat
Life = Callable[[str], tuple[list[Request], list[Request]]]
LIVES_OF: dict[str, Life] = {}


def _life(life: Life) -> Life:
    LIVES_OF[life.__name__] = life
    return life


def _box(at: str, acl: Any = OPEN_ACL) -> Request:
    return ["createContainer", at, "box", acl, 4]


def _ttl(at: str, ttl_ms: int, flags: int = 5) -> Request:
    return ["createTTL", at, "ttl", OPEN_ACL, flags, ttl_ms]


def _plain(at: str, flags: int = 0) -> Request:
    return ["create", at, "", OPEN_ACL, flags]


def _gone(at: str) -> Request:
    return ["delete", at, -1]


def _written(at: str, version: int = -1) -> Request:
    return ["setData", at, "written", version]


def _used(at: str) -> list[Request]:
    return [_box(at), _plain(f"{at}/x")]


def _emptied(at: str) -> list[Request]:
    return [*_used(at), _gone(f"{at}/x")]


def _by_owner(request: Request) -> Request:
    return ["by owner", request]


# ---- containers


@_life
def box_never_used(at: str) -> tuple[list[Request], list[Request]]:
    return [_box(at)], []


@_life
def box_never_used_but_written(at: str) -> tuple[list[Request], list[Request]]:
    return [_box(at)], [_written(at)]


@_life
def box_of_which_a_child_failed(at: str) -> tuple[list[Request], list[Request]]:
    return [_box(at), _plain(f"{at}/x/y"), ["multi", [_plain(f"{at}/x"), _gone(f"{at}/z")]]], []


@_life
def box_emptied(at: str) -> tuple[list[Request], list[Request]]:
    return _emptied(at), []


@_life
def box_emptied_late(at: str) -> tuple[list[Request], list[Request]]:
    return _used(at), [_gone(f"{at}/x")]


@_life
def box_used(at: str) -> tuple[list[Request], list[Request]]:
    return _used(at), []


@_life
def box_used_again_in_one(at: str) -> tuple[list[Request], list[Request]]:
    return _used(at), [["multi", [_gone(f"{at}/x"), _plain(f"{at}/y")]]]


@_life
def box_emptied_in_one(at: str) -> tuple[list[Request], list[Request]]:
    return [["multi", _emptied(at)]], []


@_life
def box_of_sequential_ones(at: str) -> tuple[list[Request], list[Request]]:
    return [_box(at), _plain(f"{at}/s", 2)], [_gone(f"{at}/s0000000000")]


@_life
def box_in_a_box(at: str) -> tuple[list[Request], list[Request]]:
    return [_box(at), *_emptied(f"{at}/in")], []


@_life
def box_never_used_in_a_box(at: str) -> tuple[list[Request], list[Request]]:
    return [_box(at), _box(f"{at}/in")], []


@_life
def box_of_a_ttl(at: str) -> tuple[list[Request], list[Request]]:
    return [_box(at), _ttl(f"{at}/t", SHORT_MS)], []


@_life
def box_of_an_ephemeral(at: str) -> tuple[list[Request], list[Request]]:
    return [_box(at), _by_owner(_plain(f"{at}/e", 1))], []


@_life
def box_that_may_not_be_written(at: str) -> tuple[list[Request], list[Request]]:
    return [_box(at, READ_CREATE_DELETE), *_emptied(at)[1:]], []


@_life
def box_that_may_not_be_deleted(at: str) -> tuple[list[Request], list[Request]]:
    closed = ["setACL", at, READ, -1]
    return [_plain(at), *_used(f"{at}/in"), closed], [_gone(f"{at}/in/x")]


@_life
def box_deleted_by_hand(at: str) -> tuple[list[Request], list[Request]]:
    return [*_used(at), ["multi", [_gone(f"{at}/x"), _gone(at)]]], []


@_life
def box_that_is_plain_now(at: str) -> tuple[list[Request], list[Request]]:
    again = ["multi", [_gone(f"{at}/x"), _gone(at), _plain(at)]]
    return [*_used(at), again], [_plain(f"{at}/x"), _gone(f"{at}/x")]


@_life
def box_that_is_a_new_one(at: str) -> tuple[list[Request], list[Request]]:
    return _used(at), [["multi", [_gone(f"{at}/x"), _gone(at), _box(at)]]]


@_life
def box_that_has_a_ttl_now(at: str) -> tuple[list[Request], list[Request]]:
    return [_box(at), _gone(at), _ttl(at, HOUR_MS)], []


# ---- TTL znodes


@_life
def ttl_short(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, SHORT_MS)], []


@_life
def ttl_short_and_numbered(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(f"{at}-", SHORT_MS, flags=6)], []


@_life
def ttl_long(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, HOUR_MS), _ttl(f"{at}-", TTL_MAX_MS, flags=6)], []


@_life
def ttl_with_a_child(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, SHORT_MS), _plain(f"{at}/x")], []


@_life
def ttl_whose_child_goes_late(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, SHORT_MS), _plain(f"{at}/x")], [_gone(f"{at}/x")]


@_life
def ttl_whose_child_is_exchanged(at: str) -> tuple[list[Request], list[Request]]:
    swap = ["multi", [_gone(f"{at}/x"), _plain(f"{at}/y")]]
    return [_ttl(at, SHORT_MS), _plain(f"{at}/x")], [swap]


@_life
def ttl_written_while_it_has_a_child(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, MEDIUM_MS), _plain(f"{at}/x")], [_written(at), _gone(f"{at}/x")]


@_life
def ttl_written(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, MEDIUM_MS)], [_written(at)]


@_life
def ttl_written_early(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, MEDIUM_MS), _written(at)], []


@_life
def ttl_written_in_a_multi(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, MEDIUM_MS)], [["multi", [["check", at, 0], _written(at)]]]


@_life
def ttl_not_written(at: str) -> tuple[list[Request], list[Request]]:
    failed = ["multi", [_written(at), ["check", at, 77]]]
    return [_ttl(at, MEDIUM_MS)], [_written(at, 77), failed]


@_life
def ttl_read(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, MEDIUM_MS)], [["getData", at, False], ["exists", at, False]]


@_life
def ttl_of_other_permissions(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, MEDIUM_MS)], [["setACL", at, READ, 0]]


@_life
def ttl_that_has_had_children(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, MEDIUM_MS)], [_plain(f"{at}/x"), _gone(f"{at}/x")]


@_life
def ttl_that_is_plain_now(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, SHORT_MS), ["multi", [_gone(at), _plain(at)]]], []


@_life
def ttl_that_is_longer_now(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, SHORT_MS), _gone(at), _ttl(at, HOUR_MS)], []


@_life
def ttl_that_is_shorter_now(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, HOUR_MS), _gone(at), _ttl(at, SHORT_MS)], []


@_life
def ttl_that_is_a_box_now(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, SHORT_MS), _gone(at), *_used(at)], []


@_life
def ttl_in_a_ttl(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, SHORT_MS), _ttl(f"{at}/t", MEDIUM_MS)], []


@_life
def ttl_in_a_ttl_written(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, SHORT_MS), _ttl(f"{at}/t", MEDIUM_MS)], [_written(f"{at}/t")]


@_life
def ttl_of_a_box(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, SHORT_MS), *_emptied(f"{at}/in")], []


@_life
def ttl_of_an_ephemeral(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, SHORT_MS), _by_owner(_plain(f"{at}/e", 1))], []


@_life
def no_ttl_at_all(at: str) -> tuple[list[Request], list[Request]]:
    return [_ttl(at, 0), _ttl(at, -1), _ttl(at, TTL_MAX_MS + 1), _ttl(at, INT_MAX, flags=6)], []


# ---- the script


def draw(seed: int, restart: bool = False, lives: int = LIVES) -> list[Step]:
    """About so many lives. `/R` stands for the root of the run. With a restart there is no wait
    between early and late, and nobody races."""
    chance = random.Random(f"endings {seed}")
    early: list[list[Asked]] = []
    late: list[list[Asked]] = []
    for number in range(lives):
        at = f"/R/p{chance.randrange(PARENTS)}/n{number}"
        life = LIVES_OF[chance.choice(list(LIVES_OF))]
        first, second = life(at)
        early.append(_watched(chance, at, _asked(first)))
        late.append(_asked(second))
    watches = [_watch(chance, f"/R/{name}") for name in _parents()]
    first: list[Step] = [
        {"seat": RECURSIVE, "ask": [["addWatch", "/R", 1]]},
        {"seat": ACTOR, "ask": [_plain(f"/R/{name}") for name in ("raced", *_parents())]},
        *_interleaved(chance, [watches]),
        *_interleaved(chance, early),
    ]
    then = [*_interleaved(chance, late), {"seat": OWNER, "ask": [["closeSession"]]}]
    last = [{"settle": MEDIUM_MS}, {"look": True}]
    if restart:
        return [*first, *then, {"restart": True}, *last]
    raced = [f"/R/raced/n{number}" for number in range(RACED)]
    race = [
        {"seat": ACTOR, "ask": [request for at in raced for request in _emptied(at)]},
        {"race": raced},
    ]
    return [
        *first,
        {"pass": PASS_MS},
        *then,
        *race,
        {"settle": PASS_MS + 100},
        {"look": True},
        *last,
    ]


def _parents() -> list[str]:
    return [f"p{number}" for number in range(PARENTS)]


def _asked(requests: list[Request]) -> list[Asked]:
    return [
        (OWNER, request[1]) if request[0] == "by owner" else (ACTOR, request)
        for request in requests
    ]


def _watch(chance: random.Random, path: str) -> Asked:
    kind = chance.choice(("exists", "getData", "getChildren", "addWatch"))
    return (LASTING, [kind, path, 0]) if kind == "addWatch" else (ONCE, [kind, path, True])


def _watched(chance: random.Random, at: str, asked: list[Asked]) -> list[Asked]:
    """With somebody who watches it from some time on, as long as nobody knows whether it is there
    any more."""
    names = [request[0] for _, request in asked]
    last = min([len(names), *(names.index(name) for name in ("delete", "multi") if name in names)])
    mixed = list(asked)
    for _ in range(chance.choice((0, 1, 1, 2))):
        mixed.insert(chance.randint(0, last), _watch(chance, at))
    return mixed


def _interleaved(chance: random.Random, lives: list[list[Asked]]) -> list[Step]:
    """Each life in its order, all of them mixed; some requests of one seat at a time."""
    lives = [life for life in lives if life]
    chance.shuffle(lives)
    steps: list[Step] = []
    size = 0
    while lives:
        at = chance.randrange(min(len(lives), 6))
        seat, request = lives[at].pop(0)
        if not lives[at]:
            lives.pop(at)
        if steps and size and steps[-1]["seat"] == seat:
            steps[-1]["ask"].append(request)
            size -= 1
        else:
            steps.append({"seat": seat, "ask": [request]})
            size = chance.randrange(6)
    return steps
