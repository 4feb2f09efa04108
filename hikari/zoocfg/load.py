"""From a `zoo.cfg` to what `hikari.toml` would say."""

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple

import attrs

from hikari import config as toml
from hikari.config import Address, Config, ConfigError, Ensemble, MemberAddress
from hikari.zoocfg.keys import (
    DANGEROUS,
    FIELDS,
    HARMLESS,
    NOTED,
    READ,
    REFUSED,
    STRICT,
    SWITCHES,
    UNLESS,
    found,
)
from hikari.zoocfg.members import SERVER, member_of
from hikari.zoocfg.properties import parse

FOLDER: Final = "hikari"
"""In dataDir, beside ZooKeeper's own `version-2`."""
TICK_MS: Final = 3000
ADMIN_PORT: Final = 8080
METRICS_PORT: Final = 7000
PEER_OF_ONE: Final = Address("127.0.0.1", 0)
"""Any port that is free: nobody has to find a member that is alone."""
PROMETHEUS: Final = "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider"
_SILENT: Final = (
    "org.apache.zookeeper.metrics.impl.DefaultMetricsProvider",
    "org.apache.zookeeper.metrics.impl.NullMetricsProvider",
)
MADE_OF: Final = {
    "sessions.timeout_min_ms": "minSessionTimeout",
    "sessions.timeout_max_ms": "maxSessionTimeout",
    "limits.connections_max": "maxCnxns",
    "member.admin_path": "admin.commandURL",
}
"""Settings, besides those in FIELDS, by the key that an error should name."""
DEFAULTS: Final = {
    "minSessionTimeout": "two of tickTime",
    "maxSessionTimeout": "twenty of tickTime",
}
TABLES: Final = [
    (table.name, kind)
    for table, kind in ((t, t.type) for t in attrs.fields(Config))
    if isinstance(kind, type) and attrs.has(kind) and table.name != "ensemble"
]


class Loaded(NamedTuple):
    """`warnings`: what was said in the file and means nothing here, with the reasons."""

    config: Config
    warnings: list[str]


def is_zoo(path: Path) -> bool:
    """Whether a file of this name is one."""
    return path.suffix in (".cfg", ".properties")


def load(path: Path) -> Loaded:
    """Read and check a file, and `myid` in its dataDir. Relative paths in it are relative to the
    working folder, as ZooKeeper's are. Raises ConfigError, which says which key and what is
    allowed."""
    reading = _Reading(path, _entries(path))
    try:
        return reading.all()
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{path}: {error}") from None


def _entries(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="latin-1")
        entries = parse(text)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None
    known: dict[str, str] = {}
    for key, value, line in entries:
        name = key.strip().removeprefix("zookeeper.")
        if known.get(name, value) != value:
            raise ConfigError(f"{path}: line {line}: {name} is there twice, with another value")
        known[name] = value
    return known


class _Reading:
    """One file on its way to a Config."""

    def __init__(self, path: Path, entries: dict[str, str]) -> None:
        self.path = path
        self.entries = entries
        self.harmless: list[str] = []
        self.unknown: list[str] = []
        self.refused: list[str] = []
        self.dangerous: list[str] = []
        self.misread: list[str] = []
        self.dynamic: Path | None = None  # where the servers are, if not in `path`
        self.fields: dict[str, dict[str, Any]] = {name: {} for name, _ in TABLES}

    def all(self) -> Loaded:
        self._take_dynamic()
        for key in self.entries:
            self._judge(key)
        if self.refused:
            lines = [f"{self.path}: {line}" for line in self.refused]
            raise ConfigError("\n".join(lines))
        data = self._data()
        members, own = self._members(data)
        self._sessions()
        self._limits()
        self._member(own, data)
        return Loaded(self._config(members), self._warnings())

    def _config(self, members: tuple[MemberAddress, ...]) -> Config:
        """Checked, table by table and as a whole."""
        try:
            ensemble = Ensemble(members)
        except ValueError as error:
            raise ConfigError(f"{self.dynamic or self.path}: server.N: {error}") from None
        try:
            tables: dict[str, Any] = {name: kind(**self.fields[name]) for name, kind in TABLES}
            return Config(ensemble=ensemble, **tables)
        except ValueError as error:
            raise ValueError(self._in_its_keys(str(error))) from None

    def _warnings(self) -> list[str]:
        lines = []
        if self.harmless:
            lines.append(f"{self.path}: without effect here: {'; '.join(self.harmless)}")
        lines += [
            f"{self.path}: {line}" for line in (*self.dangerous, *self.misread, *self.unknown)
        ]
        return lines

    def _in_its_keys(self, text: str) -> str:
        """What is said of our settings, said of the keys that became them."""
        names = {field.name: key for key, field in FIELDS.items()} | MADE_OF
        for name, key in names.items():
            table, _, own = name.partition(".")
            said = key
            if key in DEFAULTS and key not in self.entries:
                said = f"{key} (not set: {DEFAULTS[key]})"
            text = re.sub(rf"\b(?:{table}\.)?{own}\b", lambda _, said=said: said, text)  # type: ignore[misc]
        return text

    # ---- each key

    def _take_dynamic(self) -> None:
        """The members may be in a file of their own."""
        file = self.entries.get("dynamicConfigFile")
        if file is None:
            return
        for key in self.entries:
            if SERVER.fullmatch(key) or key.startswith(("group.", "weight.")):
                raise ConfigError(f"{self.path}: {key} must be in the dynamicConfigFile")
        self.dynamic = Path(file)
        try:
            entries = _entries(self.dynamic)
        except ConfigError as error:
            raise ConfigError(f"{self.path}: dynamicConfigFile: {error}") from None
        for key in entries:
            if not SERVER.fullmatch(key) and key != "version":
                raise ConfigError(f"{file}: {key} has no place in a dynamicConfigFile")
        self.entries |= entries

    def _judge(self, key: str) -> None:
        value = self._switched(key)
        if key in READ or SERVER.fullmatch(key):
            return
        if key in STRICT and not _among(value, ("true", "false")):
            self.refused.append(f"{key} must be true or false, not {value}")
            return
        if key in FIELDS:
            self._field(key, value)
        elif name := found(key, UNLESS):
            allowed, why = UNLESS[name]
            if not _among(value, allowed):
                said = self.entries[key]
                as_theirs = "" if _among(value, (said,)) else f" (to ZooKeeper: {value})"
                self.refused.append(f"{key}={said}{as_theirs} is not served: {why}")
        elif name := found(key, REFUSED):
            self.refused.append(f"{key} is not served: {REFUSED[name]}")
        elif name := found(key, NOTED):
            allowed, why = NOTED[name]
            if not _among(value, allowed):
                self.harmless.append(f"{key}={value} ({why})")
        elif name := found(key, HARMLESS):
            self.harmless.append(f"{key} ({HARMLESS[name]})")
        else:
            self._unknown(key)

    def _switched(self, key: str) -> str:
        """Its value, of a switch the word that ZooKeeper takes it for; who may have meant another
        is told."""
        value = self.entries[key]
        switch = SWITCHES.get(key)
        if switch is None:
            return value
        if switch.misread(value):
            way = "on" if switch.word in ("true", "yes") else "off"
            self.misread.append(
                f"{key}={value} is without effect, as in ZooKeeper:"
                f" only {switch.word} switches it {way}"
            )
        return switch.taken(value)

    def _unknown(self, key: str) -> None:
        near = get_close_matches(key, [*READ, *FIELDS, *HARMLESS, *NOTED, *UNLESS, *REFUSED], 1)
        meant = f": is {near[0]} meant?" if near else ""
        self.unknown.append(f"{key} is a key of neither ZooKeeper 3.9 nor Hikari{meant}")

    def _field(self, key: str, value: str) -> None:
        field = FIELDS[key]
        given = self._value(key, field.kind, value)
        if given is True and key in DANGEROUS:
            self.dangerous.append(f"{key}={value}: {DANGEROUS[key]}")
        table, _, name = field.name.partition(".")
        if name in attrs.fields_dict(dict(TABLES).get(table, Config)):
            self.fields[table][name] = given
        elif given is False:
            return
        elif field.refused:
            self.refused.append(f"{key} is not served: {field.without}")
        else:
            self.harmless.append(f"{key} ({field.without})")

    def _value(self, key: str, kind: str, value: str) -> int | bool | str:
        if kind == "number":
            return self._number(key, value)
        if kind == "flag":
            return SWITCHES[key].taken(value) in ("true", "yes")
        return value

    def _number(self, key: str, value: str) -> int:
        try:
            return int(value, 0 if value.lower().startswith("0x") else 10)
        except ValueError:
            raise ValueError(f"{key} must be a whole number, not {value!r}") from None

    def _numbered(self, key: str, default: int) -> int:
        value = self.entries.get(key)
        return default if value is None else self._number(key, value)

    # ---- what is made of several

    def _data(self) -> Path:
        """Where our folder is. One that has ZooKeeper's data and none of ours is refused."""
        if "dataDir" not in self.entries:
            raise ValueError("dataDir is not set")
        data = Path(self.entries["dataDir"]).absolute()
        for key in ("dataDir", "dataLogDir"):
            theirs = Path(self.entries.get(key, data)).absolute() / "version-2"
            used = any(theirs.glob("snapshot.*")) or any(theirs.glob("log.*"))
            if used and not (data / FOLDER).exists():
                raise ValueError(
                    f"{key}: {theirs} holds the data of a ZooKeeper, which Hikari does not read: it"
                    f" would begin empty. If that is meant, move {theirs} away"
                )
        return data

    def _members(self, data: Path) -> tuple[tuple[MemberAddress, ...], MemberAddress]:
        """(all, this one)."""
        members = []
        for key, value in self.entries.items():
            if match := SERVER.fullmatch(key):
                try:
                    members.append(member_of(int(match[1]), value))
                except ValueError as error:
                    raise ConfigError(f"{self.dynamic or self.path}: {key}: {error}") from None
        if not members:
            members = [MemberAddress(_my_id(data) or 1, None, PEER_OF_ONE)]
        members.sort(key=lambda member: member.id)
        id = _my_id(data)
        if id is None and len(members) > 1:
            raise ValueError(
                f"{data / 'myid'} is missing: it holds the N of this member's server.N"
            )
        own = next((m for m in members if id is None or m.id == id), None)
        if own is None:
            raise ValueError(f"{data / 'myid'} is {id}, but there is no server.{id}")
        return tuple(members), own

    def _client(self, own: MemberAddress) -> Address:
        port, host = self.entries.get("clientPort"), self.entries.get("clientPortAddress")
        if port is None:
            if own.client is None:
                raise ValueError("clientPort is not set")
            if host is not None:
                raise ValueError("clientPortAddress is set, but clientPort is not")
            return own.client
        address = self._address("clientPortAddress", "clientPort", 0)
        if own.client is None:
            return address
        if own.client.port != address.port or (host and own.client != address):
            raise ValueError(f"clientPort says {address}, server.{own.id} says {own.client}")
        return own.client

    def _sessions(self) -> None:
        """ZooKeeper's bounds go by its tick. A member gives its clients up early enough for the
        shortest."""
        tick_ms = self._numbered("tickTime", TICK_MS)
        least_ms = self._numbered("minSessionTimeout", -1)
        most_ms = self._numbered("maxSessionTimeout", -1)
        least_ms = 2 * tick_ms if least_ms == -1 else least_ms
        most_ms = 20 * tick_ms if most_ms == -1 else most_ms
        self.fields["sessions"] |= {"timeout_min_ms": least_ms, "timeout_max_ms": most_ms}
        raft = toml.RaftTimes()
        room_ms = least_ms * 2 // 3 - toml.HEARD_TICKS * raft.tick_ms
        if room_ms <= raft.leader_lost_ms:
            self.fields["raft"]["leader_lost_ms"] = room_ms - 1
            if room_ms - 1 < 10:
                raise ValueError(
                    f"a minSessionTimeout of {least_ms} ms (two of tickTime, if it is not set) is"
                    " too short for members to tell each other who is alive"
                )

    def _limits(self) -> None:
        limits = self.fields["limits"]
        connections_max = self._numbered("maxCnxns", 0)
        if connections_max:
            limits["connections_max"] = connections_max
        frame_bytes_max = limits.get("frame_bytes_max", 0)
        if frame_bytes_max > toml.Limits().output_bytes_max:
            limits["output_bytes_max"] = frame_bytes_max

    def _member(self, own: MemberAddress, data: Path) -> None:
        entries = self.entries
        member = self.fields["member"]
        member |= {"id": own.id, "data": data / FOLDER, "words": self._words()}
        member["client"] = self._client(own)
        if self._value("admin.enableServer", "flag", entries.get("admin.enableServer", "true")):
            member["admin"] = self._address("admin.serverAddress", "admin.serverPort", ADMIN_PORT)
            member["admin_path"] = entries.get("admin.commandURL", "/commands")
        provider = entries.get("metricsProvider.className", _SILENT[0])
        where = ("metricsProvider.httpHost", "metricsProvider.httpPort")
        if provider == PROMETHEUS:
            member["metrics"] = self._address(*where, METRICS_PORT)
        elif provider in _SILENT:
            self.harmless += [f"{key} (no Prometheus provider)" for key in where if key in entries]
        else:
            raise ValueError(f"metricsProvider.className: there is no {provider}")

    def _address(self, host_key: str, port_key: str, port: int) -> Address:
        """Of a port that everybody may reach unless a host is named."""
        host = self.entries.get(host_key, "0.0.0.0")
        port = self._numbered(port_key, port)
        try:
            return Address.parse(f"{_bracketed(host)}:{port}")
        except ValueError as error:
            raise ValueError(f"{port_key}: {error}") from None

    def _words(self) -> tuple[str, ...]:
        listed = self.entries.get("4lw.commands.whitelist", "")
        words = [word for word in (one.strip() for one in listed.split(",")) if word]
        unknown = [word for word in words if word not in (*toml.WORDS, "*")]
        if unknown:
            self.unknown.append(f"4lw.commands.whitelist: there is no {', '.join(unknown)}")
        if self.entries.get("readonlymode.enabled") == "true":
            words.append("isro")
        return tuple(dict.fromkeys(word for word in words if word not in unknown)) or ("srvr",)


def _among(value: str, allowed: tuple[str, ...]) -> bool:
    return value.lower() in [one.lower() for one in allowed]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _my_id(data: Path) -> int | None:
    """What stands in `myid`; None if there is no such file. Raises ValueError."""
    try:
        text = (data / "myid").read_text(encoding="latin-1")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ValueError(f"{data / 'myid'}: {error.strerror}") from None
    first = text.split("\n", 1)[0].strip()
    if not first.isascii() or not first.isdigit() or not 1 <= int(first) <= 255:
        raise ValueError(f"{data / 'myid'} must hold a number from 1 to 255, not {first!r}")
    return int(first)
