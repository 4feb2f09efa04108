"""A network of our own: one process that carries every packet between places, well or badly.

Each place is a network namespace with one TUN device; the switch holds the other end. Namespaces
have no names: they live as long as this process and who runs in them, so nothing is left behind,
however the run ends. Orders come as lines of JSON on standard input; its end is ours.

    python -m faults.switch PLACES SEED

    {"set": [[from, to, {"loss": 0.1, ...}], ...]}    links, by numbers of places; {} is a good one
    {"stats": true}                                   answered with one line
"""

import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import socket
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001
SIOCSIFADDR, SIOCSIFNETMASK, SIOCSIFFLAGS, SIOCGIFFLAGS = 0x8916, 0x891C, 0x8914, 0x8913
IFF_UP = 1
DEVICE = b"hkf0"
NETWORK = "10.99.0."
PACKET_BYTES_MAX = 65536
READS_A_TURN = 64
QUEUE_BYTES_MAX = 256 * 1024  # before a slow link; more is lost, as in a router

_libc = ctypes.CDLL(None, use_errno=True)


def address_of(place: int) -> str:
    """The address of a place in its namespace."""
    return f"{NETWORK}{10 + place}"


def _enter(fd: int) -> None:
    if _libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def _up(device: bytes, address: str | None) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        if address is not None:
            for order, text in ((SIOCSIFADDR, address), (SIOCSIFNETMASK, "255.255.255.0")):
                packed = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(text))
                fcntl.ioctl(asked, order, struct.pack("16s16s", device, packed))
        flags = fcntl.ioctl(asked, SIOCGIFFLAGS, struct.pack("16sH14x", device, 0))
        up = struct.unpack("16sH14x", flags)[1] | IFF_UP
        fcntl.ioctl(asked, SIOCSIFFLAGS, struct.pack("16sH14x", device, up))


def make_place(place: int) -> tuple[int, int]:
    """A namespace and the switch's end of its device: two file descriptors. Raises OSError."""
    before = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        if _libc.unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        try:
            namespace = os.open("/proc/self/ns/net", os.O_RDONLY)
            tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", DEVICE, IFF_TUN_NO_PI))
            _up(b"lo", None)
            _up(DEVICE, address_of(place))
        finally:
            _enter(before)
    finally:
        os.close(before)
    return namespace, tun


class Link:
    """One direction between two places. All chances are of this link's own, from the seed."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)
        self.set({})

    def set(self, faults: dict) -> None:
        self.good = not faults
        self.cut = faults.get("cut", False)
        self.loss = faults.get("loss", 0.0)
        self.duplicate = faults.get("duplicate", 0.0)
        self.delay_s = faults.get("delay_s", 0.0)
        self.jitter_s = faults.get("jitter_s", 0.0)
        self.reorder = faults.get("reorder", 0.0)  # so many overtake, or wait for, others
        self.bytes_s = faults.get("bytes_s", 0)
        self.free_at = 0.0  # when a slow link has sent all that waits
        self.last_due = 0.0  # delay alone keeps the order

    def dues(self, size: int, now: float) -> list[float]:
        """When copies of this packet arrive."""
        chance = self.chance.random
        if self.cut or (self.loss and chance() < self.loss):
            return []
        due = now
        if self.bytes_s:
            self.free_at = max(self.free_at, now) + size / self.bytes_s
            if (self.free_at - now) * self.bytes_s > QUEUE_BYTES_MAX:
                self.free_at -= size / self.bytes_s
                return []
            due = self.free_at
        due += self.delay_s + self.jitter_s * chance()
        if self.reorder and chance() < self.reorder:
            return [due + 0.001 + 0.02 * chance()]
        due = self.last_due = max(due, self.last_due)
        if self.duplicate and chance() < self.duplicate:
            return [due, due + 0.01 * chance()]
        return [due]


class Switch:
    """Moves packets until its standard input ends."""

    def __init__(self, places: int, seed: str) -> None:
        made = [make_place(place) for place in range(places)]
        self.namespaces = [namespace for namespace, _ in made]
        self.tuns = [tun for _, tun in made]
        self.place_of = {tun: place for place, tun in enumerate(self.tuns)}
        self.by_byte = {10 + place: place for place in range(places)}
        numbers = range(places)
        self.links = {(a, b): Link(f"{seed}/{a}/{b}") for a in numbers for b in numbers}
        self.waiting: list[tuple[float, int, int, bytes]] = []
        self.number = 0
        self.stats = {"carried": 0, "lost": 0, "doubled": 0, "delayed": 0}

    def run(self) -> None:
        poll = select.epoll()
        for tun in self.tuns:
            poll.register(tun, select.EPOLLIN)
        os.set_blocking(0, False)
        poll.register(0, select.EPOLLIN)
        orders = b""
        while True:
            wait = max(self.waiting[0][0] - time.monotonic(), 0.0) if self.waiting else -1
            for fd, _ in poll.poll(wait):
                if fd:
                    self._read(fd)
                    continue
                got = os.read(0, 1 << 16)
                if not got:
                    return
                *lines, orders = (orders + got).split(b"\n")
                for line in lines:
                    self._obey(json.loads(line))
            self._deliver()

    def _obey(self, order: dict) -> None:
        for source, target, faults in order.get("set", ()):
            self.links[source, target].set(faults)
        print(json.dumps(self.stats), flush=True)

    def _read(self, tun: int) -> None:
        source = self.place_of[tun]
        for _ in range(READS_A_TURN):
            try:
                packet = os.read(tun, PACKET_BYTES_MAX)
            except BlockingIOError:
                return
            target = self.by_byte.get(packet[19]) if packet[0] >> 4 == 4 else None
            if target is None:
                continue
            link = self.links[source, target]
            if link.good:
                self._write(target, packet)
                continue
            dues = link.dues(len(packet), time.monotonic())
            self.stats["lost"] += not dues
            self.stats["doubled"] += len(dues) > 1
            for due in dues:
                self.number += 1
                self.stats["delayed"] += 1
                heapq.heappush(self.waiting, (due, self.number, target, packet))

    def _deliver(self) -> None:
        now = time.monotonic()
        while self.waiting and self.waiting[0][0] <= now:
            _, _, target, packet = heapq.heappop(self.waiting)
            self._write(target, packet)

    def _write(self, target: int, packet: bytes) -> None:
        try:
            os.write(self.tuns[target], packet)
            self.stats["carried"] += 1
        except OSError:
            self.stats["lost"] += 1


def main() -> None:
    switch = Switch(int(sys.argv[1]), sys.argv[2])
    print(json.dumps({"namespaces": switch.namespaces}), flush=True)
    switch.run()


if __name__ == "__main__":
    main()
