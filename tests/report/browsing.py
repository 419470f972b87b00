"""A real Chromium that opens reports from disk, and sees to it that nothing else is asked for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

LAPTOP: ViewportSize = {"width": 1440, "height": 900}


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser of this machine; Playwright brings none along."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(ARGUMENTS)
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Heard:
    """What a page said and asked for while it was open."""

    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def foreign(self) -> list[str]:
        """Requests that left the folder."""
        return [url for url in self.requests if not url.startswith(("file:", "data:"))]


@contextmanager
def opened(browser: Browser, report: Path, hash_: str = "", **options: Any) -> Iterator[Page]:
    """The report's page in a window of its own.

    Raises:
        AssertionError: at the end, if it complained, asked or left the folder.
    """
    context = browser.new_context(**{"viewport": LAPTOP, **options})
    heard = Heard()
    page = context.new_page()
    page.on("console", lambda message: heard.complaints.append(message.text))
    page.on("pageerror", lambda error: heard.complaints.append(str(error)))
    page.on("dialog", lambda dialog: heard.complaints.append(f"dialog {dialog.message}"))
    page.on("request", lambda request: heard.requests.append(request.url))
    try:
        page.goto((report / "index.html").resolve().as_uri() + hash_)
        page.wait_for_selector("#statuses button")
        yield page
        assert heard.complaints == []
        assert heard.foreign() == []
    finally:
        context.close()


def await_pictures(page: Page) -> None:
    """Until every picture in the page is loaded."""
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")


def titles(page: Page) -> list[str]:
    """The names and states of the pictures that are drawn, in order: `MUG-01 · hero, Done`."""
    names: list[str] = page.evaluate(
        f"""() => {{ {_NAME} return [...document.querySelectorAll(".tile")]
        .sort((one, other) => one.dataset.place - other.dataset.place).map(name); }}"""
    )
    return names


_NAME = """const name = (tile) => {
    const blank = tile.querySelector(".nothing .hidden")?.textContent;
    const words = tile.querySelector("img")?.alt ?? blank;
    return `${words.split(": ")[0]}, ${tile.querySelector(".badge")?.innerText ?? "Done"}`;
  };"""


def focused(page: Page) -> str:
    """The name of the picture that has the focus, or the id of what else has it."""
    told = page.evaluate(
        f"""() => {{ {_NAME} const here = document.activeElement;
        return here.matches(".tile") ? name(here) : here.id; }}"""
    )
    return str(told)
