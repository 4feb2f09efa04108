"""A program of one who checks types. What `mypy --strict` must find wrong says so: `# wrong`."""

from hikari_client import ACL, Auth, Client, Created, NodeData, Stat, aio, blocking, tx
from hikari_client.recipes import Held, Lock


async def under_a_loop(zk: Client) -> None:
    call = zk.get("/x")
    call.cancel()
    call.stop()  # wrong
    node: NodeData = await zk.get("/x")
    name: str = await zk.get("/x")  # wrong
    print(node.data, name)
    await zk.set("/x", b"1", version=3, deadline=1.5)
    await zk.set("/x", "text")  # wrong
    await zk.create("/x", acl=[ACL.creator()], efemeral=True)  # wrong
    lock: Lock = zk.lock("/x", timeout=5, name="me", on_lost="tell")
    async with lock as held:
        whose: Held = held
        print(whose.token + 1)
    zk.lock("/x", tiemout=5)  # wrong
    zk.lock("/x", timeout="5")  # wrong
    zk.lock("/x", layout="etcd")  # wrong
    zk.read_write_lock("/x", tiemout=5)  # wrong
    zk.semaphore("/x", 3, tiemout=5)  # wrong
    zk.election("/x", timeout=5)  # wrong
    zk.counter("/x", encoding="hex")  # wrong
    zk.queue("/x", timeout=5)  # wrong
    zk.party("/x", nmae="me")  # wrong
    zk.cache("/x", deep=1)  # wrong
    async with zk.transaction() as t:
        t.check("/x", 3)
        t.delete("/x", version=3)
        t.check("/x", verison=3)  # wrong
    first: Created | Stat | None = t.results[0]
    print(first)


async def beside(zk: Client) -> int:
    async def number() -> int:
        return 3

    task = zk.spawn(number())
    wrong: str = await task  # wrong
    print(wrong)
    return await task


def settings() -> None:
    aio.client("h", session_timeout=30, auth=(Auth.digest("u", "p"),), on_disconnect="fail")
    aio.client("h", sesion_timeout=30)  # wrong
    tx.client("h", None, read_only=True, tls=True)
    tx.client("h", None, readonly=True)  # wrong
    blocking.connect("h", deadline=10, backoff_max=1.0)
    blocking.connect("h", timeout=10)  # wrong


def in_a_thread(zk: blocking.Blocking) -> None:
    stat: Stat = zk.set("/x", b"1")
    zk.set("/x", b"1", verison=1)  # wrong
    with zk.pipeline() as calls:
        call = calls.get("/x")
        call.cancel()
        node: NodeData = call.result(timeout=1)
    print(stat, node)
    with zk.lock("/x", timeout=5) as held:
        held.check()
        print(held.token + 1, held.lost.wait(0.1))
        held.chekc()  # wrong
    zk.lock("/x", tiemout=5)  # wrong
    zk.lock("/x", on_lost="cancel")  # wrong
    zk.counter("/x").add("1")  # wrong
    item = zk.queue("/x").get(timeout=1)
    value: bytes = item.value
    for term in zk.election("/x", name="me"):
        with term:
            print(value, term.token)
