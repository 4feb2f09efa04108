"""The `hikari` command. Rooms are imported inside the commands: `hikari version` needs none, and
before any of them it is settled whether they are the compiled ones."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hikari.compiled.use import NotUsable, in_use, use_if_asked

if TYPE_CHECKING:
    from hikari.config import Config


CONFIG = click.option(
    "--config",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The member's hikari.toml or zoo.cfg; docs/configuration.md says every key.",
)


class Refused(click.ClickException):
    """Somebody has to do something first; the status is hikari.machine's EXIT_REFUSED."""

    exit_code = 3


class Commands(click.Group):
    """The simulator's command is loaded when it is wanted: it needs every room there is."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), "simulate"])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] != "compile":
            try:
                use_if_asked()
            except NotUsable as error:
                raise Refused(str(error)) from None
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name == "simulate":
            from hikari.testing.command import simulate

            return simulate
        return super().get_command(ctx, name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Hikari, a coordination server that speaks ZooKeeper's protocol."""


@main.command()
@CONFIG
def serve(path: Path) -> None:
    """Run one member in the foreground until SIGTERM or SIGINT."""
    config = _config(path)
    from hikari import service
    from hikari.zoocfg.load import is_zoo

    try:
        if is_zoo(path):  # ours is a folder in its dataDir
            config.member.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"{config.member.data}: {error.strerror}") from None
    service.serve(config, path)


def _config(path: Path) -> "Config":
    from hikari.config import Config, ConfigError
    from hikari.zoocfg.load import is_zoo, load

    try:
        if not is_zoo(path):
            return Config.load(path)
        config, warnings = load(path)
        for warning in warnings:
            click.echo(f"hikari: {warning}", err=True)
        return config
    except ConfigError as error:
        raise Refused(str(error)) from None


@main.command()
@click.option("--members", type=click.IntRange(1, 7), default=3, show_default=True)
@click.option(
    "--port",
    type=click.IntRange(1, 65_000),
    default=2181,
    show_default=True,
    help="Member K serves clients on PORT+K-1 and its peers on PORT+100+K-1.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("data"),
    show_default=True,
    help="Folder of all members' state, configuration and logs.",
)
def ensemble(members: int, port: int, data: Path) -> None:
    """Run all members of an ensemble on this machine until SIGTERM or SIGINT."""
    from hikari.ensemble import EnsembleError, Layout, Supervisor

    try:
        status = Supervisor(Layout(data.absolute(), members, port)).run()
    except EnsembleError as error:
        raise Refused(str(error)) from None
    raise SystemExit(status)


@main.command()
@CONFIG
def verify(path: Path) -> None:
    """Read all data of a stopped member and say whether it is whole (status 0) or not (1)."""
    from hikari import salvage as room

    raise SystemExit(room.verify(_config(path)))


@main.command()
@CONFIG
@click.option("--accept-loss", is_flag=True, help="Go on with what is left; the rest is lost.")
def salvage(path: Path, accept_loss: bool) -> None:
    """Say what is left of a damaged member that has no others to heal from.

    With --accept-loss, go on with it. docs/operations.md says when that is right.
    """
    from hikari import salvage as room

    raise SystemExit(room.salvage(_config(path), path, accept_loss))


@main.command()
@click.argument("one", type=click.Path(file_okay=False, path_type=Path))
@click.argument("other", type=click.Path(file_okay=False, path_type=Path))
def compare(one: Path, other: Path) -> None:
    """Name the znodes in which the trees of two stopped members differ.

    ONE and OTHER are data folders of members, or trees: one that was set aside, say. What requests
    have done that only one of them has seen is no difference. Status 0: the same; 1: not.
    """
    from hikari import compare as room

    raise SystemExit(room.compare(one.absolute(), other.absolute()))


@main.command("compile")
@click.option(
    "--into",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("build/compiled"),
    show_default=True,
    help="Nothing else is written to.",
)
def compile_rooms(folder: Path) -> None:
    """Compile the rooms that a request passes through, for less processor time.

    They are used by whatever is started with HIKARI_COMPILED=FOLDER, as long as they were made of
    the same sources. It needs a C compiler, and hikari-server[compile].
    """
    from hikari.compiled.build import CompileFailed, compile_into, missing

    if what := missing():
        raise Refused(f"to compile, this is missing: {what}")
    try:
        done = compile_into(folder.absolute())
    except CompileFailed as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{folder} {'is made' if done else 'is up to date'}")


@main.command()
def version() -> None:
    """Print the version, and whether the rooms are compiled."""
    from importlib.metadata import version as version_of

    compiled = f", compiled in {in_use()}" if in_use() else ""
    click.echo(f"hikari {version_of('hikari-server')}{compiled}")


if __name__ == "__main__":
    main(prog_name="hikari")
