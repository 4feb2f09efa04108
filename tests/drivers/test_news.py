"""In which order news come: under every driver the state is told before a call fails by it."""

from typing import Any

import pytest
from drivers import relay

from hikari_client import Client, ClientClosed, ConnectionLoss, SessionExpired, State, blocking

SESSION_MS = 3_000


async def lose_everything(zk: Client) -> None:
    """Under Twisted whoever waits goes on in the very moment in which a call fails."""
    told: list[State] = []
    zk.listen(lambda status: told.append(status.state))
    with pytest.raises(ConnectionLoss) as loss:
        await zk.set("/a", b"1")
    assert (loss.value.maybe_applied, told) == (True, [State.SUSPENDED])
    with pytest.raises(SessionExpired) as expired:
        await zk.set("/a", b"1")
    assert (expired.value.maybe_applied, told) == (False, [State.SUSPENDED, State.LOST])
    waiting = zk.get("/a")
    zk.spawn(zk.close())
    with pytest.raises(ClientClosed):
        await waiting
    assert told[2:] == [State.CLOSED]


def test_the_state_is_told_before_a_call_fails(driver: Any) -> None:
    async def story(hosts: str) -> None:
        await lose_everything(await driver.client(hosts).start())

    with relay.serving(relay.Faithless(SESSION_MS)) as port:
        driver.run(story(f"127.0.0.1:{port}"))


def test_a_thread_that_hears_of_a_failed_call_sees_the_state_already() -> None:
    with (
        relay.serving(relay.Faithless(SESSION_MS)) as port,
        blocking.connect(f"127.0.0.1:{port}") as zk,
    ):
        states = zk.states()
        for error, state in ((ConnectionLoss, State.SUSPENDED), (SessionExpired, State.LOST)):
            with pytest.raises(error):
                zk.set("/a", b"1")
            assert zk.status.state is state
            assert states.next(timeout=0.01).state is state


def test_the_same_inside_the_blocking_clients_loop() -> None:
    with relay.serving(relay.Faithless(SESSION_MS)) as port:
        blocking.connect(f"127.0.0.1:{port}").run(lose_everything)
