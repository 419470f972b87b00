"""Whether a value is as a schema says, quickly and without a word on what is not.

Nearly every document that is read is sound, and jsonschema takes longer to be imported than a small
plan takes. What this walk does not know, or finds wrong, is for jsonschema to judge and to explain
(`check`); that it never passes what jsonschema refuses is a law (tests/property).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeAlias, cast

from imagepipe.document.scalars import Schema, resolved
from imagepipe.model import Json

_Rule: TypeAlias = "Callable[[Json, Json, Schema, Json], bool]"
"""Asked with the value, what its keyword says, the schema around it and the root."""


def is_sound(value: Json, schema: Json, root: Json = None) -> bool:
    """Whether `value` is surely as `schema` (draft-07) says; False also where nobody knows."""
    root = schema if root is None else root
    if not isinstance(schema, dict):
        return schema is True
    if "$ref" in schema:  # whatever stands beside it does not count
        return is_sound(value, resolved(str(schema["$ref"]), root), root)
    for word, wanted in schema.items():
        rule = _RULES.get(word)
        if rule is None:
            if word not in _SAYS_NOTHING:
                return False
        elif not rule(value, wanted, schema, root):
            return False
    return True


def _type(value: Json, wanted: Json, _schema: Schema, _root: Json) -> bool:
    kinds = wanted if isinstance(wanted, list) else [wanted]
    return any(_is(value, str(kind)) for kind in kinds)


def _is(value: Json, kind: str) -> bool:
    types = _TYPES.get(kind, ())
    return isinstance(value, types) and (isinstance(value, bool) == (kind == "boolean"))


def _among(value: Json, wanted: Json, _schema: Schema, _root: Json) -> bool:
    """Texts and numbers; `true` is not 1, as Python has it."""
    listed = wanted if isinstance(wanted, list) else [wanted]
    return any(type(value) is type(one) and value == one for one in listed)


def _members(value: Json, _wanted: Json, schema: Schema, root: Json) -> bool:
    """`properties` and `additionalProperties`, which need each other."""
    if not isinstance(value, dict):
        return True
    known = cast("Schema", schema.get("properties", {}))
    rest = schema.get("additionalProperties", True)
    return all(is_sound(one, known.get(name, rest), root) for name, one in value.items())


def _required(value: Json, wanted: Json, _schema: Schema, _root: Json) -> bool:
    return not isinstance(value, dict) or all(name in value for name in cast("list[str]", wanted))


def _names(value: Json, wanted: Json, _schema: Schema, root: Json) -> bool:
    return not isinstance(value, dict) or all(is_sound(name, wanted, root) for name in value)


def _items(value: Json, wanted: Json, _schema: Schema, root: Json) -> bool:
    if not isinstance(value, list):
        return True
    return isinstance(wanted, dict) and all(is_sound(one, wanted, root) for one in value)


def _unique(value: Json, _wanted: Json, _schema: Schema, _root: Json) -> bool:
    """Lists of texts, or of whole numbers; of others jsonschema knows which are alike."""
    if not isinstance(value, list) or len(value) < 2:
        return True
    kinds = {type(one) for one in value}
    return kinds in ({str}, {int}) and len(set(map(str, value))) == len(value)


def _all_of(value: Json, wanted: Json, _schema: Schema, root: Json) -> bool:
    return all(is_sound(value, one, root) for one in cast("list[Json]", wanted))


def _any_of(value: Json, wanted: Json, _schema: Schema, root: Json) -> bool:
    return any(is_sound(value, one, root) for one in cast("list[Json]", wanted))


def _pattern(value: Json, wanted: Json, _schema: Schema, _root: Json) -> bool:
    return not isinstance(value, str) or re.search(str(wanted), value) is not None


def _size(kind: type, holds: Callable[[int, int], bool]) -> _Rule:
    """A bound on how long a text, a list or a map is."""

    def rule(value: Json, wanted: Json, _schema: Schema, _root: Json) -> bool:
        return not isinstance(value, kind) or holds(len(cast("str", value)), cast("int", wanted))

    return rule


def _number(holds: Callable[[Decimal, Decimal], bool]) -> _Rule:
    def rule(value: Json, wanted: Json, _schema: Schema, _root: Json) -> bool:
        if not _is(value, "number"):
            return True
        return holds(cast("Decimal", value), cast("Decimal", wanted))

    return rule


_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, Decimal),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}

_RULES: Mapping[str, _Rule] = {
    "type": _type,
    "enum": _among,
    "const": _among,
    "properties": _members,
    "additionalProperties": _members,
    "required": _required,
    "propertyNames": _names,
    "items": _items,
    "uniqueItems": _unique,
    "allOf": _all_of,
    "anyOf": _any_of,
    "pattern": _pattern,
    "minLength": _size(str, int.__ge__),
    "maxLength": _size(str, int.__le__),
    "minItems": _size(list, int.__ge__),
    "maxItems": _size(list, int.__le__),
    "minProperties": _size(dict, int.__ge__),
    "maxProperties": _size(dict, int.__le__),
    "minimum": _number(lambda value, bound: value >= bound),
    "maximum": _number(lambda value, bound: value <= bound),
    "exclusiveMinimum": _number(lambda value, bound: value > bound),
    "exclusiveMaximum": _number(lambda value, bound: value < bound),
}

_SAYS_NOTHING = frozenset(
    {
        *("$schema", "$id", "title", "description", "definitions", "default", "examples"),
        *("errorMessage", "defaultSnippets", "doNotSuggest", "writeOnly"),
    }
)
"""Keywords for people and editors; any other that is not among the rules leaves it open."""
