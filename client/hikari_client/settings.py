"""What a client is told about its ensemble and itself. All times in seconds."""

from ssl import SSLContext
from typing import Final, Literal, TypedDict

from attrs import field, frozen
from attrs.validators import gt, instance_of

from hikari_client.values import Auth

PORT: Final = 2181
FRAME_BYTES_MAX: Final = 0xFFFFF  # ZooKeeper's jute.maxbuffer: more ends the connection
REPLY_BYTES_MAX: Final = 1 << 28

Address = tuple[str, int]


def parse_hosts(text: str) -> tuple[list[Address], str]:
    """The addresses and the chroot ("" for none) of a connect string: "a:2181,[::1]:2182/app".

    Raises ValueError.
    """
    hosts, slash, rest = text.strip().partition("/")
    chroot = (slash + rest).rstrip("/")
    addresses = [_address(part.strip()) for part in hosts.split(",") if part.strip()]
    if not addresses:
        raise ValueError(f"no server in {text!r}: host:port,host:port/chroot is expected")
    if "//" in chroot or any(part in (".", "..") for part in chroot.split("/")):
        raise ValueError(f"{chroot!r} is no path to begin at")
    return addresses, chroot


def _address(text: str) -> Address:
    host, port = text, ""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    if not host or (port and not (port.isdecimal() and 0 < int(port) < 65536)):
        raise ValueError(f"{text!r} is not host:port")
    return host, int(port or PORT)


@frozen(kw_only=True)
class Settings:
    """Bounds and habits of one client.

    `session_timeout`: asked for; the server answers with what it grants. `read_timeout` and
    `ping_interval`: by default two thirds and one third of what was granted. `on_disconnect`: calls
    made without a connection wait for the next one, or fail at once. `tls`: True verifies the
    server's certificate and name by the system's authorities.
    """

    session_timeout: float = field(default=10.0, validator=gt(0))
    connect_timeout: float = field(default=3.0, validator=gt(0))
    read_timeout: float | None = None
    ping_interval: float | None = None
    backoff_first: float = field(default=0.05, validator=gt(0))
    backoff_max: float = field(default=2.0, validator=gt(0))
    on_disconnect: Literal["wait", "fail"] = "wait"
    read_only: bool = field(default=False, validator=instance_of(bool))
    auth: tuple[Auth, ...] = ()
    tls: bool | SSLContext = False


class SomeSettings(TypedDict, total=False):
    """The fields of `Settings`, as keyword arguments of whoever makes a client."""

    session_timeout: float
    connect_timeout: float
    read_timeout: float | None
    ping_interval: float | None
    backoff_first: float
    backoff_max: float
    on_disconnect: Literal["wait", "fail"]
    read_only: bool
    auth: tuple[Auth, ...]
    tls: bool | SSLContext
