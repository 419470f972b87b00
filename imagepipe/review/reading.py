"""From the text of a review file to decisions: every mistake at its place, as in a manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, cast

from imagepipe.document import check, parse, typed
from imagepipe.errors import InputError
from imagepipe.model import Digest, Json
from imagepipe.review.decisions import Decision, Entry, Retry, Review

_PACKAGE = Path(__file__).resolve().parent.parent
_PREFIX = "sha256:"


@cache
def review_schema() -> dict[str, Json]:
    """`specs/review.schema.json`: in a wheel inside the package, in a checkout beside it.

    Raises:
        FileNotFoundError: the installation is broken.
    """
    for folder in (_PACKAGE / "specs", _PACKAGE.parent / "specs"):
        path = folder / "review.schema.json"
        if path.is_file():
            schema: dict[str, Json] = json.loads(path.read_text(encoding="utf-8"))
            return schema
    raise FileNotFoundError(f"specs/review.schema.json is missing beside {_PACKAGE}")


def read(text: bytes, file: str) -> Review:
    """The decisions in `text`; `file` is how messages call it.

    Raises:
        InputError: everything that is wrong, at once (E1xx).
    """
    document = parse(text, file)
    problems = check(document, review_schema())
    if problems:
        raise InputError(*problems)
    value = cast("dict[str, Json]", typed(document.root, review_schema()))
    pictures = cast("dict[str, dict[str, Json]]", value.get("pictures") or {})
    entries = {path: entry_of(told) for path, told in pictures.items()}
    return Review(file, entries, document)


def entry_of(told: Mapping[str, Json]) -> Entry:
    """An entry out of fields that fit the schema."""
    decision, picture, note = told.get("decision"), told.get("picture"), told.get("note")
    retry = told.get("retry")
    return Entry(
        decision=None if decision is None else Decision(str(decision)),
        picture=None if picture is None else Digest(str(picture).removeprefix(_PREFIX)),
        note=None if note is None else str(note),
        retry=Retry(**cast("dict[str, Any]", retry)) if isinstance(retry, dict) else None,
    )


def fields_of(entry: Entry) -> dict[str, Json]:
    """The fields of an entry as the file has them, in their order; what is unset is left out."""
    told: dict[str, Json] = {}
    if entry.decision is not None:
        told["decision"] = entry.decision.value
    if entry.picture is not None:
        told["picture"] = f"{_PREFIX}{entry.picture}"
    if entry.note is not None:
        told["note"] = entry.note
    if entry.retry is not None:
        asked = ((one.name, getattr(entry.retry, one.name)) for one in fields(entry.retry))
        told["retry"] = {name: value for name, value in asked if value is not None}
    return told
