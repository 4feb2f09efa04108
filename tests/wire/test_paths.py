"""Paths: ZooKeeper's rules, and the parts of a path."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hikari_wire import paths

FAST = settings(max_examples=300, deadline=None, database=None)

LEGAL = (
    b"/",
    b"/a",
    b"/a/b/c",
    b"/ ",
    b"/a b/~!@#$%^&*()",
    b"/zookeeper/quota",
    b"/.a",
    b"/a.",
    b"/..a",
    b"/a..",
    b"/...",
    b"/a.b/.../c",
    b"/\\",
    "/\u00a0".encode(),
    "/straße/日本語".encode(),
    "/\ud7ff".encode(),
    "/\uf900".encode(),
    "/\uffef".encode(),
)
ILLEGAL = (
    b"",
    b"a",
    b"a/b",
    b"//",
    b"/a/",
    b"/a//b",
    b"//a",
    b"/.",
    b"/..",
    b"/./a",
    b"/../a",
    b"/a/.",
    b"/a/..",
    b"/a/./b",
    b"/a/../b",
    b"/\x00",
    b"/a\x00b",
    b"/\x01",
    b"/\x1f",
    b"/a\n",
    b"/a\n/b",
    b"/\x7f",
    "/\u0080".encode(),
    "/\u009f".encode(),
    "/\ue000".encode(),
    "/\uf8ff".encode(),
    "/\ufff0".encode(),
    "/\ufffd".encode(),
    "/\uffff".encode(),
    "/\U00010000".encode(),
    "/\U0001f600".encode(),
    "/\U0010ffff".encode(),
    b"/\xff",
    b"/\xc3",
    b"/\xc0\xaf",
    b"/\xed\xa0\x80",
    "/é/".encode(),
    "/é//b".encode(),
    "/é/.".encode(),
    "/é/../b".encode(),
    "é".encode(),
    "/é\n".encode(),
)


@pytest.mark.parametrize("path", LEGAL)
def test_a_legal_path_is_accepted(path):
    assert paths.check(path) is True


@pytest.mark.parametrize("path", ILLEGAL)
def test_an_illegal_path_is_refused(path):
    assert paths.check(path) is False


def is_legal_by_the_letter(path: bytes) -> bool:
    """The rules one by one, over UTF-16 units, as slowly as they read."""
    units = path.decode("utf-8", "replace").encode("utf-16-be")
    codes = [int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2)]
    if any(
        code <= 0x1F or 0x7F <= code <= 0x9F or 0xD800 <= code <= 0xF8FF or code >= 0xFFF0
        for code in codes
    ):
        return False
    if path == b"/":
        return True
    first, *elements = path.split(b"/")
    return (
        first == b""
        and bool(elements)
        and not any(element in (b"", b".", b"..") for element in elements)
    )


@FAST
@given(st.text("//..ab \x00\x1f\x7f\x9f\u00e9\ud7ff\ue000\uffef\ufff0\U00010000", max_size=12))
def test_any_text_is_judged_by_the_letter_of_the_rules(text):
    for path in (text.encode(), b"/" + text.encode()):
        assert paths.check(path) is is_legal_by_the_letter(path)


@FAST
@given(st.binary(max_size=12))
def test_any_bytes_are_judged_by_the_letter_of_the_rules(tail):
    assert paths.check(b"/" + tail) is is_legal_by_the_letter(b"/" + tail)


def test_every_single_character_is_judged_by_the_letter_of_the_rules():
    for point in (*range(0x300), *range(0xD700, 0xD800), *range(0xE000, 0x10100)):
        path = b"/a" + chr(point).encode()
        assert paths.check(path) is is_legal_by_the_letter(path), hex(point)


@pytest.mark.parametrize("path", [b"/", b"/a", b"/a/", b"/a/lock-", b"/a/.", b"/a/..", b"/."])
def test_a_sequential_create_may_end_where_its_number_goes_on(path):
    assert paths.check_sequential(path) is True


@pytest.mark.parametrize("path", [b"", b"a", b"//", b"/a//", b"/../a", b"/a\x00", b"/\xc3"])
def test_a_sequential_create_is_held_to_every_other_rule(path):
    assert paths.check_sequential(path) is False


def test_a_long_path_is_judged_in_time_that_grows_with_its_length():
    assert paths.check(b"/a" * 250_000) is True
    assert paths.check(b"/a" * 250_000 + b"/") is False
    assert paths.check("/é".encode() * 150_000 + b"/") is False


@pytest.mark.parametrize(
    ("path", "parent", "name", "depth"),
    [
        (b"/", b"", b"", 0),
        (b"/a", b"/", b"a", 1),
        (b"/a/b", b"/a", b"b", 2),
        (b"/a/b/lock-0000000001", b"/a/b", b"lock-0000000001", 3),
    ],
)
def test_a_path_has_a_parent_a_name_and_a_depth(path, parent, name, depth):
    assert paths.parent(path) == parent
    assert paths.name(path) == name
    assert paths.depth(path) == depth


@FAST
@given(st.sampled_from([b"", b"/", b"/a", b"/a b/..."]), st.lists(st.sampled_from(b"/a.\0")))
def test_below_a_legal_path_only_the_name_decides(above: bytes, name: list[int]) -> None:
    path = above + b"/" + bytes(name)
    slash = path.rfind(b"/")
    if paths.check(path[:slash] or b"/"):
        assert paths.check_below(path, slash) is paths.check(path)


@pytest.mark.parametrize("path", [b"//a", b"//", b"//.", b"/a", b"/"])
def test_below_the_root_there_is_one_slash(path: bytes) -> None:
    assert paths.check_below(path, path.rfind(b"/")) is paths.check(path)
