"""The shape of a picture: from `size`, `aspect_ratio` and `fit` to what the vendor has.

A row of its list, pixels, or an aspect, by what the request names. The arithmetic is in `sizes`;
what people are told when nothing fits is here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from imagepipe.model import Value, Values
from imagepipe.provider import sizes
from imagepipe.provider.checks import nearest_of
from imagepipe.provider.rules import Rules
from imagepipe.provider.spec import COMPUTED, SIZE_FIELDS, Constraint, SizeRow
from imagepipe.provider.takes import CLASH, NO_SUCH_SIZE, NOT_TAKEN, Violation

_FREE = Constraint()
LEFT_OUT = ": the default is left out"


def untaken(
    rules: Rules, name: str, written: frozenset[str], value: Value | None = None
) -> Iterator[Violation]:
    """A field that the request does not name. A seed nobody wrote is dropped without a word."""
    if name in written or (name == "model" and name in rules.constraints):
        subject = rules.subject(name)
        known = ", ".join(sorted(rules.takes | rules.size_names))
        hint = f"remove it, or choose a provider that takes one; {rules.provider} takes {known}"
        if subject.say is not None:
            hint = "remove it" if name != "model" else ""
        yield subject.violation(NOT_TAKEN, refusal(rules, name, value), hint, rule="taken")
    elif name != "seed":
        message = f"{refusal(rules, name)}{LEFT_OUT}"
        yield Violation(NOT_TAKEN, name, message, None, "note", rule="taken")


def refusal(rules: Rules, name: str, value: Value | None = None) -> str:
    if name == "model" and name in rules.constraints:
        return f'the model "{value}" cannot be used with {rules.provider}'
    model = " for this model" if name in rules.constraints else ""
    return f"{rules.provider} takes no {name}{model}"


def is_meant(rules: Rules, name: str, written: frozenset[str]) -> bool:
    """Whether a value has to be sent: the recipe wrote it, or the provider does not do without.

    What follows from a size (`width`, `pixels`) is meant if the size is.
    """
    names = ("size", "aspect_ratio") if name in _OF_SIZE else (name,)
    if not written.isdisjoint(names):
        return True
    required = "size" if name in _OF_SIZE else name
    return any(one == required for one, _ in rules.required)


_OF_SIZE = frozenset({*SIZE_FIELDS, *COMPUTED})


def add_size(
    rules: Rules,
    fields: Values,
    values: dict[str, Value],
    written: frozenset[str],
    problems: list[Violation],
) -> None:
    """The size in the vendor's terms: a row of its list, pixels, or an aspect."""
    name = _size_field(fields, written)
    if name is None:
        return
    if "size" in written and "aspect_ratio" in written:
        message = "size and aspect_ratio both say how the picture is shaped"
        problems.append(Violation(CLASH, "size", message, "write one of them"))
    wanted = str(fields[name])
    if not rules.size_names:
        problems += untaken(rules, name, written)
        return
    cached = (name, wanted, str(fields.get("fit", "exact")))
    found = rules.size_cache.get(cached)
    if found is None:
        found = rules.size_cache[cached] = _sized(rules, *cached)
    if isinstance(found, Violation):
        if not is_meant(rules, name, written):
            message = f"{found.message}{LEFT_OUT}"
            found = replace(found, message=message, hint=None, severity="note")
        problems.append(found)
    else:
        values.update(found)


def _size_field(fields: Values, written: frozenset[str]) -> str | None:
    """Which of the two is meant: a written one before a default, and size before an aspect."""
    given = [name for name in ("size", "aspect_ratio") if fields.get(name)]
    return next((name for name in given if name in written), given[0] if given else None)


def _sized(rules: Rules, name: str, wanted: str, fit: str) -> Violation | dict[str, Value]:
    names = rules.size_names
    if rules.sizes is not None:
        row = sizes.find(rules.sizes, wanted)
        if row is None and (free := _free(rules, wanted, fit)) is not None:
            return free
        if row is None and fit == "nearest":
            row = sizes.nearest(rules.sizes, wanted)
        return _of_row(rules, row) if row is not None else _not_listed(rules, name, wanted)
    if name == "aspect_ratio":
        return _of_aspect(rules, wanted, fit)
    sides = sizes.pixels(wanted)
    if sides is not None and "width" in names:
        return _of_pixels(rules, sides, fit)
    if "size" in names:
        return {"size": wanted}
    return _wrong_kind(rules, name, wanted)


def _free(rules: Rules, wanted: str, fit: str) -> dict[str, Value] | None:
    """Pixels that are not listed, where the vendor takes others within its bounds."""
    constraint, sides = rules.constraints.get("size"), sizes.pixels(wanted)
    if constraint is None or not constraint.free or sides is None:
        return None
    return _of_pixels(rules, sides, fit)


def _of_pixels(rules: Rules, sides: tuple[int, int], fit: str) -> dict[str, Value]:
    """Pixels as they are, or the nearest that are allowed; if none are, that is told later."""
    near = rules.nearest(*sides) if fit == "nearest" else None
    width, height = near or sides
    return {"width": width, "height": height}


def with_nearest(rules: Rules, values: Values, bad: Violation) -> Violation:
    """A violation of bounds on pixels, with the size to write instead."""
    width, height = values.get("width"), values.get("height")
    if not isinstance(width, int) or not isinstance(height, int):
        return bad
    near = rules.nearest(width, height)
    if near is None or near == (width, height):
        return bad
    hint = f"write size: {near[0]}x{near[1]} (the nearest), or fit: nearest"
    return replace(bad, hint=rules.subject(bad.field).advice(hint))


def _of_row(rules: Rules, row: SizeRow) -> dict[str, Value]:
    if "size" in rules.size_names:
        return {"size": row.text}
    if "width" in rules.size_names and row.pixels is not None:
        return {"width": row.pixels[0], "height": row.pixels[1]}
    return {"aspect_ratio": row.text}


def _of_aspect(rules: Rules, wanted: str, fit: str) -> Violation | dict[str, Value]:
    names = rules.size_names
    if "aspect_ratio" in names:
        listed = rules.constraints.get("aspect_ratio", _FREE).one_of
        near = nearest_of(wanted, listed) if listed and fit == "nearest" else None
        return {"aspect_ratio": wanted if near is None else str(near)}
    if "size" in names:
        return {"size": wanted}
    step = rules.constraints["width"].multiple_of if "width" in rules.constraints else None
    sides = sizes.about_a_megapixel(wanted, int(step or sizes.DEFAULT_GRID))
    if sides is None:
        return _wrong_kind(rules, "aspect_ratio", wanted)
    sides = rules.nearest(*sides) or sides
    if fit == "nearest":
        return {"width": sides[0], "height": sides[1]}
    message = f"{rules.provider} takes pixels, not an aspect_ratio such as {wanted}"
    hint = f"write size: {sides[0]}x{sides[1]}, or fit: nearest"
    return rules.subject("aspect_ratio").violation(NO_SUCH_SIZE, message, hint)


def _not_listed(rules: Rules, name: str, wanted: str) -> Violation:
    listed = rules.sizes or ()
    near = sizes.nearest(listed, wanted)
    shown = ", ".join(row.text for row in listed[:6]) + (", …" if len(listed) > 6 else "")
    model = " for this model" if rules.by_model else ""
    message = f"{rules.provider} has no {name} {wanted}{model}; it has {shown}"
    hint = f"write {_as_written(near, name)} (the nearest), or fit: nearest" if near else None
    return rules.subject(name).violation(NO_SUCH_SIZE, message, hint, rule="listed")


def _as_written(row: SizeRow, name: str) -> str:
    """A row as a recipe would ask for it."""
    if name == "aspect_ratio" and row.aspect is not None:
        return f"aspect_ratio: {row.aspect[0]:f}:{row.aspect[1]:f}"
    return f"size: {row.pixels[0]}x{row.pixels[1]}" if row.pixels else f'aspect_ratio: "{row.text}"'


def _wrong_kind(rules: Rules, name: str, wanted: str) -> Violation:
    if name == "size" and sizes.pixels(wanted) is not None:
        message = f"{rules.provider} takes aspect_ratio, not size"
        hint = "write aspect_ratio instead, such as 16:9"
    else:
        shape = "WIDTHxHEIGHT in pixels, such as 1344x768" if name == "size" else "such as 16:9"
        message, hint = f'{name} "{wanted}" cannot be read', f"it is written {shape}"
        if name == "size" and sizes.pair(wanted) is not None:
            message = f'size "{wanted}" is no size in pixels: sides below 64 are taken for a ratio'
            hint = "write a size of at least 64x64, or aspect_ratio"
    return rules.subject(name).violation(NO_SUCH_SIZE, message, hint)
