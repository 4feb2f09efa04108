"""When Python's collector of cycles has a look, and at what.

Requests and connections leave no cycles, not when they break either (10,000 of them: none), so it
may be lazy. What it looks at are mostly znodes, 0.3 µs each. Left to itself it came after 50,000
new ones for 20 ms, and after a million looked at all of those for 100 ms; told to come more often,
it came in the middle of turns, for thousands of requests that were gone a moment later (pipelined
sets cost 12 % more). So it is asked in between.
"""

import gc
from typing import Final

YOUNG_MAX: Final = 5_000
"""So many objects more than at the last look: about a millisecond's work."""
LOOKS_AT_MIDDLE: Final = 3
"""What survived so many looks is looked at once more: a few milliseconds' work."""
LOOKS_AT_ALL: Final = 2_500
"""After so many of those at all there is: about once in 50 million objects."""
AUTOMATIC: Final = (50_000, 20, 50)
"""What one turn may make before it comes by itself; a pass over all is left to `between_turns`."""


def begin() -> None:
    """What was made at the start stays: it is not looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*AUTOMATIC)


def between_turns() -> None:
    """Nothing is under way but what waits for others: what is young now grows old."""
    young, middle, old = gc.get_count()
    if young > YOUNG_MAX:
        gc.collect(2 if old > LOOKS_AT_ALL else 1 if middle > LOOKS_AT_MIDDLE else 0)
