"""hikari.zoocfg: a configuration of ZooKeeper's is one of ours, and nothing in it is ignored."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import fields
from hypothesis import given
from hypothesis import strategies as st

from hikari.config import Address, Config, ConfigError
from hikari.zoocfg.keys import (
    FIELDS,
    HARMLESS,
    NOTED,
    READ,
    REFUSED,
    SWITCHES,
    UNLESS,
    found,
)
from hikari.zoocfg.load import TABLES, Loaded, is_zoo, load
from hikari.zoocfg.properties import NotProperties, parse

Load = Callable[..., Loaded]

THREE = """
tickTime=2000
initLimit=10
syncLimit=5
dataDir={data}
clientPort=2181
server.1=one.example:2888:3888
server.2=two.example:2888:3888:participant
server.3=[fd00::3]:2888:3888;[fd00::3]:2184
"""


@pytest.fixture
def read(tmp_path: Path) -> Load:
    """Load a text as the zoo.cfg of the member in `myid`; `{data}` is its dataDir."""

    def read(text: str, my_id: str | None = "2\n") -> Loaded:
        data = tmp_path / "data"
        data.mkdir(exist_ok=True)
        if my_id is not None:
            (data / "myid").write_text(my_id)
        path = tmp_path / "zoo.cfg"
        path.write_text(text.replace("{data}", str(data)))
        return load(path)

    return read


@pytest.fixture
def complaint(read: Load) -> Callable[..., str]:
    def complaint(text: str, my_id: str | None = "2\n") -> str:
        with pytest.raises(ConfigError) as caught:
            read(text, my_id)
        return str(caught.value)

    return complaint


# ---- what it becomes


def test_three_members(read: Load, tmp_path: Path) -> None:
    config, warnings = read(THREE)
    assert config.member.id == 2
    assert config.member.data == tmp_path / "data" / "hikari"
    assert config.client == Address("0.0.0.0", 2181)
    assert [str(m.peer) for m in config.ensemble.members] == [
        *("one.example:2888", "two.example:2888", "[fd00::3]:2888"),
    ]
    assert [m.client and str(m.client) for m in config.ensemble.members] == [
        *(None, None, "[fd00::3]:2184"),
    ]
    assert (config.sessions.timeout_min_ms, config.sessions.timeout_max_ms) == (4000, 40000)
    assert config.ensemble.servers() == (
        b"server.1=one.example:2888:2889:participant\n"
        b"server.2=two.example:2888:2889:participant\n"
        b"server.3=[fd00::3]:2888:2889:participant;[fd00::3]:2184\n"
    ), "the same on every member"
    assert config.member.words == ("srvr",)
    assert config.member.admin == Address("0.0.0.0", 8080)
    assert config.member.metrics is None
    (warning,) = warnings
    assert "initLimit (" in warning
    assert "syncLimit (" in warning


def test_the_least_that_zookeeper_takes(read: Load) -> None:
    config, warnings = read("dataDir={data}\nclientPort=2181\n", my_id=None)
    assert config.member.id == 1
    assert len(config.ensemble.members) == 1
    assert config.sessions.timeout_min_ms == 6000
    assert not warnings


def test_what_the_containers_write(read: Load) -> None:
    """The client's port stands with the server, and clientPort nowhere."""
    text = """dataDir={data}
dataLogDir={data}
tickTime=2000
initLimit=5
syncLimit=2
autopurge.snapRetainCount=3
autopurge.purgeInterval=0
maxClientCnxns=60
standaloneEnabled=true
admin.enableServer=true
server.1=localhost:2888:3888;2181
"""
    config, _ = read(text, "1\n")
    assert config.client == Address("0.0.0.0", 2181)
    assert config.me.peer == Address("localhost", 2888)


def test_every_honoured_key(read: Load) -> None:
    text = (
        THREE
        + """
clientPortAddress=127.0.0.1
minSessionTimeout=5000
maxSessionTimeout=50000
maxCnxns=77
jute.maxbuffer=0x400000
4lw.commands.whitelist=mntr, ruok , conf
readonlymode.enabled=true
admin.serverAddress=127.0.0.1
admin.serverPort=9090
admin.commandURL=/zk
metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider
metricsProvider.httpHost=::1
metricsProvider.httpPort=7001
"""
    )
    config, _ = read(text)
    assert config.client == Address("127.0.0.1", 2181)
    assert (config.sessions.timeout_min_ms, config.sessions.timeout_max_ms) == (5000, 50000)
    assert config.limits.connections_max == 77
    assert config.limits.frame_bytes_max == 1 << 22
    assert config.member.words == ("mntr", "ruok", "conf", "isro")
    assert config.member.admin == Address("127.0.0.1", 9090)
    assert config.member.admin_path == "/zk"
    assert config.member.metrics == Address("::1", 7001)


def test_switches(read: Load) -> None:
    config, _ = read(THREE + "admin.enableServer=false\n4lw.commands.whitelist=*\n")
    assert config.member.admin is None
    assert config.member.words == ("*",)
    config, _ = read(THREE + "metricsProvider.className=" + PROMETHEUS)
    assert config.member.metrics == Address("0.0.0.0", 7000)


PROMETHEUS = "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider"


def test_members_in_a_file_of_their_own(read: Load, tmp_path: Path) -> None:
    own = tmp_path / "zoo.cfg.dynamic"
    own.write_text("server.1=a:2888:3888;2181\nserver.2=b:2888:3888;2182\nversion=100000000\n")
    config, _ = read(f"dataDir={{data}}\ndynamicConfigFile={own}\n")
    assert [m.peer.host for m in config.ensemble.members] == ["a", "b"]
    assert config.client == Address("0.0.0.0", 2182)


def test_a_short_tick_makes_members_give_up_sooner(read: Load) -> None:
    config, _ = read(THREE.replace("tickTime=2000", "tickTime=1000"))
    assert config.sessions.timeout_min_ms == 2000
    assert config.raft.leader_lost_ms == 1132


# ---- what is refused


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("secureClientPort=2281", "secureClientPort is not served: TLS"),
        ("ssl.keyStore.location=/k", "ssl.keyStore.location is not served: TLS"),
        ("sslQuorum=true", "sslQuorum=true is not served: TLS"),
        ("authProvider.1=org.example.Own", "authProvider.1 is not served"),
        ("sessionRequireClientSASLAuth=true", "SASL"),
        ("quorum.auth.enableSasl=true", "SASL"),
        ("enforce.auth.enabled=true", "need not authenticate"),
        ("group.1=1:2:3", "hierarchical"),
        ("weight.1=2", "hierarchical"),
        ("peerType=observer", "observers"),
        ("electionAlg=0", "electionAlg=0"),
        ("audit.enable=true", "no audit log"),
        ("DigestAuthenticationProvider.digestAlg=SHA-256", "SHA1 alone"),
        ("server.4=four:2888:3888:observer", "server.4: a member is a participant"),
        ("server.4=four:2888", "server.4: must be like host:port:port"),
        ("server.4=four:2888:2888", "server.4: the two ports must differ"),
        ("server.4=four:2888:3888|five:2888:3888", "server.4: several addresses"),
        ("server.0=zero:2888:3888", "server.0: N must be from 1 to 255, not 0"),
        ("server.4=one.example:2888:3888", "server.N: members use one.example:2888 more than once"),
        ("tickTime=fast", "line 10: tickTime is there twice"),
        ("minSessionTimeout=soon", "minSessionTimeout must be a whole number"),
        (
            "maxSessionTimeout=3000",
            "minSessionTimeout (not set: two of tickTime) (4000) must not be more than"
            " maxSessionTimeout (3000)",
        ),
        ("maxSessionTimeout=-5", "maxSessionTimeout must be from 100 to"),
        ("maxClientCnxns=-1", "maxClientCnxns must be from 0 to 1000000, not -1"),
        ("maxCnxns=-1", "maxCnxns must be from 1 to 1000000, not -1"),
        ("jute.maxbuffer=12", "jute.maxbuffer must be from 1024 to 67108864, not 12"),
        ("globalOutstandingLimit=0", "globalOutstandingLimit must be from 1 to 1000000, not 0"),
        (
            "znode.container.checkIntervalMs=0",
            "znode.container.checkIntervalMs must be from 1 to",
        ),
        (
            "DigestAuthenticationProvider.superDigest=secret",
            'DigestAuthenticationProvider.superDigest must be "user:hash"',
        ),
        ("minSessionTimeout=300", "too short"),
        ("reconfigEnabled=yes", "reconfigEnabled must be true or false, not yes"),
        ("sslQuorum=no", "sslQuorum must be true or false, not no"),
        ("audit.enable=TRUE", "audit.enable=TRUE is not served"),
        ("DigestAuthenticationProvider.enabled=yes", "enabled=yes (to ZooKeeper: false) is not"),
        ("allowSaslFailedClients=true", "allowSaslFailedClients=true is not served: SASL"),
        ("superUser.1=bob", "superUser.1 is not served: SASL"),
        ("admin.serverPort=0", "admin.serverPort: must be"),
        ("admin.commandURL=commands", 'admin.commandURL must be like "/commands"'),
        ("metricsProvider.className=org.example.Own", "there is no org.example.Own"),
        ("clientPortAddress=\\u12", "line 10: \\u must be followed by four hex digits"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    complaint: Callable[..., str], line: str, said: str
) -> None:
    text = complaint(THREE + line)
    assert said in text
    assert all(line.startswith("/") and "zoo.cfg: " in line for line in text.splitlines())
    assert not re.search(r"\b[a-z]+_[a-z_]+\b", text.replace("clientportaddress_", "")), text


@pytest.mark.parametrize(
    ("my_id", "said"),
    [
        (None, "myid is missing"),
        ("two\n", "must hold a number"),
        ("0\n", "must hold a number from 1 to 255, not '0'"),
        ("256\n", "must hold a number from 1 to 255, not '256'"),
        ("9\n", "myid is 9, but there is no server.9"),
    ],
)
def test_the_number_of_a_member(
    complaint: Callable[..., str], my_id: str | None, said: str
) -> None:
    assert said in complaint(THREE, my_id)


def test_all_refusals_are_told_at_once(complaint: Callable[..., str]) -> None:
    assert len(complaint(THREE + "secureClientPort=1\npeerType=observer\n").splitlines()) == 2


def test_two_ports_for_clients_must_be_one(complaint: Callable[..., str]) -> None:
    text = THREE.replace(":participant", ";2182")
    assert "clientPort says 0.0.0.0:2181, server.2 says 0.0.0.0:2182" in complaint(text)
    assert "clientPort is not set" in complaint(THREE.replace("clientPort=2181", ""))
    assert "dataDir is not set" in complaint(THREE.replace("dataDir={data}", ""))


def test_members_are_in_one_of_the_two_files(complaint: Callable[..., str], tmp_path: Path) -> None:
    own = tmp_path / "dynamic"
    own.write_text("server.1=a:1:2;3\nclientPort=4\n")
    said = complaint(THREE + f"dynamicConfigFile={own}\n")
    assert "server.1 must be in the dynamicConfigFile" in said
    said = complaint(f"dataDir={{data}}\ndynamicConfigFile={own}\n")
    assert f"{own}: clientPort has no place in a dynamicConfigFile" in said
    own.write_text("server.1=a:1\n")
    said = complaint(f"dataDir={{data}}\nclientPort=4\ndynamicConfigFile={own}\n")
    assert f"{own}: server.1: must be like host:port:port" in said


def test_a_file_that_is_not_there_is_named_with_its_key(complaint: Callable[..., str]) -> None:
    said = complaint("dataDir={data}\nclientPort=4\ndynamicConfigFile=/nope\n")
    assert said.endswith("zoo.cfg: dynamicConfigFile: /nope: No such file or directory")


def test_a_value_is_told_as_it_is(complaint: Callable[..., str]) -> None:
    assert "/enforce/words/skip_acl/myid is missing" in complaint(
        "dataDir=/enforce/words/skip_acl\nclientPort=1\nserver.1=a:1:2\nserver.2=b:1:2\n", None
    )


def test_who_switches_permissions_off_is_warned(read: Load) -> None:
    def warned(line: str) -> bool:
        config, warnings = read(THREE + line)
        assert config.access.skip_acl == line.endswith("yes")
        return any("skipACL=yes: nobody is asked for permissions" in one for one in warnings)

    assert warned("skipACL=yes")
    assert not warned("skipACL=no")


@pytest.mark.parametrize(
    ("line", "is_on"),
    [
        *(("skipACL=yes", True), ("skipACL=no", False), ("skipACL=false", False)),
        *(("enforceQuota=true", True), ("enforceQuota=TRUE", True), ("enforceQuota=no", False)),
        *(("readonlymode.enabled=True", True), ("readonlymode.enabled=false", False)),
        *(("admin.enableServer=false", False), ("admin.enableServer=true", True)),
        *(("admin.enableServer=yes", True), ("forceSync=true", True), ("leaderServes=yes", True)),
        *(("audit.enable=no", False), ("extendedTypesEnabled=true", True)),
    ],
)
def test_a_switch_means_what_it_means_to_zookeeper(read: Load, line: str, is_on: bool) -> None:
    config, warnings = read(THREE + line)
    assert _is_on(config, line) in (is_on, None)
    assert not any("without effect, as in ZooKeeper" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("line", "is_on", "word"),
    [
        *(("skipACL=true", False, "yes"), ("skipACL=YES", False, "yes")),
        *(("enforceQuota=yes", False, "true"), ("enforceQuota=1", False, "true")),
        *(("readonlymode.enabled=on", False, "true"), ("audit.enable=yes", False, "true")),
        *(("enforce.auth.enabled=yes", False, "true"), ("admin.forceHttps=yes", False, "true")),
        *(("admin.enableServer=no", True, "false"), ("admin.enableServer=FALSE", True, "false")),
        *(("admin.enableServer=perhaps", True, "false"), ("forceSync=false", True, "no")),
        *(("leaderServes=false", True, "no"), ("extendedTypesEnabled=yes", False, "true")),
    ],
)
def test_a_word_that_is_no_switch_to_zookeeper_is_none_here_and_told(
    read: Load, line: str, is_on: bool, word: str
) -> None:
    config, warnings = read(THREE + line)
    assert _is_on(config, line) in (is_on, None)
    assert any(
        f"{line} is without effect, as in ZooKeeper: only {word} switches it" in warning
        for warning in warnings
    )


def _is_on(config: Config, line: str) -> bool | None:
    """None: nothing is switched by it here."""
    return {
        "skipACL": config.access.skip_acl,
        "enforceQuota": config.quotas.enforce,
        "readonlymode.enabled": config.sessions.readonly_mode,
        "admin.enableServer": config.member.admin is not None,
    }.get(line.partition("=")[0])


def test_a_folder_with_zookeepers_data_is_not_begun_anew(
    complaint: Callable[..., str], read: Load, tmp_path: Path
) -> None:
    theirs = tmp_path / "data" / "version-2"
    theirs.mkdir(parents=True)
    read(THREE)
    (theirs / "snapshot.0").touch()
    assert "holds the data of a ZooKeeper" in complaint(THREE)
    (tmp_path / "data" / "hikari").mkdir()
    read(THREE)


# ---- nothing is ignored

KNOWN = (Path(__file__).parent / "zookeeper_keys.json").read_text()
"""What the documentation of ZooKeeper 3.9 names, and all that the code of 3.9.5's server reads: of
the file, or as a property that begins with `zookeeper.`, which an unknown key of it becomes."""


@pytest.mark.parametrize("key", json.loads(KNOWN))
def test_each_key_that_zookeeper_documents_or_reads_has_a_place(key: str) -> None:
    places = [READ, FIELDS, HARMLESS, NOTED, UNLESS, REFUSED]
    assert [place for place in places if found(key, place)]


def test_no_key_has_two_places() -> None:
    places: list[set[str]] = [set(place) for place in (READ, FIELDS, HARMLESS, NOTED, UNLESS)]
    names = [name for place in (*places, set(REFUSED)) for name in place]
    assert len(names) == len(set(names))


def test_what_means_nothing_here_is_told_in_one_warning(read: Load) -> None:
    _, (warning,) = read(THREE + "snapCount=5\nforceSync=yes\nreconfigEnabled=true\npreAllocSize=1")
    for told in ("snapCount (", "preAllocSize (", "reconfigEnabled=true (a reconfig is answered"):
        assert told in warning
    assert "forceSync" not in warning


def test_what_nobody_knows_is_told_with_what_may_be_meant(read: Load) -> None:
    _, warnings = read(THREE + "maxSesionTimeout=5\n4lw.commands.whitelist=ruok,quux\n")
    assert len(warnings) == 3
    assert "maxSesionTimeout is a key of neither" in warnings[1]
    assert "is maxSessionTimeout meant?" in warnings[1]
    assert "there is no quux" in warnings[2]


def test_metrics_without_a_provider_are_told(read: Load) -> None:
    _, (warning,) = read(THREE + "metricsProvider.httpPort=7000")
    assert "metricsProvider.httpPort (no Prometheus provider)" in warning


def test_a_setting_that_is_not_served_yet_is_told_or_refused(
    read: Load, complaint: Callable[..., str]
) -> None:
    """Once there is such a setting, it is honoured by itself."""
    given = {"number": "5", "text": "super:x"}
    for key, field in FIELDS.items():
        value = SWITCHES[key].word if field.kind == "flag" else given[field.kind]
        line = f"{key}={value if 'maxbuffer' not in key else 4096}\n"
        if not _has(field.name):
            if field.refused:
                assert f"{key} is not served" in complaint(THREE + line)
            else:
                assert f"{key} (" in read(THREE + line).warnings[0]
        else:
            assert f"{key} (" not in str(read(THREE + line).warnings)


def _has(name: str) -> bool:
    table, _, key = name.partition(".")
    return key in {
        field.name for kind in [dict(TABLES).get(table)] if kind for field in fields(kind)
    }


def test_which_files_are_taken_for_one() -> None:
    assert is_zoo(Path("/etc/zookeeper/zoo.cfg"))
    assert not is_zoo(Path("hikari.toml"))


# ---- the syntax


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("a=b", [("a", "b")]),
        ("a b", [("a", "b")]),
        ("a:b", [("a", "b")]),
        ("  a  =  b  \r\n", [("a", "b")]),
        ("a\\=\\:\\ b = c", [("a=: b", "c")]),
        ("# c\n ! d\n\n\t\na=b", [("a", "b")]),
        ("a=b\\\n   c\\\r\n\t# d", [("a", "bc# d")]),
        ("a=b\\\\\nc=d", [("a", "b\\"), ("c", "d")]),
        ("a=\\u0041\\t\\q", [("a", "A\tq")]),
        ("a=b=c:d", [("a", "b=c:d")]),
        ("a", [("a", "")]),
        ("a=", [("a", "")]),
        ("=b", [("", "b")]),
        ("a=b\\", [("a", "b")]),
        ("a= = b", [("a", "= b")]),
        ("a=b\rc=d", [("a", "b"), ("c", "d")]),
        ("", []),
    ],
)
def test_properties(text: str, entries: list[tuple[str, str]]) -> None:
    assert [entry[:2] for entry in parse(text)] == entries


def test_an_entry_knows_its_line() -> None:
    assert [line for _, _, line in parse("# x\na=b\\\n  c\n\nd=e")] == [2, 5]


@given(st.text(alphabet="ab =:\\#!u0\n\r\t"))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        entries = parse(text)
    except NotProperties:
        return
    assert all("\n" not in key for key, _, _ in entries)
