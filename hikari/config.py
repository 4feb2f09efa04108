"""What an operator sets, read from a member's `hikari.toml`; docs/configuration.md says each key.

Everything is checked here, once, so that no other room asks whether a setting makes sense: types,
ranges, keys that do not exist, and the relations between settings.
"""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import attrs
from cattrs import (
    BaseValidationError,
    ClassValidationError,
    Converter,
    ForbiddenExtraKeysError,
    IterableValidationError,
)

MEMBERS_MAX = 7  # more voters make every write slower and no ensemble much safer
WORDS = (
    *("conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "hash", "isro", "mntr"),
    *("ruok", "srst", "srvr", "stat", "stmk", "wchc", "wchp", "wchs"),
)
"""ZooKeeper's four-letter words."""
HEARD_TICKS = 4  # members tell the leader so often whom they heard from
MS_MAX = 24 * 60 * 60 * 1000


class ConfigError(Exception):
    """The file cannot be used; the text says which key and what is allowed."""


@attrs.frozen
class Address:
    """Where a socket listens or connects: a host name or IP address, and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `host:port` or `[ipv6]:port`."""
        host, colon, port = text.rpartition(":")
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            host = ""  # an IPv6 address without brackets: its end cannot be told from a port
        digits = port.isascii() and port.isdigit()
        if not (colon and host and digits and 1 <= int(port) <= 65535):
            raise ValueError(f'must be "host:port" with a port from 1 to 65535, not {text!r}')
        return cls(host, int(port))

    def __str__(self) -> str:
        """Give back what `parse` reads."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _between(least: int, most: int) -> Callable[[Any, "attrs.Attribute[int]", int], None]:
    """An attrs validator: an integer from `least` to `most`, both allowed."""

    def check(_: object, attribute: "attrs.Attribute[int]", value: int) -> None:
        if not least <= value <= most:
            raise ValueError(f"{attribute.name} must be from {least} to {most}, not {value}")

    return check


def _number(default: int, least: int, most: int) -> int:
    field: int = attrs.field(default=default, validator=_between(least, most))
    return field


@attrs.frozen
class Member:
    """Which member this process is, and where it keeps its state."""

    id: int = attrs.field(validator=_between(1, 255))
    data: Path = Path(".")
    client: Address | None = None
    admin: Address | None = None
    admin_path: str = attrs.field(default="/commands")
    metrics: Address | None = None
    words: tuple[str, ...] = attrs.field(default=("srvr",))

    @admin_path.validator
    def _admin_path_is_one(self, _: object, value: str) -> None:
        if not value.startswith("/") or value.endswith("/") or not value.isascii():
            raise ValueError(f'admin_path must be like "/commands", not {value!r}')

    @words.validator
    def _words_are_known(self, _: object, words: tuple[str, ...]) -> None:
        unknown = sorted(set(words) - {*WORDS, "*"})
        if unknown:
            raise ValueError(
                f'words has no {", ".join(unknown)}; known are "*" and {", ".join(WORDS)}'
            )


@attrs.frozen
class MemberAddress:
    """One member of the ensemble, as every member must list it. A `zoo.cfg` need not say where
    clients reach the others."""

    id: int = attrs.field(validator=_between(1, 255))
    client: Address | None
    peer: Address


@attrs.frozen
class Ensemble:
    """The address book, the same on every member."""

    members: tuple[MemberAddress, ...] = attrs.field()
    name: str = attrs.field(default="hikari")

    @name.validator
    def _name_is_short(self, _: object, value: str) -> None:
        if not 1 <= len(value.encode()) <= 64:
            raise ValueError(f"name must be 1 to 64 bytes, not {value!r}")

    @members.validator
    def _members_differ(self, _: object, members: tuple[MemberAddress, ...]) -> None:
        if not 1 <= len(members) <= MEMBERS_MAX:
            raise ValueError(f"members must be 1 to {MEMBERS_MAX}, not {len(members)}")
        ids = [member.id for member in members]
        if len(set(ids)) < len(ids):
            raise ValueError(f"members must each have an id of its own, not {ids}")
        addresses = [str(a) for member in members for a in (member.client, member.peer) if a]
        shared = sorted({a for a in addresses if addresses.count(a) > 1})
        if shared:
            raise ValueError(f"members use {', '.join(shared)} more than once")

    def servers(self) -> bytes:
        """The members as ZooKeeper lists its servers, one a line. It has a port for elections
        beside that for peers; we have one for both, and name one that differs: Java clients refuse
        to read a list in which the two are one. Nobody listens there."""
        lines = [
            f"server.{m.id}={m.peer}:{m.peer.port + (1 if m.peer.port < 65535 else -1)}:participant"
            f"{f';{m.client}' if m.client else ''}\n"
            for m in sorted(self.members, key=lambda member: member.id)
        ]
        return "".join(lines).encode()


@attrs.frozen
class Sessions:
    """The bounds of the session time-out that a client may ask for; and whether a member without
    a majority may be read."""

    timeout_min_ms: int = _number(4_000, 100, MS_MAX)
    timeout_max_ms: int = _number(40_000, 100, MS_MAX)
    readonly_mode: bool = False

    def __attrs_post_init__(self) -> None:
        """Check the relation of the two."""
        if self.timeout_min_ms > self.timeout_max_ms:
            raise ValueError(
                f"timeout_min_ms ({self.timeout_min_ms}) must not be more than"
                f" timeout_max_ms ({self.timeout_max_ms})"
            )


@attrs.frozen
class Limits:
    """What one client, and all clients together, may ask of a member."""

    frame_bytes_max: int = _number(0xFFFFF, 1 << 10, 1 << 26)
    requests_per_connection_max: int = _number(1_000, 1, 1_000_000)
    outstanding_limit: int = _number(1_000, 1, 1_000_000)
    connections_max: int = _number(10_000, 1, 1_000_000)
    max_client_connections: int = _number(60, 0, 1_000_000)
    sessions_max: int = _number(1_000_000, 1, 1_000_000_000)
    cache_bytes_max: int = _number(1 << 28, 1 << 20, 1 << 40)
    output_bytes_max: int = _number(1 << 24, 1 << 16, 1 << 32)
    clients_bytes_max: int = _number(1 << 30, 1 << 20, 1 << 40)

    def __attrs_post_init__(self) -> None:
        """Check the relations of the byte bounds: one reply must fit, and one client."""
        if self.output_bytes_max < self.frame_bytes_max:
            raise ValueError(
                f"output_bytes_max ({self.output_bytes_max}) must be at least"
                f" frame_bytes_max ({self.frame_bytes_max})"
            )
        if self.clients_bytes_max < 2 * self.output_bytes_max:
            raise ValueError(
                f"clients_bytes_max ({self.clients_bytes_max}) must be at least twice"
                f" output_bytes_max ({self.output_bytes_max})"
            )


@attrs.frozen
class RaftTimes:
    """How soon the members give each other up."""

    tick_ms: int = _number(50, 1, 10_000)
    heartbeat_ticks: int = _number(2, 1, 1_000)
    election_ticks: int = _number(16, 2, 10_000)
    leader_lost_ms: int = _number(2_000, 10, MS_MAX)

    def __attrs_post_init__(self) -> None:
        """Check that a heartbeat can arrive before a leader is given up."""
        if self.heartbeat_ticks >= self.election_ticks:
            raise ValueError(
                f"heartbeat_ticks ({self.heartbeat_ticks}) must be less than"
                f" election_ticks ({self.election_ticks})"
            )


@attrs.frozen
class Journal:
    """How much of the log is kept behind the tree."""

    entries_kept: int = _number(20_000, 0, 100_000_000)
    bytes_kept: int = _number(1 << 28, 1 << 20, 1 << 40)
    flush_entries: int = _number(20_000, 1, 100_000_000)


@attrs.frozen
class Disk:
    """How much room a member wants on its disk; a small disk gives less."""

    low_bytes: int = _number(1 << 30, 1 << 25, 1 << 50)
    reserve_bytes: int = _number(1 << 26, 0, 1 << 40)


@attrs.frozen
class Endings:
    """When containers that are empty, and TTL znodes whose time is over, are removed."""

    check_interval_ms: int = _number(60_000, 1, MS_MAX)
    per_minute_max: int = _number(10_000, 1, 1_000_000)
    never_used_ms: int = _number(0, 0, 1 << 50)


@attrs.frozen
class Quotas:
    """Whether hard limits refuse anything. Whoever leads decides for all."""

    enforce: bool = False


@attrs.frozen
class Access:
    """Who is not asked for permissions."""

    super_digest: str = attrs.field(default="", repr=False)
    skip_acl: bool = False

    @super_digest.validator
    def _super_digest_is_one(self, _: object, value: str) -> None:
        user, colon, hash = value.partition(":")
        if value and not (user and colon and hash):
            raise ValueError('super_digest must be "user:hash"')  # a password is no word for logs


@attrs.frozen
class Config:
    """Everything in one `hikari.toml`."""

    member: Member
    ensemble: Ensemble
    sessions: Sessions = Sessions()
    limits: Limits = Limits()
    raft: RaftTimes = RaftTimes()
    journal: Journal = Journal()
    disk: Disk = Disk()
    endings: Endings = Endings()
    quotas: Quotas = Quotas()
    access: Access = Access()

    def __attrs_post_init__(self) -> None:
        """Check the relations between tables."""
        ids = [member.id for member in self.ensemble.members]
        if self.member.id not in ids:
            raise ValueError(f"member.id is {self.member.id}, but ensemble.members has only {ids}")
        # Else a client could trust a session here that the others have already expired: its last
        # ping may be a third of the time-out old when the leader is lost, and not yet reported.
        most = self.sessions.timeout_min_ms * 2 // 3 - HEARD_TICKS * self.raft.tick_ms
        if self.raft.leader_lost_ms >= most:
            raise ValueError(
                f"raft.leader_lost_ms ({self.raft.leader_lost_ms}) must be less than {most}: two"
                f" thirds of sessions.timeout_min_ms ({self.sessions.timeout_min_ms}), less"
                f" {HEARD_TICKS} ticks"
            )

    @property
    def me(self) -> MemberAddress:
        """This member's own line of the address book."""
        return next(m for m in self.ensemble.members if m.id == self.member.id)

    @property
    def client(self) -> Address:
        """Where this member listens for clients."""
        client = self.member.client or self.me.client
        assert client is not None, "a member knows its own"
        return client

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read and check a file; `member.data` comes back as an absolute folder."""
        path = path.absolute()
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{path}: is not UTF-8 text") from None
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{path}: is not TOML: {error}") from None
        try:
            config = _CONVERTER.structure(tables, cls)
        except BaseValidationError as error:
            lines = [f"{path}: {line}" for line in _complaints(error, "")]
            raise ConfigError("\n".join(lines)) from None
        folder = (path.parent / config.member.data).resolve()
        return attrs.evolve(config, member=attrs.evolve(config.member, data=folder))


def _exactly(kind: type, called: str) -> Callable[[Any, Any], Any]:
    """A hook that takes one TOML type and converts nothing: `"3"` and `true` are no numbers."""

    def structure(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise ValueError(f"must be {called}, not {value!r}")
        return value

    return structure


def _text_to(make: Callable[[str], Any]) -> Callable[[Any, Any], Any]:
    take = _exactly(str, "a string")
    return lambda value, kind: make(take(value, kind))


def _table_or_complain(converter: Converter, kind: type) -> Callable[[Any, Any], Any]:
    """cattrs takes a number for a class apart with an AttributeError; say what was meant."""
    structure = converter.get_structure_hook(kind)

    def check(value: Any, kind: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError(f"must be a table, not {value!r}")
        return structure(value, kind)

    return check


def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook(bool, _exactly(bool, "true or false"))
    converter.register_structure_hook(int, _exactly(int, "a whole number"))
    converter.register_structure_hook(bool, _exactly(bool, "true or false"))
    converter.register_structure_hook(str, _exactly(str, "a string"))
    converter.register_structure_hook(Path, _text_to(Path))
    converter.register_structure_hook(Address, _text_to(Address.parse))
    converter.register_structure_hook(Address | None, _text_to(Address.parse))
    tables = (
        *(MemberAddress, Member, Ensemble, Sessions, Limits, RaftTimes, Journal, Disk),
        *(Endings, Quotas, Access),
    )
    for kind in tables:
        converter.register_structure_hook(kind, _table_or_complain(converter, kind))
    return converter


_CONVERTER = _converter()


def _complaints(error: BaseException, key: str) -> Iterator[str]:
    """One line for each thing that is wrong, beginning with its key."""
    if isinstance(error, ClassValidationError):
        with_notes, without = error.group_exceptions()
        for inner, note in with_notes:
            yield from _complaints(inner, f"{key}.{note.name}" if key else note.name)
        for inner in without:
            yield from _complaints(inner, key)
    elif isinstance(error, IterableValidationError):
        for inner, item in error.group_exceptions()[0]:
            yield from _complaints(inner, f"{key}[{item.index}]")
    else:
        where = f"{key}: " if key else ""
        if isinstance(error, ForbiddenExtraKeysError):
            known = ", ".join(field.name for field in attrs.fields(error.cl))
            for extra in sorted(error.extra_fields):
                yield f"{where}there is no key {extra!r}; known are {known}"
        elif isinstance(error, KeyError):
            yield f"{key or error.args[0]}: is missing"
        elif isinstance(error, TypeError):  # cattrs iterates over whatever stands for a list
            yield f"{where}must be a list"
        elif key.partition(".")[0] == "access":  # what was given may be a secret
            yield f"{where}{str(error).partition(', not ')[0]}"
        else:
            yield f"{where}{error}"
