"""From a recipe's fields to exactly what reaches the vendor, and everything wrong with them.

Called for every job, so the usual way through is a handful of look-ups. Sizes are matched, untaken
defaults dropped, `params` checked against what the recipe itself fills. It never stops at the
first mistake: a person wants to see all of them.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import cast

from imagepipe.model import Json, Value, Values
from imagepipe.provider.pictures import picture_problems
from imagepipe.provider.request import check_segment
from imagepipe.provider.rules import Rules
from imagepipe.provider.shape import LEFT_OUT, add_size, is_meant, refusal, untaken, with_nearest
from imagepipe.provider.spec import COMPUTED, FIELDS, PICTURE_FIELDS, SIZE_FIELDS
from imagepipe.provider.takes import (
    BAD_ADDRESS,
    CLASH,
    NO_SUCH_SIZE,
    NOT_TAKEN,
    Violation,
    missing,
)

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
            problems += untaken(rules, name, written, value)
    for name, default in rules.defaults:
        values.setdefault(name, default)
    _doubtful(rules, values, written, problems)
    add_size(rules, fields, values, written, problems)
    params = fields.get("params")
    if params:
        _add_params(rules, cast("dict[str, Json]", params), values, written, problems)
    _check(rules, values, written, problems, unchecked)
    return values, problems


def _doubtful(
    rules: Rules, values: dict[str, Value], written: frozenset[str], problems: list[Violation]
) -> None:
    """Fields that no document names for this model: sent with a note, but not as a default."""
    for name, constraint in rules.doubtful:
        if name in values and (name in written or name == "model"):
            message, doubt = refusal(rules, name, values[name]), constraint.doubt("taken")
            problems.append(
                rules.subject(name).violation(NOT_TAKEN, message, note=doubt, rule="taken")
            )
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
            hint: str | None = "it would change how pictures are sent back"
            if subject.say is not None:
                hint = None
            doubt = constraint.doubt("taken")
            problems.append(subject.violation(NOT_TAKEN, message, hint, doubt, rule="taken"))
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
    rules: Rules,
    values: dict[str, Value],
    written: frozenset[str],
    problems: list[Violation],
    unchecked: frozenset[str],
) -> None:
    broken: list[Violation] = []
    for name, checks in rules.checks:
        value = values.get(name) if name not in unchecked else None
        if value is None:
            value = _computed(name, values)
            if value is None:
                continue
        found = [bad for check in checks if (bad := check(cast("Json", value))) is not None]
        if found:
            broken += _told(rules, (name, found), values, written)
    is_unshaped = any(bad.code == NO_SUCH_SIZE and bad.severity == "error" for bad in problems)
    for name, constraint in rules.required:
        if name == "size" and is_unshaped:
            continue
        if name not in values and not _filled(rules, name, values):
            problems.append(missing(rules.subject(name), constraint))
    problems += broken
    if not _PICTURES.isdisjoint(values):
        problems += picture_problems(rules, values)
    for name in rules.in_address:
        if name in values and (why := check_segment(name, str(values[name]))) is not None:
            message = f'{name} "{values[name]}" cannot be part of an address: {why}'
            problems.append(rules.subject(name).violation(BAD_ADDRESS, message, None))


_SHAPES = frozenset({*SIZE_FIELDS, *COMPUTED})
_DISPENSABLE = frozenset({"steps", "guidance", "strength"}) | _SHAPES
"""What a default may say for all recipes, and a provider that does not take it does without."""


def _told(
    rules: Rules, at: tuple[str, list[Violation]], values: dict[str, Value], written: frozenset[str]
) -> list[Violation]:
    """The violations of one value; it is left out if it is a default that nobody needs."""
    name, found = at
    is_error = any(bad.severity == "error" for bad in found)
    if is_error and name in _DISPENSABLE and not is_meant(rules, name, written):
        for one in SIZE_FIELDS if name in _SHAPES else (name,):
            values.pop(one, None)
        return [
            replace(bad, message=f"{bad.message}{LEFT_OUT}", hint=None, severity="note")
            for bad in found
        ]
    if name in _SHAPES:
        return [with_nearest(rules, values, bad) for bad in found]
    return found


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
