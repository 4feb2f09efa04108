"""The shell itself: connecting, history, help."""

from importlib.metadata import PackageNotFoundError, version

from hikari_tools.shell.complaints import usage
from hikari_tools.shell.members import server_version
from hikari_tools.shell.registry import command, in_order
from hikari_tools.shell.session import Quit, Shell, known
from hikari_tools.shell.usage import Given, whole

FAMILY = "The shell"
HISTORY_SHOWN = 20


@command(
    "connect [hosts]",
    family=FAMILY,
    about="to other servers: host:port,host:port/chroot",
    aliases=("reconnect",),
)
async def connect(shell: Shell, given: Given) -> None:
    await shell.connect(given.word(0, shell.hosts))
    status = shell.zk.status
    value = {"server": status.server, "session": f"0x{status.session_id:x}"}
    shell.out.tell(value, f"connected to {status.server}, session 0x{status.session_id:x}")


@command(
    "close",
    family=FAMILY,
    about="end the session; `connect` begins another",
    aliases=("disconnect",),
)
async def close(shell: Shell, given: Given) -> None:
    await shell.close()


@command("quit", family=FAMILY, about="leave", aliases=("exit",))
async def leave(shell: Shell, given: Given) -> None:
    raise Quit


@command("history", family=FAMILY, about="the last lines, with their numbers")
async def history(shell: Shell, given: Given) -> None:
    first = max(0, len(shell.history) - HISTORY_SHOWN)
    shown = list(enumerate(shell.history))[first:]
    shell.out.tell([list(one) for one in shown], "\n".join(f"{n} - {line}" for n, line in shown))


@command("redo number", family=FAMILY, about="a line of the history once more")
async def redo(shell: Shell, given: Given) -> None:
    number = whole(given.word(0), "the number of a line", 0)
    if number >= len(shell.history):
        raise usage(f"the history has no line {number}")
    line = shell.history[number]
    if line.split()[0].lower() == "redo":
        raise usage(f"line {number} is a redo itself")
    shell.out.note(line)
    shell.remember(line)
    await shell.run_line(line)


@command("version", family=FAMILY, about="of this shell, and of the server")
async def versions(shell: Shell, given: Given) -> None:
    try:
        own = version("hikari-tools")
    except PackageNotFoundError:
        own = "not installed"
    value = {"shell": own, "server": await server_version(shell)}
    shell.out.tell(value, f"hikari-shell {value['shell']}\nserver {value['server']}")


@command("help [command]", family=FAMILY, about="all commands, or one", aliases=("?",))
async def help_of(shell: Shell, given: Given) -> None:
    if given.words:
        one = known(given.word(0))
        also = f"\nalso called {', '.join(one.aliases)}" if one.aliases else ""
        shell.out.tell({"usage": str(one.usage)}, f"{one.usage}\n    {one.about}{also}")
        return
    if shell.out.json:
        shell.out.tell([str(one.usage) for one in in_order()], "")
        return
    family = ""
    for one in in_order():
        if one.family != family:
            family = one.family
            shell.out.line(f"\n{family}")
        shell.out.line(f"  {one.usage}\n      {one.about}")
