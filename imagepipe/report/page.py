"""The page of a report: one HTML file with its styles, its script and its data.

It has to work from disk, where a page has no origin: scripts that are files of their own, modules
and requests are refused there by one browser or another, so that everything but pictures is in the
page. The policy in its head admits exactly this script and these styles, by their hashes, and no
request to anywhere; nothing that a prompt or a vendor says can add to them.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from imagepipe.model import Json
from imagepipe.report.codec import encode
from imagepipe.report.gallery import Gallery
from imagepipe.report.totals import by_provider, totals

_FOLDER = Path(__file__).parent / "page"

SCRIPTS = (
    "dom.js",
    "words.js",
    "entries.js",
    "state.js",
    "layout.js",
    "tile.js",
    "grid.js",
    "filters.js",
    "totals.js",
    "stage.js",
    "compare.js",
    "details.js",
    "lightbox.js",
    "main.js",
)
"""In the order in which they need each other."""

STYLES = ("base.css", "toolbar.css", "totals.css", "grid.css", "lightbox.css", "details.css")

_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def page_html(gallery: Gallery) -> str:
    """The page that shows this report."""
    script, style = script_text(), style_text()
    return _template().render(
        gallery=gallery,
        totals=totals(gallery.pictures),
        providers=by_provider(gallery.pictures),
        policy=policy(script, style),
        script=Markup(script),  # noqa: S704 - files of this package
        style=Markup(style),  # noqa: S704 - likewise
        data=Markup(island(encode(gallery))),  # noqa: S704 - escaped there
    )


def island(value: Json) -> str:
    """JSON that ends no element it stands in, whatever texts it holds."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


def policy(script: str, style: str) -> str:
    """The content security policy of a page with this one script and these styles."""
    return "; ".join(
        (
            "default-src 'none'",
            "img-src 'self' data:",
            f"script-src {_hash(script)}",
            f"style-src {_hash(style)}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


@cache
def script_text() -> str:
    """The script, out of its files, with names of its own."""
    parts = "\n".join(_read("js", name) for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


@cache
def style_text() -> str:
    return "\n".join(_read("css", name) for name in STYLES)


def _read(kind: str, name: str) -> str:
    return (_FOLDER / kind / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("index.html")
