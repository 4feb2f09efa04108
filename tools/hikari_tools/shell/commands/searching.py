"""find, grep, du, top: what is where, and where the mass is."""

import fnmatch
import time

from hikari_client import Stat
from hikari_tools.shell import data
from hikari_tools.shell.commands.hot import tell_hot
from hikari_tools.shell.commands.moving import warn_of_denied
from hikari_tools.shell.complaints import usage
from hikari_tools.shell.registry import command
from hikari_tools.shell.session import Shell
from hikari_tools.shell.usage import Given
from hikari_tools.shell.walking import Found, Walk, level, name_of, parent_of

FAMILY = "Search"
TOP = 10


@command(
    "find [-i] [-e] [-name pattern] [-size bytes] [-older seconds] [path] [text]",
    family=FAMILY,
    about="paths below: with this text in them (-i: in capitals or not), whose name fits a pattern,"
    " -e: ephemerals, -size: of so many bytes or more, -older: not changed for so long",
)
async def find(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    now_ms = time.time() * 1000
    walk = Walk(shell.zk, path)
    with shell.out.progress(f"looking below {path}") as counter:
        async for found in walk:
            counter.add()
            if _fits(given, found, now_ms):
                shell.out.tell({"path": found.path}, found.path)
    warn_of_denied(shell, walk)


def _fits(given: Given, found: Found, now_ms: float) -> bool:
    path, text, stat = found.path, given.word(1), found.stat
    pattern = given.values.get("-name", "*")
    name = name_of(path)
    if given.on("-i"):
        path, text, name, pattern = path.lower(), text.lower(), name.lower(), pattern.lower()
    return (
        text in path
        and fnmatch.fnmatchcase(name, pattern)
        and (not given.on("-e") or stat.ephemeral_owner != 0)
        and stat.data_length >= given.number("-size", 0)
        and stat.mtime <= now_ms - 1000 * given.number("-older", 0)
    )


@command(
    "grep [-i] [-l] text [path]",
    family=FAMILY,
    about="lines of data below with this text; -i: in capitals or not, -l: only the paths",
)
async def grep(shell: Shell, given: Given) -> None:
    text, path = data.given(given.word(0)), shell.path(given.word(1))
    wanted = text.lower() if given.on("-i") else text
    walk = Walk(shell.zk, path, data=True)
    with shell.out.progress(f"reading below {path}") as counter:
        async for found in walk:
            counter.add()
            lines = [
                line
                for line in found.data.split(b"\n")
                if wanted in (line.lower() if given.on("-i") else line)
            ]
            if lines:
                _tell(shell, found.path, [] if given.on("-l") else lines)
    warn_of_denied(shell, walk)


def _tell(shell: Shell, path: str, lines: list[bytes]) -> None:
    if not lines:
        shell.out.tell({"path": path}, path)
    for line in lines:
        shell.out.tell({"path": path, **data.plain(line)}, f"{path}: {data.line_of(line)}")


async def _numbers(shell: Shell, path: str) -> tuple[dict[str, Stat], Walk]:
    """Of all znodes of a subtree, in the order of the walk."""
    walk = Walk(shell.zk, path)
    with shell.out.progress(f"measuring {path}") as counter:
        found = {}
        async for one in walk:
            found[one.path] = one.stat
            counter.add()
    return found, walk


def _sums(found: dict[str, Stat], root: str) -> tuple[dict[str, int], dict[str, int]]:
    """So many znodes, and so many bytes of data, at and below each path."""
    znodes, size = dict.fromkeys(found, 1), {path: one.data_length for path, one in found.items()}
    for path in reversed(list(found)):
        above = parent_of(path)
        if path != root and above in znodes:
            znodes[above] += znodes[path]
            size[above] += size[path]
    return znodes, size


@command(
    "du [-d levels] [-s] [path]",
    family=FAMILY,
    about="znodes and bytes of data, of each subtree; -d: so many levels, -s: only the sum",
)
async def du(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    depth = 0 if given.on("-s") else given.number("-d", 1, 0)
    found, walk = await _numbers(shell, path)
    znodes, size = _sums(found, path)
    shown = [one for one in found if level(one) - level(path) <= depth]
    shown.sort(key=lambda one: -size[one])
    shell.out.table(
        ["data", "znodes", "path"],
        [[data.size(size[one]), str(znodes[one]), one] for one in shown],
        [{"path": one, "bytes": size[one], "znodes": znodes[one]} for one in shown],
    )
    warn_of_denied(shell, walk)


@command(
    "top [-n count] [-b] [-t seconds] [path]",
    family=FAMILY,
    about="the parents with most children; -b: with most bytes in them, -t: the subtrees with most"
    " changes in so many seconds from now, -n: so many",
    aliases=("find_super_nodes",),
)
async def top(shell: Shell, given: Given) -> None:
    path, count = shell.path(given.word(0)), given.number("-n", TOP, 1)
    if "-t" in given.values:
        if given.on("-b"):
            raise usage("either -b or -t")
        await tell_hot(shell, path, given.number("-t", 0, 1), count)
        return
    found, walk = await _numbers(shell, path)
    znodes, size = _sums(found, path)
    inside = dict.fromkeys(found, 0)
    for one, stat in found.items():
        above = parent_of(one)
        if one != path and above in inside:
            inside[above] += stat.data_length
    parents = [one for one, stat in found.items() if stat.num_children]
    weight = inside if given.on("-b") else {one: found[one].num_children for one in parents}
    parents.sort(key=lambda one: -weight[one])
    shown = parents[:count]
    shell.out.table(
        ["children", "bytes in them", "znodes below", "data below", "path"],
        [
            [
                str(found[one].num_children),
                data.size(inside[one]),
                str(znodes[one] - 1),
                data.size(size[one]),
                one,
            ]
            for one in shown
        ],
        [
            {
                "path": one,
                "children": found[one].num_children,
                "bytes": inside[one],
                "znodes_below": znodes[one] - 1,
                "bytes_below": size[one],
            }
            for one in shown
        ],
    )
    warn_of_denied(shell, walk)
