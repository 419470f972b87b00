"""What a provider accepts, allows and costs, as its spec says, and what nobody has published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from imagepipe.price import PriceRow
from imagepipe.provider.rules import mentioned_fields
from imagepipe.provider.spec import PLAIN_FIELDS, Constraint, Limits, ModelRule, SizeRow, Spec
from imagepipe.provider.takes import plain as figure
from imagepipe.render.columns import columns
from imagepipe.render.text import duration, listed, money, plain, wrap

_PICTURES = ("image", "mask", "control_image", "input_images")
_UNITS = {"characters": "characters", "utf16": "UTF-16 code units", "bytes": "bytes"}
_MOST_LISTED = 40
"""Values of a list that are spelt out."""


def list_text(specs: Sequence[Spec], width: int) -> str:
    """A line for each provider: name, key, limits, prices."""
    head = ("provider", "key variable", "limits", "price", "about")
    rows = [
        (
            spec.name,
            spec.key_env or "none",
            limits_text(spec.limits, short=True),
            _price_range(spec.price.rows),
            plain(spec.about or ""),
        )
        for spec in specs
    ]
    lines = columns([head, *rows], width, indent=0)
    return "\n".join([*lines, "", "`imagepipe providers show NAME` says what each accepts."])


def show_text(spec: Spec, width: int) -> str:
    """The page about one provider, without a final line break."""
    lines = [f"{spec.name} (revision {spec.revision}): {plain(spec.about or 'no description')}"]
    lines += _facts(spec, width)
    lines += ["", "Accepts:", *_takes(spec, width)]
    for rule in spec.models:
        lines += ["", *_model(rule, width)]
    lines += ["", "Price of a picture:", *_prices(spec.price.rows, width)]
    if spec.unknown:
        lines += ["", "Unknown:", *_bullets(spec.unknown, width)]
    return "\n".join(lines)


def limits_text(limits: Limits, *, short: bool = False) -> str:
    parts = [f"{figure(limits.rpm)}{'/min' if short else ' a minute'}"] if limits.rpm else []
    if limits.in_flight is not None:
        parts.append(f"{limits.in_flight} at a time")
    return ", ".join(parts) or "unknown"


def _facts(spec: Spec, width: int) -> list[str]:
    needed = [f"{name}{' (required)' if var.required else ''}" for name, var in spec.vars.items()]
    poll = (
        f"polled every {duration(spec.schedule.every)}" if spec.poll else "the reply is the picture"
    )
    rows = [
        ("documents", spec.docs or "unknown"),
        ("address", spec.base_url or "set base_url to your own server"),
        ("key", f"in {spec.key_env}" if spec.key_env else "none"),
        ("settings", ", ".join(needed) or "none"),
        ("limits", limits_text(spec.limits)),
        ("answers", poll),
    ]
    return _pairs(rows, width)


def _takes(spec: Spec, width: int) -> list[str]:
    """Every recipe field that some request of the spec names, with what must hold of it."""
    named = frozenset().union(*(mentioned_fields(call) for call in spec.submit))
    fields = [name for name in PLAIN_FIELDS if name in named]
    sized = [name for name in ("size", "width", "height", "aspect_ratio") if name in named]
    pictures = [name for name in _PICTURES if name in named]
    rows = [(name, _rule(spec.takes.get(name))) for name in fields]
    rows += [(_sized(sized), _size_rule(spec.takes, spec.sizes))] if sized else []
    rows += [(name, _rule(spec.takes.get(name))) for name in pictures]
    said = {*fields, *_SHAPES, *pictures}
    rows += [(name, _rule(rule)) for name, rule in spec.takes.items() if name not in said]
    return _pairs(rows, width)


_SHAPES = ("size", "width", "height", "aspect_ratio", "pixels", "ratio")


def _sized(names: Sequence[str]) -> str:
    """How a recipe asks for a shape: a vendor's width and height are `size: WxH` there."""
    pixels = any(name in names for name in ("size", "width"))
    return " or ".join(
        ["size"] * pixels + ["aspect_ratio"] * ("aspect_ratio" in names or "size" in names)
    )


def _size_rule(takes: Mapping[str, Constraint], sizes: tuple[SizeRow, ...] | None) -> str:
    parts = [f"{name} {rule}" for name in _SHAPES if (rule := _rule(takes.get(name))) != _FREE]
    if sizes:
        parts.append(f"one of {_few([row.text for row in sizes])}")
    return "; ".join(parts) or _FREE


def _model(rule: ModelRule, width: int) -> list[str]:
    names = ", ".join(glob.text for glob in rule.match)
    lines = wrap(
        f"Models {names}{f': {plain(rule.about)}' if rule.about else ''}", width, indent="  "
    )
    rows = [(name, _rule(constraint)) for name, constraint in rule.takes.items()]
    if rule.sizes:
        rows.append(("size", f"one of {_few([row.text for row in rule.sizes])}"))
    return lines + (_pairs(rows, width) if rows else [])


_FREE = "anything"


def _rule(rule: Constraint | None) -> str:
    return "; ".join(_rule_parts(rule)) if rule is not None else _FREE


def _rule_parts(rule: Constraint) -> Iterator[str]:
    if not rule.taken:
        yield "not taken"
        return
    parts = ["required"] if rule.required else []
    if rule.one_of:
        parts.append(f"one of {_few([str(value) for value in rule.one_of])}")
    parts += [text for text in (_bounds(rule),) if text]
    if rule.multiple_of is not None:
        parts.append(f"a multiple of {figure(rule.multiple_of)}")
    if rule.pattern is not None:
        parts.append(f"of the form {rule.pattern}")
    if rule.default is not None:
        parts.append(f"default {rule.default}")
    if rule.repeats is not None:
        parts.append(_REPEATS[rule.repeats])
    yield from parts or [_FREE]
    if rule.note is not None:
        yield f"otherwise a note: {plain(rule.note)}"


_REPEATS = {
    "exact": "the same seed gives the same picture",
    "similar": "the same seed gives a similar picture",
    "none": "the same seed gives another picture",
}


def _bounds(rule: Constraint) -> str:
    least, most = rule.least, rule.most
    unit = f" {_UNITS[rule.unit]}" if rule.unit != "characters" else ""
    if least is not None and most is not None:
        return f"{figure(least)} to {figure(most)}{unit}"
    if most is not None:
        return f"at most {figure(most)}{unit}"
    return f"at least {figure(least)}{unit}" if least is not None else ""


def _prices(rows: Sequence[PriceRow], width: int) -> list[str]:
    if not rows:
        return ["  unknown: no price is published; set one under `providers:` in the manifest"]
    return _pairs([(money(row.usd), _condition(row)) for row in rows], width)


def _condition(row: PriceRow) -> str:
    parts = [f"{name} {_few([glob.text for glob in globs])}" for name, globs in row.conditions]
    return listed(parts) or "every picture"


def _price_range(rows: Sequence[PriceRow]) -> str:
    if not rows:
        return "unknown"
    prices: list[Decimal] = sorted(row.usd for row in rows)
    low, high = money(prices[0]), money(prices[-1])
    return low if low == high else f"{low} to {high}"


def _few(texts: list[str]) -> str:
    shown = ", ".join(plain(text) for text in texts[:_MOST_LISTED])
    more = len(texts) - _MOST_LISTED
    return f"{shown} and {more} more" if more > 0 else shown


def _bullets(texts: Sequence[str], width: int) -> list[str]:
    return [
        f"  {line}" for text in texts for line in wrap(f"- {plain(text)}", width - 2, indent="  ")
    ]


def _pairs(rows: Sequence[tuple[str, str]], width: int) -> list[str]:
    widest = min(22, max((len(name) for name, _ in rows), default=0))
    lines: list[str] = []
    for name, text in rows:
        head = f"  {name:<{widest}}  "
        first, *rest = wrap(text, max(24, width - len(head))) or [""]
        lines += [head + first, *(" " * len(head) + line for line in rest)]
    return lines
