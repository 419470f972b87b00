"""From a request to its key, and the same walk as text, so that the two cannot drift.

The key is the SHA-256 of exactly what decides a picture. Where it goes, how fast it may be asked
for, with which credentials and how the YAML was spelt is not in it.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import cast

from imagepipe.model import ImageInput, Json, Key, Value, Values

SCHEME = 1
"""Raised when the walk below changes; receipts keep their canonical request and are re-keyed."""


def canonical(
    head: Mapping[str, Json], values: Values, index: int, take: int | None = None
) -> dict[str, Json]:
    """The request as the key sees it.

    Args:
        head: The provider's identity: spec, revision, identity and identifying vars.
        values: What reaches the vendor, by canonical name.
        index: Which sample of an otherwise equal request this is, from 1.
        take: Which take of the same request a person asked for, where no seed tells them apart;
            None for what the manifest itself asks for.
    """
    fields = {name: _canonical_value(value) for name, value in sorted(values.items())}
    taken: dict[str, Json] = {} if take is None else {"take": take}
    return {"scheme": SCHEME, **head, "fields": fields, "index": index, **taken}


def key_of(request: Mapping[str, Json]) -> Key:
    return Key(hashlib.sha256(canonical_json(request).encode()).hexdigest())


def canonical_json(value: Json | Mapping[str, Json]) -> str:
    """Sorted keys, no spaces, NFC text, decimals as their shortest exact text."""
    return _normal(_quoted(value) if type(value) is str else _json(value))


class Frame:
    """Requests that differ in a few fields alone: their common text is made once, with gaps.

    It is the walk above, cut where the open fields stand; `key` and `canonical` of a frame are
    those of the whole request (tests/property/test_key_laws.py).
    """

    __slots__ = ("_after", "_before", "_end", "_fields", "_head")

    def __init__(
        self, head: Mapping[str, Json], values: Values, open_fields: Sequence[str]
    ) -> None:
        """Prepare.

        Args:
            head: As for `canonical`.
            values: All fields that are sent; what the open ones have here does not matter.
            open_fields: The names of these, sorted.
        """
        whole = canonical(head, values, 0)
        self._head = {name: value for name, value in whole.items() if name not in _GAPS}
        self._fields = cast("dict[str, Json]", whole["fields"])
        self._before, *self._after, self._end = _cut(whole, open_fields)

    def key(self, filled: Mapping[str, str | int], index: int) -> Key:
        """The key with these values in the open fields, which are all there and in their order."""
        text = self._before
        for value, after in zip(filled.values(), self._after, strict=True):
            shown = str(value) if type(value) is int else _quoted(str(value))
            text += f"{shown}{after}"
        text += f"{index}{self._end}"
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        return Key(hashlib.sha256(text.encode()).hexdigest())

    def canonical(self, filled: Mapping[str, str | int], index: int) -> dict[str, Json]:
        """The request itself."""
        return {**self._head, "fields": {**self._fields, **filled}, "index": index}


def explain(request: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """The canonical request leaf by leaf: (dotted name, canonical JSON), in the order hashed."""
    yield from _leaves("", dict(request))


def differences(
    old: Mapping[str, Json], new: Mapping[str, Json]
) -> list[tuple[str, str | None, str | None]]:
    """What changed between two canonical requests: (dotted name, old, new), None where absent."""
    return sorted(_differences("", dict(old), dict(new)))


def _differences(name: str, old: Json, new: Json) -> Iterator[tuple[str, str | None, str | None]]:
    """Of two values of one name: only what is not the same is written out."""
    if isinstance(old, dict) and isinstance(new, dict) and old and new:
        for key in _suspects(old, new):
            inner = f"{name}.{key}" if name else key
            if key not in old:
                yield from ((leaf, None, text) for leaf, text in _leaves(inner, new[key]))
            elif key not in new:
                yield from ((leaf, text, None) for leaf, text in _leaves(inner, old[key]))
            else:
                yield from _differences(inner, old[key], new[key])
        return
    before, after = dict(_leaves(name, old)), dict(_leaves(name, new))
    for leaf in before.keys() | after.keys():
        if before.get(leaf) != after.get(leaf):
            yield leaf, before.get(leaf), after.get(leaf)


_SAME = (str, int, bool, type(None))
"""Kinds of values that are equal only if their JSON is."""


def _suspects(old: Mapping[str, Json], new: Mapping[str, Json]) -> list[str]:
    """The names whose values are not surely the same, as nearly all are after an edited prompt."""
    found = [
        key
        for key, value in new.items()
        if key not in old
        or type(was := old[key]) is not type(value)
        or was != value
        or type(value) not in _SAME
    ]
    return found if old.keys() <= new.keys() else [*found, *(old.keys() - new.keys())]


def auto_seed(spot: str) -> int:
    """A seed in 1..2^31-1 from a job's place in the catalogue, which its prompt is no part of."""
    number = int.from_bytes(hashlib.sha256(spot.encode()).digest()[:8], "big")
    return number % (2**31 - 1) + 1


_GAPS = ("fields", "index")


def _cut(whole: Mapping[str, Json], open_fields: Sequence[str]) -> tuple[str, ...]:
    """The text of a request around its open fields and its index."""
    fields = cast("dict[str, Json]", whole["fields"])
    parts, text, comma = [], "{", ""
    for name in sorted(whole):
        text += f"{comma}{_quoted(name)}:"
        comma = ","
        if name == "index":
            parts.append(text)
            text = ""
        elif name == "fields":
            *before, text = _cut_fields(fields, open_fields, text)
            parts += before
        else:
            text += _json(whole[name])
    return (*parts, text + "}")


def _cut_fields(fields: Mapping[str, Json], open_fields: Sequence[str], text: str) -> list[str]:
    parts = []
    for number, name in enumerate(sorted(fields)):
        text += f"{',' if number else '{'}{_quoted(name)}:"
        if name in open_fields:
            parts.append(text)
            text = ""
        else:
            text += _json(fields[name])
    return [*parts, text + ("}" if fields else "{}")]


def _json(value: Json | Mapping[str, Json]) -> str:
    return json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        default=_decimal_text,
    )


_quoted = json.encoder.encode_basestring
"""A text as JSON, as `_json` writes it."""


def _normal(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


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
