"""ACLs and identities."""

from hikari_client import NoNode
from hikari_tools.shell import acls, stats
from hikari_tools.shell.complaints import Complaint, usage
from hikari_tools.shell.data import given as as_bytes
from hikari_tools.shell.registry import command
from hikari_tools.shell.session import Shell
from hikari_tools.shell.usage import Given
from hikari_tools.shell.walking import Walk

FAMILY = "ACLs and identity"


@command(
    "getAcl [-s] path",
    family=FAMILY,
    about="who may what; -s: with its numbers",
    aliases=("get_acls",),
)
async def get_acl(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    entries, stat = await shell.zk.get_acl(path)
    written = [acls.written(entry) for entry in entries]
    value: dict[str, object] = {"path": path, "acl": written}
    text = "\n".join(written)
    if given.on("-s"):
        value["stat"] = stats.plain(stat)
        text += "\n" + stats.lines(stat)
    shell.out.tell(value, text)


@command(
    "setAcl [-s] [-R] [-v version] path acl",
    family=FAMILY,
    about="replace it (scheme:id:cdrwa,…); -R: and those of all below, -v: only of this version",
    writes=True,
    aliases=("set_acls",),
)
async def set_acl(shell: Shell, given: Given) -> None:
    path, entries = shell.path(given.word(0)), acls.parse(given.word(1))
    version = given.number("-v", -1)
    if not given.on("-R"):
        stat = await shell.zk.set_acl(path, entries, version=version)
        if given.on("-s") or shell.out.json:
            shell.out.tell({"path": path, "stat": stats.plain(stat)}, stats.lines(stat))
        return
    paths = [found.path async for found in Walk(shell.zk, path)]
    done = 0
    with shell.out.progress(f"ACLs of {path}", len(paths)) as counter:
        for one in reversed(paths):
            try:
                await shell.zk.set_acl(one, entries, version=version)
                done += 1
            except NoNode:
                pass
            counter.add()
    shell.out.tell({"path": path, "done": done}, f"Set the ACL of {done} znodes")


@command(
    "addauth scheme [auth]",
    family=FAMILY,
    about="prove who you are: addauth digest user:password",
    aliases=("add_auth",),
)
async def addauth(shell: Shell, given: Given) -> None:
    scheme, proof = given.word(0), given.word(1)
    if scheme == "digest" and not proof:
        raise usage("digest needs a proof: addauth digest user:password")
    await shell.zk.add_auth(scheme, as_bytes(proof))
    if shell.out.json:
        shell.out.tell({"scheme": scheme}, "")


@command("whoami", family=FAMILY, about="what the server believes you to be")
async def whoami(shell: Shell, given: Given) -> None:
    found = await shell.zk.who_am_i()
    lines = [f"{scheme}: {name}" for scheme, name in found]
    shell.out.tell([list(one) for one in found], "Auth scheme: User\n" + "\n".join(lines))
    if not found:
        raise Complaint("the server knows nothing of you")
