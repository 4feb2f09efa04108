"""What must be true of any run, whatever was done to it: each function gives what is wrong."""

from collections.abc import Iterable
from itertools import chain

from ensemble.checks import linear_writes
from faults.clients import Client
from faults.truth import Truth, replayed, same_logs
from faults.workloads import Scene, Tree

from hikari.config import HEARD_TICKS, RaftTimes
from hikari.testing.history import OK, UNKNOWN, Applied, Conversation, Operation
from hikari.testing.linear import judge_registers, registers
from hikari.testing.replay import judge
from hikari.testing.tallies import fenced, lock, watchers
from hikari.tree import keys
from hikari.tree.sessions import ATTACH, EXPIRE
from hikari.tree.tree import Tree as Model
from hikari.tree.znode import from_row
from hikari_wire import codes

LOGGED = {codes.CREATE, codes.DELETE, codes.SET_DATA, codes.MULTI, codes.CLOSE_SESSION}
TIMES = RaftTimes()  # of every member that is judged
EARLY_MS = 2 * TIMES.tick_ms
"""An expiry may come so much before its time: a tick that was late is followed by one in time, so
that a time-out is up to one tick short; and as much again for what is compared, the leader's wall
clock in ms with a client's monotonic one. What a member had heard and not reported when it died is
no reason any more: the leader grants those sessions a whole time-out."""
EARLY_CUT_MS = TIMES.leader_lost_ms + HEARD_TICKS * TIMES.tick_ms + EARLY_MS
"""The same where a member may hear clients and not be heard, on lines that lose or members that
stand still: it answers until it has had no word of a leader for `leader_lost_ms`, and what it heard
in the last ticks before that has not been reported either."""
SHOWN = 5
CALLS_MIN = 10
"""A history with fewer calls on one register is not worth counting."""


def some(what: str, wrong: list[str]) -> list[str]:
    """The first few of them, and how many there are."""
    told = [f"{what}: {one}" for one in wrong[:SHOWN]]
    if len(wrong) > SHOWN:
        told[-1] += f" ({len(wrong)} in all)"
    return told


def conversations_of(clients: Iterable[Client]) -> list[Conversation]:
    return [told for client in clients for told in client.conversations]


def of_members(truths: list[Truth]) -> tuple[list[str], list[Applied], Model]:
    """One log for all, and every member's rows are what that log makes. Also the longest."""
    wrong = same_logs(truths)
    first: tuple[list[Applied], Model] | None = None
    for truth in sorted(truths, key=lambda one: -one.index):
        applied, tree = replayed(truth)
        first = first or (applied, tree)
        made = dict(tree.rows.scan(b""))
        differing = {key for key in {*truth.rows, *made} if truth.rows.get(key) != made.get(key)}
        if differing:
            wrong.append(f"rows of a member are not what its log makes: {sorted(differing)[:3]}")
    assert first is not None
    return some("members", wrong), *first


def of_writes(conversations: list[Conversation], applied: list[Applied]) -> list[str]:
    """An acknowledged write is in the log, once, under its zxid; in the order of real time."""
    by_zxid = {one.zxid: one for one in applied}
    wrong = []
    history: list[Operation] = []
    for told in conversations:
        history += told.asked
        for operation in told.asked:
            if operation.outcome == UNKNOWN or operation.request[0] not in LOGGED:
                continue
            if operation.outcome != OK and operation.error == codes.SESSION_EXPIRED:
                continue
            there = by_zxid.get(operation.zxid)
            if there is None:
                wrong.append(
                    f"{operation.request[:2]} was answered {operation.zxid}: not in the log"
                )
            elif there.session != operation.session:
                wrong.append(f"zxid {operation.zxid} is of {there.session:#x}: {operation}")
    try:
        linear_writes(history)
    except AssertionError as error:
        wrong.append(str(error)[:500])
    return some("writes", wrong)


def of_replay(conversations: list[Conversation], applied: list[Applied]) -> list[str]:
    """All that anybody heard is what the log makes of it: see `hikari.testing.replay`. Expiry is
    judged by `of_expiry`, which knows that members die with what they have heard."""
    found = judge(applied, conversations, at_rest=True, report_s=float("inf"))
    return some("replay", [str(one) for one in found])


def of_registers(conversations: list[Conversation]) -> tuple[list[str], dict[str, int]]:
    """The same without trust in any zxid: some order explains all that was heard of a register."""
    found, unjudged = judge_registers(conversations)
    whole = [calls for calls in registers(conversations).values() if len(calls) >= CALLS_MIN]
    counts = {"wgl_histories": len(whole), "wgl_gave_up": len(unjudged)}
    return some("registers", [str(one) for one in found]), counts


def of_expiry(
    conversations: list[Conversation],
    applied: list[Applied],
    wall_minus_monotonic: float,
    early_ms: float,
) -> list[str]:
    """Nobody is expired before a whole time-out has passed since it was heard from, but for
    `early_ms`. Clocks must be true."""
    heard: dict[int, list[float]] = {}
    for told in conversations:
        times = [one.invoked for one in told.asked if one.outcome != UNKNOWN]
        heard.setdefault(told.session, []).extend(times)
    for times in heard.values():
        times.sort()
    timeout_ms, opened_ms, wrong = {}, {}, []
    for one in applied:
        op = one.request[0]
        if not one.admitted:
            continue
        if op == codes.CREATE_SESSION:
            timeout_ms[one.zxid] = one.request[1]
            opened_ms[one.zxid] = one.time_ms
        elif op == ATTACH:
            timeout_ms[one.request[1]] = one.request[3]
            opened_ms[one.request[1]] = one.time_ms
        elif op == EXPIRE:
            session = one.request[1]
            if session not in timeout_ms:
                continue
            before = [
                1000 * (at + wall_minus_monotonic)
                for at in heard.get(session, ())
                if 1000 * (at + wall_minus_monotonic) < one.time_ms
            ]
            last = max([opened_ms[session], *before])
            if one.time_ms < last + timeout_ms.pop(session) - early_ms:
                wrong.append(f"{session:#x} was heard from {one.time_ms - last:.0f} ms before")
    return some("expired too early", wrong)


def of_trees(trees: dict[int, Tree]) -> list[str]:
    """All members show the same."""
    (number, first), *others = trees.items()
    wrong = []
    for other, tree in others:
        for path in sorted({*first, *tree}):
            if path != b"/" and first.get(path) != tree.get(path):
                wrong.append(f"{path} differs between members {number} and {other}")
    return some("trees", wrong)


def of_rows(truths: list[Truth]) -> list[str]:
    """Where the beginning of the log is gone: what overlaps is the same, and members that have
    applied the same have the same rows."""
    wrong = same_logs(truths)
    first = max(truths, key=lambda one: one.index)
    for other in truths:
        if other.index == first.index and other.rows != first.rows:
            differing = {key for key, _ in other.rows.items() ^ first.rows.items()}
            wrong.append(f"rows differ at entry {first.index}: {sorted(differing)[:3]}")
    return some("members", wrong)


def of_ghosts(tree: Tree, model: Model) -> list[str]:
    """No ephemeral outlives its session."""
    return some(
        "ghosts",
        [
            f"{path!r} of session {stat.ephemeral_owner:#x}"
            for path, (_, stat) in tree.items()
            if stat.ephemeral_owner and stat.ephemeral_owner not in model.sessions
        ],
    )


def of_ghost_rows(truths: list[Truth]) -> list[str]:
    """The same, of what is on the members' disks: each by its own sessions."""
    ghosts = []
    for truth in truths:
        for key, row in truth.rows.items():
            owner = from_row(row).owner if key[:1] == keys.ZNODE else 0
            if owner and keys.session_key(owner) not in truth.rows:
                ghosts.append(f"{keys.path_of(key)!r} of session {owner:#x}")
    return some("ghosts", ghosts)


def of_scene(scene: Scene, tree: Tree) -> list[str]:
    """What the clients know: mirrors show the truth, locks were held one at a time."""
    wrong = [*scene.complaints, *map(str, lock(scene.grants)), *map(str, fenced(scene.used))]
    garden = {
        path: data for path, (data, _) in tree.items() if (path + b"/").startswith(b"/garden/")
    }
    wrong += map(str, watchers(scene.mirrors, garden))
    return some("clients", wrong)


def of_sets(conversations: list[Conversation], tree: Tree) -> list[str]:
    """Every acknowledged element of a set or a sequence is there, and none is there twice."""
    where: dict[bytes | None, list[bytes]] = {}
    for path, (data, _) in tree.items():
        if path.startswith((b"/set/", b"/sequence/")):
            where.setdefault(data, []).append(path)
    wrong = [f"{data!r} is at {paths}" for data, paths in where.items() if len(paths) > 1]
    for operation in chain.from_iterable(told.asked for told in conversations):
        request = operation.request
        counted = request[0] == codes.CREATE and request[1].startswith((b"/set/", b"/sequence/"))
        if counted and operation.outcome == OK and where.get(request[2]) != [operation.value]:
            wrong.append(f"{request[2]!r} was acknowledged, and is gone")
    return some("elements", wrong)
