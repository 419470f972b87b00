"""A first manifest for a catalogue that exists: its prompts name the columns that there are.

Only what holds for every row is written as it stands: a column that some rows leave empty comes
into a prompt under an `if`, and a key is a column whose values are unique.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imagepipe.app.catalogue_look import Column, Look
from imagepipe.errors import InputError, Problem
from imagepipe.manifest.load import DEFAULT_MAX_JOBS

_KEYS = ("sku", "id", "handle", "key", "slug", "code", "item_no", "article", "article_number",
         "product_id", "ean", "gtin", "barcode")  # fmt: skip
_NAMES = ("title", "name", "product_name", "product_title", "product", "item_name", "label")
_DETAILS = ("color", "colour", "material", "style", "finish")
_MAKERS = ("brand", "vendor", "manufacturer")
_STOCKS = ("stock", "quantity", "qty", "inventory", "stock_quantity")
_EXPORT_KEYS: dict[str, tuple[str, ...]] = {
    "shopify": ("handle",),
    "woocommerce": ("sku",),
    "google": ("id",),
}
_LIVE = {
    "shopify": ("status", "status | lower == 'active'", ("active",)),
    "woocommerce": ("published", "published == '1'", ("1",)),
    "google": (
        "availability",
        "availability in ['in_stock', 'in stock']",
        ("in_stock", "in stock"),
    ),
}
"""By which column an export tells what is for sale, the condition, and values that fulfil it."""

_TELLING = ("title", "name", "description", "short_description", "vendor", "brand", "type",
            "category", "color", "material", "price", "image_url", "sku", "stock")  # fmt: skip
"""Columns that are shown first, in this order."""

_CALLED = {
    "shopify": "a Shopify export", "woocommerce": "a WooCommerce export",
    "google": "a feed of Google Merchant Center", "csv": "a table", "tsv": "a table",
    "parquet": "a Parquet file",
}  # fmt: skip
_SHOWN = 12

_MANIFEST = """\
# yaml-language-server: $schema=./{schema}
#
# Made by `imagepipe init --from {file}`: {what}.
# Try it for nothing and without a key:  imagepipe run --emulate --limit 3
version: 1
name: {name}
{providers}
defaults: {{provider: {provider}, {defaults}}}

products:
  from: {source}
{products}{max_jobs}
# What prompts can say of a product, with an example of each:
{columns}
prompts:
  hero: >-
    {hero},
    product photo on a white background, soft studio light

# One picture for each product and each entry; a file is images/<key>/<entry>.
images:
  hero: {{prompt: hero}}
{lifestyle}
# budget: {{max_cost: "5.00"}}   # US dollars; a run stops before it would spend more
"""

_LIFESTYLE = """\
  # The shop's own picture, set into a scene: take the "# " away. What such pictures cost is in the
  # vendor's catalogue only; `imagepipe plan` says so.
  # lifestyle:
  #   prompt: "Place this {name} on a wooden table in a bright room, natural light"
  #   where: "{present} != ''"
  #   provider: runcrate
  #   model: black-forest-labs/FLUX.1-kontext-pro
  #   image: "{{{{ {image} }}}}"
"""


def described(seen: Look) -> str:
    """`a Shopify export with 312 products and 804 variants`."""
    what = _CALLED.get(seen.format, f"a list in {seen.format.upper()}")
    variants = f" and {seen.variants:,} variants" if seen.variants else ""
    return f"{what} with {seen.products:,} product{'s' * (seen.products != 1)}{variants}"


def manifest_for(
    seen: Look,
    paths: Sequence[str],
    *,
    name: str,
    schema: str,
    provider: tuple[str, str, str],
) -> str:
    """The text of a manifest that can be planned at once.

    Args:
        seen: The catalogue.
        paths: Its files, from the manifest's folder.
        name: The manifest's name.
        schema: The schema's path from the manifest.
        provider: The provider's name, its defaults, and the settings of its instance.

    Raises:
        InputError: no column names every product once.
    """
    title = _title(seen)
    limit = max(seen.products * 2, DEFAULT_MAX_JOBS)
    provider_name, defaults, settings = provider
    return _MANIFEST.format(
        schema=schema,
        file=" --from ".join(_plain(path) for path in paths),
        what=described(seen),
        name=quoted(name),
        provider=provider_name,
        defaults=defaults,
        providers=f"\nproviders:\n{settings}" if settings else "",
        source=_source(paths),
        products="".join(f"  {line}\n" for line in _products(seen)),
        max_jobs=f"\nmax_jobs: {limit}\n" if limit > DEFAULT_MAX_JOBS else "",
        columns="".join(f"#   {line}\n" for line in _columns(seen)),
        hero=_hero(seen, title),
        lifestyle=_lifestyle(seen, title),
    )


def _source(paths: Sequence[str]) -> str:
    texts = [quoted(path) for path in paths]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def _products(seen: Look) -> Iterator[str]:
    """The lines below `from`."""
    key = _key(seen)
    if key is None:
        told = "the item group, or the id" if seen.format == "google" else "the SKU, or the id"
        yield f"# key: ...   # by default {told} where there is none"
    else:
        yield f"key: {key.name}   # names a product in paths; there is one for each"
    if seen.variants > seen.products or (seen.format == "shopify" and seen.variants):
        yield f"# rows: variants   # each of the {seen.variants:,} variants a product of its own"
    yield from _where(seen)


def _key(seen: Look) -> Column | None:
    """The column that names products; None for an export that names them without."""
    preferred: tuple[str, ...] = _KEYS
    if seen.has_keys:
        preferred = _EXPORT_KEYS.get(seen.format, _KEYS)
        if seen.format == "google" and seen.variants:
            preferred = ()  # by its group, which not every item has
    known = [seen.columns[name] for name in preferred if name in seen.columns]
    others = [c for c in seen.columns.values() if not c.are_addresses and c.longest <= 100]
    if seen.has_keys:
        others = []
    found = next((column for column in (*known, *others) if seen.is_unique(column)), None)
    if found is None and not seen.has_keys:
        hint = "give every product an id of its own, in a column such as sku"
        message = "no column has another value in each row, so nothing names the products"
        raise InputError(Problem("E207", message, hint=hint))
    return found


def _where(seen: Look) -> Iterator[str]:
    column, condition, live = _LIVE.get(seen.format, ("", "", ()))
    status = seen.columns.get(column)
    if status is not None:
        count = sum(n for value, n in status.choices.items() if value.lower() in live)
        off = "" if 0 < count < seen.products else "# "
        told = f"   # {count:,} of {seen.products:,}" if count else ""
        yield f'{off}where: "{condition}"{told}'
    stock = next((c for n in _STOCKS if (c := seen.columns.get(n)) and c.are_numbers), None)
    if status is None and stock is not None and stock.filled == seen.products:
        yield f'# where: "{stock.term} | int > 0"   # only what is in stock'


def _title(seen: Look) -> str:
    """The field that says what a product is."""
    named = seen.column(*_NAMES, full=True)
    if named is not None:
        return named.term
    texts = [
        column
        for column in seen.columns.values()
        if column.filled == seen.products and not column.are_addresses and not column.are_numbers
    ]
    wordy = [column for column in texts if " " in column.example]
    return next(c.term for c in (*wordy, *texts, *seen.columns.values()))


def _lifestyle(seen: Look, title: str) -> str:
    """The example with the shop's own picture, where there is a column of pictures."""
    pictures = (column for column in seen.columns.values() if column.is_picture)
    picture = seen.column("image_url") or next(pictures, None)
    if picture is None:
        return ""
    name = f"{{{{ {title} }}}}"
    return _LIFESTYLE.format(name=name, image=picture.term, present=_present(seen, picture))


def _hero(seen: Look, title: str) -> str:
    """What the picture is of: its name, and what else is known of its looks."""
    parts = [f"{{{{ {title} }}}}"]
    holder = "attributes" if seen.format == "woocommerce" else "options"
    option = next((n for n in seen.options if n.lower() in ("color", "colour", "farbe")), None)
    if seen.format == "google":
        pass  # its titles name color and size already
    elif option is not None:
        listed = f"{holder}['{option}'] | join(' and ')"
        parts.append(f"{{% if '{option}' in {holder} %}} in {{{{ {listed} }}}}{{% endif %}}")
    else:
        parts += [_detail(seen, column) for column in _found(seen, _DETAILS)[:2]]
    maker = next(iter(_found(seen, _MAKERS)), None)
    if maker is not None:
        parts.append(_when(seen, maker, f" by {{{{ {maker.term} }}}}"))
    return "".join(parts)


def _found(seen: Look, names: tuple[str, ...]) -> list[Column]:
    return [seen.columns[n] for n in names if n in seen.columns and seen.columns[n].filled]


def _detail(seen: Look, column: Column) -> str:
    word = "of" if column.name == "material" else "in"
    return _when(seen, column, f" {word} {{{{ {column.term} }}}}")


def _when(seen: Look, column: Column, text: str) -> str:
    """The text, if the column is filled for a product."""
    if column.filled == seen.products:
        return text
    return f"{{% if {_present(seen, column)} %}}{text}{{% endif %}}"


def _present(seen: Look, column: Column) -> str:
    """The column in an expression, also of products that do not have it."""
    return column.term if column.present == seen.products else f"{column.term} | default('')"


def _columns(seen: Look) -> Iterator[str]:
    shown = [c for c in seen.columns.values() if c.filled]
    order = {name: number for number, name in enumerate(_TELLING)}
    shown.sort(key=lambda c: (order.get(c.name, len(order)), c.values == 1, -c.filled))
    width = max((len(column.term) for column in shown[:_SHOWN]), default=0)
    for column in shown[:_SHOWN]:
        name = f"{{{{ {column.term} }}}}".ljust(width + 6)
        yield f"{name}  {_plain(column.example)}"
    more = len(shown) - _SHOWN
    if more > 0:
        yield f"... and {more} more: docs/sources.md says how columns are named"
    if seen.options:
        yield "options and attributes: " + ", ".join(
            _plain(name) for name, _ in seen.options.most_common(6)
        )


def _plain(text: str) -> str:
    """A short text for a comment: in one line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= 60 else f"{line[:57]}..."


def quoted(text: str) -> str:
    """A name or a path as YAML, which it need not be without quotes."""
    safe = text.translate(dict.fromkeys(map(ord, "/_-.")))
    if safe.isascii() and safe.isalnum() and (text[0].isalpha() or text[:3] == "../"):
        return text
    return "'" + "".join(c for c in text if c.isprintable()).replace("'", "''") + "'"
