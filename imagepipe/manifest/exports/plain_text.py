"""A description in HTML as plain text: a line for every paragraph, heading or list item.

Not by `html.parser`, which takes time with the square of what is broken (a megabyte of `<!--` is
minutes before Python 3.13.4); here every sign is looked at a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "center", "dd", "div", "dl", "dt", "figure",
     "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav",
     "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}
)  # fmt: skip
_HIDDEN = frozenset(
    {"script", "style", "template", "noscript", "svg", "iframe", "head", "title", "textarea"}
)
_TAG = re.compile(
    r"""<(/?)([a-zA-Z][a-zA-Z0-9]*)(?>"[^"]{0,2000}"|'[^']{0,2000}'|[^<>])*+>|<[!?][^<>]*>"""
)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")
MAX_HTML = 1024 * 1024
"""Characters of HTML that are read; no prompt is made of more."""


def plain_text(html: str) -> str:
    """The text of HTML; a text without tags and entities is only tidied."""
    if "<" not in html and "&" not in html:
        return _tidy(html)
    return _tidy("".join(_pieces(_without_comments(html[:MAX_HTML]))))


def _without_comments(html: str) -> str:
    """A comment that does not end hides what stands up to the next one."""
    shown, _, rest = html.partition("<!--")
    after = (part.partition("-->")[2] for part in rest.split("<!--"))
    return "".join((shown, *after))


def _pieces(html: str) -> Iterator[str]:
    """The texts between tags, and line breaks for tags that make them."""
    at, hiding = 0, ""
    for tag in _TAG.finditer(html):
        if not hiding:
            yield unescape(html[at : tag.start()]).replace("\n", " ")
        at = tag.end()
        name = (tag[2] or "").lower()
        if hiding:
            hiding = "" if tag[1] and name == hiding else hiding
        elif name in _HIDDEN and not tag[1] and not tag[0].endswith("/>"):
            hiding = name
        elif name in _BLOCKS:
            yield "\n"
    if not hiding:
        yield unescape(html[at:]).replace("\n", " ")


def _tidy(text: str) -> str:
    return _LINES.sub("\n", _SPACES.sub(" ", text.replace("\r", "\n"))).strip()
