"""cd, pwd, ls, tree and the counts: where one is, and what there is."""

from contextlib import suppress

from rich.text import Text
from rich.tree import Tree

from hikari_client import NoNode
from hikari_tools.shell import stats
from hikari_tools.shell.complaints import Complaint
from hikari_tools.shell.registry import command
from hikari_tools.shell.session import Shell
from hikari_tools.shell.usage import Given
from hikari_tools.shell.walking import Walk, level, name_of

FAMILY = "Move and list"
TREE_ZNODES_MAX = 10_000


@command("cd [path]", family=FAMILY, about="go to a path; `cd -` goes back, `cd` to the root")
async def cd(shell: Shell, given: Given) -> None:
    path = shell.previous if given.word(0) == "-" else shell.path(given.word(0, "/"))
    if await shell.zk.exists(path) is None:
        raise NoNode(path)
    shell.previous, shell.here = shell.here, path


@command("pwd", family=FAMILY, about="the current path")
async def pwd(shell: Shell, given: Given) -> None:
    shell.out.tell({"path": shell.here}, shell.here)


@command(
    "ls [-s] [-w] [-R] [path] [watch]",
    family=FAMILY,
    about="the children; -s: with its numbers, -w: and a watch, -R: all below, a path a line",
)
async def ls(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    watched = given.on("-w") or given.word(1) != ""
    if given.on("-R"):
        await _all_below(shell, path, watched)
        return
    names, stat = await shell.zk.children_and_stat(path)
    if watched:
        names, stat = await shell.zk.children_and_stat(path, watch=shell.once(path, "children"))
    names.sort()
    value = {"path": path, "children": names}
    if not given.on("-s"):
        shell.out.tell(value, f"[{', '.join(names)}]")
        return
    shell.out.tell(
        value | {"stat": stats.plain(stat)}, f"[{', '.join(names)}]\n{stats.lines(stat)}"
    )


async def _all_below(shell: Shell, path: str, watched: bool) -> None:
    walk = Walk(shell.zk, path)
    async for found in walk:
        shell.out.tell({"path": found.path}, found.path)
        if watched:
            with suppress(NoNode):
                await shell.zk.children(found.path, watch=shell.once(found.path, "children"))
    warn_of_denied(shell, walk)


def warn_of_denied(shell: Shell, walk: Walk) -> None:
    """What could not be looked at is said, never left out in silence."""
    if walk.denied:
        raise Complaint(
            f"{walk.denied} znodes below {walk.root} may not be read: they are left out"
        )


@command(
    "tree [-L levels] [path]",
    family=FAMILY,
    about="all below, drawn; -L: so many levels",
)
async def tree(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    depth = given.number("-L", 0, 1) or None
    walk = Walk(shell.zk, path, depth=depth)
    root = Tree(Text(path, style="bold"))
    trunk, count = [root], 0
    async for found in walk:
        if shell.out.json:
            shell.out.tell({"path": found.path, "children": len(found.names)}, "")
        elif count:
            del trunk[level(found.path) - level(path) :]
            trunk.append(trunk[-1].add(_leaf(name_of(found.path), found.stat.ephemeral_owner)))
        count += 1
        if count > TREE_ZNODES_MAX and not shell.out.json:
            shell.out.note(f"cut after {TREE_ZNODES_MAX} znodes; -L bounds the levels")
            break
    if not shell.out.json:
        shell.out.rich(root)
    warn_of_denied(shell, walk)


def _leaf(name: str, session: int) -> Text:
    return Text(f"{name} (ephemeral)", style="yellow") if session else Text(name)


@command(
    "getEphemerals [path]",
    family=FAMILY,
    about="the ephemerals of this session, those below a path",
    aliases=("ephemerals",),
)
async def ephemerals(shell: Shell, given: Given) -> None:
    found = sorted(await shell.zk.ephemerals(shell.path(given.word(0, "/"))))
    shell.out.tell(found, f"[{', '.join(found)}]")


@command(
    "getAllChildrenNumber path",
    family=FAMILY,
    about="how many znodes there are below",
    aliases=("child_count",),
)
async def count_below(shell: Shell, given: Given) -> None:
    count = await shell.zk.count_below(shell.path(given.word(0)))
    shell.out.tell(count, str(count))
