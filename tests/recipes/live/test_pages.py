"""What the pages of docs/recipes show runs, each example by itself, against real members."""

import ast
import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from hikari_client import aio, recipes

pytestmark = pytest.mark.ensemble
PAGES = sorted((Path(__file__).resolve().parents[3] / "docs/recipes").glob("*.md"))
EXAMPLES = {
    f"{page.stem} {number}": found
    for page in PAGES
    for number, found in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.S), 1)
}


@pytest.mark.parametrize("source", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_an_example_runs(hosts: str, source: str) -> None:
    async def run() -> None:
        servers, _, chroot = hosts.partition("/")
        async with aio.client(servers) as root:
            await root.create(f"/{chroot}")
        async with aio.client(hosts) as zk:
            names: dict[str, Any] = {name: getattr(recipes, name) for name in recipes.__all__}
            names |= {"zk": zk, "hosts": hosts}
            code = compile(source, "example", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            begun = eval(code, names)
            if inspect.isawaitable(begun):  # else it is one of threads, and was run by that
                await begun

    asyncio.run(asyncio.wait_for(run(), 30))


def test_every_recipe_has_its_place_on_a_page() -> None:
    said = "".join(page.read_text() for page in PAGES)
    parts = {"Acquisition", "Entry", "Held", "HeldMany", "Holder", "Item", "Portion", "Quiet"}
    parts |= {"ReadLock", "WriteLock"}
    assert [name for name in recipes.__all__ if name not in said and name not in parts] == []
