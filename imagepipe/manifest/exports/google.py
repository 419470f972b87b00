"""A feed of Google Merchant Center: a table (`id title description link image_link ...`) or XML.

Items of one `item_group_id` are variants of one product. They may stand apart, so a feed is read
twice where they are to be joined.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from imagepipe.errors import Problem
from imagepipe.manifest.columns import field_name, numbered
from imagepipe.manifest.exports.plain_text import plain_text
from imagepipe.manifest.exports.raw import Raw, unique
from imagepipe.manifest.sources import Fields, Row, Rows, Which

_NEXT_ADDRESS = re.compile(r",\s*(?=https?://)")
_TELLING = ("color", "size", "material", "pattern", "gender", "age_group", "size_type")
"""The attributes by which Google tells variants apart."""

_SHORT = ("id", "title", "price", "sale_price", "availability", "link", "gtin", "mpn", *_TELLING)


def rows(raw: Raw, which: Which) -> Rows:
    """Every group once, at the place of its first item, or every item."""
    groups = _groups(raw) if which == "products" else {}
    for row in raw.rows():
        if isinstance(row, Problem):
            yield row
            continue
        item = _item(row)
        group = str(item.get("item_group_id", ""))
        if not group or group not in groups:
            if not group or which == "variants":
                yield _row(row, item, str(item.get("id", "")))
            continue
        members = groups.pop(group)  # the first item speaks for its group, the others are in it
        yield _row(row, {**item, **_joined(members)}, group)


def _groups(raw: Raw) -> dict[str, list[Fields]]:
    """What is to be known of every item that belongs to a group."""
    found: dict[str, list[Fields]] = {}
    for row in raw.rows():
        if not isinstance(row, Problem):
            item = _item(row)
            if item.get("item_group_id"):
                short = {name: item[name] for name in _SHORT if item.get(name)}
                short |= {"images": item["images"], "image_url": item["image_url"]}
                found.setdefault(str(item["item_group_id"]), []).append(short)
    return found


def _joined(members: list[Fields]) -> Fields:
    options = {
        name: values
        for name in _TELLING
        if (values := unique(str(member.get(name, "")) for member in members))
    }
    images = unique(str(image) for member in members for image in _list(member["images"]))
    return {"options": options, "variants": members, "images": images}


def _item(row: Row) -> Fields:
    """One item by the names of Google's attributes, whatever its file calls them."""
    item: Fields = {}
    for column, value in row.fields.items():
        name = field_name(column.lower().removeprefix("g:"))
        item.setdefault(name, value.strip() if isinstance(value, str) else value)
    more = (_NEXT_ADDRESS.split(str(text)) for text in _list(item.get("additional_image_link")))
    first = _list(item.get("image_link"))[:1]
    images = unique(str(text).strip() for part in (first, *more) for text in part)
    item["images"], item["image_url"] = images, images[0] if images else ""
    item["description"] = plain_text(str(item.get("description", "")))
    item.setdefault("title", "")
    return item


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value] if value else []


def _row(row: Row, item: Fields, key: str) -> Row:
    columns = None if row.marks else _columns(tuple(row.fields))
    return Row(row.file, row.line, {**row.fields, **item}, row.marks, columns, key or None)


@lru_cache(maxsize=8)
def _columns(names: tuple[str, ...]) -> Mapping[str, int]:
    further = ((field_name(name.lower().removeprefix("g:")), name) for name in names)
    return numbered(names, further)
