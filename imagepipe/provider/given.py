"""Whether a recipe sets a field: what `given` and `lacking` of a spec ask about.

A name is a field, a place in `params` (`params.edit`), or one of several pictures
(`input_images[1]` is the second). What is empty, or a param that is false, counts as not set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from imagepipe.model import Values
from imagepipe.provider.spec import FIELDS, PICTURE_FIELDS, ModelRule

_NTH = re.compile(r"(\w+)\[([0-9]{1,3})\]")
_SHAPES = ("size", "width", "height", "aspect_ratio")


def is_name(name: str) -> bool:
    """Whether `given` and `lacking` can ask about it."""
    found = _NTH.fullmatch(name)
    if found is not None:
        return found[1] in PICTURE_FIELDS
    return name in FIELDS or (name.startswith("params.") and not name.endswith("."))


def is_given(fields: Values, name: str) -> bool:
    if name.startswith("params."):
        return _param(fields.get("params"), name.split(".")[1:]) not in _UNSET
    if name in _SHAPES:
        return any(fields.get(one) not in _UNSET for one in _SHAPES)
    found = _NTH.fullmatch(name)
    if found is None:
        return fields.get(name) not in _UNSET
    pictures = fields.get(found[1])
    number = len(pictures) if isinstance(pictures, tuple) else int(pictures not in _UNSET)
    return number > int(found[2])


_UNSET = (None, "", (), False)


def _param(params: object, path: list[str]) -> object:
    for key in path:
        params = params.get(key) if isinstance(params, Mapping) else None
    return params


def applies(entry: ModelRule, fields: Values) -> bool:
    """Whether an entry whose models fit holds for these fields."""
    return all(is_given(fields, name) for name in entry.given) and not any(
        is_given(fields, name) for name in entry.lacking
    )
