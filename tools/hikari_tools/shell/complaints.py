"""What went wrong, as one line for people, and the status that a script sees."""

from typing import Final

from hikari_client import (
    AuthFailed,
    BadArguments,
    BadVersion,
    ClientClosed,
    ConnectionLoss,
    DeadlineExceeded,
    InvalidACL,
    NoAuth,
    NoChildrenForEphemerals,
    NodeExists,
    NoNode,
    NotEmpty,
    NotReadOnly,
    QuotaExceeded,
    ReconfigDisabled,
    SessionExpired,
    TransactionFailed,
    ZKError,
)

OK: Final = 0
REFUSED: Final = 1
"""The server said no (NoNode, BadVersion…); `exists` found nothing; `diff` found something."""
USAGE: Final = 2
NO_CONNECTION: Final = 3
FORBIDDEN: Final = 4
"""The shell itself refused: --read-only, or a question that was not answered with yes."""
LOCAL: Final = 5
"""A file, an editor or a setting of this machine."""
INTERRUPTED: Final = 130


class Complaint(Exception):
    """One clear line, and the status it ends with."""

    def __init__(self, text: str, status: int = REFUSED) -> None:
        super().__init__(text)
        self.status = status


def usage(text: str) -> Complaint:
    return Complaint(text, USAGE)


_UNREACHED = (ConnectionLoss, SessionExpired, DeadlineExceeded, ClientClosed)
_SAID: Final[dict[type[ZKError], str]] = {
    NoNode: "there is no such znode",
    NodeExists: "it exists already",
    BadVersion: "it was changed meanwhile: its version is another one",
    NotEmpty: "it has children; `deleteall` removes it with them",
    NoChildrenForEphemerals: "an ephemeral znode has no children",
    NoAuth: "not allowed by its ACL; `addauth` proves who you are, `getAcl` tells who may",
    AuthFailed: "the server does not believe this; begin anew with `connect`",
    InvalidACL: "an ACL is scheme:id:permissions, as in world:anyone:cdrwa",
    BadArguments: "the server does not take this as a request or a path",
    NotReadOnly: "this member has no majority and serves reads only",
    QuotaExceeded: "a quota is used up, or the disks of the ensemble are full",
    ReconfigDisabled: "the members of this ensemble cannot be changed by a client",
    ConnectionLoss: "the connection broke",
    SessionExpired: "the session is over; a new one follows once a server is reached",
    DeadlineExceeded: "no server answered in time",
    ClientClosed: "not connected; `connect host:port` connects",
}


def told(error: BaseException) -> Complaint:
    """Any error as a complaint. Defects too: a shell shows no stack traces."""
    if isinstance(error, Complaint):
        return error
    if isinstance(error, TransactionFailed):
        why = error.__cause__
        inner = told(why) if why is not None else None
        return Complaint(f"nothing of the transaction was done: {inner}")
    if isinstance(error, ZKError):
        return Complaint(_of_server(error), NO_CONNECTION if type(error) in _UNREACHED else REFUSED)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return Complaint(f"{where}{error.strerror or error}", LOCAL)
    if isinstance(error, UnicodeEncodeError):
        return usage(f"{error.object!a} is not UTF-8, and only data need not be")
    return Complaint(f"a defect of the shell: {type(error).__name__}: {error}", LOCAL)


def _of_server(error: ZKError) -> str:
    name = type(error).__name__ if type(error) is not ZKError else str(error).split(":")[0]
    said = _SAID.get(type(error), error.said)
    if isinstance(error, BadArguments) and error.said:  # it was the client that refused, and knows
        said = error.said
    if error.maybe_applied:
        said += "; it may have been done all the same: look before you do it again"
    return ": ".join(part for part in (name, error.path, said) if part)
