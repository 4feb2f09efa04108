"""Every command: importing this fills the registry."""

from hikari_tools.shell.commands import (
    access,
    copying,
    ensemble,
    exchange,
    life,
    load,
    locks,
    moving,
    quotas,
    reading,
    searching,
    transactions,
    watching,
    writing,
)

__all__ = [
    "access",
    "copying",
    "ensemble",
    "exchange",
    "life",
    "load",
    "locks",
    "moving",
    "quotas",
    "reading",
    "searching",
    "transactions",
    "watching",
    "writing",
]
