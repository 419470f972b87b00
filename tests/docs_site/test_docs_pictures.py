"""The pictures of the documentation show the program of today.

`python -m tests.docs_site.pictures` makes them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.docs_site.pictures import ASSETS, LARGEST, SHOTS, VIEWS, screenshots, terminals
from tests.docs_site.stage import ROOT

_ALIKE = 6.0
"""Of 255, the mean difference of two pictures made small: times and fonts may differ, not more."""


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
            assert kept.size == taken.size, name
            assert _difference(kept.convert("RGB"), taken) < _ALIKE, name


def test_the_comparison_tells_pages_apart() -> None:
    """The same page with and without its pictures is not alike."""
    with Image.open(ASSETS / "report-laptop-light.webp") as kept:
        page = kept.convert("RGB")
    bare = page.copy()
    bare.paste((250, 250, 250), (0, 200, page.width, page.height))
    assert _difference(page, bare) > _ALIKE
    assert _difference(page, page) == 0


def _difference(one: Image.Image, other: Image.Image) -> float:
    size = (one.width // 8, one.height // 8)
    small = [image.resize(size, Image.Resampling.BOX) for image in (one, other)]
    means = ImageStat.Stat(ImageChops.difference(*small)).mean
    return sum(means) / len(means)
