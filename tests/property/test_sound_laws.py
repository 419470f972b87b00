"""Laws of the quick check: it passes nothing that jsonschema refuses, and manifests as they are."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from imagepipe.document import parse, typed
from imagepipe.document.sound import is_sound
from imagepipe.manifest import manifest_schema
from imagepipe.model import Json

ROOT = Path(__file__).resolve().parents[2]
SCHEMA: Any = manifest_schema()
EXAMPLES = sorted((ROOT / "examples").glob("*/imagepipe.yaml"))


def parts(schema: Json) -> Iterator[dict[str, Json]]:
    """Every schema in a schema."""
    if isinstance(schema, dict):
        if not schema.keys().isdisjoint(("type", "anyOf", "allOf", "enum", "const", "$ref", "not")):
            yield schema
        for value in schema.values():
            yield from parts(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from parts(item)


PARTS = list(parts(SCHEMA))
words = st.sampled_from(["prompt", "provider", "auto", "hold", "csv", "rpm", "1024x1024", "16:9"])
scalars = (
    st.none() | st.booleans() | st.integers(-2, 70_000) | words | st.text(max_size=5)
) | st.decimals(-2, 70_000, places=2)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


def refuses(value: object, schema: object) -> bool:
    whole = {**cast("dict[str, Json]", schema), "definitions": SCHEMA["definitions"]}
    return next(Draft7Validator(whole).iter_errors(value), None) is not None


@settings(max_examples=150)
@given(values, st.sampled_from(PARTS))
def test_what_passes_is_what_jsonschema_passes(value: Json, schema: dict[str, Json]) -> None:
    """Any value against any part of the manifest's schema."""
    assert not (is_sound(value, schema, SCHEMA) and refuses(value, schema))


@settings(max_examples=100)
@given(st.sampled_from(EXAMPLES), st.data())
def test_a_changed_manifest_passes_only_if_jsonschema_passes_it(
    path: Path, data: st.DataObject
) -> None:
    """One value of a sound manifest is replaced, dropped, or has a neighbour."""
    value = cast("dict[str, Any]", typed(parse(path.read_bytes(), "m").root, SCHEMA))
    node: Any = value
    while True:
        key = data.draw(st.sampled_from([*node] if isinstance(node, dict) else range(len(node))))
        inner = node[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        node = inner
    change = data.draw(st.sampled_from(["replace", "drop", "add"]))
    if change == "drop":
        del node[key]
    elif change == "replace" or isinstance(node, list):
        node[key] = data.draw(values)
    else:
        node[data.draw(words)] = data.draw(values)
    assert not (is_sound(value, SCHEMA) and refuses(value, SCHEMA))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_manifests_of_the_examples_need_no_second_look(path: Path) -> None:
    assert is_sound(typed(parse(path.read_bytes(), "m").root, SCHEMA), SCHEMA)


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (True, {"const": 1}),
        (True, {"enum": [1]}),
        (Decimal("1.5"), {"type": "integer"}),
        (True, {"type": "number"}),
        ([1, 1], {"uniqueItems": True}),
        ([1, True], {"uniqueItems": True}),
        ({"a": 1}, {"properties": {"b": {}}, "additionalProperties": False}),
        ("a", {"minLength": 2}),
        (Decimal("0.1"), {"exclusiveMinimum": 0.1}),
        ("x", {"patternProperties": {}}),
        ("x", {"not": {}}),
        ("x", {"oneOf": [{}]}),
        ("x", False),
    ],
)
def test_what_is_wrong_or_not_known_does_not_pass(value: Json, schema: Json) -> None:
    assert not is_sound(value, schema)
