"""Results as a reply holds them: told apart by their look, never by a declared kind.

`http(s)://` is an address, `data:` a data URI, anything else base64; an `image/*` body is the
picture itself. What is none of these is no result. Nothing is fetched here.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote_to_bytes, urlsplit

from imagepipe.model import Json


@dataclass(frozen=True, slots=True)
class Address:
    """Where the picture can be fetched, for a time."""

    url: str


@dataclass(frozen=True, slots=True)
class Inline:
    """The picture itself; `media_type` is what the reply called it."""

    data: bytes
    media_type: str | None = None


Result: TypeAlias = Address | Inline

_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_USUAL = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[1-5]?[0-9]{1,4})?/[A-Za-z0-9/_.~%?&=+,:;@-]*"
)
"""Addresses as vendors give them, which need no closer look."""
_DATA = re.compile(r"data:([^,]{0,200}),", re.IGNORECASE)
_SHORTEST = 16
"""Characters of base64; no picture is smaller, but an id or a word of a status is."""


def results(value: Json) -> tuple[Result, ...]:
    """All the results in a text or a (nested) list, in order."""
    return tuple(_found(value))


def _found(value: Json, depth: int = 0) -> Iterator[Result]:
    if isinstance(value, str) and value:
        one = _by_look(value)
        if one is not None:
            yield one
    elif isinstance(value, list) and depth < 8:
        for item in value:
            yield from _found(item, depth + 1)


def _by_look(text: str) -> Result | None:
    if _ADDRESS.match(text):
        return Address(text) if is_address(text) else None
    if text[:5].lower() == "data:":
        return data_uri(text)
    if len(text) < _SHORTEST:
        return None
    data = _decoded(text)
    return Inline(data) if data else None


def is_address(text: str) -> bool:
    """An absolute http(s) address that a request line can hold."""
    if _USUAL.fullmatch(text):
        return True
    if not text.isascii() or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def data_uri(text: str) -> Inline | None:
    """The bytes and media type of a data URI (RFC 2397); None if it is none, or holds nothing."""
    found = _DATA.match(text)
    if found is None:
        return None
    media_type, *marks = (part.strip().lower() for part in found[1].split(";"))
    payload = text[found.end() :]
    data = _decoded(unquote(payload)) if "base64" in marks else unquote_to_bytes(payload)
    return Inline(data, media_type or None) if data else None


def unquote(payload: str) -> str:
    """Base64 in which a client escaped `+`, `/` or `=`."""
    return unquote_to_bytes(payload).decode("ascii", "replace") if "%" in payload else payload


def _decoded(text: str) -> bytes | None:
    try:
        packed = text.encode("ascii").translate(_URLSAFE, _SPACE)  # megabytes: no pattern
        return binascii.a2b_base64(packed + b"=" * (-len(packed) % 4), strict_mode=True)
    except (binascii.Error, ValueError):
        return None


_URLSAFE = bytes.maketrans(b"-_", b"+/")
_SPACE = b" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"
