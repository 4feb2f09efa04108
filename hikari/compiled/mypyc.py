"""`python -m hikari.compiled.mypyc FOLDER FILE...`: FILEs of the current folder, as extension
modules in FOLDER. Fails where the compiled code would do something else than the source."""

import sys
from contextlib import redirect_stdout
from io import StringIO

from mypyc.build import mypycify
from setuptools import Distribution  # type: ignore[import-untyped]


def main(folder: str, files: list[str]) -> None:
    told = StringIO()
    try:
        with redirect_stdout(told):
            extensions = mypycify(
                ["--config-file=mypy.ini", *files],
                group_name="hikari",
                opt_level="2",
                debug_level="0",
                strip_asserts=False,
            )
    finally:
        print(told.getvalue(), end="")
    # Such as a generator that is made a list, and may never end.
    if "warning: " in told.getvalue():
        raise SystemExit("hikari: not compiled: see the warnings")
    command = Distribution({"name": "hikari", "ext_modules": extensions}).get_command_obj(
        "build_ext"
    )
    command.build_lib, command.build_temp = folder, "temp"
    command.ensure_finalized()
    command.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
