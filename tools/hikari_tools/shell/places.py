"""Where something is copied from or to: a path here, or `zk://hosts/path` of another ensemble."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from hikari_client import Client
from hikari_tools.shell.complaints import usage
from hikari_tools.shell.session import Shell

ELSEWHERE: Final = "zk://"
FILE: Final = "file:"


def local(name: str) -> Path:
    """A file of this machine. Raises a Complaint if nothing can be called so."""
    if not name or "\0" in name:
        raise usage(f"{name!r} is no name of a file")
    return Path(name)


@asynccontextmanager
async def place(shell: Shell, text: str) -> AsyncIterator[tuple[Client, str]]:
    """A client and a path of it. Another ensemble is connected while this goes on. Raises a
    Complaint."""
    if not text.startswith(ELSEWHERE):
        yield shell.zk, shell.path(text)
        return
    hosts, slash, path = text.removeprefix(ELSEWHERE).partition("/")
    if not hosts:
        raise usage(f"{text}: zk://host:port,host:port/path is expected")
    client = shell.dial(hosts)
    try:
        await shell.reached(client, hosts)
        yield client, (slash + path).rstrip("/") or "/"
    finally:
        await client.close()
