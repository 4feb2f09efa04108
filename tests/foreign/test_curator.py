"""Curator's recipes, by a small Java program of ours beside this file."""

import subprocess
from pathlib import Path

from foreign.conftest import compiled, need_curator

SOURCE = Path(__file__).with_name("Recipes.java")
RECIPES = 25
SECONDS_MAX = 240

need_curator()


def test_every_recipe_of_curator_works(hosts, tmp_path):
    words = [*compiled(SOURCE, tmp_path), hosts]
    done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    lines = done.stdout.splitlines()
    assert [one for one in lines if not one.startswith("ok ")] == [], done.stderr[-3000:]
    assert len(lines) == RECIPES
    assert done.returncode == 0
