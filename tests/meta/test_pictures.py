"""Pictures of the documentation are small, used, said in words, and made by the script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.screenshots.taking import FOLDER, LARGEST_BYTES, PICTURES, Picture

DOCS = Path(__file__).parents[2] / "docs"
SHOWN = re.compile(r"!\[(?P<words>[^\]]*)\]\(images/(?P<file>[^)]+)\)")


def test_each_picture_is_one_that_the_script_takes() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == {picture.name for picture in PICTURES}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_small_and_as_large_as_it_says(picture: Picture) -> None:
    name, width, height = picture.name, picture.width, picture.height
    data = (FOLDER / f"{name}.png").read_bytes()

    assert len(data) <= LARGEST_BYTES
    assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == (width, height)


def test_each_picture_is_shown_with_words_for_those_who_do_not_see_it() -> None:
    shown = {
        match["file"].removesuffix(".png"): match["words"]
        for page in DOCS.glob("*.md")
        for match in SHOWN.finditer(page.read_text(encoding="utf-8"))
    }

    assert shown.keys() == {picture.name for picture in PICTURES}
    assert min(len(words.split()) for words in shown.values()) >= 8
