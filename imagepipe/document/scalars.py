"""Nodes to JSON values: numbers only where a schema asks for them, and nowhere by guessing.

`typed` is lenient: what does not fit stays text, for `check` to say so. Decimals stay exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias, cast

from imagepipe.document.nodes import Mapping, Node, Plain, Sequence
from imagepipe.model import Json

Schema: TypeAlias = "dict[str, Json]"
_ANYTHING = frozenset({"null", "boolean", "number"})
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None, "": None}


def untyped(node: Node) -> Json:
    """The node with every plain number, `true`, `false` and `null` read as a value."""
    if isinstance(node, Mapping):
        return {key: untyped(value) for key, value in node.items()}
    if isinstance(node, Sequence):
        return [untyped(item) for item in node]
    return _plain(node, _ANYTHING) if type(node) is Plain else str(node)


def typed(node: Node, schema: Json, root: Json = None) -> Json:
    """The node with plain scalars read as what `schema` (draft-07) asks for at their place.

    Args:
        node: What `parse` gave, or a part of it.
        schema: The schema of this node. One that says nothing about types takes JSON values.
        root: The schema that `$ref`s point into; `schema` itself by default.
    """
    root = schema if root is None else root
    branches = list(_branches(schema, root))
    if isinstance(node, Mapping):
        return {key: typed(value, _member(branches, key), root) for key, value in node.items()}
    if isinstance(node, Sequence):
        return [typed(item, _item(branches, index), root) for index, item in enumerate(node)]
    return _plain(node, _types(branches)) if type(node) is Plain else str(node)


def _plain(text: str, types: frozenset[str]) -> Json:
    if text in _WORDS:
        wanted = "boolean" if text in ("true", "false") else "null"
        return _WORDS[text] if wanted in types else str(text)
    if "number" in types or "integer" in types:
        whole = text.lstrip("-").isdigit()
        if whole or "number" in types:
            return int(text) if whole else Decimal(text)
    return str(text)


def _branches(schema: Json, root: Json) -> Iterator[Schema]:
    """The schema and all alternatives in it, with references followed."""
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref")
    if isinstance(reference, str):
        yield from _branches(resolved(reference, root), root)
        return
    yield schema
    for word in ("anyOf", "oneOf", "allOf"):
        for branch in cast("list[Json]", schema.get(word, [])):
            yield from _branches(branch, root)
    for word in ("then", "else"):
        yield from _branches(schema.get(word), root)


def resolved(reference: str, root: Json) -> Json:
    """What a `#/definitions/x` points at."""
    node = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        node = node.get(part) if part and isinstance(node, dict) else node
    return node


def _types(branches: list[Schema]) -> frozenset[str]:
    """The JSON types that the alternatives name; every one if they say nothing at all."""
    found: set[str] = set()
    for schema in branches:
        kind = schema.get("type")
        found.update([kind] if isinstance(kind, str) else cast("list[str]", kind or []))
        listed = [*cast("list[Json]", schema.get("enum", []))]
        found.update(_type_of(value) for value in [*listed, schema.get("const", "")])
    silent = all(
        schema.keys().isdisjoint(("type", "enum", "const", "anyOf", "oneOf")) for schema in branches
    )
    return _ANYTHING if silent else frozenset(found)


def _type_of(value: Json) -> str:
    match value:
        case bool():
            return "boolean"
        case None:
            return "null"
        case int() | float():
            return "number"
        case _:
            return "string"


def _member(branches: list[Schema], key: str) -> Json:
    """The schema of one key: all alternatives that know it, or that take any key."""
    known = [
        properties[key]
        for schema in branches
        if isinstance(properties := schema.get("properties"), dict) and key in properties
    ]
    if known:
        return known[0] if len(known) == 1 else {"anyOf": known}
    others = [
        extra
        for schema in branches
        if isinstance(extra := schema.get("additionalProperties"), dict)
    ]
    if len(others) > 1:
        return {"anyOf": [*others]}
    return others[0] if others else {}


def _item(branches: list[Schema], index: int) -> Json:
    found: list[Json] = []
    for schema in branches:
        items = schema.get("items")
        if isinstance(items, list):
            found += items[index : index + 1]
        elif items is not None:
            found.append(items)
    return found[0] if len(found) == 1 else {"anyOf": found} if found else {}
