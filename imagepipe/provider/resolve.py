"""From a recipe's fields to exactly what reaches the vendor, and everything wrong with them.

Called for every job, so the usual way through is a handful of look-ups. Sizes are matched, untaken
defaults dropped, `params` checked against what the recipe itself fills. It never stops at the
first mistake: a person wants to see all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import cast

from imagepipe.model import ImageInput, Json, Value, Values
from imagepipe.provider.request import check_segment
from imagepipe.provider.rules import Rules
from imagepipe.provider.shape import add_size, refusal, untaken
from imagepipe.provider.spec import FIELDS, PICTURE_FIELDS, SIZE_FIELDS
from imagepipe.provider.takes import (
    BAD_ADDRESS,
    CLASH,
    NEEDS_BYTES,
    NO_SUCH_SIZE,
    NOT_TAKEN,
    Violation,
    missing,
)
from imagepipe.provider.tree import as_text

_PLAIN = frozenset(FIELDS) - frozenset(SIZE_FIELDS)
_PICTURES = frozenset(PICTURE_FIELDS)


def resolve(
    rules: Rules, fields: Values, written: frozenset[str], unchecked: frozenset[str] = frozenset()
) -> tuple[dict[str, Value], list[Violation]]:
    """The canonical values, and what is wrong with them.

    Args:
        rules: The compiled rules of the request and model.
        fields: Recipe fields by name; those the recipe does not set itself are defaults.
        written: The names that the recipe itself sets: what is not taken of these is an error.
        unchecked: Fields whose values stand for many, so that their own checks are left out.
    """
    values: dict[str, Value] = {}
    problems: list[Violation] = []
    for name, value in fields.items():
        if name not in _PLAIN or value in ("", ()):
            continue
        if name in rules.takes:
            values[name] = value
        else:
            problems += untaken(rules, name, written)
    for name, default in rules.defaults:
        values.setdefault(name, default)
    _doubtful(rules, values, written, problems)
    add_size(rules, fields, values, written, problems)
    params = fields.get("params")
    if params:
        _add_params(rules, cast("dict[str, Json]", params), values, written, problems)
    _check(rules, values, problems, unchecked)
    return values, problems


def _doubtful(
    rules: Rules, values: dict[str, Value], written: frozenset[str], problems: list[Violation]
) -> None:
    """Fields that no document names for this model: sent with a note, but not as a default."""
    for name, constraint in rules.doubtful:
        if name in values and name in written:
            doubt = rules.subject(name).violation(
                NOT_TAKEN, refusal(rules, name), None, constraint.note
            )
            problems.append(doubt)
        else:
            values.pop(name, None)


def _add_params(
    rules: Rules,
    params: dict[str, Json],
    values: dict[str, Value],
    written: frozenset[str],
    problems: list[Violation],
) -> None:
    """`params` go as they are, except over what the recipe itself fills."""
    values["params"] = params
    if rules.call.body is None:
        message = f"{rules.provider} takes no params: its request has no body"
        problems.append(Violation(NOT_TAKEN, "params", message))
    for path, names in rules.paths:
        if not _is_set(params, path) or names.isdisjoint(values):
            continue
        own = sorted(
            names & written or (written & {"size", "aspect_ratio"} if _sizes(names) else ())
        )
        if own:
            where = ".".join(("params", *path))
            message = f"{where} and {own[0]} both fill the same field of {rules.provider}"
            problems.append(Violation(CLASH, where, message, "write one of them"))
        for name in names:
            values.pop(name, None)
    for path, constraint, checks in rules.param_checks:
        if not _is_set(params, path):
            continue
        subject = rules.subject(".".join(("params", *path)))
        if not constraint.taken:
            message = f"{subject.field} cannot be used with {rules.provider}"
            hint = "it would change how pictures are sent back"
            problems.append(subject.violation(NOT_TAKEN, message, hint, constraint.note))
        problems += (bad for check in checks if (bad := check(_at(params, path))) is not None)


def _sizes(names: frozenset[str]) -> bool:
    return not names.isdisjoint(SIZE_FIELDS)


def _is_set(params: Json, path: tuple[str, ...]) -> bool:
    """Whether `params` say something at a place, or about what it lies in."""
    for key in path:
        if not isinstance(params, dict):
            return True
        if key not in params:
            return False
        params = params[key]
    return True


def _at(params: Json, path: tuple[str, ...]) -> Json:
    for key in path:
        params = params.get(key) if isinstance(params, dict) else params
    return params


def _check(
    rules: Rules, values: dict[str, Value], problems: list[Violation], unchecked: frozenset[str]
) -> None:
    is_unshaped = any(problem.code == NO_SUCH_SIZE for problem in problems)
    for name, constraint in rules.required:
        if name == "size" and is_unshaped:
            continue
        if name not in values and not _filled(rules, name, values):
            problems.append(missing(rules.subject(name), constraint))
    for name, checks in rules.checks:
        value = values.get(name) if name not in unchecked else None
        if value is None:
            value = _computed(name, values)
            if value is None:
                continue
        for check in checks:
            found = check(cast("Json", value))
            if found is not None:
                problems.append(found)
    if not _PICTURES.isdisjoint(values):
        problems += _picture_problems(rules, values)
    for name in rules.in_address:
        if name in values and (bad := check_segment(name, str(values[name]))) is not None:
            message = f'{name} "{values[name]}" cannot be part of an address: {bad}'
            problems.append(rules.subject(name).violation(BAD_ADDRESS, message, None))


def _filled(rules: Rules, name: str, values: dict[str, Value]) -> bool:
    """Whether a required field came in another form, or through params."""
    family = frozenset(SIZE_FIELDS) if name == "size" else frozenset({name})
    if not family.isdisjoint(values):
        return True
    params = values.get("params")
    return params is not None and any(
        _is_set(cast("Json", params), path)
        for path, names in rules.paths
        if not names.isdisjoint(family)
    )


def _computed(name: str, values: dict[str, Value]) -> Value | None:
    width, height = values.get("width"), values.get("height")
    if not isinstance(width, int) or not isinstance(height, int) or not height:
        return None
    if name == "pixels":
        return width * height
    return round(Decimal(width) / Decimal(height), 4) if name == "ratio" else None


def _picture_problems(rules: Rules, values: dict[str, Value]) -> Iterator[Violation]:
    for name in sorted(_PICTURES & values.keys()):
        pictures = pictures_of(values[name])
        if name in rules.needs_bytes and any(one.kind == "url" for one in pictures):
            message = f"{rules.provider} wants the picture itself as {name}, not its address"
            hint = "download it and give the file's path"
            yield rules.subject(name).violation(NEEDS_BYTES, message, hint)
        for field, fact, checks in rules.picture_checks:
            if field != name:
                continue
            facts = (picture_fact(picture, fact) for picture in pictures)
            for value in facts:
                found = (check(value) for check in checks if value is not None)
                yield from (bad for bad in found if bad is not None)


def pictures_of(value: Value) -> tuple[ImageInput, ...]:
    """The pictures of a field, whether it holds one or several."""
    if isinstance(value, ImageInput):
        return (value,)
    return value if isinstance(value, tuple) else ()


def picture_fact(picture: ImageInput, fact: str) -> str | int | None:
    """What a constraint looks at; None where the picture has no such fact."""
    match fact:
        case "tag":
            return picture.tag
        case "mime":
            return picture.media_type
        case "url":
            return picture.source if picture.kind == "url" else None
        case "bytes":
            return picture.size
        case "encoded":
            return _encoded_length(picture)
        case _:
            return picture.source if picture.kind != "file" else f"data:{picture.media_type}"


def _encoded_length(picture: ImageInput) -> int | None:
    """Characters of the data URI that a local picture becomes."""
    if picture.kind == "data":
        return len(picture.source)
    if picture.kind != "file" or picture.size is None:
        return None
    return len(f"data:{picture.media_type};base64,") + -(-picture.size // 3) * 4


def price_text(values: Values, name: str) -> str | None:
    """The text that a price condition compares; a size in pixels counts as one too."""
    if name.startswith("params."):
        return _param_text(values.get("params"), name.split(".")[1:])
    value = values.get(name)
    if value is None and name == "size" and "width" in values:
        return f"{values['width']}x{values['height']}"
    if value is None or isinstance(value, dict):
        return None
    return "given" if isinstance(value, ImageInput | tuple) else as_text(value)


def _param_text(params: Value | None, path: list[str]) -> str | None:
    found: object = params
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return str(found) if isinstance(found, str | int | Decimal) else None
