"""hikari-shell: a command and its status, lines from a pipe, or a terminal to live in."""

import asyncio
import logging
import os
import sys
from collections.abc import Coroutine
from typing import Any, Final

import click

import hikari_tools.shell.commands  # noqa: F401  fills the registry
from hikari_client import Auth, ZKError
from hikari_tools.shell import complaints
from hikari_tools.shell.complaints import Complaint
from hikari_tools.shell.interrupting import interruptible
from hikari_tools.shell.session import Options, Quit, Shell, somebody_sits_here
from hikari_tools.shell.streams import lines_of
from hikari_tools.shell.tls import asked
from hikari_tools.shell.tls import options as tls_options

DISCONNECTED: Final = {"help", "connect", "history", "quit", "pwd"}
"""What needs no server."""


class OneLine(click.Command):
    """A command line of which what is wrong is said in one line."""

    def main(self, *args: Any, **named: Any) -> Any:
        try:
            return super().main(*args, **named | {"standalone_mode": False})
        except click.ClickException as error:
            said = f"hikari-shell: {error.format_message()} (--help tells more)"
            click.echo(" ".join(said.split()), err=True)
            sys.exit(complaints.USAGE)
        except click.Abort:  # an interrupt, before anything was begun
            sys.exit(complaints.INTERRUPTED)


@click.command(
    cls=OneLine,
    context_settings={
        "ignore_unknown_options": False,
        "allow_interspersed_args": False,
        "help_option_names": ["-h", "--help"],
    },
    epilog="Status: 0 done, 1 the server refused, 2 usage, 3 no connection, 4 refused by the shell,"
    " 5 trouble on this machine, 130 interrupted. `hikari-shell help` lists the commands.",
)
@click.option(
    *("--server", "-server", "-s"),
    default="127.0.0.1:2181",
    envvar="HIKARI_SERVER",
    show_default=True,
    metavar="HOSTS",
    help="host:port,host:port/chroot; also from HIKARI_SERVER.",
)
@click.option("--read-only", "-r", is_flag=True, help="Refuse every command that writes.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before many znodes are deleted.")
@click.option(
    "--auth",
    multiple=True,
    envvar="HIKARI_AUTH",
    metavar="SCHEME:PROOF",
    help="Who you are, as digest:user:password; also from HIKARI_AUTH, which others cannot see.",
)
@tls_options
@click.option(
    "-o",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    help="json: one value a line.",
)
@click.option("--connect-timeout", type=click.FloatRange(min=0.1), default=10.0, metavar="SECONDS")
@click.option("-timeout", "timeout_ms", type=click.IntRange(min=1), hidden=True)
@click.option("-waitforconnection", is_flag=True, hidden=True, expose_value=False)
@click.option("--session-timeout", type=click.FloatRange(min=0.1), default=10.0, metavar="SECONDS")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def main(
    server: str,
    read_only: bool,
    yes: bool,
    auth: tuple[str, ...],
    tls: bool,
    tls_ca: str,
    tls_cert: str,
    tls_key: str,
    output: str,
    connect_timeout: float,
    session_timeout: float,
    timeout_ms: int | None,
    command: tuple[str, ...],
) -> None:
    """A shell for Hikari and ZooKeeper.

    With a COMMAND it runs that and ends; without, it reads lines from a pipe, or asks for them.
    """
    _stand_in()
    options = Options(
        hosts=server,
        read_only=read_only,
        yes=yes,
        json=output == "json",
        connect_s=connect_timeout,
        session_s=timeout_ms / 1000 if timeout_ms else session_timeout,
        auth=tuple(_proof(one) for one in auth),
        tls=asked(tls, tls_ca, tls_cert, tls_key),
    )
    logging.getLogger("hikari_client").addHandler(logging.NullHandler())  # the shell says it
    try:
        status = asyncio.run(_main(Shell(options), list(command)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        status = complaints.INTERRUPTED
    except BrokenPipeError:  # whoever read has had enough
        status = complaints.OK
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)


def _stand_in() -> None:
    """For what was closed by whoever started this: nothing comes from it, nothing is kept."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115  for as long as it runs


def _proof(text: str) -> Auth:
    scheme, colon, proof = text.partition(":")
    if not colon:
        raise click.BadParameter("scheme:proof is expected, as digest:user:password")
    return Auth(scheme, proof.encode())


async def _main(shell: Shell, command: list[str]) -> int:
    try:
        if command:
            return await _one(shell, command)
        if sys.stdin.isatty() and sys.stdout.isatty():
            from hikari_tools.shell.terminal import live

            return await live(shell)
        return await _lines(shell)
    finally:
        await shell.close()


async def _one(shell: Shell, command: list[str]) -> int:
    if somebody_sits_here():
        shell.ask = _ask
    if command[0].lower() not in DISCONNECTED:
        status = await interruptible(shell, _connected(shell))
        if status:
            return status
    return await interruptible(shell, _quitting(shell.run_words(command)))


async def _lines(shell: Shell) -> int:
    """All lines of a pipe. Gives the first status that is not 0; goes on behind it."""
    worst = await interruptible(shell, _connected(shell))
    if worst:
        return worst
    try:
        worst = await _run_all(shell)
    except OSError as error:
        return shell.say(error)
    if shell.pending:
        shell.out.note("the transaction was not committed: nothing of it was done")
        worst = worst or complaints.USAGE
    return worst


async def _run_all(shell: Shell) -> int:
    shell.reads_lines = True
    worst = complaints.OK
    async for line in lines_of(sys.stdin.fileno()):
        shell.remember(line.strip())
        try:
            status = await interruptible(shell, shell.run_line(line))
        except Quit:
            break
        worst = worst or status
        if status == complaints.INTERRUPTED:
            break
    return worst


async def _connected(shell: Shell) -> int:
    """Gives a status, and says what is wrong."""
    try:
        await shell.connect(shell.options.hosts)
    except (Complaint, ZKError) as error:
        return shell.say(error)
    return complaints.OK


async def _quitting(work: Coroutine[Any, Any, int]) -> int:
    try:
        return await work
    except Quit:
        return complaints.OK


async def _ask(question: str) -> bool:
    """On the terminal where a single command was given."""
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    line = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    return line.strip().lower() in ("y", "yes")
