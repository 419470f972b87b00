"""From a request to its key, and the same walk as text, so that the two cannot drift.

The key is the SHA-256 of exactly what decides a picture. Where it goes, how fast it may be asked
for, with which credentials and how the YAML was spelt is not in it.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal

from imagepipe.model import ImageInput, Json, Key, Value, Values

SCHEME = 1
"""Raised when the walk below changes; receipts keep their canonical request and are re-keyed."""


def canonical(head: Mapping[str, Json], values: Values, index: int) -> dict[str, Json]:
    """The request as the key sees it.

    Args:
        head: The provider's identity: spec, revision, identity and identifying vars.
        values: What reaches the vendor, by canonical name.
        index: Which sample of an otherwise equal request this is, from 1.
    """
    fields = {name: _canonical_value(value) for name, value in sorted(values.items())}
    return {"scheme": SCHEME, **head, "fields": fields, "index": index}


def key_of(request: Mapping[str, Json]) -> Key:
    return Key(hashlib.sha256(canonical_json(request).encode()).hexdigest())


def canonical_json(value: Json | Mapping[str, Json]) -> str:
    """Sorted keys, no spaces, NFC text, decimals as their shortest exact text."""
    text = json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        default=_decimal_text,
    )
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def explain(request: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """The canonical request leaf by leaf: (dotted name, canonical JSON), in the order hashed."""
    yield from _leaves("", dict(request))


def differences(
    old: Mapping[str, Json], new: Mapping[str, Json]
) -> list[tuple[str, str | None, str | None]]:
    """What changed between two canonical requests: (dotted name, old, new), None where absent."""
    before, after = dict(explain(old)), dict(explain(new))
    names = sorted(before.keys() | after.keys())
    pairs = ((name, before.get(name), after.get(name)) for name in names)
    return [(name, was, now) for name, was, now in pairs if was != now]


def auto_seed(spot: str) -> int:
    """A seed in 1..2^31-1 from a job's place in the catalogue, which its prompt is no part of."""
    number = int.from_bytes(hashlib.sha256(spot.encode()).digest()[:8], "big")
    return number % (2**31 - 1) + 1


def _canonical_value(value: Value) -> Json:
    match value:
        case ImageInput():
            return _image(value)
        case tuple():
            return [_image(image) for image in value]
        case _:
            return value


def _image(image: ImageInput) -> Json:
    """By the digest of its bytes; an address without one counts by its text."""
    fact = f"sha256:{image.sha256}" if image.sha256 else image.source
    return {"image": fact, "tag": image.tag} if image.tag else fact


def _decimal_text(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    raise TypeError(f"{type(value).__name__} cannot be part of a key")


def _leaves(name: str, value: Json) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from _leaves(f"{name}.{key}" if name else key, value[key])
    else:
        yield name, canonical_json(value)
