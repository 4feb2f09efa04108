"""Frames that are kept when they reach code that none before them had reached: libFuzzer, through
atheris, at the decoders of `hikari_wire`.

`run` starts a process of its own, since libFuzzer ends the one it runs in; that process is this
module as a program. The first byte of an input says which surface decodes the rest.
"""

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

INPUT_BYTES_MAX = 2_048
FRAME_BYTES_MAX = 1 << 16
START_S_MAX = 60.0
Target = Callable[[bytes], None]


def missing() -> str | None:
    """Say what to install, or None if it is there."""
    if importlib.util.find_spec("atheris") is None:
        return "atheris is not installed (it has wheels for some systems): pip install hikari[fuzz]"
    return None


def run(seconds: int, keep: Path | None = None) -> dict[str, Any]:
    """Fuzz for so long; the figures. `keep`: a folder that grows from run to run. Raises
    AssertionError with the input that did harm, and what it did."""
    with tempfile.TemporaryDirectory(prefix="hikari-guided-") as folder:
        grown = Path(folder) / "grown" if keep is None else keep
        first, found = Path(folder) / "first", Path(folder) / "found-"
        for one in (grown, first):
            one.mkdir(parents=True, exist_ok=True)
        _sow(first)
        limits = (f"-max_total_time={seconds}", f"-max_len={INPUT_BYTES_MAX}", "-timeout=10")
        begun = time.monotonic()
        done = subprocess.run(
            [
                *(sys.executable, "-m", "fuzz.guided", str(grown), str(first), *limits),
                *("-print_final_stats=1", f"-artifact_prefix={found}", "-rss_limit_mb=1024"),
            ],
            stdin=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=seconds + START_S_MAX,
            check=False,
        )
        said = done.stdout + done.stderr
        harmful = [path.read_bytes().hex() for path in Path(folder).glob("found-*")]
        assert not harmful, f"{harmful}: {said[-3_000:]}"
        assert done.returncode == 0, said[-3_000:]
        return {**_figures(said), "seconds": round(time.monotonic() - begun, 1)}


def _figures(said: str) -> dict[str, Any]:
    """What libFuzzer says at its end."""
    stats = {name: int(count) for name, count in re.findall(r"stat::(\w+):\s+(\d+)", said)}
    reached = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", said)
    assert reached, said[-3_000:]
    covered, features, corpus = map(int, reached[-1])
    return {
        "inputs": stats["number_of_executed_units"],
        "reached": covered,
        "reached at first": int(reached[0][0]),
        "features": features,
        "corpus": corpus,
        "resident_mb_max": stats["peak_rss_mb"],
    }


def targets() -> list[Target]:
    """What the first byte chooses among."""
    import random

    from fuzz import surfaces

    kinds = (surfaces.Requests, surfaces.Connects, surfaces.ConnectResponses, surfaces.Replies)
    return [*(kind(random.Random(0)).one for kind in kinds), stream]


def stream(data: bytes) -> None:
    """However a stream is cut, the same frames come out, and the same is refused."""
    whole = _cut([data[1:]])
    at = data[0] if data else 0
    parts = [data[1 : 1 + at], data[1 + at :]]
    single = [data[1 + n : 2 + n] for n in range(len(data) - 1)]
    for pieces in (parts, single):
        assert _cut(pieces) == whole, (whole, pieces)


def _cut(pieces: list[bytes]) -> tuple[list[bytes], bool]:
    from hikari_wire.framing import Frames
    from hikari_wire.jute import Malformed

    cutter, frames = Frames(FRAME_BYTES_MAX), []
    for piece in pieces:
        try:
            buf, spans = cutter.feed(piece)
        except Malformed:
            return frames, True
        frames += [buf[at:end] for at, end in spans]
        if cutter.broken:
            return frames, True
    return frames, False


def one_input(data: bytes, at: list[Target]) -> None:
    """One input of libFuzzer's. Raises what should not be."""
    if data:
        at[data[0] % len(at)](data[1:])


def _sow(folder: Path) -> None:
    """What the other fuzzer of the decoders begins with, and what earlier runs kept."""
    from fuzz import corpus

    sown = (corpus.REQUESTS, corpus.CONNECTS, corpus.CONNECT_RESPONSES, corpus.REPLIES)
    inputs = [bytes([number]) + frame for number, frames in enumerate(sown) for frame in frames]
    for frame in corpus.REQUESTS[:20]:
        inputs.append(bytes([len(sown), 3]) + len(frame).to_bytes(4, "big") + frame)
    for number, data in enumerate(inputs):
        (folder / f"seed-{number}").write_bytes(data[:INPUT_BYTES_MAX])


def main() -> None:
    """The process that fuzzes; its arguments are libFuzzer's."""
    import atheris

    with atheris.instrument_imports(include=["hikari_wire"]):
        at = targets()
    atheris.Setup(sys.argv, lambda data: one_input(data, at))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
