"""Asking somebody to give back what it holds: Curator's `Revoker`.

The data of the znode that stands for it become a mark. Its holder is told, and does what it likes:
whoever must be sure uses the fencing token, or deletes the znode.
"""

from typing import TYPE_CHECKING

from hikari_client.errors import NoNode
from hikari_client.recipes.claim import REVOKED
from hikari_client.recipes.waiting import surely

if TYPE_CHECKING:
    from hikari_client.client import Client


async def revoke(client: "Client", path: str) -> bool:
    """Ask who holds, or waits with, this znode (`Holder.path`): its `revoked` happens, as does the
    listener of a Curator lock that was made revocable. False: it is there no more."""
    try:
        await surely(client, client.set, path, REVOKED)
    except NoNode:
        return False
    return True
