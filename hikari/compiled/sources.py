"""Which modules are compiled, and whether they were made of the sources that are here."""

import json
import sys
import sysconfig
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

PACKAGES: Final = ("hikari", "hikari_wire")
COMPILED: Final = (
    *("hikari_wire.*", "hikari.raft.*", "hikari.tree.*", "hikari.watches.*", "hikari.replica.*"),
    *("hikari.store.journal", "hikari.store.pace", "hikari.store.watermark"),
    *("hikari.peers.codec", "hikari.outlet"),
    *("hikari.gateway.connection", "hikari.gateway.counts", "hikari.gateway.door"),
    *("hikari.gateway.filtered", "hikari.gateway.keeper", "hikari.gateway.lending"),
    *("hikari.gateway.listings", "hikari.gateway.parked", "hikari.gateway.portions"),
    *("hikari.gateway.pressure", "hikari.gateway.published", "hikari.gateway.reads"),
    *("hikari.gateway.rearming", "hikari.gateway.served", "hikari.gateway.slot"),
    *("hikari.gateway.telling", "hikari.gateway.watching"),
)
"""What a request touches on its way, whole rooms where that can be: a native class is slower than
another for whoever is not compiled."""
LEFT_OUT: Final = ("hikari.raft.messages", "hikari.tree.differences", "hikari.replica.inquest")
"""The first is read by `attrgetter`, which is as quick; the others are of no hot path."""

STAMP: Final = "stamp.json"


def homes() -> dict[str, Path]:
    """Where each package is, or would be imported from."""
    found = {}
    for name in PACKAGES:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        found[name] = Path(spec.origin).parent
    return found


def modules() -> dict[str, Path]:
    """The sources of all modules that are to be compiled, by name."""
    found = {}
    for package, home in homes().items():
        for path in sorted(home.rglob("*.py")):
            name = ".".join((package, *path.relative_to(home).with_suffix("").parts))
            chosen = name in COMPILED or f"{name.rpartition('.')[0]}.*" in COMPILED
            if chosen and name not in LEFT_OUT and path.name != "__init__.py":
                found[name] = path
    return found


def fingerprint() -> dict[str, str]:
    """Of this Python, and of all sources: what is left interpreted may have constants that are
    compiled into the rest."""
    sum = blake2b(digest_size=16)
    for package, home in homes().items():
        for path in sorted(home.rglob("*.py")):
            text = path.read_bytes()
            sum.update(b"%s/%s %d\n" % (package.encode(), bytes(path.relative_to(home)), len(text)))
            sum.update(text)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {
        "python": f"{python} {sysconfig.get_config_var('EXT_SUFFIX')}",
        "sources": sum.hexdigest(),
    }


def read_stamp(folder: Path) -> dict[str, Any]:
    """What was written when the folder was made; {}: nothing that can be read."""
    try:
        stamp = json.loads((folder / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def stale(stamp: dict[str, Any]) -> str:
    """Why what has this stamp is not to be used here and now; "" if it is."""
    if not stamp:
        return "there is nothing compiled"
    now = fingerprint()
    if stamp["python"] != now["python"]:
        return f"it was compiled for Python {stamp['python']}, and this is {now['python']}"
    return "" if stamp["sources"] == now["sources"] else "the sources have changed since"
