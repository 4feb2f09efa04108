"""get, json, stat, exists: one znode."""

from hikari_client import NoNode, Stat
from hikari_tools.shell import data, stats
from hikari_tools.shell.complaints import Complaint
from hikari_tools.shell.members import tell_ensemble
from hikari_tools.shell.registry import command
from hikari_tools.shell.session import Shell
from hikari_tools.shell.usage import Given

FAMILY = "Read"


@command(
    "get [-s] [-w] [-b] [-x] [-j] [-r] path [watch]",
    family=FAMILY,
    about="the data; -s: and its numbers, -w: and a watch, -b: base64, -x: hex, -j: as JSON with"
    " lines, -r: the bytes as they are",
    aliases=("cat",),
)
async def get(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    found = await shell.zk.get(path)
    if given.on("-w") or given.word(1):
        found = await shell.zk.get(path, watch=shell.once(path, "data"))
    if given.on("-r") and not shell.out.json:
        shell.out.raw(found.data)
        return
    value = {"path": path, **data.plain(found.data)}
    if given.on("-s"):
        value |= {"stat": stats.plain(found.stat)}  # type: ignore[dict-item]
    text = _text(given, found.data)
    shell.out.tell(value, f"{text}\n{stats.lines(found.stat)}" if given.on("-s") else text)


def _text(given: Given, raw: bytes) -> str:
    if given.on("-b"):
        return data.to_base64(raw)
    if given.on("-x"):
        return data.hexdump(raw)
    return data.pretty(raw) if given.on("-j") else data.shown(raw)


@command(
    "json path [key...]",
    family=FAMILY,
    about="JSON data with its lines, or what stands under keys (numbers for lists)",
    aliases=("json_cat", "json_get"),
)
async def json_of(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    value = data.parsed((await shell.zk.get(path)).data)
    for key in given.words[1:]:
        value = _under(value, key)
    text = value if isinstance(value, str) else data.indented(value)
    shell.out.tell(value, text)


def _under(value: object, key: str) -> object:
    try:
        if isinstance(value, list):
            return value[int(key)]
        if isinstance(value, dict):
            return value[key]
    except (KeyError, IndexError, ValueError):
        pass
    raise Complaint(f"there is no {key!r} in this JSON")


@command(
    "stat [-w] [path] [watch]",
    family=FAMILY,
    about="the numbers of a znode; without a path: the members, who leads and who is behind",
)
async def stat(shell: Shell, given: Given) -> None:
    if not given.words:
        await tell_ensemble(shell)
        return
    path = shell.path(given.word(0))
    watched = given.on("-w") or given.word(1)
    found = await shell.zk.exists(path, watch=shell.once(path, "data") if watched else None)
    if found is None:
        raise NoNode(path)
    tell_stat(shell, path, found)


@command(
    "exists [-w] path",
    family=FAMILY,
    about="whether it is there: status 0 if it is, 1 if not; -w: and a watch",
)
async def exists(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    watch = shell.once(path, "data") if given.on("-w") else None
    found = await shell.zk.exists(path, watch=watch)
    if found is None:
        raise NoNode(path)
    tell_stat(shell, path, found)


def tell_stat(shell: Shell, path: str, found: Stat) -> None:
    shell.out.tell({"path": path, "stat": stats.plain(found)}, stats.lines(found))


@command("sync [path]", family=FAMILY, about="what is read from now on is as new as any member's")
async def sync(shell: Shell, given: Given) -> None:
    await shell.zk.sync(shell.path(given.word(0)))
    shell.out.tell({"sync": "ok"}, "Sync is OK")
