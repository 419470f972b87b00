"""An entry of a review file as plain fields, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from imagepipe.model import Digest, Json
from imagepipe.review.decisions import Decision, Entry, Retry

_PREFIX = "sha256:"


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
