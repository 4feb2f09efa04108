"""What attrs would make of a class is spelled out for a compiler, and what it would misread is
refused."""

import attrs
import pytest

from hikari.compiled.spelling import Unspellable, spell_out

SOURCE = '''\
from attrs import Factory, define, field


@define
class Tale:
    """It has one of each."""

    name: str
    _hidden: int
    kind: str = "tall"
    heard: list[str] = Factory(list)
    by_line: dict[int, str] = field(factory=lambda: {1: "once"})
    long: int = field(init=False, default=3)
    upper: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.upper = self.name.upper()


@define(eq=False)
class Teller:
    name: str = field(init=False, default="she")
    told: list[Tale] = field(default=Factory(lambda self: [Tale(self.name, 0)], takes_self=True))
'''


def both() -> tuple[dict, dict]:
    """The module as attrs makes it, and as it is spelled out."""
    made, spelled = {"__name__": "made"}, {"__name__": "spelled"}
    exec(compile(SOURCE, "made", "exec", dont_inherit=True), made)
    exec(compile(spell_out(SOURCE), "spelled", "exec", dont_inherit=True), spelled)
    return made, spelled


@pytest.mark.parametrize(
    ("given", "named"),
    [(("a", 1), {}), (("a", 1, "short", ["x"]), {}), (("a",), {"hidden": 2, "by_line": {}})],
)
def test_a_class_spelled_out_is_made_of_the_same(given, named):
    made, spelled = (one["Tale"] for one in both())
    names = [one.name for one in attrs.fields(made)]
    expected, found = made(*given, **named), spelled(*given, **named)
    assert [getattr(found, name) for name in names] == [getattr(expected, name) for name in names]
    assert repr(found) == repr(expected)


def test_values_are_equal_if_all_of_them_is_and_others_only_to_themselves():
    for module in both():
        tale, teller = module["Tale"], module["Teller"]
        assert tale("a", 1) == tale("a", 1)
        assert tale("a", 1) != tale("a", 2)
        assert tale("a", 1) != "a"
        assert teller() != teller()
        assert teller().told == [tale("she", 0)]


def test_a_default_is_made_anew_for_each():
    _, spelled = both()
    one, other = spelled["Tale"]("a", 1), spelled["Tale"]("a", 1)
    assert one.heard is not other.heard
    assert one.by_line is not other.by_line


def test_no_line_moves():
    """A traceback has the numbers of the source."""
    spelled = spell_out(SOURCE).split("\n")
    at = SOURCE.split("\n").index("    def __attrs_post_init__(self) -> None:")
    assert spelled[at] == "    def __attrs_post_init__(self) -> None:"


@pytest.mark.parametrize(
    "source",
    [
        "@define(frozen=True)\nclass Tale:\n    name: str\n",
        "@define\nclass Tale:\n    name: str = field(validator=check)\n",
        "@define\nclass Tale:\n    name: str = made()\n",
        "def tell():\n    try:\n        go()\n    except OSError as error:\n        log(error)\n"
        "    try:\n        go()\n    except ValueError as error:\n        log(error)\n",
    ],
)
def test_what_is_not_known_is_refused(source):
    with pytest.raises(Unspellable):
        spell_out(source)
