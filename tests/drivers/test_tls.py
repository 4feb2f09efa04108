"""TLS, ended by a relay before a member: who it is is verified, and whoever is not is named."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import trustme
from drivers import relay

from hikari_client import Client, ClientClosed, State

pytestmark = pytest.mark.ensemble


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def serving(ensemble: Any, authority: trustme.CA) -> Iterator[Any]:
    """A port at which somebody serves TLS by this name."""
    with ExitStack() as stack:

        def start(name: str) -> int:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(name).configure_cert(context)
            return stack.enter_context(relay.serving(relay.tls_before(ensemble.ports[0], context)))

        yield start


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_who_is_verified_is_served(driver: Any, serving: Any, authority: Any) -> None:
    async def story() -> None:
        servers = f"localhost:{serving('localhost')}"
        async with driver.client(servers, tls=trusting(authority)) as zk:
            await zk.create("/tls", b"x" * 500_000)
            assert len((await zk.get("/tls")).data) == 500_000
            calls = [zk.exists("/tls") for _ in range(300)]
            assert all([await call for call in calls])
            await zk.delete("/tls")

    driver.run(story())


async def refused(zk: Client) -> str:
    """Why nobody could be connected to."""
    starting = zk.spawn(zk.start())
    while not zk.status.why:
        await zk.sleep(0.01)
    assert zk.status.state is State.CONNECTING
    await zk.close()
    with pytest.raises(ClientClosed):
        await starting
    return zk.status.why


def test_another_name_is_refused(driver: Any, serving: Any, authority: Any) -> None:
    zk = f"localhost:{serving('elsewhere.example')}"

    async def story() -> str:
        return await refused(driver.client(zk, tls=trusting(authority)))

    said = driver.run(story())
    assert zk in said
    assert "Hostname mismatch" in said


def test_by_default_an_authority_that_nobody_knows_is_refused(driver: Any, serving: Any) -> None:
    async def story() -> str:
        return await refused(driver.client(f"localhost:{serving('localhost')}", tls=True))

    assert "certificate" in driver.run(story())


def test_a_server_that_speaks_no_tls_is_named(driver: Any, ensemble: Any) -> None:
    async def story() -> str:
        return await refused(driver.client(f"127.0.0.1:{ensemble.ports[0]}", tls=True))

    assert f"127.0.0.1:{ensemble.ports[0]}: " in driver.run(story())
