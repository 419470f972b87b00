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
    "decisions.js",
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

SERVED = ("asking.js", "choosing.js", "desk.js")
"""What a page has besides, before `main.js`, that is served and takes decisions."""

STYLES = (
    "base.css",
    "toolbar.css",
    "totals.css",
    "grid.css",
    "lightbox.css",
    "details.css",
    "decisions.css",
)

_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def page_html(gallery: Gallery, desk: Json = None) -> str:
    """The page that shows this report.

    `desk` is what a served page has to know to take decisions; such a page has no policy of its
    own, since whoever serves it sends one (`served_policy`).
    """
    served = desk is not None
    script, style = script_text(served=served), style_text(served=served)
    return _template().render(
        gallery=gallery,
        totals=totals(gallery.pictures),
        providers=by_provider(gallery.pictures),
        policy=None if served else policy(script, style),
        desk=Markup(island(desk)) if served else None,  # noqa: S704 - escaped there
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


def served_policy() -> str:
    """The policy of a page that is served: its own script, styles and pictures, and its server."""
    own = policy(script_text(served=True), style_text(served=True))
    return f"{own}; connect-src 'self'; frame-ancestors 'none'"


@cache
def script_text(*, served: bool = False) -> str:
    """The script, out of its files, with names of its own."""
    *before, main = SCRIPTS
    names = (*before, *(SERVED if served else ()), main)
    parts = "\n".join(_read("js", name) for name in names)
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


@cache
def style_text(*, served: bool = False) -> str:
    names = (*STYLES, *(("desk.css",) if served else ()))
    return "\n".join(_read("css", name) for name in names)


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
