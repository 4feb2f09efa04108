"""Recipes: what is built of znodes, once for every driver. See docs/recipes."""

from hikari_client.recipes.held import Acquisition, Held, Holder
from hikari_client.recipes.lock import Lock, ReadLock, ReadWriteLock, WriteLock

__all__ = [
    "Acquisition",
    "Held",
    "Holder",
    "Lock",
    "ReadLock",
    "ReadWriteLock",
    "WriteLock",
]
