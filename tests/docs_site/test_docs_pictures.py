"""The pictures of the documentation show the program of today.

`python -m tests.docs_site.pictures` makes them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from tests.docs_site.pictures import (
    ALIKE,
    ASSETS,
    LARGEST,
    SAME,
    SHOTS,
    VIEWS,
    difference,
    screenshots,
    terminals,
    within,
)
from tests.docs_site.stage import ROOT


def _named() -> set[str]:
    """The pictures that pages show."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    texts = [page.read_text(encoding="utf-8") for page in pages]
    return {
        name
        for text in texts
        for name in re.findall(r"!\[[^\]]+\]\((?:\S*/)?assets/([^)\s]+)\)", text)
    }


def test_pages_show_what_there_is_and_all_of_it() -> None:
    """With a text for those who do not see it; small enough for a repository."""
    there = {path.name for path in ASSETS.iterdir() if path.suffix != ".css"}
    assert _named() == there
    assert there == {*terminals_named(), *(f"{shot.name}.webp" for shot in SHOTS), *VIEWS}
    assert {path.name for path in ASSETS.iterdir() if path.stat().st_size > LARGEST} == set()


def terminals_named() -> set[str]:
    return {"terminal-run.svg", "terminal-plan.svg"}


def test_terminals_are_those_of_today() -> None:
    """Word by word and colour by colour."""
    for name, svg in terminals().items():
        assert (ASSETS / name).read_text(encoding="utf-8") == svg, name


@pytest.mark.needs("chromium")
def test_screenshots_are_those_of_today(tmp_path: Path) -> None:
    for name, taken in screenshots(tmp_path).items():
        with Image.open(ASSETS / name) as kept:
            found = difference(kept, taken)
        assert within(found, ALIKE), f"{name} is {found} apart"


def test_the_comparison_tells_pages_apart() -> None:
    """One picture that is missing is seen, and so is a page that is all a little different."""
    with Image.open(ASSETS / "report-laptop-light.webp") as kept:
        page = kept.convert("RGB")
    bare = page.copy()
    bare.paste((250, 250, 250), (20, 240, 180, 400))
    assert not within(difference(page, bare), ALIKE)
    assert not within(difference(page, page.point(lambda value: value * 0.98)), ALIKE)
    assert within(difference(page, page), SAME)
