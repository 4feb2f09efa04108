"""python -m faults: campaigns by hand; the tests' folder must be on the path.

Every module beside this one that defines commands adds them here.
"""

import importlib
from pathlib import Path

import click


@click.group()
def main() -> None:
    """Faults on real member processes, networks, clocks and disks."""


def gather() -> None:
    """Find the commands: modules without any are not even loaded."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem != "__main__" and "\n@click.command" in path.read_text():
            for found in vars(importlib.import_module(f"faults.{path.stem}")).values():
                if isinstance(found, click.Command):
                    main.add_command(found)


if __name__ == "__main__":
    gather()
    main(prog_name="python -m faults")
