"""Members whose disk was damaged: they come back by themselves; nothing is lost or served wrong."""

import os
import random
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from ensemble.checks import same_tree, tree_of
from ensemble.ensemble import Ensemble, wait_until
from ensemble.recorder import OK, Lost, children, create
from ensemble.test_members import client_of, fill, judge, loaded, write_on
from faults.offline import journal_of

pytestmark = pytest.mark.ensemble

SHORT_LOG = "[journal]\nentries_kept = 50\nflush_entries = 50\n"
LONG_LOG = ""


def spoil(path: Path, chance: random.Random) -> None:
    """Turn over some bits, all over the file."""
    content = bytearray(path.read_bytes())
    for _ in range(max(len(content) // 100, 1)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def biggest(folder: Path, pattern: str) -> Path:
    return max(folder.glob(pattern), key=lambda path: path.stat().st_size)


def newest_log(home: Path) -> Path:
    """The one that is written now: others wait to be written over."""
    return max((home / "journal").glob("*.log"), key=lambda path: path.stat().st_mtime_ns)


def tree_folder(home: Path) -> Path:
    """Who was killed while it took in a snapshot may have two: then the one of its journal."""
    folders = list(home.glob("tree-*"))
    return folders[0] if len(folders) == 1 else home / journal_of(home).tree_name


HARMS = {
    "the journal's log": lambda home, chance: spoil(newest_log(home), chance),
    "the end of the journal's log": lambda home, chance: os.truncate(newest_log(home), 3000),
    "the journal's CURRENT": lambda home, chance: spoil(home / "journal" / "CURRENT", chance),
    "the journal's MANIFEST": lambda home, chance: spoil(
        biggest(home / "journal", "MANIFEST-*"), chance
    ),
    "the whole journal": lambda home, chance: shutil.rmtree(home / "journal"),
    "the tree's files": lambda home, chance: [
        spoil(path, chance) for path in tree_folder(home).glob("*.sst")
    ],
    "the tree's MANIFEST": lambda home, chance: spoil(
        biggest(tree_folder(home), "MANIFEST-*"), chance
    ),
    "a missing file of the tree": lambda home, chance: biggest(tree_folder(home), "*.sst").unlink(),
    "the whole tree": lambda home, chance: shutil.rmtree(tree_folder(home)),
    "the watermark": lambda home, chance: (home / "watermark").write_bytes(bytes(1024)),
    "a missing watermark": lambda home, chance: (home / "watermark").unlink(),
}


def launch(ensemble: Ensemble, number: int) -> None:
    """Start a member, and once more if its watchdog had to end it, as a supervisor would."""
    ensemble.launch(number)

    def serves() -> bool:
        member = ensemble.running[number]
        if member.ended:
            assert member.broke, f"{member.obituary()}\n{member.last_words()}"
            del ensemble.running[number]
            ensemble.launch(number)
        return ensemble.mode(number) is not None

    wait_until("it serves again", serves)


@pytest.mark.parametrize("settings", [LONG_LOG, SHORT_LOG], ids=["long log", "short log"])
def test_whatever_is_damaged_the_member_comes_back(make, settings):
    """Each kind of file in turn, of another member each time, under load."""
    ensemble = make(settings=settings)
    writers = loaded(ensemble)
    chance = random.Random(5)
    for turn, (what, harm) in enumerate(HARMS.items()):
        member = 1 + turn % 3
        write_on(writers)
        ensemble.kill(member)
        home = ensemble.layout.home(member)
        harm(home, chance)
        write_on(writers)
        launch(ensemble, member)
        ensemble.wait_caught_up(member)
        with suppress(Lost):  # what is damaged and was not read yet is found now
            assert client_of(ensemble, member).ask(children(b"/log")).outcome == OK
        wait_until(
            f"healed of damage to {what}", lambda home=home: not (home / "unhealed").exists()
        )
        ensemble.wait_caught_up(member)
    judge(ensemble, writers)
    for number in ensemble.numbers:
        sets = list(ensemble.layout.home(number).glob("damaged-*.txt"))
        assert 1 <= len(sets) <= 2, "what was damaged is kept, but not all of it for ever"


def test_damage_found_while_running_makes_the_member_begin_anew(make):
    """The process stays, the data are sent again, and nobody is told anything wrong."""
    ensemble = make(settings=SHORT_LOG)
    client = client_of(ensemble, ensemble.leader())
    client.ask(create(b"/a"))
    for n in range(200):
        assert client.ask(create(b"/a/%04d" % n, os.urandom(200))).outcome == OK
    member = ensemble.followers()[0]
    ensemble.wait_caught_up(member)
    pid = ensemble.running[member].pid
    home = ensemble.layout.home(member)

    def flushed() -> bool:
        with suppress(FileNotFoundError, ValueError):  # gone meanwhile, or none yet
            return biggest(tree_folder(home), "*.sst").stat().st_size > 9_000
        return False

    wait_until("it is flushed", flushed)
    for path in tree_folder(home).glob("*.sst"):
        spoil(path, random.Random(1))
    reader = client_of(ensemble, member)
    try:
        names = reader.ask(children(b"/a"))
        assert names.outcome != OK or len(names.value) == 200
    except Lost:
        pass
    wait_until("it noticed", lambda: "beginning anew" in ensemble.log(member))
    ensemble.wait_caught_up(member)
    assert ensemble.running[member].pid == pid
    assert not ensemble.running[member].ended
    assert len([path for path in tree_of(ensemble, member) if path.startswith(b"/a/")]) == 200
    same_tree(ensemble)
    assert list(home.glob("damaged-1-tree-*"))


def hikari(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "hikari", *arguments], capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def test_a_member_that_is_alone_refuses_and_is_salvaged(make):
    """It says what is damaged and what to do; what is good is kept."""
    ensemble = make(1)
    client = client_of(ensemble, 1)
    client.ask(create(b"/a"))
    fill(client, b"/a", 200)
    config = str(ensemble.layout.config(1))
    assert hikari("verify", "--config", config)[0] == 3, "it runs"
    ensemble.kill(1)
    status, said = hikari("verify", "--config", config)
    assert (status, said.splitlines()[-1]) == (0, "verdict    whole")
    log = newest_log(ensemble.layout.home(1))
    content = log.read_bytes()
    os.truncate(log, content.rindex(b"/a") * 2 // 3)
    assert hikari("verify", "--config", config)[0] == 1
    ensemble.launch(1)
    refused = ensemble.running[1]
    wait_until("it refuses", lambda: refused.ended)
    del ensemble.running[1]
    assert f"hikari salvage --config {config}" in ensemble.log(1)
    status, said = hikari("salvage", "--config", config)
    assert status == 1
    assert "entries that were promised" in said
    assert "--accept-loss" in said
    assert hikari("verify", "--config", config)[0] == 1, "nothing was changed"
    status, said = hikari("salvage", "--config", config, "--accept-loss")
    assert status == 0, said
    assert hikari("verify", "--config", config)[0] == 0
    ensemble.start()
    value = tree_of(ensemble, 1)[b"/a"][0]
    assert 50 < int(value) < 199


def test_when_the_folders_of_a_majority_are_lost_the_rest_goes_on(make):
    """docs/operations.md: the survivor's data, copied to as many as a majority needs."""
    ensemble = make(settings=SHORT_LOG)
    leader = ensemble.leader()
    client = client_of(ensemble, leader)
    client.ask(create(b"/a"))
    fill(client, b"/a", 150)
    lost = ensemble.followers()
    ensemble.terminate(*ensemble.numbers)
    for number in lost:
        ensemble.wipe(number)
    status, said = hikari("salvage", "--config", str(ensemble.layout.config(leader)))
    assert (status, said.splitlines()[-1]) == (0, "verdict    whole: there is nothing to salvage")
    home, other = ensemble.layout.home(leader), ensemble.layout.home(lost[0])
    for name in ("journal", tree_folder(home).name):
        shutil.copytree(home / name, other / name)
    shutil.copy(home / "watermark", other / "watermark")
    ensemble.start()
    ensemble.leader()
    ensemble.wait_caught_up(lost[1])
    assert same_tree(ensemble)[b"/a"][0] == b"149"


def test_three_damaged_members_halt_with_their_data_and_are_salvaged(make):
    """They must not take themselves for a new ensemble."""
    ensemble = make(settings=SHORT_LOG)
    client = client_of(ensemble, ensemble.leader())
    client.ask(create(b"/a"))
    fill(client, b"/a", 150)
    for number in ensemble.numbers:
        ensemble.wait_caught_up(number)
    ensemble.kill(*ensemble.numbers)
    for number in ensemble.numbers:
        (ensemble.layout.home(number) / "journal" / "CURRENT").unlink()
    for number in ensemble.numbers:
        ensemble.launch(number)
    end = time.monotonic() + 5.0
    while time.monotonic() < end:
        modes = [ensemble.mode(number) for number in ensemble.numbers]
        assert "leader" not in modes
        time.sleep(0.1)
    wait_until("it says what to do", lambda: "hikari salvage" in ensemble.log(1))
    ensemble.terminate(*ensemble.numbers)
    for number in (1, 2):
        config = str(ensemble.layout.config(number))
        status, said = hikari("salvage", "--config", config, "--accept-loss")
        assert status == 0, said
    ensemble.start()
    ensemble.leader()
    ensemble.wait_caught_up(3)
    assert int(same_tree(ensemble)[b"/a"][0]) >= 90, "what was in the trees"


def test_who_kept_what_the_others_gave_up_sets_it_aside_and_takes_theirs(make):
    """Two members are put back to an old copy of their folders, and go on from there without the
    third; it comes back with more than they have, and other than theirs."""
    ensemble = make(settings=SHORT_LOG)
    client = client_of(ensemble, ensemble.leader())
    client.ask(create(b"/a"))
    fill(client, b"/a", 20)
    ensemble.terminate(*ensemble.numbers)
    homes = {number: ensemble.layout.home(number) for number in (1, 2)}
    for home in homes.values():
        shutil.copytree(home, f"{home}-old")
    ensemble.start()
    client = client_of(ensemble, ensemble.leader())
    client.ask(create(b"/given-up"))
    fill(client, b"/a", 150)
    ensemble.wait_caught_up(3)
    ensemble.terminate(*ensemble.numbers)
    for number, home in homes.items():
        shutil.rmtree(home)
        shutil.move(f"{home}-old", home)
        ensemble.launch(number)
    for _ in range(3):  # whose term is the newest leads: it must not be the third's
        ensemble.leader()
        ensemble.kill(1, 2)
        ensemble.launch(1)
        ensemble.launch(2)
    client = client_of(ensemble, ensemble.leader())
    assert client.ask(create(b"/instead")).outcome == OK
    ensemble.launch(3)
    wait_until("it sees that it is another history", lambda: "gave up" in ensemble.log(3))
    wait_until("it is healed", lambda: "healed: this member has" in ensemble.log(3))
    tree = same_tree(ensemble)
    assert b"/instead" in tree
    assert b"/given-up" not in tree
    assert tree[b"/a"][0] == b"19"
    assert (ensemble.layout.home(3) / "damaged-1-journal").is_dir()
