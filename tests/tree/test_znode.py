"""Znodes and their rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hikari.tree import znode
from hikari.tree.rows import RowsDamaged
from hikari.tree.znode import INT_MAX, Znode
from hikari_wire.records import STAT, Stat

INT32 = st.integers(-(2**31), 2**31 - 1)
INT64 = st.integers(-(2**63), 2**63 - 1)


@st.composite
def znodes(draw: st.DrawFn) -> Znode:
    drawn = Znode(
        draw(st.none() | st.binary(max_size=40)), draw(st.binary(max_size=40)), 0, draw(INT64), 0
    )
    for name in ("ctime", "mzxid", "mtime", "pzxid", "owner"):
        setattr(drawn, name, draw(INT64))
    drawn.version, drawn.aversion = draw(INT32), draw(INT32)
    drawn.creates = draw(st.integers(0, INT_MAX))
    drawn.children = draw(st.integers(0, drawn.creates))
    return drawn


@pytest.mark.interpreted
@given(znodes())
def test_a_row_gives_back_the_very_znode(before: Znode) -> None:
    after = znode.from_row(before.row())
    derived = {"stat", "body", "listing"}
    for name in set(Znode.__slots__) - derived:
        assert getattr(after, name) == getattr(before, name), name
    assert after.row() == before.row()
    assert after.stat68() == before.stat68()


@pytest.mark.interpreted
@given(znodes(), znodes())
def test_a_znode_can_be_again_what_it_was(before: Znode, other: Znode) -> None:
    before.reply()
    row, body, fields = before.row(), before.body, before.fields()
    for name in set(Znode.__slots__) - {"czxid", "ctime", "owner", "hashed"}:
        setattr(before, name, getattr(other, name))
    before.restore(fields)
    assert (before.row(), before.body, before.fields()) == (row, body, fields)


def test_a_version_wraps_and_never_becomes_the_one_that_means_any() -> None:
    assert znode.following(0) == 1
    assert znode.following(2**31 - 1) == -(2**31)
    assert znode.following(-2) == 0


@given(znodes(), st.integers(1, 30))
def test_a_row_that_was_cut_or_grew_is_damage(before: Znode, by: int) -> None:
    row = before.row()
    for wrong in (row[:-by], row + bytes(by), b""):
        with pytest.raises(RowsDamaged):
            znode.from_row(wrong)


def test_a_get_data_reply_is_the_data_with_its_length_then_the_stat() -> None:
    shown = Znode(b"data", b"", 0, zxid=5, time_ms=9)
    assert shown.reply() == b"\0\0\0\4data" + shown.stat68()
    assert Stat(*STAT.unpack(shown.stat68())) == Stat(5, 5, 9, 9, 0, 0, 0, 0, 4, 0, 5)


def test_null_data_is_not_empty_data() -> None:
    assert Znode(None, b"", 0, 1, 1).reply().startswith(b"\xff\xff\xff\xff")
    assert Znode(b"", b"", 0, 1, 1).reply().startswith(b"\0\0\0\0")


def test_a_reply_is_built_once() -> None:
    shown = Znode(b"data", b"", 0, 1, 1)
    assert shown.reply() is shown.reply()
    assert shown.stat68() is shown.stat68()


def test_the_cversion_counts_creates_and_deletes_and_wraps_as_an_int32() -> None:
    parent = Znode(b"", b"", 0, 1, 1)
    parent.creates, parent.children = 5, 2
    assert parent.cversion == 8
    parent.creates, parent.children = INT_MAX, 0
    assert parent.cversion == -2
    assert STAT.unpack(parent.stat68())[5] == parent.cversion
