"""The commands, by their names. A file of `commands/` adds its own with `@command`."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from attrs import frozen

from hikari_tools.shell.usage import Given, Usage

if TYPE_CHECKING:
    from hikari_tools.shell.session import Shell

Run = Callable[["Shell", Given], Awaitable[None]]


@frozen
class Command:
    """`writes`: refused by --read-only. `family`: under which heading of `help` it stands."""

    usage: Usage
    family: str
    about: str
    run: Run
    writes: bool
    aliases: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.usage.name


FAMILIES: Final = (
    *("Move and list", "Search", "Read", "Write", "Copy and compare", "Watch"),
    *("ACLs and identity", "Quotas", "Ensemble", "The shell"),
)
"""The headings of `help`, in order."""
COMMANDS: Final[dict[str, Command]] = {}
"""By name."""
_NAMES: Final[dict[str, str]] = {}
SHORT: Final[dict[str, tuple[str, ...]]] = {
    "ls2": ("ls", "-s"),
    "ifind": ("find", "-i"),
    "igrep": ("grep", "-i"),
    "mntr": ("word", "mntr"),
    "cons": ("word", "cons"),
    "dump": ("word", "dump"),
}
"""What zk_shell and an older zkCli called so, in our words."""


def command(
    text: str, *, family: str, about: str, writes: bool = False, aliases: tuple[str, ...] = ()
) -> Callable[[Run], Run]:
    """Add a function as a command. `text`: its name and its usage, see `Usage`."""
    name, _, rest = text.partition(" ")
    assert family in FAMILIES, family

    def add(run: Run) -> Run:
        COMMANDS[name] = Command(Usage.of(name, rest), family, about, run, writes, aliases)
        for one in (name, *aliases):
            assert one.lower() not in _NAMES, f"two commands are called {one}"
            _NAMES[one.lower()] = name
        return run

    return add


def find(name: str) -> Command | None:
    """By its name or an alias, in capitals or not."""
    known = _NAMES.get(SHORT.get(name.lower(), (name,))[0].lower())
    return COMMANDS[known] if known else None


def expanded(said: list[str]) -> list[str]:
    """A line whose command may be a short one, without that."""
    return [*SHORT.get(said[0].lower(), said[:1]), *said[1:]]


def in_order() -> list[Command]:
    """As `help` lists them: families in their order, and in each as they stand in their file."""
    return sorted(COMMANDS.values(), key=lambda one: FAMILIES.index(one.family))


def names() -> list[str]:
    """Every name and alias."""
    aliases = [alias for one in COMMANDS.values() for alias in one.aliases]
    return sorted({*COMMANDS, *aliases, *SHORT}, key=str.lower)
