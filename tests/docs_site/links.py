"""What pages of a built site point to, and whether it is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADED = {"img": "src", "script": "src", "source": "src", "iframe": "src", "link": "href"}
"""What a browser asks for by itself."""


@dataclass
class Pointers(HTMLParser):
    """Of one page: its anchors, where its links lead, and what is loaded with it."""

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if name := given.get("id"):
            self.anchors.add(name)
        if tag == "a" and (target := given.get("href")):
            self.links.append(target)
        if target := given.get(_LOADED.get(tag, "")):
            self.loaded.append(target)


def pointers(site: Path) -> dict[Path, Pointers]:
    """Each page of a site; that for missing pages is left out, which has no place of its own."""
    found = {}
    for page in sorted(site.rglob("*.html")):
        if page.name != "404.html":
            found[page] = Pointers()
            found[page].feed(page.read_text(encoding="utf-8"))
    return found


def broken(site: Path) -> Iterator[str]:
    """Links to pages, files and anchors that are not there: `page: link`."""
    pages = pointers(site)
    for page, its in pages.items():
        for link in (*its.links, *its.loaded):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            there = pages.get(target)
            lost = parts.fragment and there and unquote(parts.fragment) not in there.anchors
            if not target.exists() or lost:
                yield f"{page.relative_to(site)}: {link}"


def foreign(site: Path) -> Iterator[str]:
    """What a browser would fetch from elsewhere."""
    for page, its in pointers(site).items():
        for link in its.loaded:
            if urlsplit(link).netloc:
                yield f"{page.relative_to(site)}: {link}"
