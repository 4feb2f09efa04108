"""The client for scripts and threads: every call waits for its answer.

    with blocking.connect("127.0.0.1:2181") as zk:
        zk.create("/a", b"1")

One daemon thread runs an asyncio loop; any thread may call, also several at once, and each one's
calls keep their order. Watchers are called in that thread: they must not call the client (a
RuntimeError says so), but may hand on what they heard, by a queue for example.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from functools import partial
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar

from hikari_client import aio
from hikari_client.client import Client
from hikari_client.errors import ClientClosed, DeadlineExceeded, ForkedClient
from hikari_client.stream import Stream
from hikari_client.transaction import Transaction
from hikari_client.values import Created, Event, Stat, Status

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
JOIN_S_MAX = 5.0


class Pending(Future[T]):
    """A call under way. `result(timeout)` waits for it: seconds, then TimeoutError."""

    asked_for = False
    _task: "asyncio.Future[Any] | None" = None

    def result(self, timeout: float | None = None) -> T:
        self.asked_for = True
        return super().result(timeout)


class _Thread:
    """The loop, and the way into it. What is handed in from one thread is begun in its order."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._door = threading.Lock()
        self._work: deque[tuple[Callable[[], Awaitable[Any]], Pending[Any]]] = deque()
        self._called = False  # the loop was told that there is work
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="hikari-client", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Whoever still waits for something gets ClientClosed."""
        with self._door:
            if self._ended:
                return
            self._ended = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(JOIN_S_MAX)

    def refuse_itself(self) -> None:
        if threading.get_ident() == self._thread.ident:
            raise RuntimeError(
                "a watcher or a coroutine of this client must not wait for it: it would for ever"
            )

    def begin(self, work: Callable[[], Awaitable[T]]) -> Pending[T]:
        """Have something awaited there."""
        pending: Pending[T] = Pending()
        with self._door:
            if self._ended:
                raise ClientClosed("", "it is not in use")
            self._work.append((work, pending))
            called, self._called = self._called, True
        if not called:
            with suppress(RuntimeError):  # it has ended since, and refused this work
                self._loop.call_soon_threadsafe(self._begin_all)
        return pending

    def wait(self, work: Callable[[], Awaitable[T]]) -> T:
        """Its value or its error. Whoever is interrupted gives up."""
        self.refuse_itself()
        pending = self.begin(work)
        try:
            return pending.result()
        except BaseException:
            if not pending.done():
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(_give_up, pending)
            raise

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._begin_all()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    def _begin_all(self) -> None:
        self._called = False  # first: whoever comes from now on calls again
        while self._work:
            work, pending = self._work.popleft()
            if not pending.set_running_or_notify_cancel():
                continue
            try:
                pending._task = asyncio.ensure_future(work(), loop=self._loop)
            except BaseException as error:
                pending.set_exception(error)
            else:
                pending._task.add_done_callback(partial(_hand_over, pending))


def _hand_over(pending: Pending[Any], task: "asyncio.Future[Any]") -> None:
    if task.cancelled():
        pending.set_exception(ClientClosed("", "it was closed"))
    elif (error := task.exception()) is not None:
        pending.set_exception(error)
    else:
        pending.set_result(task.result())


def _give_up(pending: Pending[Any]) -> None:
    if pending._task is not None:
        pending._task.cancel()


class _Calls:
    """What the calls of the client are made through."""

    def __init__(self, client: Client, thread: _Thread) -> None:
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


class Blocking(_Calls):
    """See the module: `connect` gives one. Every operation of Client, with the same arguments."""

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
        return BlockingStream(self, self._wait(lambda: _now(self._client.states)))

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
        context = self._wait(lambda: _now(lambda: make(self._client)))
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

    def __init__(self, client: Client, thread: _Thread) -> None:
        super().__init__(client, thread)
        thread.refuse_itself()
        self._calls: list[Pending[Any]] = []

    def _keep(self, pending: Pending[T]) -> Pending[T]:
        self._calls.append(pending)
        return pending

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            return
        calls = [call for call in self._calls if not call.cancelled()]
        errors = [(call.exception(), call.asked_for) for call in calls]
        for error, asked_for in errors:
            if error is not None and not asked_for:
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


class BlockingStream(Generic[T]):
    """What comes one after the other: an iterator, until `close` (which any thread may call)."""

    def __init__(self, zk: Blocking, stream: Stream[T]) -> None:
        self._zk = zk
        self._stream = stream

    def next(self, timeout: float | None = None) -> T:
        """The next one. Raises DeadlineExceeded after so many seconds without any, and
        StopIteration at the end, which a closed client is too."""
        try:
            return self._zk._wait(lambda: _next(self._stream, timeout))
        except (StopAsyncIteration, ClientClosed):
            raise StopIteration from None

    def __next__(self) -> T:
        return self.next()

    def __iter__(self) -> Self:
        return self

    def close(self) -> None:
        """Whoever waits for the next one sees the end."""
        with suppress(ClientClosed, ForkedClient):
            self._zk._wait(lambda: _now(self._stream.close))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


async def _now(work: Callable[[], T]) -> T:
    return work()


async def _left(context: AbstractAsyncContextManager[Any], *error: Any) -> bool | None:
    return await context.__aexit__(*error)


async def _next(stream: AsyncIterator[T], timeout: float | None) -> T:
    try:
        async with asyncio.timeout(timeout):
            return await anext(stream)
    except TimeoutError as error:
        if isinstance(error, DeadlineExceeded):
            raise
        raise DeadlineExceeded("", "nothing came in time") from None


def connect(hosts: str, *, deadline: float | None = None, **settings: Any) -> Blocking:
    """A client that is connected. Raises DeadlineExceeded; without a deadline it is patient."""
    thread = _Thread()

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
