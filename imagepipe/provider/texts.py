"""A vendor's texts and numbers, made fit to be stored, logged and counted."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal, DecimalException

from imagepipe.model import Json, Secret

LONGEST_TEXT = 500
"""Characters of a vendor's text that reach a person."""

LONGEST_ID = 2_000
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_QUERY = re.compile(r"(https?://[^\s?\"'<>]+)\?[^\s\"'<>]*")
_BLOB = re.compile(r"[A-Za-z0-9+/_-]{200,}=*")


def clean(text: str, secret: Secret | None = None) -> str:
    """A vendor's text fit for a log: one line, short, without the secret, queries and blobs."""
    if secret is not None and secret.reveal():
        text = text.replace(secret.reveal(), "***")
    text = _BLOB.sub("…", _QUERY.sub(r"\1?…", _CONTROLS.sub(" ", text[:20_000])))
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def is_sound(text: str) -> bool:
    return len(text) <= LONGEST_ID and text.isprintable()


def compact(value: Json) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return ""


def amount(value: Json) -> Decimal | None:
    """A cost as an exact number; None for what is none (Decimal("NaN") is a number to Decimal)."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    try:
        found = Decimal(repr(value) if isinstance(value, float) else str(value)[:40])
    except DecimalException:
        return None
    return found if found.is_finite() and 0 <= found < 10**12 else None
