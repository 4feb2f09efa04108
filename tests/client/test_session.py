"""What a session promises, whatever connections do. No clock, no socket."""

from math import inf

import pytest
from client.false_server import ADDRESSES, DATA, GET, SET, STAT, Stage

from hikari_client.settings import FRAME_BYTES_MAX
from hikari_client.values import Auth
from hikari_wire import codes, replies, requests


def test_what_is_asked_is_answered_in_order_and_sent_at_once() -> None:
    stage = Stage()
    stage.connect()
    stage.ask("get", GET)
    stage.ask("set", SET)
    assert stage.asked() == [GET, SET]
    stage.answer(codes.GET_DATA, DATA)
    stage.answer(codes.SET_DATA, STAT.pack())
    assert stage.news() == ["connected", "get done", "set done"]


def test_what_is_asked_before_there_is_a_connection_waits_for_it() -> None:
    stage = Stage()
    stage.ask("get", GET)
    stage.connect()
    assert stage.asked() == [GET]


def test_without_a_connection_it_fails_at_once_if_that_is_what_was_set() -> None:
    stage = Stage(on_disconnect="fail")
    stage.ask("get", GET)
    assert stage.news() == ["get ConnectionLoss"]


def test_after_a_drop_reads_are_asked_again_and_writes_are_in_doubt() -> None:
    stage = Stage()
    stage.connect()
    stage.ask("get", GET)
    stage.ask("set", SET)
    stage.asked()
    stage.drop()
    stage.ask("late", SET)
    assert stage.news() == ["connected", "suspended", "set ConnectionLoss perhaps"]
    stage.connect()
    assert stage.asked() == [GET, SET]
    assert stage.news() == ["connected"]


def test_a_session_is_taken_along_to_the_next_connection() -> None:
    stage = Stage()
    stage.connect(session=7)
    stage.ask("get", GET)
    stage.asked()
    stage.answer(codes.GET_DATA, DATA)
    stage.drop()
    asked = stage.open()
    assert (asked.session, asked.password, asked.zxid_last_seen) == (7, b"p" * 16, 11)


def test_it_is_lost_by_its_own_clock_when_no_server_vouches_for_it() -> None:
    """Counted from when the last request that was answered was sent: a server cannot have counted
    from an earlier moment."""
    stage = Stage()
    stage.connect()
    stage.pass_time(1.0)
    stage.ask("get", GET)
    stage.asked()
    stage.now += 0.5
    stage.answer(codes.GET_DATA, DATA)
    stage.drop()
    stage.ask("set", SET)
    stage.pass_time(5.4)
    assert "lost" not in stage.news()
    stage.pass_time(0.2)
    assert stage.news() == ["lost", "set SessionExpired"]
    assert stage.open().session == 0, "the next one is new"


def test_who_stood_still_hears_that_all_is_lost_before_the_drop_fails_its_calls() -> None:
    stage = Stage()
    stage.connect()
    stage.ask("set", SET)
    stage.asked()
    stage.now += 6.1
    stage.drop()
    assert stage.news() == ["connected", "lost", "set SessionExpired perhaps"]


def test_it_is_lost_when_a_server_says_so_and_a_new_one_begins_there() -> None:
    stage = Stage()
    stage.connect()
    stage.drop()
    stage.open()
    stage.news()
    stage.greet(session=0, timeout_ms=0)
    assert stage.hung_up
    assert stage.news() == ["lost"]
    assert stage.dialled[-1] == stage.dialled[-2]
    assert stage.open().session == 0
    stage.greet(session=8)
    assert stage.news() == ["connected"]


def test_watches_that_fire_once_are_told_to_the_next_connection() -> None:
    stage = Stage()
    stage.connect()
    stage.ask("get", (codes.GET_DATA, b"/a", True), watcher="w")
    stage.ask("gone", (codes.EXISTS, b"/b", True), watcher="v")
    stage.asked()
    stage.answer(codes.GET_DATA, DATA)
    stage.answer(codes.EXISTS, error=codes.NO_NODE)
    stage.drop()
    stage.connect()
    assert stage.asked() == [(codes.SET_WATCHES, 12, (b"/a",), (b"/b",), ())]
    stage.news()
    stage.event(codes.EVENT_CREATED, b"/b")
    stage.event(codes.EVENT_DATA_CHANGED, b"/a")
    stage.event(codes.EVENT_DATA_CHANGED, b"/a")
    assert stage.news() == ["v hears created /b", "w hears changed /a"]


def test_a_watch_that_stays_is_told_of_the_gap() -> None:
    stage = Stage()
    stage.connect()
    stage.ask("add", (codes.ADD_WATCH, b"/a", 1), watcher="w")
    stage.asked()
    stage.answer(codes.ADD_WATCH)
    stage.news()
    stage.event(codes.EVENT_CREATED, b"/a/b/c")
    stage.drop()
    stage.connect()
    assert stage.asked() == [(codes.SET_WATCHES2, 11, (), (), (), (), (b"/a",))]
    assert stage.news() == ["w hears created /a/b/c", "suspended", "connected", "w gap /a"]


def test_with_the_session_a_watch_that_fires_once_is_over_and_says_so() -> None:
    stage = Stage()
    stage.connect()
    stage.ask("get", (codes.GET_DATA, b"/a", True), watcher="w")
    stage.asked()
    stage.answer(codes.GET_DATA, DATA)
    stage.drop()
    stage.news()
    stage.pass_time(7)
    assert stage.news() == ["lost", "w gap /a"]


def test_a_silent_server_is_left_and_an_idle_one_is_pinged() -> None:
    stage = Stage()
    stage.connect()
    stage.pass_time(2.1)
    assert stage.asked() == [(codes.PING,)]
    stage.pass_time(2.1)
    assert stage.hung_up
    assert stage.news() == ["connected", "suspended"]


def test_identities_are_proved_before_anything_is_asked() -> None:
    stage = Stage(auth=(Auth.digest("bob", "secret"),))
    stage.ask("get", GET)
    stage.connect()
    assert stage.asked() == [(codes.AUTH, 0, b"digest", b"bob:secret"), GET]


def test_every_server_is_tried_before_there_is_a_pause() -> None:
    stage = Stage(backoff_first=1.0, backoff_max=4.0)
    for _ in ADDRESSES[1:]:
        stage.drop()
    assert sorted(stage.dialled) == sorted(ADDRESSES)
    stage.drop()
    assert len(stage.dialled) == 3, "now it waits"
    stage.pass_time(2.01)
    assert len(stage.dialled) == 4


def test_an_answer_out_of_order_ends_the_connection_and_not_the_client() -> None:
    stage = Stage()
    stage.connect()
    stage.ask("get", GET)
    stage.asked()
    stage.xids = [99]
    stage.answer(codes.GET_DATA, DATA)
    assert stage.hung_up
    assert stage.news() == ["connected", "suspended", "get ConnectionLoss"]


@pytest.mark.parametrize("request_", [(codes.SET_DATA, b"/a", bytes(1 << 20), -1), (999,)])
def test_what_cannot_be_said_disturbs_nothing_else(request_: tuple[object, ...]) -> None:
    stage = Stage()
    stage.connect()
    stage.ask("bad", request_)
    stage.ask("get", GET)
    assert stage.asked() == [GET]
    assert stage.news() == ["connected", "bad BadArguments"]


def test_a_server_that_greets_and_goes_is_not_asked_without_end() -> None:
    stage = Stage()
    while stage.now < 110:
        if len(stage.dialled) > stage.connections:
            stage.connect()
            stage.drop()
        else:
            stage.pass_time(0.01)
    assert 10 < len(stage.dialled) < 60


def test_a_member_that_dies_after_long_service_is_left_without_a_pause() -> None:
    stage = Stage()
    for _ in range(10):
        stage.connect()
        stage.pass_time(1.1)
        stage.drop()
        assert len(stage.dialled) > stage.connections


def test_what_the_connection_never_got_is_not_in_doubt() -> None:
    stage = Stage()
    stage.connect()
    stage.ask("sent", SET)
    stage.asked()
    stage.ask("not sent", SET)
    stage.drop()
    assert stage.news() == ["connected", "suspended", "sent ConnectionLoss perhaps"]
    stage.connect()
    assert stage.asked() == [SET]


def test_an_answer_that_nobody_understands_is_one_callers_trouble() -> None:
    stage = Stage()
    stage.connect()
    stage.ask("get", GET)
    stage.ask("set", SET)
    stage.asked()
    stage.receive(replies.frame(stage.xids.pop(0), 11, 0, b"?"))
    stage.answer(codes.SET_DATA, STAT.pack())
    assert stage.news() == ["connected", "get MarshallingError", "set done"]


def test_a_long_answer_arrives_in_pieces() -> None:
    stage = Stage()
    stage.connect()
    stage.ask("list", (codes.GET_CHILDREN, b"/a", False))
    stage.asked()
    names = tuple(b"%0100d" % n for n in range(100_000))
    data = replies.frame(stage.xids.pop(0), 11, 0, replies.BODY[codes.GET_CHILDREN](names))
    for at in range(0, len(data), 1 << 16):
        stage.receive(data[at : at + (1 << 16)])
    assert stage.told[-1][2] == names


def test_ten_thousand_watches_are_told_in_frames_that_every_server_takes() -> None:
    stage = Stage()
    stage.connect()
    paths = [b"/" + b"%0120d" % n for n in range(10_000)]
    for n, path in enumerate(paths):
        stage.ask("w", (codes.GET_DATA, path, True), watcher=f"w{n}")
    stage.asked()
    for _ in paths:
        stage.answer(codes.GET_DATA, DATA)
    stage.drop()
    stage.connect()
    buf, spans = stage.frames.feed(stage.session.take_output(stage.now))
    assert len(spans) > 5
    assert max(end - at for at, end in spans) < 1 << 18
    told = [requests.DECODE[codes.SET_WATCHES](buf, at + 8, end)[2] for at, end in spans]
    assert sorted(path for chunk in told for path in chunk) == paths
    for _ in spans:
        stage.receive(replies.frame(codes.XID_SET_WATCHES, 11, 0, b""))
    stage.ask("get", GET)
    assert stage.asked() == [GET]


def test_a_watch_whose_caller_gave_up_is_taken_back() -> None:
    stage = Stage()
    stage.connect()
    for name in ("mine", "other"):
        stage.ask(name, (codes.ADD_WATCH, b"/" + name.encode(), 0), watcher=name)
    stage.asked()
    stage.given_up.add("mine")
    stage.answer(codes.ADD_WATCH)
    stage.answer(codes.ADD_WATCH)
    assert stage.asked() == [(codes.REMOVE_WATCHES, b"/mine", codes.WATCHER_ANY)]
    stage.event(codes.EVENT_DATA_CHANGED, b"/mine")
    assert not any("hears" in word for word in stage.news())


def test_who_is_not_believed_is_told_so_and_so_is_everybody_else() -> None:
    stage = Stage(auth=(Auth("digest", b"bob:wrong"),))
    stage.connect()
    stage.ask("get", GET)
    stage.asked()
    stage.receive(replies.frame(codes.XID_AUTH, 0, codes.AUTH_FAILED))
    assert stage.news() == ["connected", "closed", "get AuthFailed"]
    assert stage.hung_up
    stage.ask("late", GET)
    assert stage.news() == ["late ClientClosed"]
    assert stage.session.deadline() == inf


def test_a_proof_is_proved_when_the_server_says_so() -> None:
    stage = Stage()
    stage.session.add_auth(Auth("digest", b"bob:secret"), "bob")
    stage.connect()
    stage.drop()
    stage.connect()
    assert stage.news() == ["connected", "suspended", "connected"]
    stage.receive(replies.frame(codes.XID_AUTH, 0, 0))
    assert stage.news() == ["bob done"]


def test_it_says_good_bye_on_the_next_connection_if_there_is_none() -> None:
    stage = Stage()
    stage.connect()
    stage.drop()
    assert stage.session.close("bye")
    stage.connect()
    assert stage.asked() == [(codes.CLOSE_SESSION,)]
    stage.answer(codes.CLOSE_SESSION)
    assert stage.news() == ["connected", "suspended", "connected", "closed", "bye done"]


@pytest.mark.parametrize("began", [False, True])
def test_without_a_session_it_is_over_at_once(began: bool) -> None:
    stage = Stage()
    if began:
        stage.open()
    stage.ask("get", GET)
    assert not stage.session.close("bye")
    stage.look()
    assert stage.news() == ["closed", "get ClientClosed"]
    stage.drop()
    assert stage.session.deadline() == inf


def test_from_a_read_only_server_it_looks_for_another_by_and_by() -> None:
    stage = Stage(read_only=True)
    stage.open()
    stage.greet(session=1 << 62, read_only=True)
    stage.pass_time(0.1)
    assert len(stage.probed) == 1
    stage.serve(60)
    assert 5 < len(stage.probed) < 15
    assert stage.dialled[-1] not in stage.probed
    stage.session.probed(stage.probed[-1], stage.now)
    stage.look()
    assert stage.hung_up
    assert stage.dialled[-1] == stage.probed[-1]
    assert stage.open().session == 0, "a session of a read-only server is nobody else's"
    stage.greet(session=8)
    assert stage.news() == ["read only", "suspended", "connected"]


def test_a_read_only_server_cannot_vouch_for_a_session_of_the_ensemble() -> None:
    stage = Stage(read_only=True)
    stage.connect()
    stage.drop()
    stage.open()
    stage.greet(read_only=True)
    stage.serve(5.9)
    assert "lost" not in stage.news()
    stage.pass_time(0.2)
    assert stage.news() == ["lost"]


def test_a_new_session_asks_nothing_of_the_past() -> None:
    """An ensemble that was restored from an older copy must not be refused for ever."""
    stage = Stage()
    stage.connect()
    stage.ask("get", GET)
    stage.asked()
    stage.answer(codes.GET_DATA, DATA)
    stage.drop()
    stage.pass_time(7)
    assert stage.open().zxid_last_seen == 0


def test_a_greeting_that_is_older_than_what_it_grants_is_not_believed() -> None:
    """The client stood still between asking and reading."""
    stage = Stage()
    stage.open()
    stage.now += 6.1
    stage.greet()
    assert stage.hung_up
    assert stage.news() == []
    assert stage.open().session == 0


def test_a_server_without_lasting_watches_is_told_of_the_others_again() -> None:
    """One before ZooKeeper 3.6, after one that had them."""
    stage = Stage()
    stage.connect()
    stage.ask("add", (codes.ADD_WATCH, b"/a", 1), watcher="w")
    stage.ask("get", (codes.GET_DATA, b"/b", True), watcher="v")
    stage.asked()
    stage.answer(codes.ADD_WATCH)
    stage.answer(codes.GET_DATA, DATA)
    stage.drop()
    stage.connect()
    assert stage.asked() == [(codes.SET_WATCHES2, 12, (b"/b",), (), (), (), (b"/a",))]
    stage.news()
    stage.answer(codes.SET_WATCHES2, error=codes.UNIMPLEMENTED)
    assert stage.news() == ["w hears removed /a"]
    assert stage.asked() == [(codes.SET_WATCHES, 13, (b"/b",), (), ())]


def test_what_could_not_be_told_to_the_next_connection_is_not_watched() -> None:
    """The longest path that fits into a read does not fit into a SetWatches."""
    stage = Stage()
    stage.connect()
    path = b"/" + b"x" * (FRAME_BYTES_MAX - 14)
    stage.ask("plain", (codes.GET_DATA, path, False))
    stage.ask("watched", (codes.GET_DATA, path, True), watcher="w")
    for name, short in (("once", path[:-40]), ("again", path[:-50])):
        stage.ask(name, (codes.GET_DATA, short, True), watcher=name)
    assert [request[1:] for request in stage.asked()] == [
        (path, False),
        (path[:-40], True),
        (path[:-50], True),
    ]
    for _ in range(3):
        stage.answer(codes.GET_DATA, DATA)
    assert stage.news() == [
        *("connected", "watched BadArguments"),
        *("plain done", "once done", "again done"),
    ]
    stage.drop()
    stage.connect()
    assert [request[2] for request in stage.asked()] == [(path[:-40],), (path[:-50],)]


def test_a_read_only_server_does_not_raise_the_dead() -> None:
    """It cannot know that the others have given the session up, and its greeting comes late."""
    stage = Stage(read_only=True)
    stage.connect()
    stage.pass_time(1)
    stage.drop()
    stage.pass_time(4)
    stage.open()
    stage.now += 1.1
    stage.news()
    dialled = len(stage.dialled)
    stage.greet(read_only=True)
    assert stage.news() == ["lost"]
    while len(stage.dialled) == dialled:
        stage.pass_time(0.1)
    assert stage.open().session == 0
