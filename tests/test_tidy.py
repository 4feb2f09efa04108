"""The house rules that a machine can read: floors, clean rooms, sizes, names, versions.

The map below is docs/ARCHITECTURE.md; a new room is a new word in it, which a reviewer sees.
"""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOMES = {
    "hikari": ROOT,
    "hikari_client": ROOT / "client",
    "hikari_wire": ROOT / "client",
    "hikari_tools": ROOT / "tools",
}

# A room may import rooms of the floors below its own, and leaves; never a room of its own floor.
FLOORS = [
    {"hikari_wire"},
    {"hikari.raft", "hikari.tree", "hikari.watches"},
    {"hikari.store", "hikari.peers", "hikari.lines"},
    {"hikari.replica"},
    {"hikari.gateway", "hikari.machine"},
    {
        *("hikari.service", "hikari.ensemble", "hikari.salvage", "hikari.compare"),
        "hikari.zoocfg",
    },
    {"hikari.testing"},
    {"hikari.__main__"},
]
LEAVES = {
    *("hikari.compiled", "hikari.complaints", "hikari.config", "hikari.descriptors"),
    *("hikari.garbage", "hikari.outlet", "hikari.pidfile", "hikari.reactor"),
    *("hikari.stalls", "hikari.tally"),
}
# What is beside the house, and "hikari" itself: any module of it that the map does not name.
MAY_IMPORT: dict[str, set[str]] = {
    "hikari": set(),
    "hikari_client": {"hikari_wire"},
    "hikari_tools": {"hikari_wire", "hikari_client"},
}
MAY_IMPORT |= {leaf: set() for leaf in LEAVES}
for number, floor in enumerate(FLOORS):
    MAY_IMPORT |= {room: set().union(LEAVES, *FLOORS[:number]) for room in floor}

# A clean room is deterministic: its only inputs are its arguments. (The wire is shipped without
# the server, so it has not even the server's leaves.)
CLEAN = {"hikari_wire", "hikari.raft", "hikari.tree", "hikari.watches"}
for room in CLEAN:
    MAY_IMPORT[room] -= LEAVES
BANNED_IN_CLEAN = {
    *("time", "datetime", "random", "secrets", "uuid", "os", "pathlib", "socket", "select"),
    *("signal", "subprocess", "threading", "concurrent", "asyncio", "logging", "twisted"),
    *("rocksdict",),
}
# Names that say nothing about what is inside.
EMPTY_WORDS = {
    *("util", "utils", "common", "core", "misc", "manager"),
    *("handler", "helper", "helpers", "processor"),
}

# The client's driver is handed a reactor too, but may be asked to find it.
MAY_KNOW_THE_REACTOR = {"hikari.service", "hikari_client.tx"}

LINES_PER_FILE, LINES_PER_FUNCTION = 600, 70


def modules():
    """Give every module: its dotted name, its file, its syntax tree."""
    for package, home in HOMES.items():
        for path in sorted((home / package).rglob("*.py")):
            parts = path.relative_to(home).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__"), path, ast.parse(path.read_text())


def room_of(dotted):
    """Give the longest name on the map that this module or name is in; None if it is not ours."""
    rooms = [room for room in MAY_IMPORT if f"{dotted}.".startswith(f"{room}.")]
    return max(rooms, key=len, default=None)


def imports(tree):
    """Give the full name of everything that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import on line {node.lineno}"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_imports_only_go_down():
    """A room knows the floors below it and nothing else of the house."""
    wrong = []
    for dotted, _, tree in modules():
        room = room_of(dotted)
        allowed = MAY_IMPORT[room] | {room, None}
        wrong += [f"{dotted} -> {name}" for name in imports(tree) if room_of(name) not in allowed]
    assert not wrong


def test_clean_rooms_are_deterministic():
    """What decides has no clock, no chance, no disk and no socket."""
    wrong = [
        f"{dotted} -> {name}"
        for dotted, _, tree in modules()
        if room_of(dotted) in CLEAN
        for name in imports(tree)
        if name.split(".")[0] in BANNED_IN_CLEAN
    ]
    assert not wrong


def test_only_assembly_knows_the_reactor():
    """A room below is handed what it needs, so that a test can hand it a Clock."""
    wrong = [
        dotted
        for dotted, _, tree in modules()
        if dotted not in MAY_KNOW_THE_REACTOR and "twisted.internet.reactor" in imports(tree)
    ]
    assert not wrong


def test_files_and_functions_fit():
    """A file is read in one sitting, a function at one glance."""
    wrong = []
    for dotted, path, tree in modules():
        lines = path.read_text().count("\n")
        if lines > LINES_PER_FILE:
            wrong.append(f"{dotted}: {lines} lines")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = node.end_lineno - node.lineno + 1
                if length > LINES_PER_FUNCTION:
                    wrong.append(f"{dotted}.{node.name}: {length} lines")
    assert not wrong


def test_names_say_something():
    """No file, folder or class is a manager, a handler or a helper."""
    wrong = []
    for dotted, _, tree in modules():
        words = dotted.replace("_", ".").split(".")
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                words += re.findall("[A-Z][a-z]*", node.name)
        wrong += [f"{dotted}: {word}" for word in words if word.lower() in EMPTY_WORDS]
    assert not wrong


def test_one_version():
    """The three distributions are released together, and ask for each other's exact version."""
    files = [ROOT / folder / "pyproject.toml" for folder in (".", "client", "tools")]
    projects = [tomllib.loads(file.read_text())["project"] for file in files]
    version = projects[0]["version"]
    wanted = [
        need
        for project in projects
        for need in [
            *project["dependencies"],
            *project.get("optional-dependencies", {}).get("dev", []),
        ]
        if need.startswith("hikari-")
    ]
    assert {project["version"] for project in projects} == {version}
    assert all(need.endswith(f"=={version}") for need in wanted)


def test_no_merge_is_left_unfinished():
    """In no file that is shipped or tested."""
    suffixes = {".py", ".md", ".toml", ".txt", ".json", ".java", ".c", ".js", ""}
    places = ["hikari", "client", "tools", "tests", "docs", ".ci"]
    files = [path for place in places for path in (ROOT / place).rglob("*") if path.is_file()]
    files += [path for path in ROOT.iterdir() if path.is_file()]
    assert len(files) > 300
    wrong = [
        str(path)
        for path in files
        if path.suffix in suffixes
        and any(mark in b"\n" + path.read_bytes() for mark in (b"\n<<<<<<< ", b"\n>>>>>>> "))
    ]
    assert not wrong


def test_the_scripts_can_be_read():
    """By the shell of a fresh machine."""
    for script in ("run", "test", ".ci/setup.sh"):
        subprocess.run(["sh", "-n", ROOT / script], check=True)
    subprocess.run(["bash", "-n", ROOT / ".ci/run"], check=True)
