"""What tools that are not Python say of the page: axe of its accessibility, tsc of its types."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.report.browsing import LAPTOP, await_pictures, chromium, opened

pytestmark = [pytest.mark.needs("npm"), pytest.mark.timeout(300)]

SCRIPTS = Path(__file__).resolve().parents[2] / "imagepipe" / "report" / "page" / "js"
PACKAGES = ("axe-core@4.14.1", "typescript@5.9.3")
PHONE = {"width": 390, "height": 844}
SCREENS = {"phone": PHONE, "laptop": LAPTOP, "wide": {"width": 2560, "height": 1300}}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of installed packages; no script of theirs has run."""
    folder = tmp_path_factory.mktemp("npm")
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(
        [*command, "--prefix", str(folder), *PACKAGES], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / "node_modules"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def test_the_scripts_are_typed(packages: Path) -> None:
    """Strictly, by their JSDoc."""
    files = [*sorted(SCRIPTS.glob("*.js")), SCRIPTS / "types.d.ts"]
    options = "--noEmit --allowJs --checkJs --strict --target es2022 --lib es2022,dom,dom.iterable"
    done = subprocess.run(
        ["node", str(packages / "typescript" / "bin" / "tsc"), *options.split(), *map(str, files)],
        cwd=packages,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
    assert done.returncode == 0


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", ["phone", "laptop"])
def test_axe_finds_nothing(
    browser: Browser, report: Path, packages: Path, screen: str, scheme: str
) -> None:
    """In the grid, with totals and filters open, and in each view of a picture; best practice
    among the rules.
    """
    axe = (packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    with opened(browser, report, viewport=SCREENS[screen], color_scheme=scheme) as page:
        page.evaluate(axe)
        page.locator("summary").click()
        if screen == "phone":
            page.locator("#more").click()
        found = {"grid": violations(page)}
        page.get_by_role("button", name="Failed 1").click()
        found["failures"] = violations(page)
        page.get_by_role("button", name="All 18").click()
        page.locator(".tile").first.click()
        for view, key in (("picture", "p"), ("before", "b"), ("variants", "v")):
            page.keyboard.press(key)
            found[view] = violations(page)
    assert {view: told for view, told in found.items() if told} == {}


def violations(page: Page) -> list[str]:
    """What axe complains about, and where."""
    told: dict[str, Any] = page.evaluate("axe.run()")
    return [
        f"{found['impact']} {found['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for found in told["violations"]
        for node in found["nodes"]
    ]


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_screens_can_be_looked_at(
    browser: Browser, report: Path, tmp_path: Path, screen: str, scheme: str
) -> None:
    """Written to the folder that IMAGEPIPE_SCREENS names, for people; a page that is one colour
    would be small.
    """
    folder = Path(os.environ.get("IMAGEPIPE_SCREENS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    with opened(browser, report, viewport=SCREENS[screen], color_scheme=scheme) as page:
        await_pictures(page)
        taken = [shot(page, folder / f"report-{screen}-{scheme}-grid.png")]
        page.locator(".tile").first.click()
        for view, key in (("picture", "p"), ("before", "b"), ("variants", "v")):
            page.keyboard.press(key)
            await_pictures(page)
            taken.append(shot(page, folder / f"report-{screen}-{scheme}-{view}.png"))
    assert min(taken) > 20_000


def shot(page: Page, path: Path) -> int:
    return len(page.screenshot(path=path))
