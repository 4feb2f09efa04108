"""What /zookeeper/config tells of the members."""

from tree.story import Story

from hikari.tree.fresh import CONFIG
from hikari.tree.membership import CONFIGURE, content, servers_of
from hikari.tree.tree import Tree
from hikari_wire import codes

THREE = b"".join(b"server.%d=h%d:1:1:participant;h%d:2\n" % (n, n, n) for n in (1, 2, 3))
FOUR = THREE + b"server.4=h4:1:1:participant;h4:2\n"


def configured(story: Story, servers: bytes) -> str:
    return story.write((CONFIGURE, servers))


def test_it_says_who_the_members_are_and_since_when() -> None:
    story = Story()
    for _ in range(20):
        story.run("set /", "")
    assert configured(story, THREE) == "fires NodeDataChanged /zookeeper/config"
    znode = story.tree.look(CONFIG)
    assert znode is not None
    assert znode.data == THREE + b"version=15"
    assert (znode.mzxid, znode.version, znode.aversion, znode.mtime) == (21, -1, -1, 1000)


def test_said_twice_it_changes_once() -> None:
    story = Story()
    configured(story, THREE)
    before = story.tree.stat68(CONFIG)
    assert configured(story, THREE) == ""
    assert story.tree.stat68(CONFIG) == before
    assert configured(story, FOUR) == "fires NodeDataChanged /zookeeper/config"
    assert story.tree.zxid == 3


def test_it_outlives_a_restart() -> None:
    story = Story()
    configured(story, THREE)
    story.tree.settle()
    digest = story.tree.digest()
    again = Tree(story.rows, 1 << 20)
    assert again.digest() == digest
    znode = again.look(CONFIG)
    assert znode is not None
    assert servers_of(znode.data) == THREE
    assert znode.version == -1


def test_a_member_that_is_alone_tells_nothing() -> None:
    story = Story()
    assert configured(story, b"") == ""
    configured(story, THREE)
    assert configured(story, b"") == "fires NodeDataChanged /zookeeper/config"
    znode = story.tree.look(CONFIG)
    assert znode is not None
    assert znode.data == b""


def test_no_client_may_write_it() -> None:
    story = Story()
    story.run("open ann", "")
    assert story.run("ann: set /zookeeper/config data=x", "") == "NOAUTH"
    assert story.run("ann: delete /zookeeper/config", "") == codes.ERROR_NAMES[codes.BAD_ARGUMENTS]


def test_the_servers_are_found_again_in_what_is_told() -> None:
    for servers in (b"", THREE, FOUR):
        assert servers_of(content(servers, 77)) == servers
    assert servers_of(None) == b""
