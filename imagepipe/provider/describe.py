"""What a spec says, for people: structured values that a listing can be drawn from.

It knows no terminal. What the spec does not know is said as plainly as what it knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from imagepipe.price import PriceTable
from imagepipe.provider.provider import Provider
from imagepipe.provider.rules import mentioned_fields
from imagepipe.provider.spec import FIELDS, SIZE_FIELDS, Constraint, Limits, Schedule, SizeRow, Spec
from imagepipe.provider.takes import plain


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """One recipe field: whether it must be given, and each limit in words."""

    name: str
    required: bool
    limits: tuple[str, ...]
    note: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What holds for some models beyond what holds for all; `match` are globs."""

    match: tuple[str, ...]
    about: str | None
    fields: tuple[FieldFacts, ...]
    sizes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VarFacts:
    """A setting of the instance."""

    name: str
    required: bool
    identity: bool
    default: str | None
    about: str | None


@dataclass(frozen=True, slots=True)
class PriceFacts:
    """USD for one picture under some conditions (name and pattern); none means always."""

    usd: Decimal
    conditions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All of one provider. `synchronous` ones answer a submit with the picture itself."""

    name: str
    spec: str
    revision: int
    about: str | None
    docs: str | None
    base_url: str | None
    key_env: str | None
    synchronous: bool
    vars: tuple[VarFacts, ...]
    fields: tuple[FieldFacts, ...]
    size_forms: tuple[str, ...]
    sizes: tuple[str, ...]
    models: tuple[ModelFacts, ...]
    prices: tuple[PriceFacts, ...]
    limits: Limits
    schedule: Schedule
    unknown: tuple[str, ...]


def describe(provider: Provider) -> Facts:
    """What the provider accepts, costs and allows, and what nobody has published of it."""
    spec = provider.spec
    own = provider.settings.price
    table = spec.price if own is None else own.before(spec.price)
    return Facts(
        name=provider.name,
        spec=spec.name,
        revision=spec.revision,
        about=spec.about,
        docs=spec.docs,
        base_url=provider.base_url or None,
        key_env=provider.key_env,
        synchronous=provider.synchronous,
        vars=tuple(
            VarFacts(name, var.required, var.identity, var.default, var.about)
            for name, var in spec.vars.items()
        ),
        fields=tuple(_fields(spec)),
        size_forms=_size_forms(spec),
        sizes=_texts(spec.sizes),
        models=tuple(
            ModelFacts(
                tuple(glob.text for glob in rule.match),
                rule.about,
                tuple(_facts(name, one) for name, one in rule.takes.items()),
                _texts(rule.sizes),
            )
            for rule in spec.models
        ),
        prices=tuple(_prices(table)),
        limits=provider.limits,
        schedule=provider.schedule,
        unknown=tuple(_unknown(provider, table)),
    )


def _fields(spec: Spec) -> Iterator[FieldFacts]:
    """What its requests mention, then what is said of computed names, pictures and params."""
    mentioned = _mentioned(spec)
    size = "size" if not mentioned.isdisjoint(SIZE_FIELDS) else None
    for name in FIELDS:
        if name in mentioned - {"size"} or name == size:
            yield _facts(name, spec.takes.get(name, Constraint()))
    for name, constraint in spec.takes.items():
        if name not in FIELDS:
            yield _facts(name, constraint)


def _mentioned(spec: Spec) -> frozenset[str]:
    return frozenset[str]().union(*(mentioned_fields(call) for call in spec.submit))


def _size_forms(spec: Spec) -> tuple[str, ...]:
    """How a recipe may ask for a shape: `size`, `aspect_ratio`, or both."""
    mentioned = _mentioned(spec)
    listed = spec.sizes is not None or any(rule.sizes is not None for rule in spec.models)
    by_size = not mentioned.isdisjoint({"size", "width"})
    by_aspect = "aspect_ratio" in mentioned or "size" in mentioned or (listed and by_size)
    forms = (("size", by_size or listed), ("aspect_ratio", by_aspect))
    return tuple(name for name, can in forms if can)


def _facts(name: str, constraint: Constraint) -> FieldFacts:
    words = tuple(_words(constraint, name))
    return FieldFacts(name, constraint.required, words, constraint.note, constraint.source)


def _words(constraint: Constraint, name: str) -> Iterator[str]:
    if not constraint.taken:
        yield "not documented" if constraint.note else "not taken"
    if constraint.default is not None:
        yield f"default {constraint.default}"
    if constraint.one_of:
        yield f"one of {', '.join(str(one) for one in constraint.one_of)}"
    if constraint.least is not None or constraint.most is not None:
        yield _range(constraint) + _UNITS.get(_kind(name, constraint), "")
    if constraint.multiple_of is not None:
        yield f"a multiple of {plain(constraint.multiple_of)}"
    if constraint.pattern is not None:
        yield f"of the form {constraint.pattern}"
    if constraint.repeats is not None:
        yield _REPEATS[constraint.repeats]


def _range(constraint: Constraint) -> str:
    low, high = constraint.least, constraint.most
    if low is None:
        return f"at most {plain(high)}"
    if high is None:
        return f"at least {plain(low)}"
    return plain(low) if low == high else f"{plain(low)} to {plain(high)}"


def _kind(name: str, constraint: Constraint) -> str:
    if name in ("prompt", "negative_prompt", "model") or name.endswith((".uri", ".url")):
        return constraint.unit
    if name.endswith((".encoded", ".bytes")):
        return "bytes"
    return name


_UNITS: Mapping[str, str] = {
    "characters": " characters",
    "utf16": " UTF-16 code units",
    "bytes": " bytes",
    "input_images": " pictures",
    "width": " pixels",
    "height": " pixels",
    "pixels": " pixels",
}
_REPEATS: Mapping[str, str] = {
    "exact": "the same seed gives the same picture",
    "similar": "the same seed gives a similar picture",
    "none": "the same seed gives another picture",
}


def _texts(rows: tuple[SizeRow, ...] | None) -> tuple[str, ...]:
    return tuple(row.text for row in rows or ())


def _prices(table: PriceTable) -> Iterator[PriceFacts]:
    for row in table.rows:
        conditions = (
            (name, ", ".join(glob.text for glob in globs)) for name, globs in row.conditions
        )
        yield PriceFacts(row.usd, tuple(conditions))


def _unknown(provider: Provider, table: PriceTable) -> Iterator[str]:
    """What the spec says is unknown, and what it leaves out without a word."""
    said = provider.spec.unknown
    yield from said
    if not table.rows and not any(text.startswith("price") for text in said):
        yield "price"
    limits = provider.limits
    if limits.rpm is None and not any("minute" in text or "limit" in text for text in said):
        yield "requests a minute"
