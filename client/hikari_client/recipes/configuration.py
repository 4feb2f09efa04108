"""Settings in a subtree, read as what they are, and live.

async with Configuration(zk, "/config/app") as config:
    size = config.read("pool/size", int, default=10)
    config.on_change("pool/size", int, pool.resize)
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from hikari_client.recipes.following import Following
from hikari_client.recipes.tree_cache import TreeCache
from hikari_client.recipes.waiting import join, log, surely

if TYPE_CHECKING:
    from hikari_client.client import Client

T = TypeVar("T")
_MISSING: Final[Any] = object()
_BOOLS: Final = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def _read(text: str, kind: Callable[[str], T]) -> T:
    if kind is bool:
        return _BOOLS[text.strip().lower()]  # type: ignore[return-value]
    return kind(text)


class Configuration(Following):
    """Each znode below `path` is a setting; its key is the path from there ("pool/size"). Kinds:
    str, int, float, bool, `json.loads`, or any function that makes a value of a text, and raises
    ValueError."""

    def __init__(self, client: "Client", path: str) -> None:
        super().__init__(client)
        self.path = path
        self._tree = TreeCache(client, path)
        self._told: dict[str, list[Callable[[], None]]] = {}

    def read(self, key: str, kind: Callable[[str], T] = str, default: T = _MISSING) -> T:  # type: ignore[assignment]
        """Raises KeyError if it is not there and has no default, ValueError if it is of no such
        kind."""
        node = self._tree.get(join(self.path, key))
        if node is None:
            if default is _MISSING:
                raise KeyError(key)
            return default
        try:
            return _read(node.data.decode(), kind)
        except (ValueError, KeyError) as wrong:
            raise ValueError(f"{key} is {node.data!r}: {wrong}") from None

    def keys(self) -> list[str]:
        """Of all settings, in order."""
        above = len(self.path.rstrip("/")) + 1
        return [path[above:] for path in self._tree if path != self.path]

    def on_change(
        self, key: str, kind: Callable[[str], T], told: Callable[[T], None], default: T = _MISSING
    ) -> Callable[[], None]:
        """Call `told` now and with each new value; what is returned ends it. A value of the wrong
        kind is logged, and the last good one stays, as it does when the setting is deleted and has
        no default."""
        last: Any = _MISSING

        def look() -> None:
            nonlocal last
            try:
                value = self.read(key, kind, default)
            except (KeyError, ValueError) as wrong:
                log.warning("%s stays as it is: %s", join(self.path, key), wrong)
                return
            if last is _MISSING or value != last:
                last = value
                told(value)

        self._told.setdefault(key, []).append(look)
        look()
        return lambda: self._told[key].remove(look)

    async def write(self, key: str, value: Any) -> None:
        """A str as it is, anything else as JSON says it."""
        data = (value if isinstance(value, str) else json.dumps(value)).encode()
        path = join(self.path, key)
        await surely(self.client, self.client.create, path, data, parents=True, exist_ok=True)
        await surely(self.client, self.client.set, path, data)

    async def _follow(self) -> None:
        async with self._tree:
            changes = self._tree.changes()
            self._ready.set()
            async for event in changes:
                keys = list(self._told) if event.gap else [event.path[len(self.path) + 1 :]]
                for key in keys:
                    for look in list(self._told.get(key, ())):
                        try:
                            look()
                        except Exception:
                            log.exception("whoever was told of %s failed", key)
