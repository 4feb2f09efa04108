"""A shell: a client, a current path, and what was asked for. It runs one line after the other."""

import posixpath
import sys
from collections.abc import Awaitable, Callable
from ssl import SSLContext
from typing import Any, Final

from attrs import define, field, frozen

from hikari_client import Auth, Client, DeadlineExceeded, Event, aio
from hikari_client.stream import Stream
from hikari_tools.shell import complaints
from hikari_tools.shell.complaints import Complaint, told, usage
from hikari_tools.shell.data import as_json
from hikari_tools.shell.lines import scan, words
from hikari_tools.shell.output import Output
from hikari_tools.shell.registry import Command, expanded, find, names
from hikari_tools.shell.tls import Tls

NOT_FOUND: Final = "no server was found"
"""How the client begins to say so; behind it may stand why."""
HISTORY_MAX: Final = 1_000
AT_ONCE: Final = ("commit", "abort", "help", "history", "quit")
"""What is done at once while a transaction is being said."""
SECRET: Final = ("addauth", "add_auth")
"""Lines with these are kept nowhere."""


def is_public(line: str) -> bool:
    """Whether a line may be kept. One that is no command may be `addauth` with a slip of the
    finger."""
    said = scan(line)
    return bool(said) and find(said[0].text) is not None and said[0].text.lower() not in SECRET


@frozen(kw_only=True)
class Options:
    """How a shell was started."""

    hosts: str = "127.0.0.1:2181"
    read_only: bool = False
    yes: bool = False
    json: bool = False
    connect_s: float = 10.0
    session_s: float = 10.0
    auth: tuple[Auth, ...] = ()
    tls: Tls | None = None


@define
class Watching:
    """What was asked to be told of one path; `stop` ends it."""

    path: str
    kind: str
    stop: Callable[[], None]


class Quit(Exception):
    """The shell is to be left."""


async def _nobody(question: str) -> bool | None:
    return None


@define(slots=False)
class Shell:
    """`ask` puts a question to whoever sits there: None if nobody does."""

    options: Options
    out: Output = field(factory=Output)
    here: str = "/"
    previous: str = "/"
    history: list[str] = field(factory=list)
    watching: list[Watching] = field(factory=list)
    tells_events: bool = True
    pending: list[list[str]] | None = None
    """The lines of a transaction that is being said."""
    ask: Callable[[str], Awaitable[bool | None]] = _nobody
    reads_lines: bool = False
    """From standard input: no command can read it too."""
    deaf: bool = False
    """Another program has the terminal: Ctrl-C is meant for it."""
    refresh: Callable[[], None] = lambda: None
    """The state of the connection is another one: whoever shows it should look again."""
    hosts: str = ""
    client: Client | None = None

    def __attrs_post_init__(self) -> None:
        self.out.json = self.options.json
        self.hosts = self.hosts or self.options.hosts

    # ---- the connection

    @property
    def zk(self) -> Client:
        """Raises a Complaint if there is none."""
        if self.client is None:
            raise Complaint("not connected; `connect host:port` connects", complaints.NO_CONNECTION)
        return self.client

    async def connect(self, hosts: str) -> None:
        """Close what there is, and go elsewhere. Raises a Complaint if nobody is found in time; the
        client goes on looking."""
        await self.close()
        self.hosts = hosts
        self.client = client = self.dial(hosts)
        client.spawn(self._following(client))
        await self.reached(client, hosts)

    async def _following(self, client: Client) -> None:
        async for _ in client.states():
            self.refresh()

    def dial(self, hosts: str) -> Client:
        """A client that is not started yet. Raises a Complaint."""
        context = self.tls_context()
        try:
            return aio.client(
                hosts,
                session_timeout=self.options.session_s,
                read_only=self.options.read_only,
                auth=self.options.auth,
                tls=context or False,
            )
        except ValueError as error:
            raise usage(str(error)) from None

    def tls_context(self) -> SSLContext | None:
        """None: without TLS. Raises a Complaint."""
        return self.options.tls.context() if self.options.tls else None

    async def reached(self, client: Client, hosts: str) -> None:
        """Start a client. Raises a Complaint if no server is found in time."""
        try:
            await client.start(self.options.connect_s)
        except DeadlineExceeded as error:
            why = error.said.removeprefix(NOT_FOUND).lstrip("; ")
            raise Complaint(
                f"no server of {hosts} answered within {self.options.connect_s:g} s:"
                f" {why or 'does it run there, and has it a majority?'}",
                complaints.NO_CONNECTION,
            ) from None

    async def close(self) -> None:
        """End the session, and with it its ephemerals and watches."""
        client, self.client = self.client, None
        for one in self.watching:
            one.stop()
        self.watching.clear()
        if client is not None:
            await client.close()

    # ---- paths

    def path(self, text: str) -> str:
        """A path as it is on the server; relative ones begin at the current one."""
        path = posixpath.normpath(posixpath.join(self.here, text or "."))
        return "/" + path.lstrip("/")

    # ---- asking

    async def agreed(self, question: str) -> None:
        """Ask whether to go on. Raises a Complaint if not."""
        if self.options.yes:
            return
        answer = await self.ask(question)
        if answer is None:
            raise Complaint(f"{question} Nobody is there to ask: say --yes", complaints.FORBIDDEN)
        if not answer:
            raise Complaint("not done", complaints.FORBIDDEN)

    # ---- events

    def tell_event(self, event: Event) -> None:
        """Show what a watch told."""
        if not self.tells_events:
            return
        value = {"event": event.type.value, "path": event.path, "zxid": event.zxid}
        since = f" at zxid 0x{event.zxid:x}" if event.zxid > 0 else ""
        said = f"{event.type.value}: {event.path}{since}"
        if event.gap:
            said = f"gap: {event.path}: something may have been missed: read it again"
        self.out.tell(value, f"WATCHER:: {said}")

    def listen(self, path: str, kind: str, stream: Stream[Event]) -> None:
        """Show all that comes, until it is removed."""
        zk = self.zk

        async def listening() -> None:
            async for event in stream:
                self.tell_event(event)

        task: Any = zk.spawn(listening())

        def stop() -> None:
            stream.close()
            task.cancel()

        self.watching.append(Watching(path, kind, stop))

    def once(self, path: str, kind: str) -> Callable[[Event], None]:
        """A watcher to be given with a read: it shows the one event."""
        zk = self.zk

        def heard(event: Event) -> None:
            if watching in self.watching:
                self.watching.remove(watching)
            self.tell_event(event)

        watching = Watching(path, kind, lambda: zk.forget(path, heard))
        self.watching.append(watching)
        return heard

    # ---- running

    async def run_line(self, line: str) -> int:
        """Run a line, say what went wrong, and give its status. Raises Quit, and BrokenPipeError if
        nobody listens any more."""
        try:
            said = words(line)
        except Complaint as error:
            return self.say(error)
        return await self.run_words(said)

    async def run_words(self, said: list[str]) -> int:
        """The same with what are words already."""
        try:
            return await self._run(said)
        except (Quit, BrokenPipeError):
            raise
        except Exception as error:
            return self.say(error)

    def remember(self, line: str) -> None:
        """For `history` and `redo`."""
        if is_public(line):
            self.history.append(line)
            del self.history[:-HISTORY_MAX]

    def say(self, error: BaseException) -> int:
        """One line on standard error. Gives the status."""
        complaint = told(error)
        if self.options.json:
            kind = type(error).__name__
            value = {"error": kind, "message": str(complaint), "status": complaint.status}
            self.out.aside(as_json(value))
        else:
            self.out.aside(str(complaint))
        return complaint.status

    async def _run(self, said: list[str]) -> int:
        if not said:
            return complaints.OK
        said = expanded(said)
        command = known(said[0])
        given = command.usage.parse(said[1:])
        if self.pending is not None and command.name not in AT_ONCE:
            self._gather(command, said)
            return complaints.OK
        if command.writes:
            self.demand_writable(command.name)
        await command.run(self, given)
        return complaints.OK

    def demand_writable(self, what: str) -> None:
        """Raises a Complaint with --read-only."""
        if self.options.read_only:
            raise Complaint(f"{what} writes, and this shell is --read-only", complaints.FORBIDDEN)

    def _gather(self, command: Command, said: list[str]) -> None:
        assert self.pending is not None
        if command.name not in ("create", "set", "delete", "check"):
            raise usage(
                f"{command.name} cannot be part of a transaction; `commit` or `abort` ends it"
            )
        self.pending.append(said)


def known(name: str) -> Command:
    """Raises a Complaint with what may have been meant."""
    command = find(name)
    if command is not None:
        return command
    near = [one for one in names() if one.lower().startswith(name.lower()[:3])]
    hint = f"; did you mean {', '.join(near[:4])}?" if near else "; `help` lists all"
    raise usage(f"there is no command {name}{hint}")


def somebody_sits_here() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()
