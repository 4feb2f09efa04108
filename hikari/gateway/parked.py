"""Requests that wait, as they came. Their places as pairs of numbers in lists take five times as
much as small requests themselves; so they are packed while they wait."""

from array import array
from itertools import chain

Spans = list[tuple[int, int]]
Parked = tuple[bytes, "array[int]"]
"""A buffer, and where in it the requests begin and end."""


def park(buf: bytes, spans: Spans) -> Parked:
    """Until they go on."""
    return buf, array("I", chain.from_iterable(spans))


def unpark(parked: Parked) -> tuple[bytes, Spans]:
    """As they came."""
    buf, places = parked
    return buf, list(zip(places[::2], places[1::2], strict=True))
