"""Ports for an ensemble that nobody else on this machine uses just now."""

import os
import random
import socket

# Clients at P+K, what members say to each other at P+100+K, and ZooKeeper's elections at P+200+K.
OFFSETS = (0, 100, 200)
# From 25,000 on are those of the tests' harness for faults, which restarts members again and again.
AMONG = range(12_000, 24_700)
# Who runs two things side by side gives each a part: what one of them has drawn and does not use
# yet, or just now not, looks free to the other.
_FIRST, _, _END = os.environ.get("HIKARI_PORTS", f"{AMONG.start}-{AMONG.stop}").partition("-")


def free_ports(members: int, among: range = range(int(_FIRST), int(_END))) -> int:
    """Give a first client port P such that all ports of an ensemble that begins there are free.

    P is one of `among`, by default of HIKARI_PORTS (FIRST-END), or else below the range from which
    the system serves outgoing connections. Another process may still take one before it is used;
    the guess is random so that this is unlikely.
    """
    while True:
        port = random.choice(among)
        wanted = (port + offset + k for offset in OFFSETS for k in range(members + 1))
        if all(_is_free(one) for one in wanted):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
