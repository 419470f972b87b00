"""The published schema: sound, described, and true about its own examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from jsonschema import Draft7Validator

from imagepipe.app.shipped import builtin_names
from imagepipe.manifest import manifest_schema
from imagepipe.manifest.matrix import FIELDS
from imagepipe.model import Json


def walk(node: Json, path: str = "") -> Iterator[tuple[str, dict[str, Json]]]:
    if isinstance(node, dict):
        yield path, node
        for key, value in node.items():
            yield from walk(value, f"{path}/{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from walk(value, f"{path}/{number}")


def test_the_schema_is_draft_07() -> None:
    """The draft that editors understand."""
    schema = manifest_schema()
    Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_every_key_is_described() -> None:
    """An editor shows the description while one types."""
    bare = [
        f"{path}/{name}"
        for path, node in walk(cast("Json", manifest_schema()))
        if path.endswith("/properties")
        for name, member in node.items()
        if isinstance(member, dict) and "description" not in member and "$ref" not in member
    ]
    assert bare == []


def test_every_example_is_valid() -> None:
    """Examples of a schema that it refuses would mislead."""
    root = manifest_schema()
    for path, node in walk(cast("Json", root)):
        examples = node.get("examples", [])
        if isinstance(examples, list) and not path.endswith("/properties"):
            for example in examples:
                scoped = {**node, "definitions": root["definitions"]}
                errors = [e.message for e in Draft7Validator(scoped).iter_errors(example)]
                assert errors == [], (path, example)


def test_editors_are_told_every_provider() -> None:
    """Wherever a provider's name is asked for, and no name of one's own is wrong for that."""
    root = cast("Any", manifest_schema())
    recipe, names = root["definitions"]["recipe"]["properties"], list(builtin_names())
    by_name, by_map = recipe["fallback"]["items"]["anyOf"]
    assert recipe["provider"]["examples"] == by_name["examples"] == names
    assert by_map["properties"]["provider"]["examples"] == names
    assert root["definitions"]["provider"]["properties"]["uses"]["examples"][:-1] == names
    assert [
        snippet["label"] for snippet in root["properties"]["providers"]["defaultSnippets"]
    ] == names


def test_every_field_that_can_be_an_axis_is_a_recipe_field() -> None:
    """The two lists do not drift apart."""
    definitions = cast("dict[str, dict[str, dict[str, Json]]]", manifest_schema()["definitions"])
    assert set(FIELDS) <= definitions["recipe"]["properties"].keys()
