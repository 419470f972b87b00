"""What a spec says is accepted: constraints, sizes, model entries, prices and limits."""

from __future__ import annotations

import re
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, cast

from imagepipe.document import Mapping, Sequence, suggestion
from imagepipe.price import UNKNOWN, Glob, PriceTable
from imagepipe.provider import scalars, sizes
from imagepipe.provider.given import is_name
from imagepipe.provider.load.cursor import UNKNOWN_NAME, WRONG_VALUE, Cursor
from imagepipe.provider.spec import (
    COMPUTED,
    FIELDS,
    PICTURE_FACTS,
    PICTURE_FIELDS,
    Constraint,
    Limits,
    ModelRule,
    SizeRow,
)
from imagepipe.provider.tariffs import Misread, price_table

_CONSTRAINT_KEYS = (
    *("taken", "required", "default", "min", "max", "unit", "one_of"),
    *("multiple_of", "pattern", "unique", "free", "repeats", "note", "say", "source"),
)
_DOUBTABLE = (*("taken", "required", "min", "max", "one_of", "multiple_of", "pattern", "unique"),)
_UNITS = ("characters", "utf16", "bytes")
_REPEATS = ("exact", "similar", "none")
CONSTRAINABLE = (
    *FIELDS,
    *COMPUTED,
    *(f"{field}.{fact}" for field in PICTURE_FIELDS for fact in PICTURE_FACTS),
)


def constraints(at: Cursor | None) -> MappingProxyType[str, Constraint]:
    """`takes`: what must hold of each name."""
    found = {}
    for name, here in at.entries() if at is not None else ():
        if name not in CONSTRAINABLE and not name.startswith("params."):
            hint = f"a recipe's field, {', '.join(COMPUTED)}, a picture's fact such as "
            hint += "input_images.tag, or params.NAME"
            message = f'nothing is called "{name}"{suggestion(name, CONSTRAINABLE)}'
            here.bad(UNKNOWN_NAME, message, key=True, hint=hint)
        one = _constraint(here)
        if one is not None:
            found[name] = one
    return MappingProxyType(found)


def _constraint(at: Cursor) -> Constraint | None:
    if isinstance(at.node, str):
        taken = scalars.yes_or_no(at.node)
        if taken is None:
            at.bad(WRONG_VALUE, f"{at.name} must be a map of constraints, yes or no")
        return Constraint(taken=taken is not False)
    if not at.fields(_CONSTRAINT_KEYS):
        return None
    least, most = at.number("min"), at.number("max")
    if least is not None and most is not None and least > most:
        at.at("max").bad(WRONG_VALUE, "max is less than min")
    default = at.get("default")
    return Constraint(
        taken=at.flag("taken") is not False,
        required=at.flag("required") is True,
        default=default.json() if default is not None else None,
        least=least,
        most=most,
        unit=cast('Literal["characters", "utf16", "bytes"]', at.word("unit", _UNITS) or _UNITS[0]),
        one_of=_listed(at.get("one_of")),
        multiple_of=_step(at),
        pattern=_pattern(at),
        unique=at.flag("unique") is True,
        free=at.flag("free") is True,
        repeats=cast('Literal["exact", "similar", "none"] | None', at.word("repeats", _REPEATS)),
        note=None if isinstance(at.at("note").node, Mapping) else at.text("note"),
        notes=_notes(at.get("note")),
        say=at.text("say"),
        source=at.text("source"),
    )


def _notes(at: Cursor | None) -> MappingProxyType[str, str]:
    """A note for some of the keys beside it, by key."""
    if at is None or not isinstance(at.node, Mapping) or not at.fields(_DOUBTABLE):
        return MappingProxyType({})
    found = ((key, at.text(key)) for key in at.node if key in _DOUBTABLE)
    return MappingProxyType({key: text for key, text in found if text is not None})


def _listed(at: Cursor | None) -> tuple[str | int | Decimal, ...]:
    if at is None:
        return ()
    found = []
    for item in at.items():
        value = item.json()
        if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
            found.append(value)
        else:
            item.bad(WRONG_VALUE, "one_of lists texts and numbers")
    return tuple(found)


def _step(at: Cursor) -> Decimal | None:
    found = at.number("multiple_of")
    if found is not None and found <= 0:
        at.at("multiple_of").bad(WRONG_VALUE, "multiple_of must be more than 0")
        return None
    return found


def _pattern(at: Cursor) -> str | None:
    found = at.text("pattern")
    if found is None:
        return None
    try:
        re.compile(found)
    except re.error as error:
        at.at("pattern").bad(WRONG_VALUE, f"this is no regular expression: {error}")
        return None
    return found


def size_rows(at: Cursor | None) -> tuple[SizeRow, ...] | None:
    """The vendor's own wire values, in the order of preference."""
    if at is None:
        return None
    if not isinstance(at.node, Sequence):
        at.bad(WRONG_VALUE, "sizes must be a list of the values that the vendor takes")
        return None
    return tuple(sizes.row(text) for item in at.items() if (text := item.as_text()) is not None)


def models(at: Cursor | None) -> tuple[ModelRule, ...]:
    found = []
    for item in at.items() if at is not None else ():
        if item.fields(("match", "given", "lacking", "about", "takes", "sizes"), ("match",)):
            rule = ModelRule(
                match=tuple(Glob(text) for text in item.texts("match")),
                given=_names(item.get("given")),
                lacking=_names(item.get("lacking")),
                about=item.text("about"),
                takes=constraints(item.get("takes")),
                sizes=size_rows(item.get("sizes")),
            )
            found.append(rule)
    return tuple(found)


def _names(at: Cursor | None) -> tuple[str, ...]:
    """Fields that are set, or are not, where an entry applies."""
    found = []
    for item in at.items() if at is not None else ():
        name = item.as_text()
        if name is not None and is_name(name):
            found.append(name)
        elif name is not None:
            hint = "a recipe's field, params.NAME, or input_images[1] for a second picture"
            message = f'no recipe sets "{name}"{suggestion(name, FIELDS)}'
            item.bad(UNKNOWN_NAME, message, hint=hint)
    return tuple(found)


def prices(at: Cursor | None) -> PriceTable:
    if at is None:
        return UNKNOWN
    try:
        return price_table(at.json())
    except Misread as error:
        here = at
        for part in error.path:
            here = here.at(part)
        here.bad(UNKNOWN_NAME if "depend on" in str(error) else WRONG_VALUE, str(error))
        return UNKNOWN


def limits(at: Cursor | None) -> Limits:
    if at is None or not at.fields(("rpm", "in_flight", "polls", "counts")):
        return Limits()
    rpm = at.number("rpm")
    if rpm is not None and rpm <= 0:
        at.at("rpm").bad(WRONG_VALUE, "rpm must be more than 0")
        rpm = None
    counts = at.text("counts")
    if counts is not None and counts not in FIELDS and not counts.startswith("params."):
        hint = "a recipe's field, or params.NAME"
        at.at("counts").bad(UNKNOWN_NAME, f'limits cannot count "{counts}"', hint=hint)
    return Limits(rpm, at.whole("in_flight"), at.flag("polls") is True, counts)
