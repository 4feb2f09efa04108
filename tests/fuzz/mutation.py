"""Makes invalid bytes of valid ones. Cheap: a fuzzer is worth what it tries in a second."""

import random
import re

JUTE_LIES = (
    *(b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\xff\xff\xff\xfe", b"\x80\x00\x00\x00"),
    *(bytes(4), b"\x00\x00\x00\x01", b"\x00\x00\x00\x10", b"\x00\x10\x00\x00"),
    *(b"\x10\x00\x00\x00", b"\x00\x00\x01\x00", b"\x00\x00\x00\x0e", b"\x00\x00\x00\x64"),
)
"""Lengths, counts and opcodes that are wrong, or right elsewhere."""
MSGPACK_LIES = (
    *(b"\xdd\xff\xff\xff\xff", b"\xdc\xff\xff", b"\xdf\x00\x10\x00\x00", b"\xc6\x7f\xff\xff\xff"),
    *(b"\xdb\x00\x00\x00\x02", b"\xcf" + b"\xff" * 8, b"\xd3\x80" + bytes(7), b"\xc9" + bytes(5)),
    *(b"\xd6\xff" + bytes(4), b"\x90", b"\x91" * 40, b"\x80", b"\xc0", b"\xc2", b"\xc3", b"\xa1"),
    *(b"\xcb\x7f\xf8" + bytes(6), b"\xff", b"\xce\xff\xff\xff\xff", b"\xc4\x00", b"\xc1"),
)
"""Headers of values that are too long, of another type, or of no type."""
_MSGPACK_HEADER = re.compile(rb"[\x80-\xbf\xc0-\xdf]")


class Seed:
    """A valid frame and where in it lengths, counts and numbers stand."""

    __slots__ = ("data", "places", "size")

    def __init__(self, data: bytes, msgpacked: bool = False) -> None:
        self.data, self.size = data, len(data)
        if msgpacked:
            places = [match.start() for match in _MSGPACK_HEADER.finditer(data)]
        else:
            places = [
                at
                for at in range(self.size - 3)
                if int.from_bytes(data[at : at + 4], "big", signed=True) in range(-1, self.size)
            ]
        self.places = places or [0]


class Mutator:
    """An endless, seeded source of mutated frames."""

    def __init__(self, seeds: list[bytes], chance: random.Random, msgpacked: bool = False) -> None:
        self.seeds = [Seed(data, msgpacked) for data in seeds]
        self.lies = MSGPACK_LIES if msgpacked else JUTE_LIES
        self._bits = chance.getrandbits

    def some(self, count: int) -> list[bytearray]:
        """So many frames, each one to three edits away from a valid one; a few are valid."""
        seeds, lies, getrandbits = self.seeds, self.lies, self._bits
        made = []
        for _ in range(count):
            bits = getrandbits(64)
            seed = seeds[(bits & 0xFFFF) % len(seeds)]
            data, size = bytearray(seed.data), seed.size
            kind, bits = bits >> 16 & 31, bits >> 21
            at, value = (bits & 0x3FFF) % size, bits >> 14
            if kind < 20:
                data[at] = value & 255
                if kind > 8:
                    data[(value >> 8 & 0x3FF) % size] ^= 1 << (value >> 18 & 7)
                if kind > 16:
                    data[(value >> 10 & 0x3FF) % size] = value >> 20 & 255
            elif kind < 26:
                place = seed.places[at % len(seed.places)]
                lie = lies[value % len(lies)]
                if kind < 24:
                    data[place : place + 4] = lie
                else:  # off by a little
                    last = min(place + 3, size - 1)
                    data[last] = (data[last] + (value & 7) - 3) & 255
            elif kind < 28:
                del data[at:]
            elif kind < 30:
                other = seeds[(value & 0xFFFF) % len(seeds)]
                data[at:] = other.data[(value >> 8) % other.size :]
            elif kind == 30:
                data[at:at] = lies[value % len(lies)]
            made.append(data)
        return made
