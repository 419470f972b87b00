"""The page that decides: what axe says of its accessibility, and pictures of it for people."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.report.browsing import await_pictures, chromium
from tests.report.test_report_checks import SCREENS, packages, shot, violations
from tests.view.test_view_browser import opened, saved
from tests.view.viewed import View

__all__ = ["packages"]

pytestmark = [pytest.mark.needs("npm"), pytest.mark.needs("chromium"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def _stand(page: Page) -> Iterator[str]:
    """The page in each of its states, by name."""
    tiles = page.locator(".tile")
    tiles.first.click()
    page.keyboard.press("a")
    saved(page, "Approved")
    yield "approved"
    page.keyboard.press("r")
    yield "rejecting"
    page.keyboard.type("The handle is on the wrong side")
    page.keyboard.press("Control+Enter")
    saved(page, "Rejected")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("t")
    yield "asking"
    page.get_by_role("button", name="Ask for it").click()
    saved(page, "Another try")
    yield "asked"
    page.keyboard.press("Escape")
    tiles.nth(2).focus()
    page.keyboard.press("a")
    saved(page, "Approved")
    page.keyboard.press("x")
    expect(page.locator(".chosen")).to_be_visible()
    tiles.nth(4).focus()
    page.keyboard.press("x")
    yield "chosen"


LOOKS = [("phone", "dark"), ("laptop", "light")]
REST = [(screen, scheme) for screen in SCREENS for scheme in ("light", "dark")]


@pytest.mark.parametrize(
    "look",
    [*LOOKS, *(pytest.param(one, marks=pytest.mark.deep) for one in REST if one not in LOOKS)],
    ids="-".join,
)
def test_it_can_be_read_and_looked_at(
    browser: Browser, undecided: View, packages: Path, tmp_path: Path, look: tuple[str, str]
) -> None:
    """In the grid, in a picture and in each dialog: axe finds nothing, best practice among its
    rules. Screens are written to the folder that IMAGEPIPE_SCREENS names, for people; a page that
    is one colour would be small.
    """
    screen, scheme = look
    axe = (packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    folder = Path(os.environ.get("IMAGEPIPE_SCREENS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    options = {"viewport": SCREENS[screen], "color_scheme": scheme}
    found, taken = {}, []
    with opened(browser, undecided, **options) as page:
        page.evaluate(axe)
        for name in _stand(page):
            await_pictures(page)
            taken.append(shot(page, folder / f"view-{screen}-{scheme}-{name}.png"))
            if screen != "wide":
                found[name] = violations(page)
    assert {name: told for name, told in found.items() if told} == {}
    assert min(taken) > 20_000
