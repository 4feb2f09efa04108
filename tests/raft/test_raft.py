"""Raft as a play: every file in testdata is one story, its commands and what came of them."""

from pathlib import Path

import pytest
from raft.story import Story
from transcript import check

STORIES = sorted((Path(__file__).parent / "testdata").glob("*.txt"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_story_goes_as_it_is_written(path: Path) -> None:
    check(path, Story().run)
