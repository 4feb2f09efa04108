"""Services and where to find them, in the layout of Curator's x-discovery: `<base>/<service>/<id>`
has a JSON of each instance.

    async with Registration(zk, "/services", Instance("web", "10.0.0.1", 8080)):
        ...
    async with Provider(zk, "/services", "web") as web:
        instance = web.choose()
"""

import json
import time
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

from attrs import evolve, field, frozen

from hikari_client.recipes.following import Following
from hikari_client.recipes.persistent_node import PersistentNode
from hikari_client.recipes.tree_cache import ChildrenCache
from hikari_client.recipes.waiting import join, log

if TYPE_CHECKING:
    from hikari_client.client import Client


def _now_ms() -> int:
    return round(time.time() * 1000)


@frozen
class Instance:
    """One instance of a service. `payload`: anything JSON can say. `kind`: Curator's serviceType,
    "DYNAMIC" (an ephemeral), "STATIC" or "PERMANENT" (stay until unregistered)."""

    name: str
    address: str = ""
    port: int | None = None
    tls_port: int | None = None
    payload: Any = None
    id: str = field(factory=lambda: str(uuid4()))
    enabled: bool = True
    kind: str = "DYNAMIC"
    registered_ms: int = field(factory=_now_ms)
    uri_spec: Any = None

    def to_json(self) -> bytes:
        said = {
            "name": self.name,
            "id": self.id,
            "address": self.address,
            "port": self.port,
            "sslPort": self.tls_port,
            "payload": self.payload,
            "registrationTimeUTC": self.registered_ms,
            "serviceType": self.kind,
            "uriSpec": self.uri_spec,
            "enabled": self.enabled,
        }
        return json.dumps(said, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Raises ValueError. What it does not know is ignored; `enabled` may be missing."""
        try:
            said = json.loads(data)
            return cls(
                name=said["name"],
                address=said.get("address") or "",
                port=said.get("port"),
                tls_port=said.get("sslPort"),
                payload=said.get("payload"),
                id=said["id"],
                enabled=said.get("enabled", True),
                kind=said.get("serviceType") or "DYNAMIC",
                registered_ms=said.get("registrationTimeUTC") or 0,
                uri_spec=said.get("uriSpec"),
            )
        except (KeyError, TypeError, AttributeError) as wrong:
            raise ValueError(f"no instance of a service: {wrong!r}") from None


class Registration(PersistentNode):
    """An instance is registered from `start` to `close`, through all sessions."""

    def __init__(self, client: "Client", base: str, instance: Instance) -> None:
        super().__init__(
            client,
            join(join(base, instance.name), instance.id),
            instance.to_json(),
            mode="ephemeral" if instance.kind == "DYNAMIC" else "persistent",
        )
        self.instance = instance

    async def update(self, **changes: Any) -> None:
        """What others see of it: `update(enabled=False)` takes it out of service."""
        self.instance = evolve(self.instance, **changes)
        await self.set(self.instance.to_json())


Strategy = Callable[[list[Instance]], Instance]
"""One of at least one, which come in the order of their ids."""


def at_random(chance: Random | None = None) -> Strategy:
    return (chance or Random()).choice


def round_robin() -> Strategy:
    turn = -1

    def choose(instances: list[Instance]) -> Instance:
        nonlocal turn
        turn += 1
        return instances[turn % len(instances)]

    return choose


def sticky(first: Strategy | None = None) -> Strategy:
    """The same as long as it is there."""
    choose_anew = first or at_random()
    chosen = ""

    def choose(instances: list[Instance]) -> Instance:
        nonlocal chosen
        same = next((one for one in instances if one.id == chosen), None)
        instance = same or choose_anew(instances)
        chosen = instance.id
        return instance

    return choose


DOWN_S: Final = 30.0
DOWN_ERRORS: Final = 2


class Provider(Following):
    """The instances of one service, always as new as this client's connection. What cannot be read
    as an instance is left out, and so is what is not `enabled`.

    An instance of which `failed_at` was said `down_errors` times within `down_s` seconds is not
    chosen until they are over, unless all are down.
    """

    def __init__(
        self,
        client: "Client",
        base: str,
        service: str,
        *,
        strategy: Strategy | None = None,
        down_errors: int = DOWN_ERRORS,
        down_s: float = DOWN_S,
    ) -> None:
        super().__init__(client)
        self._cache = ChildrenCache(client, join(base, service))
        self._strategy = strategy or round_robin()
        self._down_errors = down_errors
        self._down_s = down_s
        self._errors: dict[str, list[float]] = {}
        self._known: dict[str, tuple[int, Instance | None]] = {}

    def instances(self) -> list[Instance]:
        """All that are enabled, in the order of their ids."""
        found = [self._instance(name) for name in self._cache.names]
        return [one for one in found if one is not None and one.enabled]

    def choose(self) -> Instance | None:
        """One of them; None: there is none."""
        there = self.instances()
        up = [one for one in there if not self._is_down(one)]
        return self._strategy(up or there) if there else None

    def failed_at(self, instance: Instance) -> None:
        """It did not answer, or badly."""
        self._errors.setdefault(instance.id, []).append(self.client.loop.now())

    def _is_down(self, instance: Instance) -> bool:
        since = self.client.loop.now() - self._down_s
        errors = [when for when in self._errors.get(instance.id, ()) if when > since]
        if not errors:
            self._errors.pop(instance.id, None)
            return False
        self._errors[instance.id] = errors
        return len(errors) >= self._down_errors

    def _instance(self, name: str) -> Instance | None:
        node = self._cache.get(join(self._cache.path, name))
        if node is None:
            return None
        known = self._known.get(name)
        if known is None or known[0] != node.stat.mzxid:
            try:
                read: Instance | None = Instance.from_json(node.data)
            except ValueError as wrong:
                log.warning("%s: %s", join(self._cache.path, name), wrong)
                read = None
            known = self._known[name] = node.stat.mzxid, read
        return known[1]

    async def _follow(self) -> None:
        async with self._cache:
            self._ready.set()
            async for _ in self._cache.changes():
                for gone in set(self._known) - set(self._cache.names):
                    del self._known[gone]


async def services(client: "Client", base: str) -> list[str]:
    """Their names."""
    return sorted(await client.children(base))
