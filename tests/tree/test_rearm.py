"""What a client that comes back has missed."""

from tree.story import Story

from hikari.tree.rearm import rearm
from hikari_wire import codes


def test_what_changed_since_is_told_and_the_rest_is_armed_again() -> None:
    story = Story()
    for line in ("create /kept", "create /set", "create /grown", "create /gone"):
        story.run(line, "")
    seen = story.tree.zxid
    for line in ("set /set", "create /grown/child", "delete /gone", "create /new"):
        story.run(line, "")
    paths = (b"/kept", b"/set", b"/grown", b"/gone", b"/never")

    assert rearm(story.tree, seen, paths, (), ()) == (
        [
            (codes.EVENT_DATA_CHANGED, b"/set"),
            (codes.EVENT_DELETED, b"/gone"),
            (codes.EVENT_DELETED, b"/never"),
        ],
        [b"/kept", b"/grown"],
        [],
        [],
    )
    assert rearm(story.tree, seen, (), (b"/new", b"/gone"), ()) == (
        [(codes.EVENT_CREATED, b"/new")],
        [],
        [b"/gone"],
        [],
    )
    assert rearm(story.tree, seen, (), (), paths) == (
        [
            (codes.EVENT_CHILDREN_CHANGED, b"/grown"),
            (codes.EVENT_DELETED, b"/gone"),
            (codes.EVENT_DELETED, b"/never"),
        ],
        [],
        [],
        [b"/kept", b"/set"],
    )


def test_a_client_that_has_seen_everything_missed_nothing() -> None:
    story = Story()
    story.run("create /a", "")
    assert rearm(story.tree, story.tree.zxid, [b"/a"], [b"/b"], [b"/a"]) == (
        [],
        [b"/a"],
        [b"/b"],
        [b"/a"],
    )
