"""One run in every form in which people and machines see it: terminal, log, JUnit, GitHub, page.

`python -m tests.e2e.side_by_side FOLDER` plays a small shop with one picture that is refused, and
writes what each form shows of that very run; `page.png` is a screenshot. Needs tmux and Chromium.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import ViewportSize

from tests.e2e.shop import Shop
from tests.e2e.terminals import Tmux
from tests.emulator_process import EmulatorProcess
from tests.report.browsing import await_pictures, chromium, opened

OPTIONS = (
    *("--latency", "fixed:1.5", "--latency", "openai-images:fixed:0"),
    *("--quirk", "openai-images:moderated=1", "--seed", "1"),
)
LIMITS = {"runcrate": "{in_flight: 2}", "openai-images": "{in_flight: 1}"}
PRODUCTS = 4
WINDOW: ViewportSize = {"width": 1180, "height": 820}

_BUSY = re.compile(r"all +[45]/8 +2 +1\b")


@dataclass(frozen=True)
class Forms:
    """The texts. `board` is the terminal in the middle of the run, `terminal` at its end."""

    board: str
    terminal: str
    log: str
    junit: str
    github: str
    page: str


def played(folder: Path, picture: Path | None = None) -> Forms:
    """Play the run in an empty folder; `picture` is where the page's screenshot goes."""
    summary = folder / "summary.md"
    with EmulatorProcess(*OPTIONS) as vendor, _environment(summary):
        shop = Shop.open(folder, vendor, products=PRODUCTS, limits=LIMITS)
        with shop.start("status", "--watch", "--next", "--interval", "0.1") as watch:
            board, terminal = _seen(shop)
            out, err = watch.communicate()
    return Forms(
        board=board,
        terminal=terminal,
        log=f"{err}{out}",
        junit=(folder / "junit.xml").read_text(encoding="utf-8"),
        github=summary.read_text(encoding="utf-8"),
        page=_page(folder / "report", picture),
    )


def _seen(shop: Shop) -> tuple[str, str]:
    """What stands in a terminal of 80 columns while the run goes on, and when it is over."""
    command = ("run", "--junit", "junit.xml", "--report", "report")
    with Tmux(shop.folder, *command, width=80, height=30) as terminal:
        board = terminal.until(lambda lines: any(map(_BUSY.match, lines)))
        end = terminal.until(lambda lines: "exit=1" in lines)
    return "\n".join(board), "\n".join(end[: end.index("exit=1")])


def _page(report: Path, picture: Path | None) -> str:
    with (
        chromium() as browser,
        opened(browser, report, viewport=WINDOW, color_scheme="light") as page,
    ):
        await_pictures(page)
        if picture is not None:
            page.screenshot(path=picture)
        return page.inner_text("body")


@contextmanager
def _environment(summary: Path) -> Iterator[None]:
    """That of a step on GitHub."""
    before = dict(os.environ)
    os.environ.update(GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place:
        forms = played(Path(place), out / "page.png")
    ends = {"junit": "xml", "github": "md"}
    for field in fields(forms):
        path = out / f"{field.name}.{ends.get(field.name, 'txt')}"
        path.write_text(getattr(forms, field.name) + "\n", encoding="utf-8")
