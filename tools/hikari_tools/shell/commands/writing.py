"""create, set, delete, deleteall, edit: what changes the tree."""

import asyncio
import difflib
import os
import shlex
import tempfile
from pathlib import Path
from typing import Any

from hikari_client import BadVersion, Client, NoNode, NotEmpty
from hikari_tools.shell import acls, data, stats
from hikari_tools.shell.complaints import LOCAL, Complaint, usage
from hikari_tools.shell.output import Counter
from hikari_tools.shell.registry import command
from hikari_tools.shell.session import Shell
from hikari_tools.shell.usage import Given, whole
from hikari_tools.shell.walking import Walk

FAMILY = "Write"
BATCH = 1_000
ROUNDS_MAX = 5
SPACES = " (data with spaces needs quotes)"


@command(
    "create [-s] [-e] [-c] [-p] [-b] [-t ttl] path [data] [acl]",
    family=FAMILY,
    about="-s: sequential, -e: ephemeral, -c: container, -t: gone so many ms after its last change,"
    " -p: with its parents, -b: data is base64",
    writes=True,
)
async def create(shell: Shell, given: Given) -> None:
    wanted = creation(shell, given)
    try:
        made = await shell.zk.create(**wanted, parents=given.on("-p"))
    except NoNode as error:
        raise Complaint(f"NoNode: {error.path}: its parent is missing; -p makes it") from None
    shell.out.tell({"path": made.path, "stat": stats.plain(made.stat)}, f"Created {made.path}")


def creation(shell: Shell, given: Given) -> dict[str, Any]:
    """The arguments of `create`, of the client and of a transaction. Raises a Complaint."""
    ephemeral, sequential, container = given.on("-e"), given.on("-s"), given.on("-c")
    ttl = given.values.get("-t")
    if container and (ephemeral or sequential):
        raise usage("-c goes with neither -s nor -e")
    if ttl is not None and (ephemeral or container):
        raise usage("-t goes with neither -e nor -c")
    written = given.word(0)
    path = shell.path(written)
    if sequential and written.endswith("/"):
        path = path.rstrip("/") + "/"
    return {
        "path": path,
        "data": content(given, 1),
        "acl": acls.parse(given.word(2), SPACES) if given.word(2) else None,
        "ephemeral": ephemeral,
        "sequential": sequential,
        "container": container,
        "ttl": None if ttl is None else whole(ttl, "-t", 1) / 1000,
    }


def content(given: Given, at: int) -> bytes:
    """The data that was written, in base64 with -b."""
    return (data.from_base64 if given.on("-b") else data.given)(given.word(at))


def version_of(given: Given, at: int) -> int:
    """As -v says, or as a last word, as zkCli had it once; -1 for any."""
    return whole(given.word(at), "version") if given.word(at) else given.number("-v", -1)


@command(
    "set [-s] [-b] [-v version] path data [version]",
    family=FAMILY,
    about="replace the data; -v: only of this version, -s: show its numbers, -b: data is base64",
    writes=True,
)
async def set_data(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    stat = await shell.zk.set(path, content(given, 1), version=version_of(given, 2))
    value = {"path": path, "stat": stats.plain(stat)}
    if given.on("-s") or shell.out.json:
        shell.out.tell(value, stats.lines(stat))


@command(
    "delete [-v version] path [version]",
    family=FAMILY,
    about="remove a znode without children; -v: only of this version",
    writes=True,
    aliases=("rm",),
)
async def delete(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    await shell.zk.delete(path, version=version_of(given, 1))
    if shell.out.json:
        shell.out.tell({"deleted": [path]}, "")


@command(
    "deleteall [-b batch] path",
    family=FAMILY,
    about="remove a znode and all below it; -b: so many requests at a time",
    writes=True,
    aliases=("rmr",),
)
async def delete_all(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    batch = given.number("-b", BATCH, 1)
    doomed = await listed(shell, path)
    if len(doomed) > 1:
        await shell.agreed(f"Delete {len(doomed)} znodes, {path} and all below it?")
    await remove(shell, path, doomed, batch)
    if shell.out.json or len(doomed) > 1:
        shell.out.tell({"deleted": len(doomed)}, f"Deleted {len(doomed)} znodes")


async def listed(shell: Shell, path: str) -> list[str]:
    """All paths of a subtree, parents first; none of the root itself, which cannot go, and what is
    the server's own below it."""
    walk = Walk(shell.zk, path)
    with shell.out.progress(f"looking at {path}") as counter:
        found = []
        async for one in walk:
            if not (path == "/" and (one.path == "/" or one.path.startswith("/zookeeper"))):
                found.append(one.path)
            counter.add()
    if walk.denied:
        raise Complaint(f"{walk.denied} znodes below {path} may not be read: nothing was deleted")
    return found


async def remove(
    shell: Shell, path: str, doomed: list[str], batch: int = BATCH, zk: Client | None = None
) -> None:
    """Children first, in pipelined batches; what comes in meanwhile goes too, but for what is in
    another ensemble (`zk`)."""
    elsewhere, zk = zk is not None, zk or shell.zk
    for _ in range(ROUNDS_MAX):
        with shell.out.progress(f"deleting {path}", len(doomed)) as counter:
            try:
                refilled = await _removed(zk, doomed, batch, counter)
            except BaseException:
                if counter.done:
                    gone = f"{counter.done} of {len(doomed)} znodes were deleted"
                    shell.out.note(f"not all of it: {gone} before this:")
                raise
        if not refilled:
            return
        if elsewhere:
            raise Complaint(f"others create below {path}: not all could be deleted; do it again")
        doomed = await listed(shell, path)
    raise Complaint(f"others create below {path} faster than it can be deleted")


async def _removed(zk: Client, doomed: list[str], batch: int, counter: Counter) -> bool:
    """The last first. Gives whether somebody had put children into one of them."""
    refilled = False
    for end in range(len(doomed), 0, -batch):
        part = doomed[max(0, end - batch) : end]
        sent = [zk.delete(one, missing_ok=False) for one in reversed(part)]
        for answer in await asyncio.gather(*sent, return_exceptions=True):
            refilled |= isinstance(answer, NotEmpty)
            if isinstance(answer, BaseException) and not isinstance(answer, NoNode | NotEmpty):
                raise answer
        counter.add(len(part))
    return refilled


@command(
    "edit path",
    family=FAMILY,
    about="the data in $EDITOR; written only if nobody changed it meanwhile",
    writes=True,
)
async def edit(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    old, stat = await shell.zk.get(path)
    if data.text_of(old) is None:
        raise Complaint(f"{path} is not text: `get -r` and `set -b` take its bytes", LOCAL)
    new, file = await _edited(shell, path, old)
    if new == old:
        file.unlink()
        shell.out.tell({"path": path, "changed": False}, "not changed")
        return
    try:
        written = await shell.zk.set(path, new, version=stat.version)
    except BadVersion:
        now = (await shell.zk.get(path)).data
        shell.out.note(_difference(old, now))
        raise Complaint(
            f"BadVersion: {path}: changed meanwhile, as above; yours is in {file}"
        ) from None
    except Exception:
        shell.out.note(f"what you wrote is in {file}")
        raise
    file.unlink()
    shell.out.tell(
        {"path": path, "changed": True, "stat": stats.plain(written)},
        f"version {written.version} of {path}",
    )


async def _edited(shell: Shell, path: str, old: bytes) -> tuple[bytes, Path]:
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    number, name = tempfile.mkstemp(prefix="hikari-", suffix="-" + path.rpartition("/")[2][-40:])
    file = Path(name)
    with os.fdopen(number, "wb") as out:
        out.write(old)
    shell.deaf = True
    try:
        process = await asyncio.create_subprocess_exec(*editor, name)
        status = await process.wait()
    finally:
        shell.deaf = False
    if status:
        raise Complaint(f"{editor[0]} ended with status {status}; what it left is in {file}", LOCAL)
    new = file.read_bytes()
    # Editors end the last line; who had none did not ask for one.
    if new.endswith(b"\n") and not old.endswith(b"\n") and new.count(b"\n") == old.count(b"\n") + 1:
        new = new[:-1]
    return new, file


def _difference(old: bytes, new: bytes) -> str:
    before, after = data.shown(old).splitlines(), data.shown(new).splitlines()
    lines = difflib.unified_diff(before, after, "as you got it", "as it is now", lineterm="")
    return "\n".join(lines)
