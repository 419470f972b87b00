"""A document against its schema: every error at once, in words, at its place.

The schema (draft-07) is the contract for editors too, so nothing is checked here that it does not
say; this file only rewords. A schema's own `errorMessage` (which editors know as well) wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from imagepipe.document.caret import closest, suggestion
from imagepipe.document.nodes import Document, Mapping, Node, Plain, Sequence
from imagepipe.document.scalars import Schema, typed
from imagepipe.document.sound import is_sound
from imagepipe.errors import Problem
from imagepipe.model import Json

if TYPE_CHECKING:
    from jsonschema import ValidationError

_KINDS = {
    "object": "a map",
    "array": "a list",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "empty",
}
_CREDENTIALS = re.compile(r"^\w*:?//[^/?#]*@")
_NUMBERISH = re.compile(r"[+-]?[0-9][0-9_]*(\.[0-9_]*)?([eE][+-]?[0-9]+)?|[+-]?\.[0-9]+|0[xob]\w+")


def check(document: Document, schema: Json) -> list[Problem]:
    """What in `document` is not as `schema` says, in the order of places.

    Codes: E104 unknown key, E105 wrong type, E106 missing key, E107 a value that is not allowed,
    E110 what the schema reserves or explains itself.
    """
    value = typed(document.root, schema)
    if is_sound(value, schema):
        return []
    from jsonschema import Draft7Validator  # noqa: PLC0415 - late: 110 ms

    errors = Draft7Validator(cast("Schema", schema)).iter_errors(value)
    problems = [problem for error in errors for problem in _Wording(document, schema).of(error)]
    unique = {(problem.place, problem.message): problem for problem in problems}
    return sorted(unique.values(), key=_order)


def _order(problem: Problem) -> tuple[int, int]:
    return (problem.place.line, problem.place.column) if problem.place else (0, 0)


class _Wording:
    """One schema error as problems with places."""

    def __init__(self, document: Document, root: Json) -> None:
        self.document = document
        self.root = root

    def of(self, error: ValidationError) -> Iterator[Problem]:
        path = [*error.absolute_path]
        schema = error.schema if isinstance(error.schema, dict) else {}
        said = schema.get("errorMessage")
        if "propertyNames" in error.absolute_schema_path:
            yield self._name(error, path)
        elif error.validator in ("anyOf", "oneOf") and error.context:
            yield from self._branch(error, said)
        elif isinstance(said, str):
            key, secret = error.validator == "not", bool(schema.get("writeOnly"))
            yield self.document.problem("E110", said, path, key=key, secret=secret)
        elif error.validator == "additionalProperties":
            yield from self._unknown(error, path, schema)
        elif error.validator == "required":
            yield self._missing(error, path)
        elif error.validator in ("enum", "const"):
            yield self._choice(error, path)
        elif error.validator == "type":
            yield self._type(error, path)
        elif error.validator == "pattern":
            yield self._shape(error, path, schema)
        else:
            yield self.document.problem("E107", _limit(error), path)

    def _branch(self, error: ValidationError, said: object) -> Iterator[Problem]:
        """Of several alternatives, the one whose kind fits; none fits: what all of them are."""
        by_branch: dict[int, list[ValidationError]] = {}
        for inner in error.context or []:
            by_branch.setdefault(cast("int", inner.relative_schema_path[0]), []).append(inner)
        fitting = [found for found in by_branch.values() if not _wrong_kind(found)]
        if fitting:
            best = min(fitting, key=lambda found: (not _deep(found), len(found)))
            if all(e.validator in ("enum", "const") for e in map(_only, fitting) if e) and (
                len(fitting) > 1
            ):
                yield self._choices(error, fitting)
                return
            for inner in best:
                yield from self.of(inner)
            return
        path = [*error.absolute_path]
        if isinstance(said, str):
            yield self.document.problem("E105", said, path)
            return
        kinds = [kind for found in by_branch.values() for kind in _kinds_of(found)]
        yield self._wrong(" or ".join(dict.fromkeys(kinds)), path)

    def _choices(self, error: ValidationError, fitting: list[list[ValidationError]]) -> Problem:
        options = [o for found in fitting for e in found for o in _options(e)]
        return self._not_among(options, [*error.absolute_path])

    def _unknown(
        self, error: ValidationError, path: list[str | int], schema: Schema
    ) -> Iterator[Problem]:
        known = schema.get("properties")
        options = [
            name
            for name, member in (known.items() if isinstance(known, dict) else ())
            if not (isinstance(member, dict) and "not" in member)
        ]
        for key in cast("dict[str, Json]", error.instance):
            if isinstance(known, dict) and key in known:
                continue
            where = f" in {_shown(path)}" if path else ""
            message = f'unknown key "{key}"{where}{suggestion(key, options)}'
            near = closest(key, options)
            hint = None if near else f"known here: {', '.join(sorted(options))}"
            yield self.document.problem("E104", message, [*path, key], key=True, hint=hint)

    def _name(self, error: ValidationError, path: list[str | int]) -> Problem:
        name = str(error.instance)
        wanted = f"it must match {error.validator_value}"
        message = f'"{name}" cannot be a name in {_shown(path)}'
        return self.document.problem("E107", message, [*path, name], key=True, hint=wanted)

    def _missing(self, error: ValidationError, path: list[str | int]) -> Problem:
        found = re.match(r"'(.+)' is a required property", error.message)
        name = found.group(1) if found else error.message
        message = f"{_shown(path) if path else 'the file'} lacks `{name}`"
        return self.document.problem("E106", message, path, key=True)

    def _choice(self, error: ValidationError, path: list[str | int]) -> Problem:
        return self._not_among(_options(error), path)

    def _not_among(self, options: list[str], path: list[str | int]) -> Problem:
        if not isinstance(_node(self.document.root, path), str):
            return self._wrong(" or ".join(f'"{option}"' for option in options), path)
        written = self._written(path)
        meant = suggestion(written, options)
        listed = ", ".join(dict.fromkeys(options))
        message = f'{_shown(path)} cannot be "{written}"{meant}'
        return self.document.problem("E107", message, path, hint=f"one of: {listed}")

    def _shape(self, error: ValidationError, path: list[str | int], schema: Schema) -> Problem:
        """A text of the wrong form: an example says more than a pattern."""
        examples = cast("list[Json]", schema.get("examples", []))
        as_in = " or ".join(str(example) for example in examples)
        hint = f"as in {as_in}" if as_in else f"it must match {error.validator_value}"
        if _CREDENTIALS.search(self._written(path)):
            message = f"{_shown(path)} must not hold a name and password"
            return self.document.problem("E110", message, path, hint=hint, secret=True)
        message = f'{_shown(path)} cannot be "{self._written(path)}"'
        return self.document.problem("E107", message, path, hint=hint)

    def _type(self, error: ValidationError, path: list[str | int]) -> Problem:
        wanted = error.validator_value
        kinds = [wanted] if isinstance(wanted, str) else [*cast("list[str]", wanted)]
        return self._wrong(" or ".join(_KINDS.get(kind, kind) for kind in kinds), path)

    def _wrong(self, wanted: str, path: list[str | int]) -> Problem:
        node = _node(self.document.root, path)
        written = self._written(path)
        message = f"{_shown(path)} must be {wanted}, not {_kind(node)}"
        hint = None
        if isinstance(node, str) and "number" in wanted:
            hint = _number_hint(written, self.document, path)
        elif isinstance(node, str) and "a map" in wanted and re.match(r"[\w-]+:\S", written):
            hint = "a space is missing after the colon"
        elif type(node) is Plain and not node and wanted == "a text":
            hint = 'write "" for an empty text'
        elif isinstance(node, str) and "true or false" in wanted:
            hint = "write true or false, without quotes"
        return self.document.problem("E105", message, path, hint=hint)

    def _written(self, path: list[str | int]) -> str:
        node = _node(self.document.root, path)
        return str(node)[:60] if isinstance(node, str) else _kind(node)


def _number_hint(written: str, document: Document, path: list[str | int]) -> str | None:
    place = document.place(path)
    line, column = document.line(place.line), place.column
    if line[column - 1 : column] in ("'", '"'):
        return "write it without quotes"
    if _NUMBERISH.fullmatch(written):
        return "write numbers as JSON does: 1000, not 1_000, 01000, +1000 or 0x3e8"
    return None


def _only(found: list[ValidationError]) -> ValidationError | None:
    return found[0] if len(found) == 1 else None


def _wrong_kind(found: list[ValidationError]) -> bool:
    """Does this alternative want another kind of value altogether?"""
    return any(e.validator == "type" and not e.relative_path for e in found)


def _deep(found: list[ValidationError]) -> bool:
    return any(e.relative_path for e in found)


def _kinds_of(found: list[ValidationError]) -> list[str]:
    for error in found:
        if error.validator == "type" and not error.relative_path:
            wanted = error.validator_value
            names = [wanted] if isinstance(wanted, str) else cast("list[str]", wanted)
            return [_KINDS.get(name, name) for name in names]
    return []


def _options(error: ValidationError) -> list[str]:
    value = cast("Json", error.validator_value)
    values = value if error.validator == "enum" and isinstance(value, list) else [value]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in values]


def _limit(error: ValidationError) -> str:
    """The error of one keyword in words; jsonschema's own where no better ones are known."""
    name, limit = _shown([*error.absolute_path]), error.validator_value
    words = {
        "minimum": f"must be at least {limit}",
        "maximum": f"must be at most {limit}",
        "exclusiveMinimum": f"must be more than {limit}",
        "exclusiveMaximum": f"must be less than {limit}",
        "multipleOf": f"must be a multiple of {limit}",
        "minLength": "must not be empty" if limit == 1 else f"needs {limit} characters or more",
        "maxLength": f"has more than {limit} characters",
        "minItems": "must not be empty" if limit == 1 else f"needs {limit} entries or more",
        "maxItems": f"has more than {limit} entries",
        "minProperties": "must not be empty",
        "maxProperties": f"has more than {limit} entries",
        "uniqueItems": "has an entry twice",
    }
    said = words.get(str(error.validator))
    return f"{name} {said}" if said else f"{name}: {error.message}"


def _shown(path: list[str | int]) -> str:
    """`images.hero.count`, `products[3]`; the file itself for the empty path."""
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"`{text.lstrip('.')}`" if path else "the file"


def _kind(node: Node | None) -> str:
    if isinstance(node, Mapping):
        return "a map"
    if isinstance(node, Sequence):
        return "a list"
    if type(node) is Plain and not node:
        return "empty"
    return f'"{str(node)[:60]}"' if node is not None else "missing"


def _node(root: Node, path: list[str | int]) -> Node | None:
    node: Node | None = root
    for part in path:
        if isinstance(node, Mapping) and isinstance(part, str):
            node = node.get(part)
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node):
            node = node[part]
        else:
            return None
    return node
