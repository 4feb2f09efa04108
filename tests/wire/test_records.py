"""Records: the layout of a Stat."""

from kazoo.protocol.serialization import stat_struct

from hikari_wire.records import STAT, Stat


def test_a_stat_is_sixty_eight_bytes_in_the_order_of_the_wire():
    packed = Stat(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11).pack()
    long, short = (lambda n: bytes(7) + bytes([n])), (lambda n: bytes(3) + bytes([n]))
    assert packed == b"".join(
        [
            *map(long, (1, 2, 3, 4)),
            *map(short, (5, 6, 7)),
            long(8),
            *map(short, (9, 10)),
            long(11),
        ]
    )
    assert len(packed) == STAT.size == 68


def test_kazoo_reads_a_stat_alike():
    stat = Stat(1, -2, 3, 4, -5, 6, 7, 8, 9, 10, 2**63 - 1)
    assert stat_struct.unpack(stat.pack()) == stat
