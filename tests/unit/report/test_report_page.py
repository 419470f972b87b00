"""The page as text: nothing that a prompt says can leave the place where it stands."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from imagepipe.report.page import SCRIPTS, island, page_html, policy, script_text, style_text
from tests.unit.report.values import HOSTILE, entry, full, gallery


class _Elements(HTMLParser):
    """What a browser would find: elements with their attributes, and the texts of scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "title": [], "bdi": []}
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in self.texts:
            self.texts[self._open[-1]].append(data)


def _hostile_page() -> str:
    hostile = [
        entry(number, product=text, recipe=text, prompt=text, provider=text, reason=text)
        for number, text in enumerate(HOSTILE)
    ]
    return page_html(gallery(*hostile, title="".join(HOSTILE), manifests=HOSTILE))


def test_hostile_texts_make_no_element_and_no_attribute() -> None:
    """The same elements as in a tame page, and two scripts: the data and the page's own."""
    wild, tame = _Elements(_hostile_page()), _Elements(page_html(gallery(full())))
    names = {name for name, _ in tame.found}
    assert {name for name, _ in wild.found} == names
    assert [name for name, _ in wild.found].count("script") == 2
    attributes = {name for _, given in wild.found for name in given}
    assert not {name for name in attributes if name.startswith("on") or name == "style"}
    assert "".join(wild.texts["title"]) == f"{''.join(HOSTILE)} · imagepipe report"


def test_the_data_is_the_report() -> None:
    """Escaped, and whole again for whoever reads it."""
    data = _Elements(_hostile_page()).texts["script"][0]
    assert not set("<>&\u2028\u2029") & set(data)
    assert [one["prompt"] for one in json.loads(data)["pictures"]] == list(HOSTILE)


@pytest.mark.parametrize("text", HOSTILE)
def test_an_island_ends_no_element(text: str) -> None:
    """Whatever is in it."""
    told = island([text])
    assert not re.search(r"[<>&\u2028\u2029]", told)
    assert json.loads(told) == [text]


def test_the_policy_admits_this_script_and_nothing_else() -> None:
    """By hash; no request, no form, no frame, no markup from texts."""
    page = _Elements(page_html(gallery(entry())))
    metas = [given for name, given in page.found if name == "meta"]
    (told,) = [given["content"] for given in metas if "http-equiv" in given]
    script, style = page.texts["script"][-1], page.texts["style"][0]
    assert told == policy(script, style)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in str(told)
    rules = dict(rule.split(" ", 1) for rule in str(told).split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "'self' data:"
    assert rules["require-trusted-types-for"] == "'script'"
    assert not re.search(r"unsafe|https?:|\*", str(told))
    assert {"name": "referrer", "content": "no-referrer"} in metas


def test_nothing_is_asked_of_the_network() -> None:
    """No address but the namespace of SVG, in markup, script or style."""
    page = page_html(gallery(entry()))
    assert set(re.findall(r"https?://[^\s'\"]+", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|WebSocket|sendBeacon", page)


def test_no_script_of_the_page_makes_markup_of_a_text() -> None:
    """The policy would stop it where a browser knows it; this stops it everywhere."""
    banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
    assert not re.search(banned, script_text())
    assert "\r" not in script_text() + style_text()


def test_every_script_file_is_in_the_page() -> None:
    """A file that nobody names would be dead."""
    from imagepipe.report import page

    folder = page._FOLDER / "js"
    assert {path.name for path in folder.glob("*.js")} == {*SCRIPTS, *page.SERVED}
    styles = {path.name for path in (page._FOLDER / "css").glob("*.css")}
    assert styles == {*page.STYLES, "desk.css"}


def test_without_scripts_the_sums_are_there() -> None:
    """Some places that keep artefacts forbid scripts: they see a table, and why."""
    page = page_html(gallery(entry(0), entry(1, cost=None)))
    part = page[page.index("<noscript>") : page.index("</noscript>")]
    cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", part)
    assert cells[-6:] == ["<bdi>house</bdi>", "2", "2", "0", "0.04", "1"]
    assert "Download the folder" in part
