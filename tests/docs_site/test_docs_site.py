"""The site builds strictly, has no dead link, asks nobody else, and can be read anywhere."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import pytest
import yaml
from playwright.sync_api import Browser, ConsoleMessage, Request, ViewportSize, expect

from tests.docs_site.__main__ import build
from tests.docs_site.links import broken, foreign
from tests.docs_site.stage import ROOT, stage
from tests.report.browsing import chromium

PAGES = ("index.html", "tutorial.html", "manifest.html", "providers.html", "examples/ci.html")
WINDOWS: tuple[tuple[str, int, int, Literal["light", "dark"]], ...] = (
    ("phone", 390, 844, "light"),
    ("laptop", 1366, 850, "dark"),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("documentation"))


def _navigation() -> list[str]:
    sections = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    entries = [entry for section in sections for pages in section.values() for entry in pages]
    return [page for entry in entries for page in entry.values()]


def test_every_page_is_in_the_navigation_once(tmp_path: Path) -> None:
    """But examples and decisions, of which there are many, and which a page of theirs lists."""
    docs = stage(tmp_path).parent / "docs"
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    listed = {page for page in pages if re.match(r"(adr|examples)/(?!index)", page)}
    named = _navigation()
    assert sorted(named) == sorted(pages - listed)
    for folder in ("adr", "examples"):
        index = (docs / folder / "index.md").read_text(encoding="utf-8")
        mine = {page.partition("/")[2] for page in listed if page.startswith(folder)}
        assert set(re.findall(r"\]\(([^)]*)\)", index)) == mine


@pytest.mark.needs("zensical")
def test_every_link_and_anchor_leads_somewhere(site: Path) -> None:
    assert list(broken(site)) == []
    assert len(list(site.rglob("*.html"))) > len(_navigation())


@pytest.mark.needs("zensical")
def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    """No font, script or picture of another host: it can be read on a train."""
    assert list(foreign(site)) == []


@pytest.mark.needs("zensical")
@pytest.mark.parametrize("wrong", ["[x](nowhere.md)", "[x](manifest.md#no-such-heading)"])
def test_the_build_is_strict(tmp_path: Path, wrong: str) -> None:
    config = stage(tmp_path)
    with (tmp_path / "docs" / "api.md").open("a", encoding="utf-8") as page:
        page.write(f"\n{wrong}\n")
    command = [sys.executable, "-m", "zensical", "build", "--strict", "-f", config.name]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert "api.md" in ran.stdout + ran.stderr


@pytest.mark.needs("zensical")
def test_no_list_or_table_was_taken_for_text(site: Path) -> None:
    """What a forge renders and the site's Markdown does not: a list without an empty line above."""
    for page in site.rglob("*.html"):
        text = re.sub(r"<pre.*?</pre>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        paragraphs = re.findall(r"<p>(.*?)</p>", text, re.DOTALL)
        odd = [one for one in paragraphs if re.search(r"\n(?:[*-] |\d+\. |\|)", one)]
        assert odd == [], page.name
        assert "\\|" not in text, page.name


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Servers of tests are silent."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def _complaint(said: ConsoleMessage) -> list[str]:
    return [said.text] if said.type == "error" else []


def _foreign(sent: Request, served: str) -> list[str]:
    return [] if sent.url.startswith((served, "data:", "blob:")) else [sent.url]


@pytest.mark.needs("zensical")
@pytest.mark.needs("chromium")
def test_pages_fit_phones_and_laptops_in_both_schemes(served: str, browser: Browser) -> None:
    """No page is wider than its window, and none complains or asks another host."""
    wrong: list[str] = []
    for name, width, height, scheme in WINDOWS:
        window: ViewportSize = {"width": width, "height": height}
        page = browser.new_page(viewport=window, color_scheme=scheme)
        page.on("console", lambda said: wrong.extend(_complaint(said)))
        page.on("request", lambda sent: wrong.extend(_foreign(sent, served)))
        for path in PAGES:
            page.goto(served + path)
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
            dark = sum(map(int, re.findall(r"\d+", ground)[:3])) < 300
            if over > 0 or dark != (scheme == "dark"):
                wrong.append(f"{name} {scheme} {path}: {over} pixels too wide, {ground}")
        page.close()
    assert wrong == []


@pytest.mark.needs("zensical")
@pytest.mark.needs("chromium")
def test_the_search_finds_what_another_page_says(served: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(served + "index.html")
    said = page.get_by_text("How often a job that failed without being billed")
    expect(said).to_have_count(0)
    page.get_by_role("button", name="Search").click()
    page.locator("input:focus").fill("resubmit_unbilled")
    expect(said.first).to_be_visible()
    page.close()
