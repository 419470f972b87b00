"""The shape of a picture: from `size`, `aspect_ratio` and `fit` to what the vendor has.

A row of its list, pixels, or an aspect, by what the request names. The arithmetic is in `sizes`;
what people are told when nothing fits is here.
"""

from __future__ import annotations

from collections.abc import Iterator

from imagepipe.model import Value, Values
from imagepipe.provider import sizes
from imagepipe.provider.rules import Rules
from imagepipe.provider.spec import SizeRow
from imagepipe.provider.takes import CLASH, NO_SUCH_SIZE, NOT_TAKEN, Violation


def untaken(rules: Rules, name: str, written: frozenset[str]) -> Iterator[Violation]:
    """A field that the request does not name. A seed nobody wrote is dropped without a word."""
    if name in written:
        known = sorted(rules.takes | rules.size_names)
        hint = f"remove it, or choose a provider that takes one; {rules.provider} takes "
        hint += ", ".join(known)
        yield rules.subject(name).violation(NOT_TAKEN, refusal(rules, name), hint)
    elif name != "seed":
        message = f"{refusal(rules, name)}: the default is left out"
        yield Violation(NOT_TAKEN, name, message, None, "note")


def refusal(rules: Rules, name: str) -> str:
    model = " for this model" if name in rules.constraints else ""
    return f"{rules.provider} takes no {name}{model}"


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
        if row is None and fit == "nearest":
            row = sizes.nearest(rules.sizes, wanted)
        return _of_row(rules, row) if row is not None else _not_listed(rules, name, wanted)
    if name == "aspect_ratio":
        return _of_aspect(rules, wanted, fit)
    sides = sizes.pixels(wanted)
    if sides is not None and "width" in names:
        return {"width": sides[0], "height": sides[1]}
    if "size" in names:
        return {"size": wanted}
    return _wrong_kind(rules, name, wanted)


def _of_row(rules: Rules, row: SizeRow) -> dict[str, Value]:
    if "size" in rules.size_names:
        return {"size": row.text}
    if "width" in rules.size_names and row.pixels is not None:
        return {"width": row.pixels[0], "height": row.pixels[1]}
    return {"aspect_ratio": row.text}


def _of_aspect(rules: Rules, wanted: str, fit: str) -> Violation | dict[str, Value]:
    names = rules.size_names
    if "aspect_ratio" in names:
        return {"aspect_ratio": wanted}
    if "size" in names:
        return {"size": wanted}
    step = rules.constraints["width"].multiple_of if "width" in rules.constraints else None
    sides = sizes.about_a_megapixel(wanted, int(step or sizes.DEFAULT_GRID))
    if sides is None:
        return _wrong_kind(rules, "aspect_ratio", wanted)
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
    return rules.subject(name).violation(NO_SUCH_SIZE, message, hint)


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
    return rules.subject(name).violation(NO_SUCH_SIZE, message, hint)
