r"""WooCommerce's product export (English column names), with variations below their products.

A variation names its product by SKU or as `id:44` and may stand anywhere, so the file is read
twice. Cells are freed of what the exporter adds: `\n` for a line break, `\,` for a comma in a list,
and `'` before what a spreadsheet would take for a formula.
"""

from __future__ import annotations

import re
from typing import cast

from imagepipe.errors import Place, Problem
from imagepipe.manifest.columns import field_name
from imagepipe.manifest.exports.plain_text import plain_text
from imagepipe.manifest.exports.raw import APART, Raw, Terms, listed, total, unique
from imagepipe.manifest.sources import Fields, Row, Rows, Which

_TERMS = {
    name.replace(" ", "_"): (name,)
    for name in ("id", "type", "sku", "name", "description", "short description", "published",
                 "categories", "tags", "images", "parent", "stock", "regular price", "sale price")
}  # fmt: skip
_ATTRIBUTE = re.compile(r"attribute (\d+) name$")
_NAMED = re.compile(r"attribute\d+_name")
_BREAK = re.compile(r"(?<!\\)\\n")


def rows(raw: Raw, which: Which) -> Rows:
    """Every product once with its variations, or every variation and every product without any."""
    terms, relatives = _relatives(raw, which)
    needed = ("type", "sku", "name")
    problem = terms.lacking(raw.name, needed, "WooCommerce export") if terms else None
    if problem is not None:
        yield problem
        return
    used: set[str] = set()
    for row in raw.rows():
        if isinstance(row, Problem) or terms is None:
            yield row
        elif which == "variants":
            if "variable" not in _types(terms, row):
                yield _variant(_Entry(terms, row), relatives)
        elif "variation" not in _types(terms, row):
            entry = _Entry(terms, row)
            used.update(entry.names)
            yield entry.joined(
                [_Entry(terms, r) for n in entry.names for r in relatives.get(n, ())]
            )
    if which == "products":
        yield from (_orphan(row) for name in relatives.keys() - used for row in relatives[name])


def _relatives(raw: Raw, which: Which) -> tuple[Terms | None, dict[str, list[Row]]]:
    """Of the first reading: variations by their product's name, or products by each of theirs."""
    terms: Terms | None = None
    found: dict[str, list[Row]] = {}
    for row in raw.rows():
        if isinstance(row, Problem):
            continue  # told in the second reading
        terms = terms or _terms(row)
        types = _types(terms, row)
        if which == "products" and "variation" in types:
            found.setdefault(terms.text(row, "parent"), []).append(_lean(row))
        elif which == "variants" and "variable" in types:
            for name in _Entry(terms, row).names:
                found.setdefault(name, []).append(_lean(row))
    return terms, found


def _terms(row: Row) -> Terms:
    numbers = [match[1] for name in row.fields if (match := _ATTRIBUTE.match(name.lower()))]
    further = {f"attribute{n}_name": (f"attribute {n} name",) for n in numbers}
    further |= {f"attribute{n}_values": (f"attribute {n} value(s)",) for n in numbers}
    return Terms(row.fields, _TERMS | further)


def _types(terms: Terms, row: Row) -> list[str]:
    return listed(terms.text(row, "type").lower())


def _lean(row: Row) -> Row:
    """Without the many empty cells, since it is kept."""
    return Row(row.file, row.line, {name: cell for name, cell in row.fields.items() if cell})


def _variant(entry: _Entry, products: dict[str, list[Row]]) -> Row:
    """A variation with all that its product has, or a product that has none."""
    above = products.get(entry.text("parent"), ())
    common = _Entry(entry.terms, above[0]).fields() if above else {}
    own = {name: value for name, value in entry.fields().items() if value or name not in common}
    options = {n: ", ".join(values) for n, values in entry.attributes().items()}
    fields = {**common, **own, "attributes": options}
    return entry.row_of(
        fields | {n: o for name, o in options.items() if (n := field_name(name)) not in fields}
    )


def _orphan(row: Row) -> Problem:
    message = "a variation names no product of the export, and is left out"
    hint = "`rows: variants` makes pictures of variations on their own"
    return Problem(APART, message, Place(row.file, row.line, 1), hint, severity="note")


class _Entry:
    """One row: a product or a variation."""

    def __init__(self, terms: Terms, row: Row) -> None:
        self.terms = terms
        self._row = row

    def text(self, term: str) -> str:
        cell = self.terms.text(self._row, term)
        return cell[1:] if cell[:2] in ("'=", "'+", "'-", "'@") else cell

    @property
    def names(self) -> list[str]:
        """What variations call it."""
        number = self.text("id")
        return unique((self.text("sku"), f"id:{number}" if number else ""))

    def joined(self, variations: list[_Entry]) -> Row:
        """The product, with its variations as maps."""
        fields = self.fields()
        fields["variants"] = [variation.short() for variation in variations]
        images = cast("list[str]", fields["images"])
        for variation in variations:
            images = unique([*images, *listed(variation.text("images"))])
        fields["images"], fields["image_url"] = images, images[0] if images else ""
        if variations and not self.price:
            fields["price"] = variations[0].price
        if variations and not self.text("stock"):
            fields["stock"] = total(variation.text("stock") for variation in variations)
        return self.row_of(fields)

    def row_of(self, fields: Fields) -> Row:
        key = self.text("sku") or f"id-{self.text('id')}"
        return Row(self._row.file, self._row.line, fields, None, self.terms.numbers, key)

    def short(self) -> Fields:
        """A variation within its product."""
        images = listed(self.text("images"))
        own: Fields = {term: self.text(term) for term in ("id", "sku", "name", "stock")}
        own |= {"price": self.price, "image_url": images[0] if images else ""}
        own["attributes"] = {n: ", ".join(values) for n, values in self.attributes().items()}
        return own

    @property
    def price(self) -> str:
        return self.text("sale_price") or self.text("regular_price")

    def attributes(self) -> dict[str, list[str]]:
        """The values of each attribute that has a name."""
        numbers = (term[9:-5] for term in self.terms.columns if _NAMED.fullmatch(term))
        named = ((self.text(f"attribute{n}_name"), f"attribute{n}_values") for n in numbers)
        return {name: listed(self.text(values)) for name, values in named if name}

    def fields(self) -> Fields:
        images, categories = listed(self.text("images")), listed(self.text("categories"))
        own: Fields = {term: self.text(term) for term in _TERMS if self.terms.has(term)}
        own["title"] = self.text("name")
        for term in ("description", "short_description"):
            own[term] = plain_text(_BREAK.sub("\n", self.text(term)))
        own |= {"images": images, "image_url": images[0] if images else "", "price": self.price}
        own |= {"categories": categories, "category": categories[0] if categories else ""}
        return {
            **self.terms.fields(self._row),
            **own,
            "tags": listed(self.text("tags")),
            "attributes": self.attributes(),
        }
