"""`report.json` is what the values say, in both directions; and its schema says the same."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from imagepipe.app import shipped
from imagepipe.report.codec import Malformed, decode, encode
from imagepipe.report.gallery import (
    Attempt,
    Change,
    Charged,
    Commands,
    Decided,
    Earlier,
    Entry,
    Failure,
    Gallery,
    Image,
)
from tests.unit.report.values import HOSTILE, entry, full, gallery

KINDS: tuple[type[Any], ...] = (
    Image,
    Failure,
    Attempt,
    Change,
    Earlier,
    Decided,
    Commands,
    Charged,
    Entry,
)
SHOWN = gallery(
    full(0),
    entry(1, cost=None, image=None),
    entry(2, prompt="\n".join(HOSTILE)),
    charged=(Charged("house", "model m-1", 3, Decimal("0.08"), Decimal("0.05")),),
)


def _object() -> Any:
    return json.loads(json.dumps(encode(SHOWN)))


def test_what_is_written_is_what_is_read() -> None:
    """Every field, money to the last digit."""
    assert decode(Gallery, _object()) == SHOWN


def test_the_schema_describes_what_is_written() -> None:
    """All of it, and nothing else: field by field."""
    schema = json.loads(shipped.schema_text("report"))
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(_object(), schema)
    kinds = schema["definitions"]
    told: dict[str, type[Any]] = {"": Gallery, **{kind.__name__.lower(): kind for kind in KINDS}}
    for name, kind in told.items():
        properties = (kinds[name] if name else schema)["properties"]
        assert list(properties) == [field.name for field in dataclasses.fields(kind)]


def test_fields_of_a_later_program_are_skipped() -> None:
    """Within a version fields are added."""
    told = _object()
    told["pictures"][0]["mood"] = "calm"
    assert decode(Gallery, told) == SHOWN


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("cost", 0.04, r"pictures\[0\]\.cost: a decimal text"),
        ("cost", "-1", "a decimal text"),
        ("cost", "1e999", "a decimal text"),
        ("cost", "NaN", "a decimal text"),
        ("status", "splendid", "'splendid' is none of done, changed"),
        ("number", True, "a whole number"),
        ("number", "1", "a whole number"),
        ("seconds", "1", "a number"),
        ("edited", 0, "true or false"),
        ("tags", "summer", "a list"),
        ("axes", [], "an object"),
        ("product", None, "a text"),
        ("image", "x", "image: an object"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(field: str, value: object, words: str) -> None:
    """A report may come from anywhere."""
    told = _object()
    told["pictures"][0][field] = value
    with pytest.raises(Malformed, match=words):
        decode(Gallery, told)


def test_what_is_missing_is_told() -> None:
    """By its name."""
    told = _object()
    del told["pictures"][1]["key"]
    with pytest.raises(Malformed, match=r"pictures\[1\]\.key: is missing"):
        decode(Gallery, told)
    with pytest.raises(Malformed, match="the file: an object is wanted"):
        decode(Gallery, [])
