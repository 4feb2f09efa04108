"""What members say of themselves and of others, without a member."""

import asyncio

import pytest

from hikari_client import NoAuth, NodeData, Stat
from hikari_tools.shell.words import MemberAddress, connections, figures, members, owners, summary

CONS = """ /127.0.0.1:4711[1](queued=0,recved=3,sent=3,sid=0x1f,lop=GETD,est=1,to=10000,lzxid=0x2)
 /127.0.0.1:4712[0](queued=0,recved=1,sent=0)
 /[::1]:4713[1](queued=0,recved=3,sent=3,sid=0x2000000000000000,lop=PING,est=1,to=4000)

"""
DUMP = """SessionTracker dump:
Session Sets (1)/(1):
1 expire at Fri Nov 20 20:50:26 UTC 2026:
\t0x1f
ephemeral nodes dump:
Sessions with Ephemerals (1):
0x1f:
\t/a
\t/b c
Connections dump:
Connections Sets (1)/(1):
\tip: /127.0.0.1:4711 sessionId: 0x1f
"""


class Ensemble:
    """A client of an ensemble that tells this as its configuration."""

    def __init__(self, told: bytes | Exception) -> None:
        self._told = told

    async def config(self) -> NodeData:
        if isinstance(self._told, Exception):
            raise self._told
        return NodeData(self._told, Stat(*[0] * 11))


def test_clients_and_their_sessions_are_read_from_cons() -> None:
    found = connections(CONS)
    assert [(one["client"], int(one["sid"], 16), one["to"]) for one in found] == [
        ("127.0.0.1:4711", 0x1F, "10000"),
        ("[::1]:4713", 0x2000000000000000, "4000"),
    ]


def test_ephemerals_are_read_from_dump() -> None:
    assert owners(DUMP) == {0x1F: ["/a", "/b c"]}


def test_figures_and_summaries_are_read() -> None:
    assert figures("zk_version\t3.9\nzk_hikari_term\t7\nrubbish\n") == {
        "version": "3.9",
        "hikari_term": "7",
    }
    assert summary("Zxid: 0x1f\nMode: leader\nrubbish\n") == {"Zxid": "0x1f", "Mode": "leader"}


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (
            b"server.1=h1:1:1:participant;10.0.0.1:2181\nserver.2=h2:1:1;0.0.0.0:2182\nversion=2a",
            [MemberAddress("1", "10.0.0.1", 2181), MemberAddress("2", "h2", 2182)],
        ),
        (b"server.1=h:1:1\nversion=0", [MemberAddress("", "a", 1), MemberAddress("", "b", 2)]),
        (b"", [MemberAddress("", "a", 1), MemberAddress("", "b", 2)]),
        (NoAuth("/x"), [MemberAddress("", "a", 1), MemberAddress("", "b", 2)]),
    ],
)
def test_members_are_those_that_are_told_or_else_connected_to(
    told: bytes | Exception, found: list[MemberAddress]
) -> None:
    client = Ensemble(told)
    assert asyncio.run(members(client, "a:1,b:2/chroot")) == found  # type: ignore[arg-type]
