"""Begins hikari-shell. To load the program takes a moment, in which Ctrl-C may come already."""

import sys
from typing import Final

INTERRUPTED: Final = 130


def main() -> None:
    """Never returns: exits with the program's status."""
    try:
        from hikari_tools.shell.program import main as program

        program(prog_name="hikari-shell")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
