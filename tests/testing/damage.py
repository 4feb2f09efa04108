"""Ways to damage a good history in one place, each such that it cannot be good any more.

Each takes a history (a copy) and chance, and says whether it found a place: a damage that might
be harmless there is no place. Why it cannot be harmless is said at each.
"""

import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import attrs

from hikari.testing.history import Applied, Conversation, Event, Operation
from hikari.testing.log_order import WRITES
from hikari.testing.replay import READS
from hikari_wire import codes

EXPIRE = -13


class History:
    """`applied` and `talks`, at rest in the end."""

    def __init__(self, applied: list[Applied], talks: list[Conversation]) -> None:
        self.applied, self.talks = applied, talks

    def copy(self) -> "History":
        talks = []
        for talk in self.talks:
            copies = {id(one): copy(one) for one in (*talk.asked, *talk.arrived)}
            asked = [copies[id(one)] for one in talk.asked]
            arrived = [copies[id(one)] for one in talk.arrived]
            talks.append(attrs.evolve(talk, asked=asked, arrived=arrived))
        return History(list(self.applied), talks)

    def replies(self) -> Iterator[tuple[Conversation, Operation]]:
        for talk in self.talks:
            for one in talk.arrived:
                if type(one) is Operation:
                    yield talk, one

    def events(self) -> Iterator[tuple[Conversation, Event]]:
        for talk in self.talks:
            for one in talk.arrived:
                if type(one) is Event:
                    yield talk, one

    def writes(self) -> Iterator[tuple[Conversation, Operation]]:
        return ((talk, one) for talk, one in self.replies() if one.request[0] in WRITES)

    def reads(self) -> Iterator[tuple[Conversation, Operation]]:
        return ((talk, one) for talk, one in self.replies() if one.request[0] in READS)

    def unanswered(self, session: int) -> list[tuple[Any, ...]]:
        """The requests of a session that were never answered."""
        talks = [talk for talk in self.talks if talk.session == session]
        return [one.request for talk in talks for one in talk.asked if not one.ended]


def copy(one: Operation | Event) -> Operation | Event:
    if type(one) is Event:
        return Event(one.session, one.type, one.path, one.at)
    assert isinstance(one, Operation)
    return Operation(
        *(one.session, one.request, one.invoked, one.xid, one.ended, one.outcome, one.zxid),
        *(one.error, one.value),
    )


Damage = Callable[[History, random.Random], bool]


def pick(chance: random.Random, places: Any) -> Any:
    """One of these places; None if there are none."""
    found = list(places)
    return chance.choice(found) if found else None


def renumber(log: list[Applied]) -> None:
    log[:] = [attrs.evolve(one, zxid=place + 1) for place, one in enumerate(log)]


def other(value: Any, chance: random.Random) -> Any:
    """A value that is not this one, of the same kind."""
    if value is None:
        return b"other"
    if isinstance(value, int):
        return value + chance.choice([-1, 1])
    if isinstance(value, bytes):
        return chance.choice([value + b"!", b"!" + value])
    if not value:
        return (b"other",)
    if chance.random() < 0.2 and type(value) is tuple:
        return value[1:]
    place = chance.randrange(len(value))
    changed = other(value[place], chance)
    return (*value[:place], changed, *value[place + 1 :])


# ---- what was answered


def read_altered(history: History, chance: random.Random) -> bool:
    """A read is the model's at its zxid, to the last number."""
    place = pick(chance, (row for row in history.reads() if row[1].value is not None))
    if place:
        place[1].value = other(place[1].value, chance)
    return bool(place)


def read_stale(history: History, chance: random.Random) -> bool:
    """The answer of another read of the same thing, which was another."""
    reads = [one for _, one in history.reads() if not one.error]
    pairs = [
        (one, two)
        for one in reads
        for two in reads
        if one.request[:2] == two.request[:2] and one.value != two.value
    ]
    place = pick(chance, pairs)
    if place:
        place[0].value = place[1].value
    return bool(place)


def read_denied(history: History, chance: random.Random) -> bool:
    """What was there is called missing, or forbidden."""
    place = pick(chance, (row for row in history.reads() if not row[1].error))
    if place:
        place[1].error = chance.choice([codes.NO_NODE, codes.NO_AUTH])
        place[1].value = None
    return bool(place)


def write_altered(history: History, chance: random.Random) -> bool:
    """A path, a number of a Stat, a part of a multi's answer."""
    place = pick(chance, (row for row in history.writes() if row[1].value is not None))
    if place:
        place[1].value = other(place[1].value, chance)
    return bool(place)


def error_altered(history: History, chance: random.Random) -> bool:
    """Done or not: the client was told otherwise."""
    place = pick(chance, history.writes())
    if place:
        one = place[1]
        errors = {codes.OK, codes.NO_NODE, codes.BAD_VERSION, codes.NODE_EXISTS} - {one.error}
        one.error = chance.choice(sorted(errors))
        if one.error:
            one.value = None
    return bool(place)


def lock_granted_twice(history: History, chance: random.Random) -> bool:
    """Who was told that it is there already is told that it is theirs."""
    places = (
        row
        for row in history.writes()
        if row[1].request[0] == codes.CREATE and row[1].error == codes.NODE_EXISTS
    )
    place = pick(chance, places)
    if place:
        place[1].error, place[1].value = 0, place[1].request[1]
    return bool(place)


def multi_half_done(history: History, chance: random.Random) -> bool:
    """A multi says of one part what is not so of the whole."""
    multis = [one for _, one in history.writes() if one.request[0] == codes.MULTI and one.value]
    one = pick(chance, multis)
    if one is None:
        return False
    place = chance.randrange(len(one.value))
    op = one.value[place][0]
    part = (one.request[1][place][0], 0, None) if op == codes.ERROR else (codes.ERROR, -101, None)
    assert part != one.value[place]
    one.value = (*one.value[:place], part, *one.value[place + 1 :])
    return True


# ---- zxids and moments


def write_elsewhere(history: History, chance: random.Random) -> bool:
    """Its zxid is that of a request which is not its own."""
    place = pick(chance, history.writes())
    if not place:
        return False
    one = place[1]
    zxids = [
        zxid
        for zxid in (one.zxid - 1, one.zxid + 1, one.zxid + 5, len(history.applied) + 1)
        if zxid > 0 and not is_entry(history, zxid, one)
    ]
    one.zxid = chance.choice(zxids)
    return True


def is_entry(history: History, zxid: int, one: Operation) -> bool:
    if zxid > len(history.applied):
        return False
    stands = history.applied[zxid - 1]
    return (stands.session, stands.request) == (one.session, one.request)


def view_goes_back(history: History, chance: random.Random) -> bool:
    """A reply knows less than the one before it."""
    places = []
    for talk in history.talks:
        replies = [one for one in talk.arrived if type(one) is Operation]
        places += pairwise(replies)
    place = pick(chance, places)
    if place:
        place[1].zxid = place[0].zxid - 1
    return bool(place)


def view_runs_ahead(history: History, chance: random.Random) -> bool:
    """A reply knows more than the one behind it, or than there is."""
    places = []
    for talk in history.talks:
        replies = [one for one in talk.arrived if type(one) is Operation]
        places += [(one, two.zxid + 1) for one, two in pairwise(replies)]
        places += [(one, len(history.applied) + 1) for one in replies[-1:]]
    place = pick(chance, places)
    if place:
        place[0].zxid = place[1]
    return bool(place)


def known_too_early(history: History, chance: random.Random) -> bool:
    """Answered before a write was asked that it knows of."""
    writes = [one for _, one in history.writes()]
    replies = [one for _, one in history.replies()]
    for _ in range(20):
        write, reply = pick(chance, writes), pick(chance, replies)
        if write and reply and write is not reply and write.zxid <= reply.zxid:
            reply.ended = write.invoked - 1e-9
            reply.invoked = min(reply.invoked, reply.ended)
            return True
    return False


def sync_too_old(history: History, chance: random.Random) -> bool:
    """It was asked after somebody had heard of more than it knows."""
    syncs = [one for _, one in history.replies() if one.request[0] == codes.SYNC]
    newest = max((one.zxid for _, one in history.replies()), default=0)
    sync = pick(chance, (one for one in syncs if one.zxid < newest))
    if sync is None:
        return False
    later = pick(chance, (one for _, one in history.replies() if one.zxid > sync.zxid))
    sync.invoked = max(sync.invoked, later.ended + 1e-9)
    sync.ended = max(sync.ended, sync.invoked)
    return True


# ---- arrivals


def reply_dropped(history: History, chance: random.Random) -> bool:
    """Not the last of a connection that ended: that one is only of unknown outcome."""
    places = []
    for talk in history.talks:
        replies = [one for one in talk.arrived if type(one) is Operation]
        places += [(talk, one) for one in (replies[:-1] if talk.ended else replies)]
    place = pick(chance, places)
    if place:
        talk, one = place
        talk.arrived.remove(one)
        one.ended, one.zxid, one.error, one.value = 0.0, 0, 0, None
    return bool(place)


def request_dropped(history: History, chance: random.Random) -> bool:
    """A write that stands in the log was asked by nobody: unless one like it is unaccounted for."""
    places = (
        (talk, one)
        for talk, one in history.writes()
        if one.request not in history.unanswered(one.session)
    )
    place = pick(chance, places)
    if place:
        talk, one = place
        talk.asked.remove(one)
        talk.arrived.remove(one)
    return bool(place)


def replies_swapped(history: History, chance: random.Random) -> bool:
    places = []
    for talk in history.talks:
        replies = [n for n, one in enumerate(talk.arrived) if type(one) is Operation]
        places += [(talk, a, b) for a, b in pairwise(replies)]
    place = pick(chance, places)
    if place:
        talk, a, b = place
        talk.arrived[a], talk.arrived[b] = talk.arrived[b], talk.arrived[a]
    return bool(place)


def beside_an_event(history: History, first: type, second: type) -> list[tuple[Conversation, int]]:
    return [
        (talk, n)
        for talk in history.talks
        for n, pair in enumerate(pairwise(talk.arrived))
        if (type(pair[0]), type(pair[1])) == (first, second)
    ]


def event_late(history: History, chance: random.Random) -> bool:
    """The reply behind it knows of its change, or it would not stand before it."""
    place = pick(chance, beside_an_event(history, Event, Operation))
    if place:
        talk, n = place
        event, reply = talk.arrived[n : n + 2]
        talk.arrived[n : n + 2] = [reply, event]
        event.at, reply.ended = reply.ended, event.at
    return bool(place)


def event_early(history: History, chance: random.Random) -> bool:
    """The reply before it does not know of its change; the event comes before it all the same."""
    place = pick(chance, beside_an_event(history, Operation, Event))
    if place:
        talk, n = place
        reply, event = talk.arrived[n : n + 2]
        talk.arrived[n : n + 2] = [event, reply]
        event.at, reply.ended = reply.ended, event.at
    return bool(place)


def events_swapped(history: History, chance: random.Random) -> bool:
    """Two that differ."""
    places = []
    for talk, n in beside_an_event(history, Event, Event):
        one, two = talk.arrived[n], talk.arrived[n + 1]
        assert isinstance(one, Event)
        assert isinstance(two, Event)
        if (one.type, one.path) != (two.type, two.path):
            places.append((one, two))
    place = pick(chance, places)
    if place:
        one, two = place
        one.type, one.path, two.type, two.path = two.type, two.path, one.type, one.path
    return bool(place)


def event_doubled(history: History, chance: random.Random) -> bool:
    """One watch, one event."""
    place = pick(chance, history.events())
    if place:
        talk, event = place
        talk.arrived.insert(talk.arrived.index(event), attrs.evolve(event))
    return bool(place)


def event_dropped(history: History, chance: random.Random) -> bool:
    """Not at the end of a connection that ended: there it may have been on its way."""
    places = []
    for talk, event in history.events():
        behind = talk.arrived[talk.arrived.index(event) + 1 :]
        if not talk.ended or any(type(one) is Operation for one in behind):
            places.append((talk, event))
    place = pick(chance, places)
    if place:
        place[0].arrived.remove(place[1])
    return bool(place)


def event_altered(history: History, chance: random.Random) -> bool:
    place = pick(chance, history.events())
    if place:
        event = place[1]
        if chance.random() < 0.5:
            event.path += b"!"
        else:
            event.type = chance.choice([kind for kind in (1, 2, 3, 4) if kind != event.type])
    return bool(place)


def event_invented(history: History, chance: random.Random) -> bool:
    """Of a znode that nobody ever named."""
    place = pick(chance, (talk for talk in history.talks if talk.arrived))
    if place:
        event = Event(place.session, codes.EVENT_CREATED, b"/never", 0.0)
        n = chance.randrange(len(place.arrived))
        before = place.arrived[n]
        event.at = before.at if isinstance(before, Event) else before.ended
        place.arrived.insert(n + 1, event)
    return bool(place)


# ---- the log


def entry_lost(history: History, chance: random.Random) -> bool:
    del history.applied[chance.randrange(len(history.applied) - 1)]
    return True


def entry_erased(history: History, chance: random.Random) -> bool:
    """As if it had never been: whoever was answered behind it was told another zxid."""
    newest = max((one.zxid for _, one in history.writes()), default=0)
    if newest:
        del history.applied[chance.randrange(newest)]
        renumber(history.applied)
    return bool(newest)


def entries_swapped(history: History, chance: random.Random) -> bool:
    """Two that differ, one of them answered."""
    answered = {one.zxid for _, one in history.writes()}
    log = history.applied
    places = [
        n
        for n in range(len(log) - 1)
        if {n + 1, n + 2} & answered
        and (log[n].session, log[n].request) != (log[n + 1].session, log[n + 1].request)
    ]
    n = pick(chance, places)
    if n is not None:
        log[n], log[n + 1] = log[n + 1], log[n]
        renumber(log)
    return n is not None


def entry_altered(history: History, chance: random.Random) -> bool:
    """Of an answered write: whose it is, what it asks, whether it was let in."""
    place = pick(chance, history.writes())
    if place:
        n = place[1].zxid - 1
        stands = history.applied[n]
        kind = chance.choice(["session", "request", "admitted"])
        changed: dict[str, Any] = {"admitted": not stands.admitted}
        if kind == "session":
            changed = {"session": stands.session + 1_000_000}
        elif kind == "request":
            changed = {"request": changed_request(stands.request)}
        history.applied[n] = attrs.evolve(stands, **changed)
    return bool(place)


def changed_request(request: tuple[Any, ...]) -> tuple[Any, ...]:
    if request[0] == codes.CLOSE_SESSION:
        return codes.DELETE, b"/never", -1
    if request[0] == codes.MULTI:
        return codes.MULTI, request[1][1:]
    return (request[0], request[1] + b"!", *request[2:])


def entry_doubled(history: History, chance: random.Random) -> bool:
    """An answered write once more, at the end: unless one like it is unaccounted for."""
    places = (
        one for _, one in history.writes() if one.request not in history.unanswered(one.session)
    )
    one = pick(chance, places)
    if one is not None:
        stands = history.applied[one.zxid - 1]
        again = attrs.evolve(stands, zxid=len(history.applied) + 1, admitted=True)
        history.applied.append(again)
    return one is not None


def multi_split(history: History, chance: random.Random) -> bool:
    """Its parts stand in the log one by one."""
    places = [
        one
        for _, one in history.writes()
        if one.request[0] == codes.MULTI and len(one.request[1]) > 1
    ]
    one = pick(chance, places)
    if one is not None:
        n = one.zxid - 1
        stands = history.applied[n]
        parts = [attrs.evolve(stands, request=part) for part in one.request[1]]
        history.applied[n : n + 1] = parts
        renumber(history.applied)
    return one is not None


def unknown_order_changed(history: History, chance: random.Random) -> bool:
    """A write that was never answered, and is in the log, was asked behind another: what stands in
    the log of a connection is all that it asked up to some point."""
    places = []
    logged = {(one.session, one.request) for one in history.applied if one.admitted}
    for talk in history.talks:
        mine = [one for t in history.talks if t.session == talk.session for one in t.asked]
        asked = [one.request for one in mine]
        for one in talk.asked:
            if one.ended or one.request[0] not in WRITES or asked.count(one.request) > 1:
                continue
            if (talk.session, one.request) in logged:
                places.append((talk, one))
    place = pick(chance, places)
    if place:
        talk, one = place
        request = (codes.CREATE, b"/never/asked", b"", b"", 0)
        before = Operation(talk.session, request, one.invoked, 0)
        talk.asked.insert(talk.asked.index(one), before)
    return bool(place)


def called_expired(history: History, chance: random.Random) -> bool:
    """A session that the log never ended."""
    closed = {one.request[1] for one in history.applied if one.request[0] == EXPIRE}
    closed |= {one.session for one in history.applied if one.request[0] == codes.CLOSE_SESSION}
    talk = pick(chance, (one for one in history.talks if one.session not in closed))
    if talk is not None:
        talk.expired = True
    return talk is not None


DAMAGES: list[Damage] = [
    *(read_altered, read_stale, read_denied, write_altered, error_altered, lock_granted_twice),
    *(multi_half_done, write_elsewhere, view_goes_back, view_runs_ahead, known_too_early),
    *(sync_too_old, reply_dropped, request_dropped, replies_swapped, event_late, event_early),
    *(events_swapped, event_doubled, event_dropped, event_altered, event_invented, entry_lost),
    *(entry_erased, entries_swapped, entry_altered, entry_doubled, multi_split),
    *(unknown_order_changed, called_expired),
]
