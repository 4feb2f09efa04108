"""The search for an order, on small histories with a known verdict."""

import random

import pytest
from testing.ideal import Ideal

from hikari.testing.linear import (
    BROKEN,
    FINE,
    GAVE_UP,
    NEVER,
    Call,
    existence,
    judge_registers,
    linearizable,
    register,
)
from hikari_wire.codes import (
    BAD_VERSION,
    CREATE,
    DELETE,
    EXISTS,
    GET_DATA,
    NO_NODE,
    NODE_EXISTS,
    OK,
    SET_DATA,
    SYNC,
)

ERRORS = {"ok": OK, "exists": NODE_EXISTS, "none": NO_NODE, "version": BAD_VERSION}


def call(line: str) -> Call:
    """`0 2 set b -1 = ok 1`, `1 ? set c -1`, `3 4 get = ok b 1`, `5 6 create a = exists`"""
    asked, _, heard = line.partition("=")
    invoked, ended, op, *words = asked.split()
    data = words[0].encode() if words else b""
    version = int(words[-1]) if len(words) > 1 or op == "delete" else -1
    action = {
        "set": (SET_DATA, b"/k", data, version),
        "get": (GET_DATA, b"/k", False),
        "stat": (EXISTS, b"/k", False),
        "create": (CREATE, b"/k", data, b"", 0),
        "delete": (DELETE, b"/k", version),
    }[op]
    error, *shown = heard.split() or ["ok"]
    values = {0: None, 1: shown and shown[0], 2: shown}[len(shown)]
    if len(shown) == 1:
        values = int(shown[0])
    elif len(shown) == 2:
        values = (shown[0].encode(), int(shown[1]))
    end = NEVER if ended == "?" else float(ended)
    return Call(float(invoked), end, action, (ERRORS[error], values))


KNOWN = [
    ("nothing", FINE, ""),
    ("one after another", FINE, "0 1 set b -1 = ok 1; 2 3 get = ok b 1; 4 5 set c 1 = ok 2"),
    ("stale read", BROKEN, "0 1 set b -1 = ok 1; 2 3 get = ok a 0"),
    ("overlapping read sees old", FINE, "0 9 set b -1 = ok 1; 2 3 get = ok a 0"),
    ("overlapping read sees new", FINE, "0 9 set b -1 = ok 1; 2 3 get = ok b 1"),
    ("reads going back", BROKEN, "0 9 set b -1 = ok 1; 1 2 get = ok b 1; 3 4 get = ok a 0"),
    ("reads of two clients", FINE, "0 9 set b -1 = ok 1; 1 4 get = ok b 1; 3 5 get = ok a 0"),
    ("lost write", BROKEN, "0 1 set b -1 = ok 1; 2 3 set c -1 = ok 1"),
    ("value from nowhere", BROKEN, "0 1 set b -1 = ok 1; 2 3 get = ok z 1"),
    ("unknown write happened", FINE, "0 ? set b -1; 2 3 get = ok b 1"),
    ("unknown write did not", FINE, "0 ? set b -1; 2 3 get = ok a 0"),
    ("unknown write came late", FINE, "0 ? set b -1; 2 3 get = ok a 0; 4 5 get = ok b 1"),
    ("unknown write undone", BROKEN, "0 ? set b -1; 2 3 get = ok b 1; 4 5 get = ok a 0"),
    ("unknown write twice", BROKEN, "0 ? set b -1; 2 3 get = ok b 1; 4 5 get = ok b 2"),
    ("unknown write before asked", BROKEN, "0 1 get = ok b 1; 2 ? set b -1"),
    ("one of two swaps", FINE, "0 2 set b 0 = ok 1; 1 3 set c 0 = version"),
    ("both swaps", BROKEN, "0 2 set b 0 = ok 1; 1 3 set c 0 = ok 1"),
    ("neither swap", BROKEN, "0 2 set b 0 = version; 1 3 set c 0 = version"),
    ("swap after unknown", FINE, "0 ? set b 0; 1 3 set c 0 = version; 4 5 get = ok b 1"),
    ("double grant", BROKEN, "0 1 delete -1 = ok; 2 5 create x = ok; 3 6 create y = ok"),
    ("grant and refusal", FINE, "0 1 delete -1 = ok; 2 5 create x = ok; 3 6 create y = exists"),
    ("refused for nothing", BROKEN, "0 1 delete -1 = ok; 2 3 create x = exists"),
    ("deleted twice", BROKEN, "0 1 delete -1 = ok; 2 3 delete -1 = ok"),
    ("deleted, made, deleted", FINE, "0 1 delete -1 = ok; 2 9 create x = ok; 3 8 delete -1 = ok"),
    ("gone and read", BROKEN, "0 1 delete -1 = ok; 2 3 get = ok a 0"),
    ("gone", FINE, "0 1 delete -1 = ok; 2 3 get = none; 4 5 stat = none"),
    ("unknown delete", FINE, "0 ? delete -1; 2 3 stat = ok 0; 4 5 stat = none"),
    ("unknown delete, back again", BROKEN, "0 ? delete -1; 2 3 stat = none; 4 5 stat = ok 0"),
    ("version skipped", BROKEN, "0 1 set b -1 = ok 1; 2 3 stat = ok 3"),
    ("moments that touch overlap", FINE, "0 1 set b -1 = ok 1; 1 2 get = ok a 0"),
]


@pytest.mark.parametrize(("verdict", "text"), [row[1:] for row in KNOWN], ids=[r[0] for r in KNOWN])
def test_known_answers_of_a_register(verdict: str, text: str) -> None:
    calls = [call(line) for line in text.split(";") if line.strip()]
    assert linearizable(calls, register, (b"a", 0)).word == verdict


EXISTENCE = [
    (FINE, [("create", 0, 1, OK), ("exists", 2, 3, OK), ("delete", 4, 5, OK)]),
    (BROKEN, [("create", 0, 1, OK), ("exists", 2, 3, NO_NODE)]),
    (BROKEN, [("create", 0, 3, OK), ("create", 1, 4, OK)]),
    (FINE, [("create", 0, 3, OK), ("create", 1, 4, NODE_EXISTS)]),
    (FINE, [("create", 0, NEVER, None), ("exists", 1, 2, OK), ("delete", 3, 4, OK)]),
    (BROKEN, [("create", 0, NEVER, None), ("delete", 1, 2, OK), ("exists", 3, 4, OK)]),
]


@pytest.mark.parametrize(("verdict", "rows"), EXISTENCE)
def test_known_answers_of_existence(verdict: str, rows: list[tuple[str, int, float, int]]) -> None:
    actions = {
        "create": (CREATE, b"/k", b"", b"", 0),
        "delete": (DELETE, b"/k", -1),
        "exists": (EXISTS, b"/k", False),
    }
    calls = [Call(begun, ended, actions[op], error) for op, begun, ended, error in rows]
    assert linearizable(calls, existence, False).word == verdict


def played(seed: int, clients: int = 5, count: int = 60) -> list[Call]:
    """Clients on one register that is what it should be: each call happens at a moment between
    its beginning and its end; some answers are lost."""
    chance = random.Random(seed)
    moments = []
    for _ in range(clients):
        at = chance.random()
        for _ in range(count // clients):
            begun, happens, ended = sorted(at + chance.random() * 3 for _ in range(3))
            moments.append((happens, begun, ended))
            at = ended + chance.random() / 10
    calls, state = [], (b"a", 0)
    for number, (_, begun, ended) in enumerate(sorted(moments)):
        kind = chance.random()
        action: tuple[object, ...] = (GET_DATA, b"/k", False)
        if kind < 0.5:
            version = chance.choice([-1, state[1] if state else 0, 1])
            action = (SET_DATA, b"/k", b"%d" % number, version)
        elif kind < 0.55:
            action = (DELETE, b"/k", -1)
        elif kind < 0.65:
            action = (CREATE, b"/k", b"%d" % number, b"", 0)
        state, answer = register(state, action)
        lost = chance.random() < 0.05 and action[0] != GET_DATA
        calls.append(Call(begun, NEVER if lost else ended, action, None if lost else answer))
    return calls


@pytest.mark.parametrize("seed", range(30))
def test_what_happened_in_some_order_is_explained(seed: int) -> None:
    assert linearizable(played(seed), register, (b"a", 0)).word == FINE


def test_values_read_from_elsewhere_are_not_explained() -> None:
    caught = 0
    for seed in range(30):
        calls = played(seed)
        reads = [n for n, one in enumerate(calls) if one.answer and type(one.answer[1]) is tuple]
        number = random.Random(seed).choice(reads)
        one = calls[number]
        calls[number] = Call(one.invoked, one.ended, one.action, (OK, (b"never", 1)))
        caught += linearizable(calls, register, (b"a", 0)).word == BROKEN
    assert caught == 30


def test_thousands_of_calls_need_no_recursion() -> None:
    calls = [call(f"{2 * n} {2 * n + 1} set {n} {n} = ok {n + 1}") for n in range(5_000)]
    verdict = linearizable(calls, register, (b"a", 0))
    assert (verdict.word, verdict.steps) == (FINE, 5_000)


def test_too_many_steps_are_no_verdict() -> None:
    calls = [call(f"0 ? set {n} -1") for n in range(20)] + [call("1 2 get = ok z 1")]
    assert linearizable(calls, register, (b"a", 0), steps_max=1_000).word == GAVE_UP


def test_the_call_that_cannot_be_explained_is_named() -> None:
    calls = [call("0 1 set b -1 = ok 1"), call("2 3 get = ok b 1"), call("4 5 get = ok a 0")]
    assert linearizable(calls, register, (b"a", 0)).stuck is calls[2]


def test_conversations_are_judged_by_znode() -> None:
    ideal = Ideal(3, clients=4).run(2_000, znodes=30)
    assert judge_registers(ideal.talks) == ([], [])


def test_a_stale_read_behind_a_sync_is_seen_and_a_plain_one_allowed() -> None:
    ideal = Ideal(3, clients=2)
    ann, bob = ideal.talks
    ideal.ask(ann, (CREATE, b"/a", b"1", b"", 0))
    old = ideal.ask(bob, (GET_DATA, b"/a", False)).value
    ideal.ask(ann, (SET_DATA, b"/a", b"2", -1))
    ideal.ask(bob, (GET_DATA, b"/a", False)).value = old
    assert judge_registers(ideal.talks) == ([], []), "a plain read may be old"
    ideal.ask(bob, (SYNC, b"/a"))
    stale = ideal.ask(bob, (GET_DATA, b"/a", False))
    stale.value = old
    found, unjudged = judge_registers(ideal.talks)
    assert [one.operations for one in found] == [(stale,)]
    assert unjudged == []
    assert judge_registers(ideal.talks, steps_max=2) == ([], [b"/a"])


def test_what_other_things_change_is_left_out() -> None:
    """An ephemeral goes with its session: no call on its path says so."""
    ideal = Ideal(3, clients=2)
    ann, bob = ideal.talks
    ideal.ask(ann, (CREATE, b"/e", b"", b"", 1))
    ideal.ask(ann, (-11,))
    ideal.ask(bob, (SYNC, b"/"))
    ideal.ask(bob, (EXISTS, b"/e", False))
    assert judge_registers(ideal.talks) == ([], [])
