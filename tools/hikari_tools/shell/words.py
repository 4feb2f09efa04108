"""The four-letter words that members answer, asked and read."""

import asyncio
import re
from ssl import SSLContext
from typing import Any, Final

from attrs import frozen

from hikari_client import Client, NoAuth, NoNode
from hikari_client.settings import parse_hosts

WAIT_S: Final = 3.0
ANSWER_BYTES_MAX: Final = 1 << 26
_MEMBER: Final = re.compile(r"server\.(\d+)=(.*);(.*)")
_SESSION: Final = re.compile(r"^ /(?P<client>.*?)\[\d+\]\((?P<rest>.*)\)$")


class Unanswered(Exception):
    """A member that does not answer, or not to this word."""


@frozen
class MemberAddress:
    """A member and where it serves clients. `number`: "" if nobody said."""

    number: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


async def asked(address: MemberAddress, word: str, tls: SSLContext | None = None) -> str:
    """The answer of a member. Raises Unanswered."""
    try:
        async with asyncio.timeout(WAIT_S):
            return await _ask(address, word, tls)
    except (OSError, TimeoutError) as error:
        raise Unanswered(str(error) or "no answer in time") from None


async def _ask(address: MemberAddress, word: str, tls: SSLContext | None) -> str:
    reader, writer = await asyncio.open_connection(address.host, address.port, ssl=tls)
    try:
        writer.write(word.encode())
        answer = b""
        while (part := await reader.read(1 << 16)) and len(answer) < ANSWER_BYTES_MAX:
            answer += part
    finally:
        writer.close()
    text = answer.decode("utf-8", "replace")
    if "not in the whitelist" in text:
        raise Unanswered(f"the word {word} is not allowed there (`member.words`)")
    if not text:
        raise Unanswered("it said nothing")
    return text


async def members(client: Client, hosts: str) -> list[MemberAddress]:
    """All members, as the ensemble tells them; those of the connect string if it does not tell
    where they serve clients, or nothing of it may be read."""
    try:
        text = (await client.config()).data.decode("utf-8", "replace")
    except (NoNode, NoAuth):
        text = ""
    found = []
    for line in text.splitlines():
        match = _MEMBER.match(line)
        if match:
            host, _, port = match[3].rpartition(":")
            if not host or host in ("0.0.0.0", "::", "[::]"):
                host = match[2].split(":")[0]
            found.append(MemberAddress(match[1], host.strip("[]"), int(port)))
    return found or named(hosts)


def named(hosts: str) -> list[MemberAddress]:
    """The members of a connect string."""
    return [MemberAddress("", host, port) for host, port in parse_hosts(hosts)[0]]


def address_of(server: str) -> MemberAddress:
    host, _, port = server.rpartition(":")
    return MemberAddress("", host.strip("[]"), int(port))


def figures(mntr: str) -> dict[str, str]:
    """`mntr` by names."""
    pairs = (line.split("\t", 1) for line in mntr.splitlines() if "\t" in line)
    return {name.removeprefix("zk_"): value for name, value in pairs}


def summary(srvr: str) -> dict[str, str]:
    """`srvr` by what stands before the colons."""
    pairs = (line.split(": ", 1) for line in srvr.splitlines() if ": " in line)
    return dict(pairs)


def connections(cons: str) -> list[dict[str, Any]]:
    """`cons`: who is connected with a session, its numbers by ZooKeeper's short names."""
    found: list[dict[str, Any]] = []
    for line in cons.splitlines():
        match = _SESSION.match(line)
        if match is None:
            continue
        numbers = dict(pair.split("=", 1) for pair in match["rest"].split(",") if "=" in pair)
        if "sid" in numbers:
            found.append({"client": match["client"], **numbers})
    return found


def owners(dump: str) -> dict[int, list[str]]:
    """`dump`: the ephemerals of each session that has any."""
    found: dict[int, list[str]] = {}
    inside, session = False, 0
    for line in dump.splitlines():
        if line.startswith("ephemeral nodes dump"):
            inside = True
        elif line.startswith("Connections dump"):
            inside = False
        elif inside and re.fullmatch(r"0x[0-9a-f]+:", line):
            session = int(line[:-1], 16)
            found[session] = []
        elif inside and line.startswith("\t") and session:
            found[session].append(line[1:])
    return found
