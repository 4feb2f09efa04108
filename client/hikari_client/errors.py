"""What can go wrong, by ZooKeeper's names.

Every error of a request is a `ZKError` and has the server's `code`, and the `path` it is about, as
the caller wrote it. An error that leaves open whether a write was done says so: `maybe_applied`.
"""

from typing import ClassVar

from hikari_wire import codes


class ZKError(Exception):
    """A request failed. `code`: the protocol's number; `path`: of the request, or ""."""

    code: int = 0
    maybe_applied: bool = False
    """Whether a write may have been done all the same."""

    def __init__(self, path: str = "", said: str = "", code: int | None = None) -> None:
        super().__init__(path, said)
        self.path = path
        self.said = said
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        name = type(self).__name__
        if type(self) is ZKError:
            name = codes.ERROR_NAMES.get(self.code, f"error {self.code}")
        return ": ".join(word for word in (name, self.path, self.said) if word)


class NoNode(ZKError):
    code = codes.NO_NODE


class NodeExists(ZKError):
    code = codes.NODE_EXISTS


class BadVersion(ZKError):
    code = codes.BAD_VERSION


class NotEmpty(ZKError):
    code = codes.NOT_EMPTY


class NoChildrenForEphemerals(ZKError):
    code = codes.NO_CHILDREN_FOR_EPHEMERALS


class NoAuth(ZKError):
    code = codes.NO_AUTH


class AuthFailed(ZKError):
    code = codes.AUTH_FAILED


class InvalidACL(ZKError):
    code = codes.INVALID_ACL


class BadArguments(ZKError):
    code = codes.BAD_ARGUMENTS


class Unimplemented(ZKError):
    """The server does not know this kind of request."""

    code = codes.UNIMPLEMENTED


class MarshallingError(ZKError):
    code = codes.MARSHALLING_ERROR


class NotReadOnly(ZKError):
    """A write through a member that serves reads only, for want of a majority."""

    code = codes.NOT_READ_ONLY


class NoWatcher(ZKError):
    code = codes.NO_WATCHER


class QuotaExceeded(ZKError):
    code = codes.QUOTA_EXCEEDED


class ThrottledOp(ZKError):
    """The server has too much to do; nothing was done."""

    code = codes.THROTTLED_OP


class SessionMoved(ZKError):
    code = codes.SESSION_MOVED


class ReconfigDisabled(ZKError):
    code = codes.RECONFIG_DISABLED


class ReconfigInProgress(ZKError):
    code = codes.RECONFIG_IN_PROGRESS


class NewConfigNoQuorum(ZKError):
    """No majority of the members as they would be is there."""

    code = codes.NEW_CONFIG_NO_QUORUM


class RequestTimeout(ZKError):
    code = codes.REQUEST_TIMEOUT


class UnknownSession(ZKError):
    code = codes.UNKNOWN_SESSION


class EphemeralOnLocalSession(ZKError):
    code = codes.EPHEMERAL_ON_LOCAL_SESSION


class SessionClosedRequireSaslAuth(ZKError):
    """The server serves only who has proved who they are by SASL, which this client does not."""

    code = codes.SESSION_CLOSED_REQUIRE_SASL_AUTH


class DataInconsistency(ZKError):
    code = codes.DATA_INCONSISTENCY


class RuntimeInconsistency(ZKError):
    """Of a transaction: not done, because another of its requests failed."""

    code = codes.RUNTIME_INCONSISTENCY


class ConnectionLoss(ZKError):
    """The connection broke before the answer came. `maybe_applied`: it had been sent, and is a
    write: nobody can tell whether it was done, unless by looking."""

    code = codes.CONNECTION_LOSS

    def __init__(self, path: str = "", said: str = "", maybe_applied: bool = False) -> None:
        super().__init__(path, said or ("it may have been done" if maybe_applied else "not done"))
        self.maybe_applied = maybe_applied


class SessionExpired(ZKError):
    """The session is over: its ephemerals are gone or will be."""

    code = codes.SESSION_EXPIRED

    def __init__(self, path: str = "", said: str = "", maybe_applied: bool = False) -> None:
        super().__init__(path, said)
        self.maybe_applied = maybe_applied


class DeadlineExceeded(ZKError, TimeoutError):
    """The time that the caller gave is over."""

    code = codes.OPERATION_TIMEOUT

    def __init__(self, path: str = "", said: str = "", maybe_applied: bool = False) -> None:
        super().__init__(path, said)
        self.maybe_applied = maybe_applied


class ClientClosed(ZKError):
    """This client was closed, or never started."""


class ForkedClient(ZKError):
    """This client belongs to the process that forked this one: make another one here."""


class LockLost(ZKError):
    """What was held (a lock, a lease, a leadership) is held no more, or nobody can vouch for it."""

    code = codes.SESSION_EXPIRED


_BY_CODE: dict[int, type[ZKError]] = {
    kind.code: kind
    for kind in (
        *(NoNode, NodeExists, BadVersion, NotEmpty, NoChildrenForEphemerals, NoAuth, AuthFailed),
        *(InvalidACL, BadArguments, Unimplemented, MarshallingError, NotReadOnly, NoWatcher),
        *(QuotaExceeded, ThrottledOp, SessionMoved, ReconfigDisabled, RuntimeInconsistency),
        *(ReconfigInProgress, NewConfigNoQuorum, RequestTimeout, UnknownSession),
        *(EphemeralOnLocalSession, SessionClosedRequireSaslAuth, DataInconsistency),
        *(ConnectionLoss, SessionExpired, DeadlineExceeded),
    )
}


class TransactionFailed(ZKError):
    """None of a transaction was done. `errors`: one for each of its requests; the first that is no
    `RuntimeInconsistency` is why, and is this error's cause and code."""

    errors: ClassVar[list[ZKError]]

    def __init__(self, why: ZKError, errors: list[ZKError]) -> None:
        super().__init__(why.path, str(why), why.code)
        self.errors = errors  # type: ignore[misc]


def error_of(code: int, path: str = "") -> ZKError:
    """The error for a code of the protocol."""
    kind = _BY_CODE.get(code)
    return ZKError(path, code=code) if kind is None else kind(path)
