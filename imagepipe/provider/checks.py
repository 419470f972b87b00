"""Constraints as checks: one value in, and what is wrong with it out, told to people who run shops.

A message names the field, the value, the limit with its unit and the provider; its hint names the
nearest allowed value and where to read about it. Checks are compiled once for a model and called
for every job, so what can be decided beforehand is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from imagepipe.document import closest, suggestion
from imagepipe.model import Json
from imagepipe.price import Glob
from imagepipe.provider.sizes import pair
from imagepipe.provider.spec import PICTURE_FIELDS, Constraint
from imagepipe.provider.takes import (
    MISSHAPEN,
    NOT_LISTED,
    NOT_TAKEN,
    OUT_OF_RANGE,
    Check,
    Subject,
    Violation,
)


def compile_checks(subject: Subject, constraint: Constraint) -> tuple[Check, ...]:
    """Every check that the constraint asks for, in the order in which they are told."""
    return tuple(_checks(subject.under(constraint), constraint))


def _checks(subject: Subject, constraint: Constraint) -> Iterator[Check]:
    if not constraint.taken and subject.field.partition(".")[0] in PICTURE_FIELDS:
        yield from _untaken_fact(subject, constraint)
        return
    if constraint.one_of:
        yield _one_of(subject, constraint)
    if constraint.pattern is not None:
        yield _pattern(subject, constraint)
    if constraint.least is not None or constraint.most is not None:
        yield _range(subject, constraint)
    if constraint.multiple_of is not None:
        yield _multiple(subject, constraint, constraint.multiple_of)


def _untaken_fact(subject: Subject, constraint: Constraint) -> Iterator[Check]:
    """A fact of a picture that must not be there: `input_images.tag`."""
    field, _, fact = subject.field.partition(".")
    message = f"{subject.provider} takes no {fact} of {field} for this model"
    found = subject.violation(
        NOT_TAKEN, message, "remove it", constraint.doubt("taken"), rule="taken"
    )
    if fact:
        yield lambda _value: found


def _one_of(subject: Subject, constraint: Constraint) -> Check:
    """Of the listed values those with a `*` are patterns, in any case."""
    exact = [value for value in constraint.one_of if "*" not in str(value)]
    globs = [Glob(str(value)) for value in constraint.one_of if "*" in str(value)]
    allowed = frozenset(_comparable(value) for value in exact)

    def check(value: Json | Sequence[object]) -> Violation | None:
        if _comparable(value) in allowed or any(one.matches(str(value)) for one in globs):
            return None
        return _unlisted(subject, constraint, value, exact)

    return check


def _unlisted(
    subject: Subject,
    constraint: Constraint,
    value: Json | Sequence[object],
    exact: Sequence[Json],
) -> Violation:
    doubt = constraint.doubt("one_of")
    if subject.field == "model":
        message = f'{subject.provider} lists no model "{value}"'
        message += suggestion(str(value), [str(one) for one in exact])
        return subject.violation(NOT_LISTED, message, None, doubt, rule="one_of")
    listed = ", ".join(str(one) for one in constraint.one_of[:12])
    listed += ", …" if len(constraint.one_of) > 12 else ""
    near = nearest_of(value, exact)
    hint = f"the nearest allowed value is {near}" if near is not None else None
    message = f'{subject.field} is "{value}", and {subject.provider} takes only {listed}'
    return subject.violation(NOT_LISTED, message, hint, doubt, rule="one_of")


def _pattern(subject: Subject, constraint: Constraint) -> Check:
    pattern = re.compile(constraint.pattern or "")

    def check(value: Json | Sequence[object]) -> Violation | None:
        if pattern.search(str(value)):
            return None
        shown = str(value)[:60] + ("…" if len(str(value)) > 60 else "")
        message = f'{subject.field} "{shown}" is not of the form that {subject.provider} takes'
        hint = None if subject.say else f"it must match {pattern.pattern}"
        doubt = constraint.doubt("pattern")
        return subject.violation(MISSHAPEN, message, hint, doubt, rule="pattern")

    return check


def _range(subject: Subject, constraint: Constraint) -> Check:
    least = constraint.least if constraint.least is not None else -math.inf
    most = constraint.most if constraint.most is not None else math.inf
    is_param = subject.field.startswith("params.")

    def check(value: Json | Sequence[object]) -> Violation | None:
        if isinstance(value, str):
            # params are JSON of any type: a quoted "4" must not count as a text of one character.
            measured = _number(value) if is_param else length(value, constraint.unit)
        else:
            measured = _measure(value)
        if measured is not None and least <= measured <= most:
            return None
        return _out_of_range(subject, constraint, value, measured)

    return check


def _out_of_range(
    subject: Subject,
    constraint: Constraint,
    value: Json | Sequence[object],
    measured: Decimal | int | None,
) -> Violation:
    if measured is None:
        message = f'{subject.field} is "{value}", and {subject.provider} takes a number there'
        return subject.violation(
            OUT_OF_RANGE, message, None, constraint.doubt("max"), rule="number"
        )
    is_short = constraint.least is not None and measured < constraint.least
    limit = constraint.least if is_short else constraint.most
    rule = "min" if is_short else "max"
    bound = f"{'at least' if is_short else 'at most'} {plain(limit)}"
    unit = _unit(value, constraint, subject.field)
    if isinstance(value, str | list | tuple) and not subject.field.startswith("params."):
        message = f"{subject.field} has {plain(measured)} {unit}, and {subject.provider} takes"
        message += f" {bound}"
        over = abs(Decimal(measured) - (limit or 0))
        hint: str | None = f"{'add' if is_short else 'take away'} {plain(over)}"
    else:
        message = f"{subject.field} is {plain(measured)}{unit and f' {unit}'}, and"
        message += f" {subject.provider} takes {bound}"
        hint = None
        if "." not in subject.field or subject.field.startswith("params."):
            hint = f"the nearest allowed value is {plain(_snapped(limit, constraint))}"
    return subject.violation(OUT_OF_RANGE, message, hint, constraint.doubt(rule), rule=rule)


_UNITS = {"characters": "characters", "utf16": "UTF-16 code units", "bytes": "bytes"}


def _unit(value: Json | Sequence[object], constraint: Constraint, field: str) -> str:
    if isinstance(value, str):
        return "" if field.startswith("params.") else _UNITS[constraint.unit]
    if isinstance(value, list | tuple):
        return "pictures" if field == "input_images" else "entries"
    name = field.rpartition(".")[2]
    if name in ("bytes", "encoded"):
        return "bytes"
    return "pixels" if name in ("width", "height", "pixels") else ""


def _multiple(subject: Subject, constraint: Constraint, step: Decimal) -> Check:
    def check(value: Json | Sequence[object]) -> Violation | None:
        measured = _measure(value)
        if measured is not None and measured % step == 0:
            return None
        message = f"{subject.field} is {value}, and {subject.provider} takes multiples of "
        message += plain(step)
        hint = None
        if measured is not None:
            wanted = round(Decimal(measured) / step) * step
            hint = f"the nearest allowed value is {plain(_snapped(wanted, constraint))}"
        doubt = constraint.doubt("multiple_of")
        return subject.violation(OUT_OF_RANGE, message, hint, doubt, rule="multiple_of")

    return check


def _snapped(limit: Decimal | None, constraint: Constraint) -> Decimal | None:
    """The value nearest to `limit` that keeps both the bounds and the step."""
    if limit is None:
        return None
    low, high = constraint.least, constraint.most
    limit = limit if low is None else max(limit, low)
    limit = limit if high is None else min(limit, high)
    step = constraint.multiple_of
    if step is None or limit % step == 0:
        return limit
    down = limit // step * step
    return down if low is None or down >= low else down + step


def length(text: str, unit: str) -> int:
    """How long a text is in the vendor's unit."""
    if unit == "utf16":
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    return len(text.encode(errors="surrogatepass")) if unit == "bytes" else len(text)


def nearest_of(value: Json | Sequence[object], allowed: Sequence[Json]) -> Json:
    """The allowed value nearest to `value`: by number, by ratio, or by spelling."""
    if isinstance(value, str) and (wanted := pair(value)) is not None:
        aim = math.log(wanted[0] / wanted[1])
        ratios = [(one, math.log(r[0] / r[1])) for one in allowed if (r := pair(str(one)))]
        if ratios:
            return min(ratios, key=lambda known: abs(known[1] - aim))[0]
    number = _number(value)
    numbers = [(one, known) for one in allowed if (known := _number(one)) is not None]
    if number is not None and numbers:
        return min(numbers, key=lambda known: abs(known[1] - number))[0]
    return closest(str(value), [str(one) for one in allowed])


def plain(number: Decimal | int | None) -> str:
    """A number without a needless exponent or trailing zeros, with thousands set apart."""
    if number is None:
        return ""
    value = Decimal(number)
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _comparable(value: Json | Sequence[object]) -> object:
    if isinstance(value, bool) or value is None:
        return ("word", str(value).lower())
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value)).normalize()
    return str(value)


def _measure(value: Json | Sequence[object]) -> Decimal | int | None:
    """What a bound is about: the value of a number, the count of a list."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | Decimal):
        return value
    if isinstance(value, float):
        return Decimal(str(value))
    return len(value) if isinstance(value, list | tuple | dict) else None


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        found = Decimal(str(value))
    except ArithmeticError:
        return None
    return found if found.is_finite() else None
