"""Quotas, as ZooKeeper keeps them: limits and counts below /zookeeper/quota."""

from hikari_client import NodeExists, NoNode
from hikari_tools.shell.complaints import Complaint, usage
from hikari_tools.shell.registry import command
from hikari_tools.shell.session import Shell
from hikari_tools.shell.usage import Given
from hikari_tools.shell.walking import Walk, below, name_of, parent_of

FAMILY = "Quotas"
ROOT = "/zookeeper/quota"
LIMITS, STATS = "zookeeper_limits", "zookeeper_stats"
FLAGS = {"-n": "count", "-b": "bytes", "-N": "countHardLimit", "-B": "byteHardLimit"}
Numbers = dict[str, int]


def read(raw: bytes) -> Numbers:
    """The numbers in such a znode; what cannot be read is none."""
    numbers = {}
    for pair in raw.decode("utf-8", "replace").replace(",", ";").split(";"):
        name, _, value = pair.partition("=")
        value = value.rstrip("=")
        if value.lstrip("-").isdecimal():
            numbers[name] = int(value)
    return numbers


def write(numbers: Numbers) -> bytes:
    """Count and bytes first, for servers that know no others."""
    text = f"count={numbers.get('count', -1)},bytes={numbers.get('bytes', -1)}"
    others = sorted(numbers.keys() - {"count", "bytes"})
    if others:
        text += "=" + "".join(f";{name}={numbers[name]}" for name in others)
    return text.encode()


def _quota(shell: Shell, path: str) -> str:
    """Where the quota of a path stands. Raises a Complaint."""
    if path == "/":
        raise usage("the root has no quota")
    if "/" in shell.hosts:
        raise usage("quotas cannot be seen below a chroot: connect without it")
    return ROOT + path


@command("listquota path", family=FAMILY, about="the limits of a path, and how much there is")
async def list_quota(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    limits, used = await _numbers(shell, path)
    text = f"quota of {path}: {write(limits).decode()}\nthere is: {write(used).decode()}"
    shell.out.tell({"path": path, "limits": limits, "used": used}, text)


async def _numbers(shell: Shell, path: str) -> tuple[Numbers, Numbers]:
    where = _quota(shell, path)
    try:
        limits = await shell.zk.get(below(where, LIMITS))
        used = await shell.zk.get(below(where, STATS))
    except NoNode:
        raise Complaint(f"{path} has no quota; `setquota` gives it one") from None
    return read(limits.data), read(used.data)


@command(
    "setquota [-n count] [-b bytes] [-N count] [-B bytes] path",
    family=FAMILY,
    about="-n: so many znodes, -b: so many bytes, -N and -B: and refuse what is more",
    writes=True,
)
async def set_quota(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    asked = {
        name: given.number(flag, -1, 0) for flag, name in FLAGS.items() if flag in given.values
    }
    if not asked:
        raise usage(f"one of {', '.join(FLAGS)} is needed")
    where, zk = _quota(shell, path), shell.zk
    if await zk.exists(path) is None:
        raise NoNode(path)
    await _demand_no_other(shell, path)
    await zk.ensure_path(where)
    try:
        await zk.create(below(where, LIMITS), write(asked))
        await zk.create(below(where, STATS), write({"count": 0, "bytes": 0}))
    except NodeExists:
        found = await zk.get(below(where, LIMITS))
        merged = read(found.data) | asked
        await zk.set(below(where, LIMITS), write(merged), version=found.stat.version)
    limits, used = await _numbers(shell, path)
    shell.out.tell({"path": path, "limits": limits, "used": used}, f"quota of {path} is set")
    for name, counted in (("count", "count"), ("bytes", "bytes")):
        if -1 < limits.get(name, -1) < used.get(counted, 0):
            shell.out.note(f"already there are more {name} than that: {used[counted]}")


async def _demand_no_other(shell: Shell, path: str) -> None:
    """As ZooKeeper has it: no quota within another."""
    above = parent_of(path)
    while above != "/":
        if await shell.zk.exists(below(ROOT + above, LIMITS)):
            raise Complaint(f"{above} above it has a quota already")
        above = parent_of(above)
    try:
        async for found in Walk(shell.zk, ROOT + path):
            owner = parent_of(found.path)
            if name_of(found.path) == LIMITS and owner != ROOT + path:
                raise Complaint(f"{owner[len(ROOT) :]} below it has a quota already")
    except NoNode:
        pass


@command(
    "delquota [-n] [-b] [-N] [-B] path",
    family=FAMILY,
    about="no quota any more, or none of this kind",
    writes=True,
)
async def del_quota(shell: Shell, given: Given) -> None:
    path, zk = shell.path(given.word(0)), shell.zk
    limits, _ = await _numbers(shell, path)
    where = _quota(shell, path)
    off = [name for flag, name in FLAGS.items() if given.on(flag)]
    if off:
        left = {name: -1 if name in off else number for name, number in limits.items()}
        await zk.set(below(where, LIMITS), write(left))
    else:
        for name in (LIMITS, STATS):
            await zk.delete(below(where, name), missing_ok=True)
        while where != ROOT and not await zk.children(where):
            await zk.delete(where, missing_ok=True)
            where = parent_of(where)
    shell.out.tell(
        {"path": path, "removed": off or list(FLAGS.values())}, f"quota of {path} is off"
    )
