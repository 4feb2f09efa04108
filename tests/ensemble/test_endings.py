"""Real members: what ends by itself ends everywhere; quotas and the superuser, with kazoo."""

import time

import pytest
from ensemble.ensemble import wait_until
from ensemble.recorder import Client, children, create
from kazoo.client import KazooClient
from kazoo.exceptions import NoAuthError, NoNodeError, QuotaExceededError
from kazoo.security import make_digest_acl
from timely import demand_within, timely

from hikari.tree.acl import digest
from hikari_wire import codes

pytestmark = pytest.mark.ensemble

SETTINGS = f"""
[endings]
check_interval_ms = 200
[quotas]
enforce = true
[access]
super_digest = "{digest(b"super:power").decode()}"
"""


@timely
def test_what_ends_by_itself_ends_also_when_the_leader_was_killed(make):
    """Containers and TTL znodes, on every member, and not before their time."""
    three = make(settings=SETTINGS)
    leader = three.leader()
    follower = three.followers()[0]
    client = Client(three.ports)
    client.open(follower)
    made = client.send(
        (codes.CREATE_CONTAINER, b"/box", b"", b"", codes.CONTAINER),
        create(b"/box/thing"),
        (codes.CREATE_CONTAINER, b"/kept", b"", b"", codes.CONTAINER),
        create(b"/kept/thing"),
        (codes.CREATE_TTL, b"/brief", b"", b"", codes.PERSISTENT_WITH_TTL, 3_000),
        (codes.CREATE_TTL, b"/long", b"", b"", codes.PERSISTENT_WITH_TTL, 3_600_000),
        (codes.DELETE, b"/box/thing", -1),
    )
    client.finish()
    assert [one.error for one in made] == [0] * 7
    assert [made[n].value[1].ephemeral_owner for n in (0, 4)] == [0, 0]
    three.kill(leader)
    three.leader()
    client.attach(follower)

    def names():
        return set(client.ask(children(b"/")).value)

    seen = names()
    if b"brief" not in seen:
        demand_within(2.9, time.monotonic() - made[4].invoked, of="s until the next leader serves")
    assert b"brief" in seen
    wait_until("both are gone", lambda: names() == {b"kept", b"long", b"zookeeper"})
    three.launch(leader)
    three.wait_caught_up(leader)
    client.open(leader)
    assert names() == {b"kept", b"long", b"zookeeper"}
    client.close()


def test_a_quota_set_as_zkcli_does_is_kept_by_all(make):
    """Limits and stats are znodes that the client writes; a hard limit refuses."""
    three = make(settings=SETTINGS)
    zk = KazooClient(",".join(f"127.0.0.1:{port}" for port in three.ports))
    zk.start()
    try:
        zk.create("/app", b"12345")
        zk.ensure_path("/zookeeper/quota/app")
        limits = b"count=-1,bytes=-1=;byteHardLimit=20;countHardLimit=3"
        zk.create("/zookeeper/quota/app/zookeeper_limits", limits)
        zk.create("/zookeeper/quota/app/zookeeper_stats", b"count=0,bytes=0")
        zk.create("/app/a", b"12345")
        wait_until("it is enforced", lambda: refuses(zk))
        assert zk.get("/zookeeper/quota/app/zookeeper_stats")[0] == b"count=2,bytes=10"
        transaction = zk.transaction()
        transaction.create("/app/b")
        transaction.create("/app/c")
        assert [type(one) for one in transaction.commit()][1] is QuotaExceededError
        zk.create("/app/b")
        with pytest.raises(QuotaExceededError):
            zk.create("/app/c")
        zk.delete("/app/b")
        assert zk.get("/zookeeper/quota/app/zookeeper_stats")[0] == b"count=2,bytes=10"
    finally:
        zk.stop()
        zk.close()


def refuses(zk):
    """Whether more bytes than there may be are refused by now."""
    try:
        zk.set("/app/a", b"x" * 30)
    except QuotaExceededError:
        return True
    zk.set("/app/a", b"12345")
    return False


def test_the_superuser_may_do_what_nobody_else_may(make):
    """Its identity goes into the log with the request: every member agrees."""
    three = make(settings=SETTINGS)
    hosts = ",".join(f"127.0.0.1:{port}" for port in three.ports)
    zk, root = KazooClient(hosts), KazooClient(hosts)
    zk.start()
    root.start()
    try:
        zk.create("/private", b"x", acl=[make_digest_acl("ann", "secret", all=True)])
        with pytest.raises(NoAuthError):
            root.set("/private", b"y")
        root.add_auth("digest", "super:power")
        root.set("/private", b"y")
        assert root.get("/private")[0] == b"y"
        root.delete("/private")
        zk.sync("/")
        with pytest.raises(NoNodeError):
            zk.get("/private")
        three.leader()
    finally:
        for one in (zk, root):
            one.stop()
            one.close()
