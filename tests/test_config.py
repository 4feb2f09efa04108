"""hikari.config: what an operator may write, and what he is told when it cannot be."""

import re
from pathlib import Path

import attrs
import pytest

from hikari.config import (
    Access,
    Address,
    Config,
    ConfigError,
    Disk,
    Endings,
    Ensemble,
    Journal,
    Limits,
    Member,
    MemberAddress,
    Quotas,
    RaftTimes,
    Sessions,
)

DOCS = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"

SMALLEST = """
[member]
id = 2
[[ensemble.members]]
id = 1
client = "127.0.0.1:2181"
peer = "127.0.0.1:2281"
[[ensemble.members]]
id = 2
client = "[::1]:2182"
peer = "two.example:2282"
"""


@pytest.fixture
def load(tmp_path):
    """Load a text as the file hikari.toml."""

    def load(text):
        path = tmp_path / "hikari.toml"
        path.write_text(text)
        return Config.load(path)

    return load


@pytest.fixture
def complaint(load):
    """Give what is said about a text, without the name of the file."""

    def complaint(text):
        with pytest.raises(ConfigError) as caught:
            load(text)
        lines = str(caught.value).splitlines()
        assert all("hikari.toml: " in line for line in lines)
        return "\n".join(line.partition("hikari.toml: ")[2] for line in lines)

    return complaint


def test_smallest_file_is_enough(load):
    """A member's id and the list of members are all that must be written."""
    config = load(SMALLEST)
    assert config.member.id == 2
    assert config.ensemble.name == "hikari"
    assert config.limits == Limits()
    assert config.limits.frame_bytes_max == 0xFFFFF, "ZooKeeper's jute.maxbuffer"


def test_me_is_this_members_line(load):
    """A member finds its own addresses in the list."""
    config = load(SMALLEST)
    assert config.me.client == Address("::1", 2182)
    assert config.me.peer == Address("two.example", 2282)


def test_data_is_relative_to_the_file(load, tmp_path):
    """A member can be started from any folder: its data stays beside its configuration."""
    assert load(SMALLEST).member.data == tmp_path
    assert load(SMALLEST.replace("id = 2\n[[", 'id = 2\ndata = "d"\n[[')).member.data == (
        tmp_path / "d"
    )
    assert load(SMALLEST.replace("id = 2\n[[", 'id = 2\ndata = "/d"\n[[')).member.data == Path("/d")


def test_every_setting_can_be_set(load):
    """What the file says replaces the default, and nothing else."""
    config = load(SMALLEST + "[raft]\ntick_ms = 7\n[journal]\nentries_kept = 0\n")
    assert config.raft == RaftTimes(tick_ms=7)
    assert config.journal == Journal(entries_kept=0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[limits]\nframe_bytes = 1\n", "limits: there is no key 'frame_bytes'; known are frame_b"),
        ("[limit]\n", "there is no key 'limit'; known are member, ensemble, sessions, limits, raf"),
        (
            "[limits]\nframe_bytes_max = 3\n",
            "limits: frame_bytes_max must be from 1024 to 67108864",
        ),
        ('[limits]\nframe_bytes_max = "3"\n', "limits.frame_bytes_max: must be a whole number, no"),
        ("[limits]\nframe_bytes_max = true\n", "limits.frame_bytes_max: must be a whole number, n"),
        ("[limits]\noutput_bytes_max = 65536\n", "limits: output_bytes_max (65536) must be at le"),
        (
            "[limits]\nclients_bytes_max = 33554431\n",
            "limits: clients_bytes_max (33554431) must be",
        ),
        ("[sessions]\nreadonly_mode = 1\n", "sessions.readonly_mode: must be true or false, not"),
        ("[sessions]\ntimeout_max_ms = 300\n", "sessions: timeout_min_ms (4000) must not be more"),
        ("[raft]\nheartbeat_ticks = 20\n", "raft: heartbeat_ticks (20) must be less than electi"),
        ("[raft]\nleader_lost_ms = 4000\n", "raft.leader_lost_ms (4000) must be less than 2466:"),
        ('[quotas]\nenforce = "yes"\n', "quotas.enforce: must be true or false, not 'yes'"),
        ('[access]\nsuper_digest = "secret"\n', 'access: super_digest must be "user:hash"'),
        ('[access]\nsuper_digest = ["s:secret"]\n', "access.super_digest: must be a string"),
        ('[access]\nskip_acl = "s:secret"\n', "access.skip_acl: must be true or false"),
        ('[access]\nsecred = "s:a"\n', "access: there is no key 'secred'; known are super_digest"),
        ("[endings]\nper_minute_max = 0\n", "endings: per_minute_max must be from 1 to 1000000, "),
        ("[raft\n", "is not TOML: "),
    ],
)
def test_what_is_wrong_is_named(complaint, text, said):
    """A mistake is answered with its key and with what is allowed, and never with a password."""
    told = complaint(SMALLEST + text)
    assert told.startswith(said)
    assert "secret" not in told


def test_a_table_that_holds_a_secret_is_not_told(complaint):
    assert complaint('access = "s:secret"\n' + SMALLEST) == "access: must be a table"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[member]\nid = 2", "[member]\nid = 3", "member.id is 3, but ensemble.members has only ["),
        ("[member]\nid = 2", "[member]", "member.id: is missing"),
        ("[member]\nid = 2", "member = 2", "member: must be a table, not 2"),
        ("id = 1\n", "id = 2\n", "ensemble: members must each have an id of its own, not [2, 2]"),
        ("id = 1\n", "id = 256\n", "ensemble.members[0]: id must be from 1 to 255, not 256"),
        ("id = 1\n", "", "ensemble.members[0].id: is missing"),
        (":2281", ":2181", "ensemble: members use 127.0.0.1:2181 more than once"),
        (":2281", ":0", 'ensemble.members[0].peer: must be "host:port" with a port from 1 to 6553'),
        (":2281", "", 'ensemble.members[0].peer: must be "host:port" with a port from 1 to 65535'),
        ("[::1]", "::1", 'ensemble.members[1].client: must be "host:port" with a port from 1 to 6'),
    ],
)
def test_a_wrong_address_book_is_named(complaint, old, new, said):
    """The list of members is held to be one that can work."""
    assert old in SMALLEST
    assert complaint(SMALLEST.replace(old, new)).startswith(said)


def test_members_must_be_a_list_of_tables(complaint):
    """A list written as something else is answered, not crashed on."""
    text = "[member]\nid = 1\n[ensemble]\nmembers = "
    assert complaint(text + "3") == "ensemble.members: must be a list"
    assert complaint(text + "[3]") == "ensemble.members[0]: must be a table, not 3"
    assert complaint(text + "[]") == "ensemble: members must be 1 to 7, not 0"


def test_all_mistakes_are_said_at_once(complaint):
    """Who made three mistakes does not have to start three times."""
    said = complaint(SMALLEST + '[raft]\ntick_ms = "x"\nleader_lost_ms = 1.5\n[limits]\nx = 1\n')
    assert [line.split(":")[0] for line in said.splitlines()] == [
        "limits",
        "raft.tick_ms",
        "raft.leader_lost_ms",
    ]


def test_a_file_that_cannot_be_read(tmp_path):
    """A missing or binary file is named."""
    with pytest.raises(ConfigError, match=r"hikari.toml: No such file"):
        Config.load(tmp_path / "hikari.toml")
    (tmp_path / "hikari.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"hikari.toml: is not UTF-8"):
        Config.load(tmp_path / "hikari.toml")


@pytest.mark.parametrize("text", ["127.0.0.1:2181", "[::1]:65535", "name:1"])
def test_an_address_is_written_as_it_is_read(text):
    """An address in a message can be pasted into a file."""
    assert str(Address.parse(text)) == text


@pytest.mark.parametrize("text", ["", ":1", "a", "a:", "a:x", "a:65536", "a:-1", "a:1:2", "a:²"])
def test_what_is_no_address(text):
    """Anything else is refused."""
    with pytest.raises(ValueError, match="must be"):
        Address.parse(text)


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ("member", Member),
        ("sessions", Sessions),
        ("limits", Limits),
        ("raft", RaftTimes),
        ("journal", Journal),
        ("disk", Disk),
        ("endings", Endings),
        ("quotas", Quotas),
        ("access", Access),
    ],
)
def test_docs_name_every_key_and_its_default(table, kind):
    """docs/configuration.md has a row for each key, and the default in it is the real one."""
    section = DOCS.read_text().split(f"## `[{table}]`")[1].split("\n## ")[0]
    written = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", section, re.MULTILINE))
    assert set(written) == {field.name for field in attrs.fields(kind)}
    for field in attrs.fields(kind):
        if isinstance(field.default, int):
            assert written[field.name].endswith(f", {field.default}".lower())


def test_the_two_ports_of_a_listed_member_differ():
    """Java clients refuse a list in which they are one."""
    peers = (Address("h", 2888), Address("h", 65535))
    listed = Ensemble(tuple(MemberAddress(n, None, peer) for n, peer in enumerate(peers, 1)))
    assert listed.servers() == (
        b"server.1=h:2888:2889:participant\nserver.2=h:65535:65534:participant\n"
    )
