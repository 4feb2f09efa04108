"""hikari-shell as a process of its own, at which nobody sits."""

import os
import subprocess
import sys

PROGRAM = (sys.executable, "-m", "hikari_tools.shell")
WAIT_S = 60


def ran(
    servers: str, *words: str, lines: str | None = None, **surroundings: str
) -> subprocess.CompletedProcess[str]:
    """What a shell says with this in its environment, of a command or of lines from a pipe."""
    return subprocess.run(
        [*PROGRAM, "--server", servers, *words],
        input=lines,
        stdin=subprocess.DEVNULL if lines is None else None,
        env=os.environ | surroundings,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
    )
