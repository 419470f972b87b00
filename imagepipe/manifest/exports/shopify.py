"""Shopify's product export, by either template: the one with `Handle`, and that with `URL handle`.

The rows of a product share its handle and stand together. The first has the product's own columns;
a row with an option's value, a SKU or a price is a variant; any row may bring one more picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from imagepipe.errors import Place, Problem
from imagepipe.manifest.columns import field_name
from imagepipe.manifest.exports.plain_text import plain_text
from imagepipe.manifest.exports.raw import APART, Raw, Terms, listed, total, unique
from imagepipe.manifest.sources import Fields, Row, Rows, Which

_OPTIONS = tuple(f"option{n}_{what}" for n in (1, 2, 3) for what in ("name", "value"))
_TERMS = {
    "handle": ("handle", "url handle"),
    "title": ("title",),
    "body_html": ("body (html)", "description"),
    "vendor": ("vendor",),
    "category": ("product category",),
    "type": ("type",),
    "tags": ("tags",),
    "status": ("status",),
    "published": ("published", "published on online store"),
    "sku": ("variant sku", "sku"),
    "barcode": ("variant barcode", "barcode"),
    "price": ("variant price", "price"),
    "compare_at_price": ("variant compare at price", "compare-at price"),
    "stock": ("variant inventory qty", "inventory quantity"),
    "grams": ("variant grams", "weight value (grams)"),
    "variant_image": ("variant image", "variant image url"),
    "image_src": ("image src", "product image url"),
    "image_position": ("image position",),
    "image_alt": ("image alt text",),
} | {term: (term.replace("_", " "),) for term in _OPTIONS}
_PRODUCT = ("handle", "title", "body_html", "vendor", "category", "type", "status", "published")
_VARIANT = ("sku", "barcode", "price", "compare_at_price", "stock", "grams")
_MADE = frozenset({*_PRODUCT, "description", "tags"})
"""What is a product's, and not as its cell is."""

_METAFIELD = re.compile(r"\(product\.metafields\.[\w-]+\.([\w-]+)\)$")
_NO_OPTION = ("Title", "Default Title")
"""What Shopify writes for a product without options."""


def rows(raw: Raw, which: Which) -> Rows:
    """Every product once, or every variant."""
    terms: Terms | None = None
    group: list[Row] = []
    handle, seen = "", set[int]()
    for row in raw.rows():
        if isinstance(row, Problem):
            yield row
            continue
        if terms is None:
            terms = Terms(row.fields, _TERMS)
            problem = terms.lacking(raw.name, ("handle",), "Shopify export")
            if problem is not None:
                yield problem
                return
        own = terms.text(row, "handle")
        if own == handle and group:
            group.append(row)
            continue
        yield from _made(group, terms, which, seen)
        group, handle = [row], own
    if terms is not None:
        yield from _made(group, terms, which, seen)


def _made(group: list[Row], terms: Terms, which: Which, seen: set[int]) -> Rows:
    """What the rows of one handle become."""
    if not group:
        return
    first = group[0]
    handle = terms.text(first, "handle")
    before = hash(handle) in seen
    seen.add(hash(handle))
    said = None
    if not handle:
        said = "the row has no handle, so it belongs to no product"
    elif before:
        said = "the rows of a product do not stand together"
    elif terms.has("title") and not terms.text(first, "title"):
        said = "the first row of a product has no title"
    if said is not None:
        place = Place(first.file, first.line, terms.numbers[terms.columns["handle"]])
        hint = f'it is "{handle[:60]}"; sort the file by its handle as the export had it'
        yield Problem(APART, said, place, hint if handle else None)
        return
    product = _Product(group, terms)
    if which == "products":
        yield Row(first.file, first.line, product.fields(), None, terms.numbers, handle)
    else:
        yield from product.variants()


class _Product:
    """The rows of one handle."""

    def __init__(self, group: list[Row], terms: Terms) -> None:
        self._first = group[0]
        self._terms = terms
        self._rows = [row for row in group if row is group[0] or self._is_variant(row)]
        named = [terms.text(group[0], f"option{number}_name") for number in (1, 2, 3)]
        self._options = [(n, name) for n, name in enumerate(named, 1) if name]
        if len(self._options) == 1 and (named[0], self._value(group[0], 1)) == _NO_OPTION:
            self._options = []
        pictures = [(self._position(row), row) for row in group if terms.text(row, "image_src")]
        self._pictures = [row for _, row in sorted(pictures, key=lambda pair: pair[0])]

    def fields(self) -> Fields:
        """The product with lists of what it has several of."""
        variants = [self._variant(row) for row in self._rows]
        options = {name: unique(self._values(number)) for number, name in self._options}
        stock = total(str(variant.get("stock", "")) for variant in variants)
        several: Fields = {"options": options, "variants": variants}
        return {**self._common(), **several, **({"stock": stock} if stock else {})}

    def variants(self) -> Iterator[Row]:
        """Each variant with all that the product has."""
        common, handle = self._common(), self._terms.text(self._first, "handle")
        for row in self._rows:
            own = self._variant(row)
            options = {field_name(name): self._value(row, n) for n, name in self._options}
            fields = {**common, **self._own_cells(row), **own}
            fields |= {name: value for name, value in options.items() if name not in fields}
            key = str(own.get("sku") or "-".join((handle, *options.values())))
            yield Row(row.file, row.line, fields, None, self._terms.numbers, key)

    def _own_cells(self, row: Row) -> Fields:
        """What a variant's row has itself: the columns of variants, and whatever is not empty."""
        terms = (*_VARIANT, *_OPTIONS, "variant_image")
        columns = [self._terms.columns.get(term) for term in terms]
        cells = {name: cell for name, cell in row.fields.items() if cell or name in columns}
        further = ((n, c) for n, c in self._terms.further.items() if n not in _MADE)
        return cells | {name: cells[column] for name, column in further if column in cells}

    def _common(self) -> Fields:
        terms, first = self._terms, self._first
        images = [terms.text(row, "image_src") for row in self._pictures]
        images = unique([*images, *(terms.text(row, "variant_image") for row in self._rows)])
        fields = terms.fields(first, (*_PRODUCT, *_VARIANT))
        fields["description"] = plain_text(terms.text(first, "body_html"))
        fields["tags"] = listed(terms.text(first, "tags"))
        fields["images"] = images
        fields["image_url"] = images[0] if images else ""
        fields["image_alts"] = [terms.text(row, "image_alt") for row in self._pictures]
        fields["metafields"] = self._metafields()
        return fields

    def _metafields(self) -> Fields:
        cells = self._first.fields
        found = ((_METAFIELD.search(column), column) for column in cells)
        return {field_name(match[1]): cells[column] for match, column in found if match}

    def _variant(self, row: Row) -> Fields:
        terms = self._terms
        options = {name: self._value(row, number) for number, name in self._options}
        own: Fields = {term: terms.text(row, term) for term in _VARIANT if terms.has(term)}
        first = terms.text(self._pictures[0], "image_src") if self._pictures else ""
        own["image_url"] = terms.text(row, "variant_image") or first
        own["variant_title"] = " / ".join(value for value in options.values() if value)
        own["options"] = options
        return own

    def _values(self, number: int) -> Iterator[str]:
        return (self._value(row, number) for row in self._rows)

    def _value(self, row: Row, number: int) -> str:
        return self._terms.text(row, f"option{number}_value")

    def _is_variant(self, row: Row) -> bool:
        return any(self._terms.text(row, term) for term in ("option1_value", "sku", "price"))

    def _position(self, row: Row) -> int:
        text = self._terms.text(row, "image_position")
        return int(text) if text.isdecimal() and len(text) < 7 else 1_000_000
