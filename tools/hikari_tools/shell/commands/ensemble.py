"""The ensemble: its members, its sessions, and who owns an ephemeral."""

from hikari_client import NodeData, NoNode
from hikari_tools.shell import stats
from hikari_tools.shell.complaints import Complaint, usage
from hikari_tools.shell.members import ask_all, sessions_known
from hikari_tools.shell.places import local
from hikari_tools.shell.registry import command
from hikari_tools.shell.session import Shell
from hikari_tools.shell.usage import Given
from hikari_tools.shell.words import Unanswered

FAMILY = "Ensemble"


@command(
    "config [-c] [-w] [-s]",
    family=FAMILY,
    about="the members; -c: only version and where clients connect, -w: and a watch",
)
async def config(shell: Shell, given: Given) -> None:
    found = await shell.zk.config()
    if given.on("-w"):
        path = "/zookeeper/config"
        await shell.zk.get(path, watch=shell.once(path, "data"))
    if not found.data:
        shell.out.note("no members are written down: a server that stands alone keeps none")
    _tell(shell, found, given, _clients(found.data) if given.on("-c") else found.data)


def _clients(raw: bytes) -> bytes:
    lines = raw.decode("utf-8", "replace").splitlines()
    version = next((line.partition("=")[2] for line in lines if line.startswith("version=")), "0")
    clients = [line.rpartition(";")[2] for line in lines if ";" in line]
    return f"{version} {','.join(clients)}".encode()


def _tell(shell: Shell, found: NodeData, given: Given, shown: bytes) -> None:
    text = shown.decode("utf-8", "replace")
    value: dict[str, object] = {"config": text}
    shown_lines = [text] if text else []
    if given.on("-s"):
        value["stat"] = stats.plain(found.stat)
        shown_lines.append(stats.lines(found.stat))
    if shown_lines or shell.out.json:
        shell.out.tell(value, "\n".join(shown_lines))


@command(
    "reconfig [-s] [-v version] [-file file] [-members list] [-add list] [-remove list]",
    family=FAMILY,
    about="change the members: -add and -remove some, or -members (or -file) all; -v: the config's"
    " version in hex",
    writes=True,
)
async def reconfig(shell: Shell, given: Given) -> None:
    values = given.values
    whole = [values[flag] for flag in ("-file", "-members") if flag in values]
    parts = [values[flag] for flag in ("-add", "-remove") if flag in values]
    if bool(whole) == bool(parts) or len(whole) > 1:
        raise usage("either -add and -remove, or -members, or -file")
    members = values.get("-members", "")
    if "-file" in values:
        lines = local(values["-file"]).read_text(errors="replace").splitlines()
        members = ",".join(line.strip() for line in lines if line.startswith("server."))
    try:
        version = int(values.get("-v", "-1"), 16)
    except ValueError:
        raise usage("-v is the version of the config, in hex") from None
    found = await shell.zk.reconfig(
        joining=values.get("-add", ""),
        leaving=values.get("-remove", ""),
        new_members=members,
        version=version,
    )
    shell.out.note("Committed new configuration:")
    _tell(shell, found, given, found.data)


@command("sessions", family=FAMILY, about="who is connected where, as the members tell (`cons`)")
async def sessions(shell: Shell, given: Given) -> None:
    known = await sessions_known(shell)
    rows, values = [], []
    for session, (client, member, told) in sorted(known.clients.items()):
        count = len(known.ephemerals.get(session, ()))
        own = " *" if session == shell.zk.session_id else ""
        last = told.get("lop", "")
        timeout = told.get("to", "")
        rows.append([f"0x{session:x}{own}", client, str(member), timeout, last, str(count)])
        values.append(
            {
                "session": session,
                "client": client,
                "member": str(member),
                "timeout_ms": int(timeout or 0),
                "last_operation": last,
                "ephemerals": count,
            }
        )
    shell.out.table(
        ["session", "client", "member", "timeout ms", "last", "ephemerals"], rows, values
    )
    for one in known.missing:
        shell.out.note(one)
    if known.missing and not rows:
        raise Complaint("no member tells who is connected")


@command(
    "owner path",
    family=FAMILY,
    about="the session and the client that an ephemeral ends with",
    aliases=("ephemeral_endpoint",),
)
async def owner(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    found = await shell.zk.exists(path)
    if found is None:
        raise NoNode(path)
    session = found.ephemeral_owner
    if not session:
        raise Complaint(f"{path} is not ephemeral: it ends with no session")
    known = await sessions_known(shell)
    value: dict[str, object] = {"path": path, "session": session, "client": None, "member": None}
    text = f"session 0x{session:x}"
    if session in known.clients:
        client, member, told = known.clients[session]
        value |= {"client": client, "member": str(member), "timeout_ms": int(told.get("to", 0))}
        text += f", client {client}, connected to {member}, time-out {told.get('to', '?')} ms"
    elif known.missing:
        text += f"; its client is not known: {'; '.join(known.missing)}"
    else:
        text += ", connected to no member now"
    shell.out.tell(value, text)


@command(
    "word word", family=FAMILY, about="a four-letter word, asked of every member", aliases=("4lw",)
)
async def word(shell: Shell, given: Given) -> None:
    name = given.word(0)
    if len(name) != 4:
        raise usage("a word has four letters, as srvr, mntr, cons")
    for address, answer in await ask_all(shell, name):
        said = f"({answer})" if isinstance(answer, Unanswered) else answer.rstrip("\n")
        shell.out.tell({"member": str(address), "answer": said}, f"{address}:\n{said}")
