"""The table of what no client should send: small families of rows."""

import itertools

from differential.hostile import requests, strangers, values
from differential.hostile.frames import Row

FAMILIES = (
    *(strangers.first_lengths, strangers.connects, strangers.early_requests, strangers.words),
    *(strangers.other_protocols, requests.frame_lengths, requests.opcodes, requests.bodies),
    *(requests.vectors, requests.multis, values.paths, values.acls, values.flags),
    *(values.numbers, values.identities),
)


def rows() -> list[Row]:
    """All of them. The names are unique."""
    return list(itertools.chain.from_iterable(family() for family in FAMILIES))
