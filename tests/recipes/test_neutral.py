"""Recipes know no driver: what they import says so."""

import ast
from pathlib import Path

from hikari_client import recipes

DRIVERS = {"asyncio", "twisted", "threading", "concurrent", "socket"}
OURS = {"hikari_client.aio", "hikari_client.tx", "hikari_client.blocking"}


def test_recipes_import_no_driver() -> None:
    home = Path(recipes.__file__).parent
    wrong = []
    for path in sorted(home.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [
                f"{path.name} -> {name}"
                for name in names
                if name.split(".")[0] in DRIVERS or name in OURS
            ]
    assert len(list(home.glob("*.py"))) > 15
    assert wrong == []
