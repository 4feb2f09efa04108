"""export, import, diff: a subtree as a file of JSON lines, and held against another.

A line is a znode: `path` below what was exported, `text` (or `base64` where it is not UTF-8),
`acl`, and `ephemeral` where it is one. Parents stand before children. No server tells which znodes
are containers or have a TTL: they become plain ones.
"""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager, nullcontext
from typing import IO

from hikari_tools.shell.commands.copying import counted, told
from hikari_tools.shell.complaints import Complaint, usage
from hikari_tools.shell.places import FILE, local, place
from hikari_tools.shell.planting import Existing, Planter
from hikari_tools.shell.records import Record, Source, differences, from_file, written
from hikari_tools.shell.registry import command
from hikari_tools.shell.session import Shell
from hikari_tools.shell.usage import Given
from hikari_tools.shell.walking import parent_of

FAMILY = "Copy and compare"


@command(
    "export [-e] path [file]",
    family=FAMILY,
    about="a subtree as JSON lines, into a file or on the screen; -e: its ephemerals too",
)
async def export(shell: Shell, given: Given) -> None:
    path, name = shell.path(given.word(0)), given.word(1, "-")
    source = Source(shell.zk, path)
    count = left_out = 0
    with _written(shell, name) as write, shell.out.progress(f"exporting {path}") as counter:
        async for record in source:
            if record.ephemeral and not given.on("-e"):
                left_out += 1
                continue
            write(written(record))
            count += 1
            counter.add()
    if name != "-":
        also = f", {left_out} ephemerals left out" if left_out else ""
        value = {"exported": count, "ephemerals": left_out, "file": name}
        shell.out.tell(value, f"Exported {count} znodes to {name}{also}")
    if source.denied:
        raise Complaint(f"{source.denied} znodes may not be read: they are not in the export")


@contextmanager
def _written(shell: Shell, name: str) -> Iterator[Callable[[str], object]]:
    """Give what writes a line. A file has another name until it is whole, and is removed if it does
    not become so: half an export must not look like one. What is no plain file, as a pipe, is
    written to as it is."""
    if name == "-":
        yield shell.out.line
        return
    target = local(name).resolve()
    special = target.exists() and not target.is_file()
    part = target if special else target.with_name(target.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            yield lambda line: file.write(line + "\n")
        if not special:
            part.replace(target)
    except BaseException:
        if not special:
            part.unlink(missing_ok=True)
        raise


@command(
    "import [--skip] [--overwrite] [--no-acl] file [path]",
    family=FAMILY,
    about="the znodes of an export (-: a pipe), at and below a path; what is there is an error,"
    " --skip: is left, --overwrite: is overwritten; --no-acl: all for anyone",
    writes=True,
)
async def import_(shell: Shell, given: Given) -> None:
    if given.on("--skip") and given.on("--overwrite"):
        raise usage("either --skip or --overwrite")
    existing: Existing = "fail"
    if given.on("--skip"):
        existing = "skip"
    elif given.on("--overwrite"):
        existing = "overwrite"
    path, name = shell.path(given.word(1)), given.word(0)
    if name == "-" and shell.reads_lines:
        raise usage(
            "this shell reads its lines from standard input: import a file, or with a"
            " shell of its own"
        )
    await shell.zk.ensure_path(parent_of(path))
    with _opened(name) as file, shell.out.progress(f"importing {name}") as counter:
        planter = Planter(shell.zk, path, existing, counter, acl=not given.on("--no-acl"))
        with planter.told_if_half_done(shell.out):
            async for record in from_file(file):
                await planter.add(record)
            await planter.flush()
    shell.out.tell(planter.plain(), f"Imported {name} to {path}: {planter.summary()}")


def _opened(name: str) -> AbstractContextManager[IO[bytes]]:
    """A file, or standard input, which stays open."""
    return nullcontext(sys.stdin.buffer) if name == "-" else local(name).open("rb")


@command(
    "diff [-a] source target",
    family=FAMILY,
    about="what differs below two paths (or zk://hosts/path, or file:an-export); -a: in ACLs too;"
    " -: only there, +: only in the second, ~: in both",
)
async def diff(shell: Shell, given: Given) -> None:
    async with AsyncExitStack() as stack:
        one = await _side(shell, stack, given.word(0), given.on("-a"))
        other = await _side(shell, stack, given.word(1), given.on("-a"))
        count = 0
        with shell.out.progress(f"comparing {given.word(0)}") as counter:
            async for found in differences(counted(one, counter), other, acl=given.on("-a")):
                shell.out.tell(*told(found))
                count += 1
    if count:
        raise Complaint(f"{count} difference{'s' if count > 1 else ''}")


async def _side(shell: Shell, stack: AsyncExitStack, text: str, acl: bool) -> AsyncIterator[Record]:
    if text.startswith(FILE):
        name = text.removeprefix(FILE)
        with local(name).open("rb") as file:
            found = [record async for record in from_file(file)]
        found.sort(key=lambda record: record.order)
        return _in_order(found)
    zk, path = await stack.enter_async_context(place(shell, text))
    return aiter(Source(zk, path, acl))


async def _in_order(records: list[Record]) -> AsyncIterator[Record]:
    for record in records:
        yield record
