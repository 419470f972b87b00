"""From the text of a review file to decisions: every mistake at its place, as in a manifest."""

from __future__ import annotations

from typing import cast

from imagepipe.document import check, parse, shipped_schema, typed
from imagepipe.errors import InputError
from imagepipe.model import Json
from imagepipe.review.decisions import Entry, Review
from imagepipe.review.fields import entry_of


def review_schema() -> dict[str, Json]:
    """`specs/review.schema.json`.

    Raises:
        FileNotFoundError: the installation is broken.
    """
    return shipped_schema("review")


def read(text: bytes, file: str) -> Review:
    """The decisions in `text`; `file` is how messages call it.

    Raises:
        InputError: everything that is wrong, at once (E1xx).
    """
    usual = _usual(text)
    if usual is not None:
        return Review(file, usual, text.decode())
    return read_yaml(text, file)


def read_yaml(text: bytes, file: str) -> Review:
    """As `read`, by the grammar of YAML and the schema alone, which are what counts."""
    document = parse(text, file)
    problems = check(document, review_schema())
    if problems:
        raise InputError(*problems)
    value = cast("dict[str, Json]", typed(document.root, review_schema()))
    pictures = cast("dict[str, dict[str, Json]]", value.get("pictures") or {})
    entries = {path: entry_of(told) for path, told in pictures.items()}
    return Review(file, entries, document.text)


def _usual(text: bytes) -> dict[str, Entry] | None:
    from imagepipe.review.usual import read_usual  # noqa: PLC0415 - late: few plans have decisions

    try:
        return read_usual(text.decode())
    except UnicodeDecodeError:
        return None
