"""Curator's recipes, by a small Java program of ours beside this file."""

import subprocess
from pathlib import Path

from foreign.conftest import JARS, need

SOURCE = Path(__file__).with_name("Recipes.java")
NEEDED = (
    *("curator-recipes.jar", "curator-framework.jar", "curator-client.jar", "zookeeper.jar"),
    *("guava.jar", "slf4j-api.jar", "slf4j-nop.jar"),
    *("jackson-databind.jar", "jackson-core.jar", "jackson-annotations.jar"),
)
RECIPES = 25
SECONDS_MAX = 240

need("java", "javac", jars=NEEDED)


def test_every_recipe_of_curator_works(hosts, tmp_path):
    jars = ":".join(str(JARS / one) for one in NEEDED)
    subprocess.run(["javac", "-nowarn", "-cp", jars, "-d", tmp_path, SOURCE], check=True)
    words = ["java", "-Xmx512m", "-cp", f"{tmp_path}:{jars}", "Recipes", hosts]
    done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    lines = done.stdout.splitlines()
    assert [one for one in lines if not one.startswith("ok ")] == [], done.stderr[-3000:]
    assert len(lines) == RECIPES
    assert done.returncode == 0
