"""Stories about what each request does: testdata/*.txt, in the words of story.py."""

from pathlib import Path

import pytest
import transcript
from tree.story import Story

from hikari_wire import codes

STORIES = sorted((Path(__file__).parent / "testdata").glob("*.txt"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_tree_answers_as_the_story_tells(path: Path) -> None:
    transcript.check(path, Story().run)


def test_an_unknown_request_is_unimplemented_and_takes_a_zxid() -> None:
    tree = Story().tree
    tree.begin(1, 0)
    for op in (9999, 0, codes.GET_DATA, codes.RECONFIG, codes.ERROR):
        assert tree.apply((op, b"/"), 0, ()) == (codes.UNIMPLEMENTED, None)
    assert tree.zxid == 5
