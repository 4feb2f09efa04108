"""The client port: whoever calls there gets a Connection."""

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory

from hikari.gateway.connection import Connection
from hikari.gateway.door import Door


class ClientPort(Factory):
    """Makes a Connection of everyone who calls."""

    noisy = False

    def __init__(self, door: Door) -> None:
        self.door = door

    def buildProtocol(self, addr: IAddress | None) -> Connection:  # type: ignore[override]
        return Connection(self.door)
