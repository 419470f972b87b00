"""Exports of shops, read as they are: Shopify, WooCommerce, and feeds of Google Merchant Center.

Rows of one product are joined into one, with lists where it has several of a thing; or each of its
variants is a product. What an export calls its columns stays reachable; beside that every product
has `title`, `description` (plain text), `images`, `image_url`, `variants` and `price`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from imagepipe.manifest.ports import Files
from imagepipe.manifest.sources import Rows, Which

Export: TypeAlias = Literal["shopify", "woocommerce", "google"]

_SIGNS: tuple[tuple[Export, frozenset[str], frozenset[str]], ...] = (
    (
        "shopify",
        frozenset({"handle", "title"}),
        frozenset({"body (html)", "variant sku", "variant price", "image src", "option1 name"}),
    ),
    (
        "shopify",
        frozenset({"url handle", "title"}),
        frozenset({"product image url", "option1 name", "published on online store"}),
    ),
    (
        "woocommerce",
        frozenset({"type", "sku", "name"}),
        frozenset({"parent", "attribute 1 name", "regular price", "visibility in catalog"}),
    ),
    (
        "google",
        frozenset({"id", "title", "link", "image_link"}),
        frozenset({"availability", "condition", "item_group_id", "google_product_category"}),
    ),
)
"""By which columns an export is known: all of the first set, and any of the second."""


def export_of(header: Sequence[str]) -> Export | None:
    """Whose export has these columns."""
    columns = {name.lower() for name in header}
    google = {name.removeprefix("g:").replace(" ", "_") for name in columns}
    for name, needed, telling in _SIGNS:
        present = google if name == "google" else columns
        if needed <= present and telling & present:
            return name
    return None


def rows(export: Export, files: Files, path: str, name: str, which: Which) -> Rows:
    """The products of an export, or its variants.

    Raises:
        OSError: the file cannot be read.
    """
    from imagepipe.manifest.exports.raw import Raw  # noqa: PLC0415 - late: most tables are no export

    raw = Raw(files, path, name, repeats=export == "google")
    match export:
        case "shopify":
            from imagepipe.manifest.exports import shopify  # noqa: PLC0415 - late: one is needed

            yield from shopify.rows(raw, which)
        case "woocommerce":
            from imagepipe.manifest.exports import woocommerce  # noqa: PLC0415 - late, likewise

            yield from woocommerce.rows(raw, which)
        case "google":
            from imagepipe.manifest.exports import google  # noqa: PLC0415 - late, likewise

            yield from google.rows(raw, which)
