"""The decoders under mutated frames, and a fuzzer that sees what it is there to see."""

import random
from pathlib import Path

import pytest
from fuzz import decoder, surfaces
from fuzz.surfaces import SURFACES, Crash

from hikari.peers import codec
from hikari.raft import entry
from hikari_wire import jute, requests

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))


def test_no_mutated_frame_is_more_than_refused():
    figures = decoder.run(frames=400_000, seed=random.SystemRandom().getrandbits(32))
    assert set(figures["by_surface"]) == {kind.name for kind, _ in SURFACES.values()}
    assert figures["accepted"] > figures["frames"] // 10, "some are nearly right"


@pytest.mark.parametrize("cases", CASES, ids=lambda cases: cases.stem)
def test_what_was_found_before_stays_harmless(cases):
    """`guided` is what a coverage-guided run kept: each frame got somewhere that none had."""
    for case in cases.read_text().splitlines():
        decoder.replay(case)


def test_every_valid_frame_is_accepted():
    for kind, _ in SURFACES.values():
        surface = kind(random.Random(1))
        surface.eat([bytearray(frame) for frame in _sound(surface)])
        assert surface.accepted >= len(surface.seeds) - 1 or kind is surfaces.Records


def _sound(surface):
    if type(surface) is surfaces.Peers:
        return [codec.seal(rows)[4:] for rows in surface.seeds]
    return surface.seeds


def test_a_seed_replays_to_the_frame():
    """Else a crash that was found once is found never again."""
    made = [SURFACES["requests"][0](random.Random(5)).some(500) for _ in range(2)]
    assert made[0] == made[1]


# What a defect looks like: each is one that a decoder had, somewhere, once.


def unchecked_length(buf, at, end):
    length, at = jute.read_int(buf, at, end)
    return at, -1 if length == -1 else at + length


@pytest.mark.interpreted
@pytest.mark.parametrize(
    ("room", "name", "defect"),
    [
        (jute, "_span", unchecked_length),
        (codec, "_mark", lambda fields: codec.Mark(*fields)),
        (codec, "_message", lambda row: codec._BUILD[row[0]][2](*row[1:])),
        (entry, "HEADER_BYTES", 0),
        (requests, "read_long", lambda buf, at, end: (jute.LONG.unpack_from(buf, at)[0], at + 8)),
    ],
)
def test_the_fuzzer_sees_a_defect(monkeypatch, room, name, defect):
    monkeypatch.setattr(room, name, defect)
    with pytest.raises(Crash) as crash:
        decoder.run(frames=400_000, seed=1)
    assert crash.value.frame.hex()[:100] in str(crash.value)


def test_the_fuzzer_sees_a_slow_frame(monkeypatch):
    monkeypatch.setattr(decoder, "BATCH_S_MAX", 1e-9)
    with pytest.raises(Crash, match="slow"):
        decoder.run(frames=1_000, seed=1)
