"""Every request of the protocol, as a method: the part of a client that is the same everywhere.

Each returns something to be awaited, or cancelled (an `Answer`), and is sent at once: calls that
are not awaited in between go out together. `deadline`: seconds, after which DeadlineExceeded is
raised.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from hikari_client.errors import BadArguments, NodeExists, NoNode, error_of
from hikari_client.loop import Answer
from hikari_client.values import ACL, Auth, Created, Event, NodeData, Stat, acl_of, raw_acl
from hikari_wire import codes, paths

Watch = Callable[[Event], None]
ACLs = list[ACL] | ACL | None
CONFIG: Final = "/zookeeper/config"
_ANY_VERSION: Final = -1


class Operations(ABC):
    """See the module. A driver gives `_ask`, `_prove`, `_run` and `_zxid`."""

    _root: str = ""  # the chroot

    @abstractmethod
    def _ask(
        self,
        request: tuple[Any, ...],
        path: str = "",
        convert: Callable[[Any], Any] | None = None,
        watcher: Watch | None = None,
        deadline: float | None = None,
    ) -> Answer[Any]: ...

    @abstractmethod
    def _prove(self, auth: Auth) -> Answer[Any]: ...

    @abstractmethod
    def _run(self, work: Any) -> Answer[Any]: ...

    @abstractmethod
    def _zxid(self) -> int:
        """The newest seen: while an answer is converted, that of this answer or a later one."""

    # ---- paths

    def _wire(self, path: str) -> bytes:
        """The server's path. Raises BadArguments."""
        if not path.startswith("/"):
            raise BadArguments(path, "a path begins with /")
        if self._root:
            path = self._root if path == "/" else self._root + path
        return path.encode("utf-8", "surrogatepass")

    def _local(self, path: bytes) -> str:
        """The caller's path. What is not below the chroot (the configuration) has no other."""
        text, root = path.decode("utf-8", "replace"), self._root
        if root and text.startswith(root) and text[len(root) : len(root) + 1] in ("/", ""):
            return text[len(root) :] or "/"
        return text

    # ---- writing

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
        parents: bool = False,
        exist_ok: bool = False,
        deadline: float | None = None,
    ) -> Answer[Created]:
        """Create a znode. `ttl`: seconds after its last change at which it may go; `parents`: make
        what is missing above it, as containers' parents are, of the same ACL; `exist_ok`: give the
        one that is there, whatever its data.

        Raises NodeExists, NoNode, NoAuth, InvalidACL, NoChildrenForEphemerals, QuotaExceeded.
        """
        request = self._create_request(path, data, acl, ephemeral, sequential, container, ttl)
        if parents or exist_ok:
            return self._run(self._create_anyhow(path, request, acl, parents, exist_ok, deadline))
        return self._ask(request, path, self._created, deadline=deadline)

    def _create_request(
        self,
        path: str,
        data: bytes,
        acl: ACLs,
        ephemeral: bool,
        sequential: bool,
        container: bool,
        ttl: float | None,
    ) -> tuple[Any, ...]:
        where, raw = self._wire(path), raw_acl(acl)
        if ttl is not None:
            if ephemeral or container:
                raise BadArguments(path, "what has a TTL is neither ephemeral nor a container")
            flags = (
                codes.PERSISTENT_SEQUENTIAL_WITH_TTL if sequential else codes.PERSISTENT_WITH_TTL
            )
            return (codes.CREATE_TTL, where, data, raw, flags, round(ttl * 1000))
        if container:
            if ephemeral or sequential:
                raise BadArguments(path, "a container is neither ephemeral nor sequential")
            return (codes.CREATE_CONTAINER, where, data, raw, codes.CONTAINER)
        return (codes.CREATE2, where, data, raw, ephemeral + 2 * sequential)

    async def _create_anyhow(
        self,
        path: str,
        request: tuple[Any, ...],
        acl: ACLs,
        parents: bool,
        exist_ok: bool,
        deadline: float | None,
    ) -> Created:
        try:
            try:
                created = await self._ask(request, path, self._created, deadline=deadline)
            except NoNode:
                if not parents:
                    raise
                await self.ensure_path(_above(path), acl=acl, deadline=deadline)
                created = await self._ask(request, path, self._created, deadline=deadline)
        except NodeExists:
            stat = await self.exists(path, deadline=deadline) if exist_ok else None
            if stat is None:
                raise
            return Created(path, stat)
        assert isinstance(created, Created)
        return created

    def _created(self, value: tuple[bytes, Stat]) -> Created:
        return Created(self._local(value[0]), value[1])

    def ensure_path(
        self, path: str, *, acl: ACLs = None, deadline: float | None = None
    ) -> Answer[None]:
        """Make this znode and all above it that are missing."""
        return self._run(self._ensure_path(path, acl, deadline))

    async def _ensure_path(self, path: str, acl: ACLs, deadline: float | None) -> None:
        missing = [path]
        while missing[-1] != "/":
            try:
                await self.create(missing[-1], acl=acl, deadline=deadline)
            except NodeExists:
                pass
            except NoNode:
                missing.append(_above(missing[-1]))
                continue
            missing.pop()
            if not missing:
                return

    def set(
        self, path: str, data: bytes, *, version: int = _ANY_VERSION, deadline: float | None = None
    ) -> Answer[Stat]:
        """Replace its data, if it is of this version. Raises NoNode, BadVersion, NoAuth."""
        return self._ask((codes.SET_DATA, self._wire(path), data, version), path, deadline=deadline)

    def delete(
        self,
        path: str,
        *,
        version: int = _ANY_VERSION,
        recursive: bool = False,
        missing_ok: bool = False,
        deadline: float | None = None,
    ) -> Answer[None]:
        """Remove it, if it is of this version; `recursive`: with all below it, not atomically.

        Raises NoNode, BadVersion, NotEmpty, NoAuth.
        """
        if recursive:
            return self._run(self._delete_all(path, missing_ok, deadline))
        if missing_ok:
            return self._run(self._delete_if_there(path, version, deadline))
        return self._ask((codes.DELETE, self._wire(path), version), path, deadline=deadline)

    async def _delete_if_there(self, path: str, version: int, deadline: float | None) -> None:
        with suppress(NoNode):
            await self.delete(path, version=version, deadline=deadline)

    async def _delete_all(self, path: str, missing_ok: bool, deadline: float | None) -> None:
        """From the leaves on; what comes in meanwhile is removed too."""
        doomed = [path]
        for one in doomed:
            try:
                names = await self.children(one, deadline=deadline)
            except NoNode:
                if one == path and not missing_ok:
                    raise
                continue
            doomed += [f"{one.rstrip('/')}/{name}" for name in names]
        for one in reversed(doomed):
            if one != "/":
                await self._delete_if_there(one, _ANY_VERSION, deadline)

    def set_acl(
        self,
        path: str,
        acl: list[ACL] | ACL,
        *,
        version: int = _ANY_VERSION,
        deadline: float | None = None,
    ) -> Answer[Stat]:
        """Replace its ACL, if that is of this version (`Stat.aversion`)."""
        request = (codes.SET_ACL, self._wire(path), raw_acl(acl), version)
        return self._ask(request, path, deadline=deadline)

    # ---- reading

    def get(
        self, path: str, *, watch: Watch | None = None, deadline: float | None = None
    ) -> Answer[NodeData]:
        """Its data and numbers. `watch` is called once, when it is changed or deleted."""
        request = (codes.GET_DATA, self._wire(path), watch is not None)
        return self._ask(request, path, _node_data, watch, deadline)

    def exists(
        self, path: str, *, watch: Watch | None = None, deadline: float | None = None
    ) -> Answer[Stat | None]:
        """Its numbers, or None. `watch` is called once, when it is created, changed or deleted."""
        request = (codes.EXISTS, self._wire(path), watch is not None)
        return self._ask(request, path, None, watch, deadline)

    def children(
        self, path: str, *, watch: Watch | None = None, deadline: float | None = None
    ) -> Answer[list[str]]:
        """The names of its children, in no order. `watch` is called once, when one comes or goes,
        or it is deleted."""
        request = (codes.GET_CHILDREN, self._wire(path), watch is not None)
        return self._ask(request, path, _names, watch, deadline)

    def children_and_stat(
        self, path: str, *, watch: Watch | None = None, deadline: float | None = None
    ) -> Answer[tuple[list[str], Stat]]:
        request = (codes.GET_CHILDREN2, self._wire(path), watch is not None)
        return self._ask(request, path, lambda v: (_names(v[0]), v[1]), watch, deadline)

    def get_acl(
        self, path: str, *, deadline: float | None = None
    ) -> Answer[tuple[list[ACL], Stat]]:
        request = (codes.GET_ACL, self._wire(path))
        return self._ask(request, path, lambda v: (acl_of(v[0]), v[1]), deadline=deadline)

    def sync(self, path: str = "/", *, deadline: float | None = None) -> Answer[None]:
        """Reads that are asked for after this one see all that was written anywhere before."""
        return self._ask((codes.SYNC, self._wire(path)), path, _nothing, deadline=deadline)

    def ephemerals(self, prefix: str = "/", *, deadline: float | None = None) -> Answer[list[str]]:
        """The paths of this session's ephemerals below a path."""
        request = (codes.GET_EPHEMERALS, self._wire(prefix))
        return self._ask(
            request, prefix, lambda found: [self._local(path) for path in found], deadline=deadline
        )

    def count_below(self, path: str, *, deadline: float | None = None) -> Answer[int]:
        """How many znodes there are below it, at all depths."""
        request = (codes.GET_ALL_CHILDREN_NUMBER, self._wire(path))
        return self._ask(request, path, deadline=deadline)

    def who_am_i(self, *, deadline: float | None = None) -> Answer[list[tuple[str, str]]]:
        """The identities that the server believes: (scheme, id)."""
        return self._ask((codes.WHO_AM_I,), "", _identities, deadline=deadline)

    def config(
        self, *, watch: Watch | None = None, deadline: float | None = None
    ) -> Answer[NodeData]:
        """The members, as the ensemble keeps them; the chroot does not matter. `watch` is called
        once, when they change."""
        request = (codes.GET_DATA, CONFIG.encode(), watch is not None)
        return self._ask(request, CONFIG, _node_data, watch, deadline)

    def reconfig(
        self,
        *,
        joining: str = "",
        leaving: str = "",
        new_members: str = "",
        version: int = _ANY_VERSION,
        deadline: float | None = None,
    ) -> Answer[NodeData]:
        """Change the members. Raises ReconfigDisabled, BadVersion, NoAuth."""
        texts = (joining.encode(), leaving.encode(), new_members.encode())
        return self._ask((codes.RECONFIG, *texts, version), "", _node_data, deadline=deadline)

    def add_auth(self, scheme: str, credential: str | bytes) -> Answer[None]:
        """Prove an identity, on this connection and all later ones. Raises AuthFailed, and then
        this client is of no more use."""
        proof = credential.encode() if isinstance(credential, str) else credential
        return self._prove(Auth(scheme, proof))

    # ---- many at once

    def get_many(
        self, wanted: list[str], *, deadline: float | None = None
    ) -> Answer[list[NodeData | None]]:
        """The data of all of them at one moment (one multiRead); None for those not there. Raises
        NoAuth for any that may not be read."""
        return self._read_many(codes.GET_DATA, wanted, _node_data, deadline)

    def children_many(
        self, wanted: list[str], *, deadline: float | None = None
    ) -> Answer[list[list[str] | None]]:
        """The names of the children of all of them, as `get_many`."""
        return self._read_many(codes.GET_CHILDREN, wanted, _names, deadline)

    def _read_many(
        self, op: int, wanted: list[str], convert: Callable[[Any], Any], deadline: float | None
    ) -> Answer[Any]:
        def found(value: tuple[tuple[int, int, Any], ...]) -> list[Any]:
            return [
                convert(one) if _there(path, error) else None
                for path, (_, error, one) in zip(wanted, value, strict=True)
            ]

        request = (codes.MULTI_READ, tuple((op, self._wire(path), False) for path in wanted))
        return self._ask(request, "", found, deadline=deadline)


def _above(path: str) -> str:
    return paths.parent(path.encode()).decode() or "/"


def _node_data(value: tuple[bytes | None, Stat]) -> NodeData:
    return NodeData(value[0] or b"", value[1])


def _names(value: tuple[bytes, ...]) -> list[str]:
    return [name.decode("utf-8", "replace") for name in value]


def _nothing(value: object) -> None:
    return None


def _identities(value: tuple[tuple[bytes, bytes], ...]) -> list[tuple[str, str]]:
    return [(scheme.decode(), name.decode("utf-8", "replace")) for scheme, name in value]


def _there(path: str, error: int) -> bool:
    """Raises all errors but NoNode."""
    if error and error != codes.NO_NODE:
        raise error_of(error, path)
    return not error
