"""The published schema says what the loader says, as far as a schema can."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from jsonschema import Draft7Validator

from imagepipe.document import check, parse
from imagepipe.model import Json

ROOT = Path(__file__).parents[3] / "specs"
SCHEMA = cast("dict[str, Json]", json.loads((ROOT / "provider.schema.json").read_text()))
SPECS = sorted((ROOT / "providers").glob("*.yaml"))


def test_the_schema_is_draft_07() -> None:
    """Editors understand this draft."""
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", SPECS, ids=[path.stem for path in SPECS])
def test_every_spec_passes_the_schema(path: Path) -> None:
    """An editor must not underline what the program takes."""
    assert check(parse(path.read_bytes(), path.name), SCHEMA) == []


def properties(node: Json, path: str = "") -> Iterator[tuple[str, dict[str, Json]]]:
    """Every property the schema declares, by its path."""
    if isinstance(node, dict):
        declared = node.get("properties")
        for name, value in declared.items() if isinstance(declared, dict) else ():
            if isinstance(value, dict):
                yield f"{path}/{name}", value
        for name, value in node.items():
            yield from properties(value, f"{path}/{name}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from properties(value, f"{path}/{index}")


def test_every_property_is_described() -> None:
    """The description is what an editor shows; a property without one is a riddle."""
    silent = [
        path
        for path, node in properties(SCHEMA)
        if "description" not in node and "$ref" not in node and node.keys() != {"allOf"}
    ]
    assert silent == []


HEAD = "name: tiny\nrevision: 1\n"
SUBMIT = "submit: {post: /draw, json: {prompt: x}}\n"
REPLY = "reply: {results: url}\n"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + SUBMIT,
        HEAD + SUBMIT + REPLY + "resultz: 1\n",
        HEAD + REPLY + "submit: {json: {a: b}}\n",
        HEAD + REPLY + "submit: {post: /a, get: /b}\n",
        HEAD + REPLY + "submit: {post: /a, json: {}, form: {}}\n",
        HEAD + SUBMIT + REPLY + "faults: [{is: rejected}]\n",
        HEAD + SUBMIT + REPLY + "faults: [{http: 400, is: reject}]\n",
        HEAD + SUBMIT + REPLY + "takes: {prompt: {maximum: 4}}\n",
        HEAD + SUBMIT + REPLY + "takes: {promt: {max: 4}}\n",
        HEAD + SUBMIT + REPLY + "price: [{model: x}]\n",
        HEAD + SUBMIT + REPLY + "price: [{usd: 1, credits: 1}]\n",
        HEAD + SUBMIT + REPLY + "price: [{modle: x, usd: 1}]\n",
        HEAD + SUBMIT + REPLY + "price: {as_of: yesterday, rows: [{usd: 1}]}\n",
        HEAD + SUBMIT + REPLY + "price: {as_of: 2026-11-22}\n",
        HEAD + SUBMIT + REPLY + "models: [{match: x, givn: image}]\n",
        HEAD + SUBMIT + REPLY + "takes: {steps: {max: 4, note: {maxx: a}}}\n",
        HEAD + SUBMIT + REPLY + "limits: {rpm: 0}\n",
        HEAD + SUBMIT + REPLY + "limits: {polls: maybe}\n",
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(text: str) -> None:
    """A spec that an editor passes should not surprise its author later."""
    assert check(parse(text, "spec.yaml"), SCHEMA)
