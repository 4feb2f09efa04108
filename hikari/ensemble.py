"""A local ensemble: writes its configuration, starts its members, says when they serve, stops them.

The supervisor only starts, watches and stops processes; it is no part of what keeps data safe. A
member that somebody killed is reported and not started again: whoever did it wants to see what
happens. One that ended itself, because its disk failed or a damaged folder did not open, is.
"""

import contextlib
import errno
import math
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import IO, Self

import attrs

from hikari.config import Address, Config, ConfigError
from hikari.pidfile import member_running

HOST = "127.0.0.1"
PEER_PORT_OFFSET = 100
ADMIN_PORT_OFFSET = 200
READY_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 10.0
POLL_SECONDS = 0.1  # between two questions to members that do not serve yet
ASK_SECONDS_MAX = 1.0
ANSWER_BYTES_MAX = 1 << 16
LOG_TAIL_LINES = 12
LOG_TAIL_BYTES = 1 << 14
LOG_BYTES_MAX = 16 << 20  # of one member; when it has more, the older part is dropped
LOG_BYTES_KEPT = 1 << 20
LOG_SECONDS = 60.0  # between two looks at the logs

EXIT_BROKEN = 70  # hikari.machine's: not imported, for it would bring the store with it
BROKE = {EXIT_BROKEN} | {
    -number
    for number in (
        signal.SIGPROF,  # the watchdog of hikari.store.opening
        *(signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL),
    )
}
"""How a member ends by itself, where another start may mend what is wrong."""
RESTART_SECONDS = 1.0
RESTART_SECONDS_MAX = 60.0
"""The pause before it is started again doubles up to this, until one has lived for as long."""

MODE = re.compile(r"^Mode: (leader|follower|standalone)$", re.MULTILINE)

CONFIG = """\
# Member {member} of {members}, written by `hikari ensemble`; docs/configuration.md says every key.
# The members' list must be the same on every member, and must not change under existing data.

[member]
id = {member}
data = "."
admin = "{admin}"
words = ["*"]

[limits]
max_client_connections = 0  # all clients of a local ensemble have one address

[ensemble]
name = "hikari"
"""

CONFIG_MEMBER = """
[[ensemble.members]]
id = {member}
client = "{client}"
peer = "{peer}"
"""


CONNECT = """
connect          zkCli.sh -server {servers}
  or in Python   kazoo.client.KazooClient("{servers}")
kill a member    kill -9 $(cat {data}/member-1/pid)
start it again   {again}
health           {health}
logs             {data}/member-K/log
stop all         Ctrl-C"""


class EnsembleError(Exception):
    """The ensemble cannot be started; the text says why and what to do."""


@attrs.frozen
class Layout:
    """Where everything of a local ensemble is: members are numbered from 1."""

    data: Path
    members: int
    port: int

    @property
    def numbers(self) -> range:
        """Every member's number."""
        return range(1, self.members + 1)

    def home(self, member: int) -> Path:
        """Give the folder of a member's state."""
        return self.data / f"member-{member}"

    def config(self, member: int) -> Path:
        """Give a member's configuration."""
        return self.home(member) / "hikari.toml"

    def pid(self, member: int) -> Path:
        """Give the file in which a running member writes its process id."""
        return self.home(member) / "pid"

    def log(self, member: int) -> Path:
        """Give the file to which a member's output is appended."""
        return self.home(member) / "log"

    def client(self, member: int) -> Address:
        """Say where a member serves clients."""
        return Address(HOST, self.port + member - 1)

    def peer(self, member: int) -> Address:
        """Say where a member listens for the other members."""
        return Address(HOST, self.port + PEER_PORT_OFFSET + member - 1)

    def admin(self, member: int) -> Address:
        """Say where a member answers probes of its health."""
        return Address(HOST, self.port + ADMIN_PORT_OFFSET + member - 1)

    def servers(self) -> str:
        """Give the list that a client connects to."""
        return ",".join(str(self.client(member)) for member in self.numbers)


def config_text(layout: Layout, member: int) -> str:
    """Give the configuration of a member as it is first written."""
    head = CONFIG.format(member=member, members=layout.members, admin=layout.admin(member))
    lines = [
        CONFIG_MEMBER.format(member=n, client=layout.client(n), peer=layout.peer(n))
        for n in layout.numbers
    ]
    return head + "".join(lines)


def write_configs(layout: Layout) -> None:
    """Write what is missing; refuse if what is there belongs to another list of members."""
    for path in sorted(layout.data.glob("member-*/hikari.toml")):
        _check_config(layout, path)
    for member in layout.numbers:
        layout.home(member).mkdir(parents=True, exist_ok=True)
        path = layout.config(member)
        if not path.exists():
            fresh = path.with_name("hikari.toml.new")
            fresh.write_text(config_text(layout, member), encoding="utf-8")
            fresh.replace(path)


def _check_config(layout: Layout, path: Path) -> None:
    try:
        config = Config.load(path)
    except ConfigError as error:
        raise EnsembleError(str(error)) from None
    number = path.parent.name.removeprefix("member-")
    if str(config.member.id) != number:
        raise EnsembleError(
            f"{path}: member.id is {config.member.id}, but the folder is {path.parent.name}"
        )
    found = {m.id: (m.client, m.peer) for m in config.ensemble.members}
    asked = {n: (layout.client(n), layout.peer(n)) for n in layout.numbers}
    if found != asked:
        there = ", ".join(str(client) for client, _ in found.values())
        first = min(client.port for client, _ in found.values() if client)
        raise EnsembleError(
            f"{path} was written for {len(found)} members on {there}; asked for were"
            f" {layout.members} from port {layout.port}. A changed list of members on old data can"
            f" lose what was acknowledged, so nothing was started. Start with"
            f" --members {len(found)} --port {first}, or name an empty folder with --data."
        )


def check_free(layout: Layout) -> None:
    """Refuse if a member of this folder runs already, or if a port is taken."""
    for member in layout.numbers:
        pid = member_running(layout.pid(member), layout.config(member))
        if pid is not None:
            raise EnsembleError(
                f"member {member} of {layout.data} runs already, as process {pid}."
                f" Stop it first: kill {pid}"
            )
    for member in layout.numbers:
        for address, use in ((layout.client(member), "clients"), (layout.peer(member), "peers")):
            _check_port(address, f"member {member}'s {use}")
        if (admin := admin_of(layout, member)) is not None:
            _check_port(admin, f"member {member}'s health")


def admin_of(layout: Layout, member: int) -> Address | None:
    """Say where a member answers probes, as its configuration has it."""
    try:
        return Config.load(layout.config(member)).member.admin
    except ConfigError:
        return None


def _check_port(address: Address, use: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            reason = "is in use" if error.errno == errno.EADDRINUSE else f"{error.strerror}"
            raise EnsembleError(
                f"port {address.port} (for {use}): {reason}. Stop what listens there,"
                f" or choose other ports with --port."
            ) from None


def mode_of(address: Address) -> str | None:
    """Ask a member for its role with the word `srvr`; None while it does not serve."""
    answer = b""
    try:
        with socket.create_connection((address.host, address.port), ASK_SECONDS_MAX) as asked:
            asked.sendall(b"srvr")
            while len(answer) < ANSWER_BYTES_MAX and (part := asked.recv(ANSWER_BYTES_MAX)):
                answer += part
    except OSError:
        return None
    found = MODE.search(answer.decode("utf-8", "replace"))
    return found[1] if found else None


class Signals:
    """Ends a wait when a child ends, or when somebody asks for the end; remembers who asked."""

    STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

    def __init__(self) -> None:
        """Nothing is caught before `with`."""
        self.stops = 0

    def __enter__(self) -> Self:
        """Catch the signals; a byte on a socket pair makes one that came early end the wait too."""
        self._read, self._written = socket.socketpair()
        self._read.setblocking(False)
        self._written.setblocking(False)
        caught = (*self.STOPPING, signal.SIGCHLD)
        self._before = [(number, signal.signal(number, self._came)) for number in caught]
        self._fd_before = signal.set_wakeup_fd(self._written.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back to whom they were."""
        signal.set_wakeup_fd(self._fd_before)
        for number, before in self._before:
            signal.signal(number, before)
        self._read.close()
        self._written.close()

    def _came(self, number: int, _: FrameType | None) -> None:
        if number in self.STOPPING:
            self.stops += 1

    def wait(self, seconds: float | None) -> None:
        """Wait until a signal comes or the time is over; None waits for a signal alone."""
        ready, _, _ = select.select([self._read], [], [], seconds)
        if ready:
            self._read.recv(1024)


class Member:
    """One child process, and what is said about it."""

    def __init__(self, layout: Layout, number: int, program: Sequence[str]) -> None:
        """Start the process in a session of its own: Ctrl-C reaches the supervisor alone."""
        self.number = number
        self.reported = False
        self.began = time.monotonic()
        self._log = layout.log(number)
        self._config = layout.config(number)
        with self._log.open("ab") as log:
            self._log_begin = log.tell()
            self._process = subprocess.Popen(
                [*program, "serve", "--config", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Give the process id."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Say whether the process has ended."""
        return self._process.poll() is not None

    @property
    def ended_well(self) -> bool:
        """Say whether it ended by itself and without an error."""
        return self._process.poll() == 0

    @property
    def broke(self) -> bool:
        """Say whether it ended by itself in a way that another start may mend."""
        return self._process.poll() in BROKE

    def end(self, number: signal.Signals) -> None:
        """Send a signal; a process that has ended gets none."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once and see it gone."""
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # it may hang in a disk's driver
            self._process.wait(STOP_SECONDS_MAX)

    def obituary(self) -> str:
        """Say how it ended, where to look, and how to start it again."""
        again = f"  start it again:  {serve_command(self._config)}"
        return f"{self.end_told()}\n{again}"

    def end_told(self) -> str:
        """Say how it ended, and where to look."""
        status = self._process.returncode
        how = f"ended with status {status}"
        if status < 0:
            how = f"was ended by {signal.Signals(-status).name}"
        return f"member {self.number} (process {self.pid}) {how}; its log is {shown(self._log)}"

    def last_words(self) -> str:
        """Give the last lines that it wrote to its log."""
        with self._log.open("rb") as log:
            log.seek(max(self._log_begin, log.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
            lines = log.read().decode("utf-8", "replace").splitlines()[-LOG_TAIL_LINES:]
        return "\n".join(f"  | {line}" for line in lines)


class Supervisor:
    """Starts the members, says when all serve, reports who dies, stops those who live."""

    def __init__(
        self, layout: Layout, program: Sequence[str] = (sys.executable, "-m", "hikari")
    ) -> None:
        """Touch nothing yet; `program` is what a member is started with."""
        self._layout = layout
        self._program = program
        self._members: list[Member] = []
        self._pauses: dict[int, float] = {}  # by member: the last one before it was started again
        self._stopping = False
        self._due: dict[int, float] = {}  # by member: when it will be

    def run(self, ready_seconds: float = READY_SECONDS_MAX) -> int:
        """Run until a signal asks for the end; give the exit status."""
        try:
            write_configs(self._layout)
            check_free(self._layout)
        except OSError as error:
            raise EnsembleError(f"{error.filename}: {error.strerror}") from None
        served, clean = False, False
        with Signals() as signals:
            try:
                for number in self._layout.numbers:
                    self._members.append(Member(self._layout, number, self._program))
                served = self._wait_ready(signals, ready_seconds)
                while served and not signals.stops:
                    signals.wait(min(self._until_restart(), LOG_SECONDS))
                    self._report_deaths()
                    self._restart()
                    for number in self._layout.numbers:
                        bound_log(self._layout.log(number))
            finally:
                clean = self._stop(signals)
        return 0 if served and clean else 1

    def _wait_ready(self, signals: Signals, seconds: float) -> bool:
        """Wait until every member says its role; False if that does not come in time."""
        deadline = time.monotonic() + seconds
        waiting = list(self._layout.numbers)
        while not signals.stops:
            waiting = [n for n in waiting if mode_of(self._layout.client(n)) is None]
            if not waiting:
                self._announce()
                return True
            signals.wait(POLL_SECONDS)
            self._report_deaths(last_words=True)
            self._restart()
            dead = all(member.ended for member in self._members) and not self._due
            if time.monotonic() > deadline or dead:
                which = ", ".join(map(str, waiting))
                logs = " ".join(shown(self._layout.log(number)) for number in waiting)
                say(f"not ready: no answer from member {which}; see {logs}", sys.stderr)
                return False
        return True  # somebody asked for the end: that is no failure

    def _announce(self) -> None:
        servers, data = self._layout.servers(), shown(self._layout.data)
        say(f"ready {servers}", sys.stdout)
        admin = admin_of(self._layout, 1)
        say(
            CONNECT.format(
                servers=servers,
                data=data,
                health=f"curl http://{admin}/readyz" if admin else "member.admin is not set",
                again=serve_command(self._layout.config(1)),
            ),
            sys.stdout,
        )

    def _report_deaths(self, last_words: bool = False) -> None:
        for member in self._members:
            if member.ended and not member.reported:
                member.reported = True
                if member.broke and not self._stopping:
                    self._plan_restart(member)
                else:
                    say(member.obituary(), sys.stderr)
                if last_words:
                    say(member.last_words(), sys.stderr)

    def _plan_restart(self, member: Member) -> None:
        now = time.monotonic()
        pause = self._pauses.get(member.number, 0.0) * 2
        if not pause or now - member.began > RESTART_SECONDS_MAX:
            pause = RESTART_SECONDS
        pause = self._pauses[member.number] = min(pause, RESTART_SECONDS_MAX)
        self._due[member.number] = now + pause
        say(f"{member.end_told()}\n  it is started again in {pause:g} s", sys.stderr)

    def _until_restart(self) -> float:
        return max(min(self._due.values(), default=math.inf) - time.monotonic(), 0.0)

    def _restart(self) -> None:
        for number, due in list(self._due.items()):
            if time.monotonic() >= due:
                del self._due[number]
                if member_running(self._layout.pid(number), self._layout.config(number)):
                    continue  # somebody was quicker, by hand
                self._members[number - 1] = Member(self._layout, number, self._program)
                say(f"member {number} is started again", sys.stderr)

    def _stop(self, signals: Signals) -> bool:
        """End what was started here; say whether all ended well. A further Ctrl-C is impatience."""
        self._stopping = True
        self._report_deaths()
        living = [member for member in self._members if not member.ended]
        deadline, stops = time.monotonic() + STOP_SECONDS_MAX, signals.stops
        for member in living:
            member.end(signal.SIGTERM)
        while not all(member.ended for member in living) and signals.stops == stops:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            signals.wait(left)
        for member in living:
            member.reported = member.ended_well  # what is expected is not worth a line
            if not member.ended:
                say(f"member {member.number} does not stop: killing it", sys.stderr)
                member.kill()
        self._report_deaths()
        for number in self._layout.numbers:
            pid = member_running(self._layout.pid(number), self._layout.config(number))
            if pid is not None:
                say(
                    f"member {number} was started by hand, as process {pid}: it runs on", sys.stderr
                )
        return all(member.ended_well for member in living)


def bound_log(path: Path) -> None:
    """Drop all but the end of a log that has grown too long, in place: its writer appends to it
    all the while, and may lose a line that it writes just then."""
    with contextlib.suppress(OSError), path.open("r+b") as log:
        size = log.seek(0, os.SEEK_END)
        if size > LOG_BYTES_MAX:
            log.seek(size - LOG_BYTES_KEPT)
            _, _, kept = log.read().partition(b"\n")
            log.truncate(0)
            log.seek(0)
            log.write(b"(older lines were dropped)\n" + kept)


def shown(path: Path) -> str:
    """Give a path as short as it can be typed here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def serve_command(config: Path) -> str:
    """Give the command that starts one member by hand."""
    script = Path(sys.executable).with_name("hikari")
    program = shown(script) if script.exists() else f"{shown(Path(sys.executable))} -m hikari"
    return f"{program} serve --config {shown(config)}"


def say(text: str, stream: IO[str]) -> None:
    """Print a line at once; a reader that has gone away must not end the ensemble."""
    with contextlib.suppress(OSError):
        print(text, file=stream, flush=True)
