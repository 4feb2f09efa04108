"""Requests that no client asked for: the leader's own."""

from typing import Any, Final

from hikari.replica.proposals import Proposals


def payload_of_nobody(*requests: tuple[Any, ...]) -> list[bytes]:
    """A proposal that no client asked for."""
    nobody = Proposals(0, 0, float)
    nobody.add(_NOBODY, (0, 0, (), list(requests)), 0)
    return nobody.pack()


class _Nobody:
    closed = False

    def replied(self, zxid: int, error: int, result: Any) -> None: ...

    def lost(self) -> None: ...

    def gone(self) -> bool:
        return False

    def failed(self, error: Exception) -> None: ...


_NOBODY: Final = _Nobody()
