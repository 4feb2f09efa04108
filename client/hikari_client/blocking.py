"""The client for scripts and threads: every call waits for its answer.

    with blocking.connect("127.0.0.1:2181") as zk:
        zk.create("/a", b"1")

One daemon thread runs an asyncio loop; any thread may call, also several at once, and each one's
calls keep their order. Watchers are called in that thread: they must not call the client (a
RuntimeError says so), but may hand on what they heard, by a queue for example.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from functools import partial
from typing import Any, Concatenate, Final, ParamSpec, Self, TypeVar, Unpack

from hikari_client import aio
from hikari_client.blocking_recipes import BlockingConveniences
from hikari_client.blocking_stream import BlockingStream, Waiting, now
from hikari_client.client import Client
from hikari_client.errors import ClientClosed, ForkedClient
from hikari_client.settings import SomeSettings
from hikari_client.stream import Stream
from hikari_client.thread import Pending, Thread
from hikari_client.transaction import Transaction
from hikari_client.values import Created, Event, Stat, Status

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
CALLS_KEPT: Final = 1000
"""So many calls of a pipeline may be over before it forgets those without an unseen error."""


class _Calls(Waiting):
    """What the calls of the client are made through."""

    def __init__(self, client: Client, thread: Thread) -> None:
        self._client = client
        self._thread = thread

    def _begin(self, work: Callable[[], Awaitable[T]]) -> Pending[T]:
        if self._client.useless is not None:
            raise self._client.useless("", "it is not in use")
        return self._thread.begin(work)

    def _wait(self, work: Callable[[], Awaitable[T]]) -> T:
        if self._client.useless is not None:
            raise self._client.useless("", "it is not in use")
        return self._thread.wait(work)


def _blocking(
    call: Callable[Concatenate[Client, P], Awaitable[T]],
) -> Callable[Concatenate["Blocking", P], T]:
    def wait(self: "Blocking", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._wait(lambda: call(self._client, *args, **kwargs))

    return _named(wait, call)


def _begun(
    call: Callable[Concatenate[Client, P], Awaitable[T]],
) -> Callable[Concatenate["Pipeline", P], Pending[T]]:
    def begin(self: "Pipeline", /, *args: P.args, **kwargs: P.kwargs) -> Pending[T]:
        return self._keep(self._begin(lambda: call(self._client, *args, **kwargs)))

    return _named(begin, call)


def _said(
    say: Callable[Concatenate[Transaction, P], None],
) -> Callable[Concatenate["BlockingTransaction", P], None]:
    def said(self: "BlockingTransaction", /, *args: P.args, **kwargs: P.kwargs) -> None:
        say(self._transaction, *args, **kwargs)

    return _named(said, say)


def _named(made: F, like: Callable[..., Any]) -> F:
    made.__name__, made.__doc__ = like.__name__, like.__doc__
    return made


class Blocking(_Calls, BlockingConveniences):
    """See the module: `connect` gives one. Every operation of Client, with the same arguments, and
    the recipes that Client has as methods."""

    create = _blocking(Client.create)
    ensure_path = _blocking(Client.ensure_path)
    set = _blocking(Client.set)
    delete = _blocking(Client.delete)
    set_acl = _blocking(Client.set_acl)
    get = _blocking(Client.get)
    exists = _blocking(Client.exists)
    children = _blocking(Client.children)
    children_and_stat = _blocking(Client.children_and_stat)
    get_acl = _blocking(Client.get_acl)
    sync = _blocking(Client.sync)
    ephemerals = _blocking(Client.ephemerals)
    count_below = _blocking(Client.count_below)
    who_am_i = _blocking(Client.who_am_i)
    config = _blocking(Client.config)
    reconfig = _blocking(Client.reconfig)
    add_auth = _blocking(Client.add_auth)
    get_many = _blocking(Client.get_many)
    children_many = _blocking(Client.children_many)
    connected = _blocking(Client.connected)

    @property
    def client(self) -> Client:
        """The client of the loop: only for what runs there (`run`, `within`)."""
        return self._client

    @property
    def status(self) -> Status:
        """See Client."""
        return self._client.status

    @property
    def session_id(self) -> int:
        """See Client."""
        return self._client.session_id

    @property
    def session_timeout(self) -> float:
        """See Client."""
        return self._client.session_timeout

    def states(self) -> "BlockingStream[Status]":
        """See Client."""
        return BlockingStream(self, self._wait(lambda: now(self._client.states)))

    def watch(self, path: str, *, recursive: bool = False) -> "BlockingStream[Event]":
        """See Client: `for event in zk.watch(…)`. The server knows of it when this returns."""
        stream: Stream[Event] = self._client.watch(path, recursive=recursive)
        self._wait(stream.__aenter__)
        return BlockingStream(self, stream)

    def transaction(self, *, deadline: float | None = None) -> "BlockingTransaction":
        """See Client: `with zk.transaction() as t:`."""
        return BlockingTransaction(self, Transaction(self._client, deadline))

    def pipeline(self) -> "Pipeline":
        """Many calls under way at once: see Pipeline."""
        return Pipeline(self._client, self._thread)

    def run(
        self,
        work: Callable[Concatenate[Client, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a coroutine function in the loop, with its client as the first argument: for
        recipes, and for what is easier to say with `await`."""
        return self._wait(lambda: work(self._client, *args, **kwargs))

    @contextmanager
    def within(self, make: Callable[[Client], AbstractAsyncContextManager[T]]) -> Iterator[T]:
        """A `with` of what has an `async with`: `with zk.within(lambda client: Lock(client, …)):`.
        Raises ClientClosed at its end if the client was closed meanwhile."""
        context = self._wait(lambda: now(lambda: make(self._client)))
        entered = self._wait(context.__aenter__)
        try:
            yield entered
        except BaseException as error:
            why = (type(error), error, error.__traceback__)
            if not self._wait(partial(_left, context, *why)):
                raise
        else:
            self._wait(partial(_left, context, None, None, None))

    def close(self) -> None:
        """See Client. In a process that was forked off it does nothing: the session is not its."""
        if self._client.useless is ForkedClient:
            return
        with suppress(ClientClosed):
            self._thread.wait(self._client.close)
        self._thread.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Pipeline(_Calls):
    """Calls that are sent at once and waited for later, in a `with` block: each gives a Pending.
    At its end all of them are over, and the first error that no `result()` has shown is raised."""

    create = _begun(Client.create)
    ensure_path = _begun(Client.ensure_path)
    set = _begun(Client.set)
    delete = _begun(Client.delete)
    set_acl = _begun(Client.set_acl)
    get = _begun(Client.get)
    exists = _begun(Client.exists)
    children = _begun(Client.children)
    children_and_stat = _begun(Client.children_and_stat)
    get_acl = _begun(Client.get_acl)
    sync = _begun(Client.sync)
    ephemerals = _begun(Client.ephemerals)
    count_below = _begun(Client.count_below)
    who_am_i = _begun(Client.who_am_i)
    config = _begun(Client.config)
    reconfig = _begun(Client.reconfig)
    add_auth = _begun(Client.add_auth)
    get_many = _begun(Client.get_many)
    children_many = _begun(Client.children_many)

    def __init__(self, client: Client, thread: Thread) -> None:
        super().__init__(client, thread)
        thread.refuse_itself()
        self._calls: list[Pending[Any]] = []
        self._sweep_at = CALLS_KEPT

    def _keep(self, pending: Pending[T]) -> Pending[T]:
        self._calls.append(pending)
        if len(self._calls) >= self._sweep_at:
            self._calls = [call for call in self._calls if not call.is_settled]
            self._sweep_at = CALLS_KEPT + 2 * len(self._calls)
        return pending

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            return
        errors = [call.exception() for call in self._calls]
        for call, error in zip(self._calls, errors, strict=True):
            if error is not None and not call.is_settled:
                raise error


class BlockingTransaction:
    """See Transaction. In a `with` block it is committed at the end, if nothing was raised."""

    create = _said(Transaction.create)
    set = _said(Transaction.set)
    delete = _said(Transaction.delete)
    check = _said(Transaction.check)

    def __init__(self, zk: Blocking, transaction: Transaction) -> None:
        self._zk = zk
        self._transaction = transaction

    @property
    def results(self) -> list[Created | Stat | None]:
        """One for each request, once it is committed."""
        return self._transaction.results

    def commit(self) -> list[Created | Stat | None]:
        """See Transaction."""
        return self._zk._wait(self._transaction.commit)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.commit()


async def _left(context: AbstractAsyncContextManager[Any], *error: Any) -> bool | None:
    return await context.__aexit__(*error)


def connect(
    hosts: str, *, deadline: float | None = None, **settings: Unpack[SomeSettings]
) -> Blocking:
    """A client that is connected. `deadline`: of connecting alone, in seconds, and not of any later
    call. Raises DeadlineExceeded; without a deadline it is patient."""
    thread = Thread()

    async def start() -> Client:
        client = aio.client(hosts, **settings)
        try:
            return await client.start(deadline)
        except BaseException:
            await client.close()
            raise

    try:
        return Blocking(thread.wait(start), thread)
    except BaseException:
        thread.stop()
        raise
