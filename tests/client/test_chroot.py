"""A client with a chroot sees no path of the server's, in whatever answer or event."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from client.false_server import STAT

from hikari_client.operations import Operations
from hikari_client.values import Auth
from hikari_wire import codes


class Asked(Operations):
    """What was asked for, and what becomes of an answer."""

    _root = "/app"

    def _ask(self, request: Any, path: str = "", convert: Any = None, *_: Any, **__: Any) -> Any:
        return request, path, convert or (lambda value: value)

    def _prove(self, auth: Auth) -> Awaitable[Any]:
        raise NotImplementedError

    def _run(self, work: Any) -> Awaitable[Any]:
        raise NotImplementedError

    def _zxid(self) -> int:
        return 0


ONE_PATH: list[Callable[[Any, str], Any]] = [
    lambda zk, path: zk.create(path),
    lambda zk, path: zk.create(path, ttl=1),
    lambda zk, path: zk.create(path, container=True),
    lambda zk, path: zk.set(path, b""),
    lambda zk, path: zk.delete(path),
    lambda zk, path: zk.set_acl(path, []),
    lambda zk, path: zk.get(path),
    lambda zk, path: zk.exists(path),
    lambda zk, path: zk.children(path),
    lambda zk, path: zk.children_and_stat(path),
    lambda zk, path: zk.get_acl(path),
    lambda zk, path: zk.sync(path),
    lambda zk, path: zk.ephemerals(path),
    lambda zk, path: zk.count_below(path),
]


@pytest.mark.parametrize("ask", ONE_PATH)
def test_the_server_hears_its_own_path_and_an_error_tells_the_callers(ask: Any) -> None:
    for path, there in (("/", b"/app"), ("/a", b"/app/a")):
        request, told, _ = ask(Asked(), path)
        assert (request[1], told) == (there, path)


def test_many_paths_are_the_servers_too() -> None:
    for ask in (Asked().get_many, Asked().children_many):
        request, _, _ = ask(["/a", "/"])
        assert [one[1] for one in request[1]] == [b"/app/a", b"/app"]


def test_answers_have_the_callers_paths() -> None:
    _, _, convert = Asked().create("/a-", sequential=True)
    assert convert((b"/app/a-7", STAT)).path == "/a-7"
    _, _, convert = Asked().ephemerals()
    assert convert((b"/app/a", b"/app", b"/app/b/c")) == ["/a", "/", "/b/c"]


def test_what_is_outside_keeps_its_name() -> None:
    request, path, _ = Asked().config(watch=print)
    assert request == (codes.GET_DATA, b"/zookeeper/config", True)
    assert path == "/zookeeper/config"
    assert Asked()._local(b"/zookeeper/config") == path
    assert Asked()._local(b"/apple") == "/apple"
