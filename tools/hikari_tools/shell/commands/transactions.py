"""txn: several lines as one request, of which all are done or none."""

from collections.abc import Callable
from typing import Any

from hikari_client import Created
from hikari_client.transaction import Transaction
from hikari_tools.shell import stats
from hikari_tools.shell.commands.writing import content, creation, version_of
from hikari_tools.shell.complaints import usage
from hikari_tools.shell.lines import words
from hikari_tools.shell.registry import command
from hikari_tools.shell.session import Shell, known
from hikari_tools.shell.usage import Given, whole

FAMILY = "Write"


@command(
    "txn [line...]",
    family=FAMILY,
    about='all or nothing: txn "create /a 1" "set /b 2", or `txn`, lines, and `commit`',
    writes=True,
    aliases=("multi",),
)
async def txn(shell: Shell, given: Given) -> None:
    if given.words:
        await _commit(shell, [words(line) for line in given.words])
    elif shell.pending is not None:
        raise usage("a transaction is being said already; `commit` or `abort` ends it")
    else:
        shell.pending = []


@command("commit", family=FAMILY, about="do what was said since `txn`", writes=True)
async def commit(shell: Shell, given: Given) -> None:
    if shell.pending is None:
        raise usage("there is no transaction; `txn` begins one")
    lines, shell.pending = shell.pending, None
    await _commit(shell, lines)


@command("abort", family=FAMILY, about="forget what was said since `txn`")
async def abort(shell: Shell, given: Given) -> None:
    if shell.pending is None:
        raise usage("there is no transaction; `txn` begins one")
    shell.pending = None


@command(
    "check path version",
    family=FAMILY,
    about="in a transaction: the znode is there, and of this version (-1: any)",
)
async def check(shell: Shell, given: Given) -> None:
    raise usage("check is for transactions: `txn`, then this, then `commit`")


async def _commit(shell: Shell, lines: list[list[str]]) -> None:
    wanted = shell.zk.transaction()
    for line in lines:
        _add(shell, wanted, line)
    results = await wanted.commit() if lines else []
    for line, result in zip(lines, results, strict=True):
        shell.out.tell({"line": line, "result": _plain(result)}, _said(line, result))


def _add(shell: Shell, wanted: Transaction, line: list[str]) -> None:
    """Raises a Complaint."""
    if not line:
        raise usage("an empty line is nothing to do")
    one = known(line[0])
    given = one.usage.parse(line[1:])
    adds: dict[str, Callable[[], None]] = {
        "create": lambda: wanted.create(**creation(shell, given)),
        "set": lambda: wanted.set(
            shell.path(given.word(0)), content(given, 1), version=version_of(given, 2)
        ),
        "delete": lambda: wanted.delete(shell.path(given.word(0)), version=version_of(given, 1)),
        "check": lambda: wanted.check(
            shell.path(given.word(0)), version=whole(given.word(1), "the version")
        ),
    }
    if one.name not in adds:
        raise usage(f"a transaction is made of {', '.join(adds)}, not of {one.name}")
    adds[one.name]()


def _plain(result: Any) -> Any:
    if isinstance(result, Created):
        return {"path": result.path, "stat": stats.plain(result.stat)}
    return None if result is None else stats.plain(result)


def _said(line: list[str], result: Any) -> str:
    if isinstance(result, Created):
        return f"Created {result.path}"
    return f"{line[0]} {line[-1] if line[0] == 'delete' else line[1]}: done"
