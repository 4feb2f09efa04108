"""All or nothing: several writes and checks as one request (multi)."""

from collections.abc import Callable
from typing import Any, Self

from hikari_client.errors import RuntimeInconsistency, TransactionFailed, ZKError, error_of
from hikari_client.loop import Answer
from hikari_client.operations import ACLs, Operations
from hikari_client.values import Created, Stat
from hikari_wire import codes


class Transaction:
    """Say what is to be done, then `commit`; or do so in an `async with` block, at whose end it is
    committed if nothing was raised. `results` has one for each request, in order: a Created, a
    Stat (of `set`) or None. (ZooKeeper 3.8 tells only the path of what it created
    here: of its Stat, just the zxids are known then.)"""

    def __init__(self, client: Operations, deadline: float | None = None) -> None:
        self._client = client
        self._deadline = deadline
        self._requests: list[tuple[Any, ...]] = []
        self._paths: list[str] = []
        self._converts: list[Callable[[Any], Any] | None] = []
        self.results: list[Created | Stat | None] = []

    def create(
        self,
        path: str,
        data: bytes = b"",
        *,
        acl: ACLs = None,
        ephemeral: bool = False,
        sequential: bool = False,
        container: bool = False,
        ttl: float | None = None,
    ) -> None:
        """As Client.create."""
        client = self._client
        request = client._create_request(path, data, acl, ephemeral, sequential, container, ttl)
        self._add(path, request, self._created)

    def set(self, path: str, data: bytes, version: int = -1) -> None:
        self._add(path, (codes.SET_DATA, self._client._wire(path), data, version))

    def delete(self, path: str, version: int = -1) -> None:
        self._add(path, (codes.DELETE, self._client._wire(path), version))

    def check(self, path: str, version: int = -1) -> None:
        """It must be there, and of this version."""
        self._add(path, (codes.CHECK, self._client._wire(path), version))

    def commit(self) -> Answer[list[Created | Stat | None]]:
        """Do all of it, or nothing. Raises TransactionFailed, and ConnectionLoss."""
        request = (codes.MULTI, tuple(self._requests))
        return self._client._ask(request, "", self._judged, deadline=self._deadline)

    def _created(self, value: bytes | tuple[bytes, Stat]) -> Created:
        if isinstance(value, bytes):
            zxid = self._client._zxid()
            value = (value, Stat(zxid, zxid, 0, 0, 0, 0, 0, 0, 0, 0, zxid))
        return self._client._created(value)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            await self.commit()

    def _add(
        self, path: str, request: tuple[Any, ...], convert: Callable[[Any], Any] | None = None
    ) -> None:
        self._requests.append(request)
        self._paths.append(path)
        self._converts.append(convert)

    def _judged(self, value: tuple[tuple[int, int, Any], ...]) -> list[Created | Stat | None]:
        errors: list[ZKError] = []
        for path, (op, code, _) in zip(self._paths, value, strict=True):
            if op == codes.ERROR:
                errors.append(error_of(code, path) if code else RuntimeInconsistency(path))
        if errors:
            first = (one for one in errors if not isinstance(one, RuntimeInconsistency))
            why = next(first, errors[0])
            failed = TransactionFailed(why, errors)
            failed.__cause__ = why
            raise failed
        self.results = [
            convert(one) if convert else one
            for convert, (_, _, one) in zip(self._converts, value, strict=True)
        ]
        return self.results
