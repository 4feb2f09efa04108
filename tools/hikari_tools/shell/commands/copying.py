"""cp, mv, mirror: subtrees from one place to another, of this ensemble or of two."""

from collections.abc import AsyncIterator
from typing import Final

from hikari_client import Client, NoNode
from hikari_tools.shell.commands.writing import remove
from hikari_tools.shell.complaints import Complaint, usage
from hikari_tools.shell.output import Counter
from hikari_tools.shell.places import ELSEWHERE, place
from hikari_tools.shell.planting import Existing, Planter
from hikari_tools.shell.records import Difference, Record, Source, differences
from hikari_tools.shell.registry import command
from hikari_tools.shell.session import Shell
from hikari_tools.shell.usage import Given
from hikari_tools.shell.walking import absolute, gather, parent_of

FAMILY = "Copy and compare"
AT_ONCE: Final = 500
AT_ONCE_BYTES: Final = 1 << 19
"""A subtree up to this size is moved by one transaction."""


@command(
    "cp [-r] [-f] source target",
    family=FAMILY,
    about="a znode, -r: with all below, -f: over what is there; zk://hosts/path: another ensemble",
    writes=True,
)
async def cp(shell: Shell, given: Given) -> None:
    existing: Existing = "overwrite" if given.on("-f") else "fail"
    async with (
        place(shell, given.word(0)) as (source_zk, source),
        place(shell, given.word(1)) as (target_zk, target),
    ):
        _demand_apart(source_zk is target_zk, source, target)
        with shell.out.progress(f"copying {source}") as counter:
            planter = Planter(target_zk, target, existing, counter)
            await target_zk.ensure_path(parent_of(target))
            records = Source(source_zk, source)
            with planter.told_if_half_done(shell.out):
                async for record in records:
                    await planter.add(record)
                    if not given.on("-r"):
                        break
                await planter.flush()
    shell.out.tell(planter.plain(), f"Copied {source} to {target}: {planter.summary()}")
    _warn(records.denied, source)


def _demand_apart(same: bool, source: str, target: str) -> None:
    """A tree is not copied into itself. Raises a Complaint."""
    if same and (source == target or target.startswith(source.rstrip("/") + "/")):
        raise usage(f"{target} is inside of {source}")


def _warn(denied: int, source: str) -> None:
    if denied:
        raise Complaint(f"{denied} znodes below {source} may not be read: they are left out")


@command(
    "mv source target",
    family=FAMILY,
    about="move a subtree: a small one as one transaction, a big one as copy and delete",
    writes=True,
)
async def mv(shell: Shell, given: Given) -> None:
    if any(word.startswith(ELSEWHERE) for word in given.words):
        raise usage("mv stays within one ensemble; `cp -r` or `mirror`, then `deleteall`")
    source, target, zk = shell.path(given.word(0)), shell.path(given.word(1)), shell.zk
    _demand_apart(True, source, target)
    records: list[Record] = []
    stream = Source(zk, source)
    size = 0
    async for record in stream:
        records.append(record)
        size += len(record.data)
    _warn(stream.denied, source)
    mine = [one.path for one in records if one.ephemeral]
    if mine:
        raise Complaint(f"{absolute(mine[0], source)} is ephemeral: it stays with its session")
    await zk.ensure_path(parent_of(target))
    if len(records) <= AT_ONCE and size <= AT_ONCE_BYTES:
        await _move_at_once(zk, records, source, target)
    else:
        await _move_slowly(shell, records, source, target)
    value = {"source": source, "target": target, "moved": len(records)}
    shell.out.tell(value, f"Moved {len(records)} znodes from {source} to {target}")


async def _move_at_once(zk: Client, records: list[Record], source: str, target: str) -> None:
    """What comes into the source, or changes, meanwhile makes it fail as a whole."""
    versions = await gather(zk.exists(absolute(one.path, source)) for one in records)
    async with zk.transaction() as t:
        for one in records:
            t.create(absolute(one.path, target), one.data, acl=one.acl)
        for one, stat in reversed(list(zip(records, versions, strict=True))):
            where = absolute(one.path, source)
            if stat is None:
                raise NoNode(where)
            t.delete(where, version=stat.version)


async def _move_slowly(shell: Shell, records: list[Record], source: str, target: str) -> None:
    await shell.agreed(f"Copy {len(records)} znodes to {target}, and then delete {source}?")
    with shell.out.progress(f"copying {source}", len(records)) as counter:
        planter = Planter(shell.zk, target, "fail", counter)
        with planter.told_if_half_done(shell.out):
            for record in records:
                await planter.add(record)
            await planter.flush()
    await remove(shell, source, [absolute(one.path, source) for one in records])


@command(
    "mirror [-n] source target",
    family=FAMILY,
    about="make target what source is: create, change, and (asked first) delete; -n: only say what;"
    " zk://hosts/path is another ensemble",
    writes=True,
)
async def mirror(shell: Shell, given: Given) -> None:
    async with (
        place(shell, given.word(0)) as (source_zk, source),
        place(shell, given.word(1)) as (target_zk, target),
    ):
        _demand_apart(source_zk is target_zk, source, target)
        here, there = Source(source_zk, source), Source(target_zk, target)
        with shell.out.progress(f"mirroring {source}") as counter:
            planter = Planter(target_zk, target, "overwrite", Counter(None, "", None))
            with planter.told_if_half_done(shell.out):
                records = counted(aiter(here), counter)
                doomed = await _even_out(shell, given.on("-n"), records, there, planter)
        _warn(here.denied + there.denied, source)
        if doomed and not given.on("-n"):
            gone = [absolute(path, target) for path in doomed]
            await shell.agreed(f"Delete {len(gone)} znodes of {target} that {source} has not?")
            await remove(shell, target, gone, zk=target_zk)
    value = planter.plain() | {"deleted": len(doomed)}
    text = f"{planter.summary()}, {len(doomed)} deleted"
    if not given.on("-n"):
        shell.out.tell(value, f"Mirrored {source} to {target}: {text}")


async def _even_out(
    shell: Shell,
    only_say: bool,
    here: AsyncIterator[Record],
    there: Source,
    planter: Planter,
) -> list[str]:
    """Create and change what is to be; give what the target has too much. Ephemerals of the target
    stay: they belong to somebody who lives."""
    doomed: list[str] = []
    if not only_say:
        await planter.zk.ensure_path(parent_of(planter.root))
    async for one in differences(here, existing(there), acl=True):
        if one.one is None:
            if one.other is not None and not one.other.ephemeral:
                doomed.append(one.path)
        elif "ephemeral" in one.what:
            shell.out.note(f"{one.path} is ephemeral on one side: it stays what it is")
        elif one.what == ("acl",) and not only_say:
            await planter.zk.set_acl(absolute(one.path, planter.root), one.one.acl or [])
            planter.overwritten += 1
        elif not only_say:
            await planter.add(one.one)
        if only_say:
            shell.out.tell(*told(one))
    if not only_say:
        await planter.flush()
    return doomed


async def counted(records: AsyncIterator[Record], counter: Counter) -> AsyncIterator[Record]:
    """The same, and the counter goes on."""
    async for record in records:
        counter.add()
        yield record


async def existing(source: Source) -> AsyncIterator[Record]:
    """Nothing, if there is no such subtree."""
    try:
        async for record in source:
            yield record
    except NoNode:
        return


def told(one: Difference) -> tuple[dict[str, object], str]:
    """A difference, for programs and for people."""
    if one.other is None:
        return {"path": one.path, "only": "source"}, f"- {one.path}"
    if one.one is None:
        return {"path": one.path, "only": "target"}, f"+ {one.path}"
    value: dict[str, object] = {"path": one.path, "differs": list(one.what)}
    return value, f"~ {one.path}: {', '.join(one.what)}"
