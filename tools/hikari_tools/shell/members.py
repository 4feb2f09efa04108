"""What the members say of themselves, of their clients and of the sessions they know."""

import asyncio
from typing import Any

from attrs import define, field

from hikari_tools.shell.session import Shell
from hikari_tools.shell.words import (
    MemberAddress,
    Unanswered,
    address_of,
    asked,
    connections,
    figures,
    members,
    named,
    owners,
    summary,
)


async def ask_all(shell: Shell, word: str) -> list[tuple[MemberAddress, str | Unanswered]]:
    """Every member's answer, or why there is none. With TLS those of the connect string: the
    ensemble tells only where it serves clients without."""
    tls = shell.tls_context()
    everybody = named(shell.hosts) if tls else await members(shell.zk, shell.hosts)
    answers = await asyncio.gather(
        *(asked(address, word, tls) for address in everybody), return_exceptions=True
    )
    found: list[tuple[MemberAddress, str | Unanswered]] = []
    for address, answer in zip(everybody, answers, strict=True):
        if isinstance(answer, BaseException) and not isinstance(answer, Unanswered):
            raise answer
        found.append((address, answer))
    return found


@define
class Known:
    """Who is connected where. `missing`: members that did not tell, and why."""

    clients: dict[int, tuple[str, MemberAddress, dict[str, Any]]] = field(factory=dict)
    ephemerals: dict[int, list[str]] = field(factory=dict)
    missing: list[str] = field(factory=list)

    def client(self, session: int) -> str:
        """The address of a session's client."""
        return self.clients[session][0] if session in self.clients else "?"


async def sessions_known(shell: Shell) -> Known:
    """From `cons` of every member, and `dump` of whoever answers it first."""
    known = Known()
    for address, answer in await ask_all(shell, "cons"):
        if isinstance(answer, Unanswered):
            known.missing.append(f"{address}: {answer}")
            continue
        for one in connections(answer):
            known.clients[int(one["sid"], 16)] = (one["client"], address, one)
    for _, answer in await ask_all(shell, "dump"):
        if not isinstance(answer, Unanswered):
            known.ephemerals |= owners(answer)
            break
    return known


async def server_version(shell: Shell) -> str:
    """Of the server that is connected, as it tells."""
    server = shell.zk.status.server
    if not server:
        return "not connected"
    try:
        said = summary(await asked(address_of(server), "srvr", shell.tls_context()))
    except Unanswered as why:
        return f"unknown ({why})"
    return said.get("Zookeeper version", "unknown")


async def tell_ensemble(shell: Shell) -> None:
    """A table of the members: what each is, and how far."""
    heads = ["id", "address", "mode", "zxid", "behind", "connections", "znodes", "latency ms"]
    said = [
        await _member(shell, address, answer) for address, answer in await ask_all(shell, "srvr")
    ]
    newest = max((one["zxid"] for one in said if one["zxid"] is not None), default=0)
    rows = []
    for one in said:
        one["behind"] = None if one["zxid"] is None else newest - one["zxid"]
        zxid = "" if one["zxid"] is None else f"0x{one['zxid']:x}"
        cells = (one[name] for name in ("behind", "connections", "znodes", "latency"))
        here = " *" if one["address"] == shell.zk.status.server else ""
        rows.append(
            [one["id"] or "-", one["address"] + here, one["mode"], zxid]
            + ["" if cell is None else str(cell) for cell in cells]
        )
    shell.out.table(heads, rows, said)
    for one in said:
        if one["why"]:
            shell.out.note(f"{one['address']}: {one['why']}")


async def _member(shell: Shell, address: MemberAddress, answer: str | Unanswered) -> dict[str, Any]:
    value: dict[str, Any] = {"id": address.number, "address": str(address), "why": None}
    known = {} if isinstance(answer, Unanswered) else summary(answer)
    if "Zxid" not in known:
        why = answer if isinstance(answer, Unanswered) else answer.strip().splitlines()[-1]
        blank = dict.fromkeys(("zxid", "connections", "znodes", "latency"))
        return value | {"mode": "unreached", **blank, "why": str(why)}
    value |= {
        "mode": known.get("Mode", "?"),
        "zxid": int(known["Zxid"], 16),
        "connections": int(known.get("Connections", "0")),
        "znodes": int(known.get("Node count", "0")),
        "latency": known.get("Latency min/avg/max"),
    }
    try:
        more = figures(await asked(address, "mntr", shell.tls_context()))
    except Unanswered:
        return value
    for name in (
        "hikari_term",
        "hikari_commit_index",
        "hikari_applied_index",
        "outstanding_requests",
    ):
        if name in more:
            value[name] = int(float(more[name]))
    return value
