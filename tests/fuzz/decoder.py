"""Mutated frames at every decoder, as fast as they go; replayable from the seed."""

import random
import resource
import time
from collections import Counter
from typing import Any

from fuzz.surfaces import SURFACES, Crash, Surface

BATCH = 512
BATCH_S_MAX = 0.25
"""Of processor time for a batch: a hundred times what it takes. More is a frame that is slow."""
GROWTH_BYTES_MAX = 50 << 20
WARM_BATCHES = 200


def run(frames: int, seed: int) -> dict[str, Any]:
    """Try at least so many frames; the figures. Raises Crash."""
    began, counted = time.monotonic(), Counter()
    chance = random.Random(seed)
    surfaces = [(kind(chance), share) for kind, share in SURFACES.values()]
    lot = [surface for surface, share in surfaces for _ in range(share)]
    resident, slowest_s, batches = 0, 0.0, 0
    while sum(counted.values()) < frames:
        surface = lot[batches % len(lot)]
        took_s, seen = _batch(surface)
        counted[surface.name] += seen
        slowest_s = max(slowest_s, took_s)
        batches += 1
        if batches == WARM_BATCHES:
            resident = resident_bytes_max()
    growth = resident_bytes_max() - resident if resident else 0
    assert growth <= GROWTH_BYTES_MAX, f"grew by {growth} bytes"
    took_s = time.monotonic() - began
    return {
        "frames": sum(counted.values()),
        "seed": seed,
        "accepted": sum(surface.accepted for surface, _ in surfaces),
        "by_surface": dict(counted),
        "crashes": 0,
        "slowest_batch_ms": round(slowest_s * 1e3, 1),
        "growth_mb": round(growth / 1e6, 1),
        "seconds": round(took_s, 1),
        "frames_per_s": round(sum(counted.values()) / took_s),
    }


def _batch(surface: Surface) -> tuple[float, int]:
    """One batch: how long its decoding took, and how many frames it was."""
    frames = surface.some(BATCH)
    began = time.thread_time()
    seen = surface.eat(frames)
    took_s = time.thread_time() - began
    if took_s > BATCH_S_MAX:
        for frame in frames:
            began = time.thread_time()
            surface.one(bytes(frame))
            if time.thread_time() - began > BATCH_S_MAX / 10:
                raise Crash(surface.name, bytes(frame), "slow")
    return took_s, seen


def resident_bytes_max() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def replay(case: str) -> None:
    """One line of a file in `cases`: the surface, a colon, the frame in hex. Raises Crash."""
    name, _, frame = case.partition(": ")
    kind, _ = SURFACES[name]
    kind(random.Random(0)).one(bytes.fromhex(frame))
