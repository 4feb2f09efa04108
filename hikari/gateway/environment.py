"""What the process runs on, by the names under which ZooKeeper tells it."""

import getpass
import os
import platform
import socket
import sys
import tempfile
from pathlib import Path

from hikari.gateway.figures import VERSION_TEXT

_MIB = 1 << 20
_NONE = "<NA>"  # as Java says it
_OF_JAVA = ("version", "vendor", "home", "class.path", "library.path")


def environment() -> dict[str, str]:
    """In ZooKeeper's order. There is no Java: what it would say of itself is `<NA>`, and what
    Python says stands at the end. `os.memory.*`: what the machine has free, what it has, and what
    this process takes."""
    free, total, ours = _memory()
    return {
        "zookeeper.version": VERSION_TEXT,
        "host.name": socket.gethostname(),
        **{f"java.{name}": _NONE for name in _OF_JAVA},
        "java.io.tmpdir": tempfile.gettempdir(),
        "java.compiler": _NONE,
        "os.name": platform.system(),
        "os.arch": platform.machine(),
        "os.version": platform.release(),
        "user.name": _user(),
        "user.home": str(Path("~").expanduser()),
        "user.dir": os.getcwd(),
        "os.memory.free": f"{free // _MIB}MB",
        "os.memory.max": f"{total // _MIB}MB",
        "os.memory.total": f"{ours // _MIB}MB",
        "python.version": platform.python_version(),
        "python.executable": sys.executable,
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _memory() -> tuple[int, int, int]:
    """(free, all, taken by this process), in bytes."""
    known = {}
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, _, rest = line.partition(":")
        known[name] = 1024 * int(rest.split()[0])
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return known["MemAvailable"], known["MemTotal"], pages * os.sysconf("SC_PAGE_SIZE")
