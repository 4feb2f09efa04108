"""docs/operations.md names every bound in memory and on disk: each of its figures is the code's."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from hikari import config

PAGE = Path(__file__).resolve().parent.parent / "docs" / "operations.md"
BEGIN = "## What bounds memory and disk"
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
SETTINGS = {
    "limits": config.Limits,
    "journal": config.Journal,
    "disk": config.Disk,
}


def bounds() -> list[tuple[str, str]]:
    """Each name of the tables with the figure that stands beside it."""
    section = PAGE.read_text().partition(BEGIN)[2].partition("\n## ")[0]
    found = []
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) > 2 and (names := re.findall(r"`([\w.]+)`", cells[1])):
            found += zip(names, cells[2].split(", "), strict=True)
    return found


def value_of(name: str) -> Any:
    """Of a setting, its default."""
    room, _, last = name.rpartition(".")
    if room in SETTINGS:
        return getattr(SETTINGS[room](), last)
    return getattr(importlib.import_module(room), last)


def number(told: str) -> int:
    digits, _, unit = told.partition(" ")
    return int(digits.replace(",", "")) * UNITS.get(unit, 1)


@pytest.mark.parametrize(("name", "told"), bounds())
def test_a_bound_is_what_the_page_says(name: str, told: str) -> None:
    assert number(told) == value_of(name)


def test_the_tables_are_found() -> None:
    """And name every limit that is a setting."""
    names = {name for name, _ in bounds()}
    assert len(names) > 45
    limits = {f"limits.{one.name}" for one in config.Limits.__attrs_attrs__}
    assert limits <= names
