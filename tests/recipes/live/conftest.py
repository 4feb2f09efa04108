"""Real members, for the tests beside this that ask for them."""

from drivers.conftest import ensemble, hosts, servers

__all__ = ["ensemble", "hosts", "servers"]
