"""What a provider accepts, allows and costs, as its spec says, and what nobody has published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from imagepipe.price import PriceRow
from imagepipe.provider.checks import plain as figure
from imagepipe.provider.rules import mentioned_fields
from imagepipe.provider.spec import PLAIN_FIELDS, Constraint, Limits, ModelRule, SizeRow, Spec
from imagepipe.render.columns import columns
from imagepipe.render.text import listed, money, plain, wrap

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
            _price_range(spec),
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
    lines += ["", "Price of a picture:", *_prices(spec, width)]
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
    every = f"polled at most every {spec.schedule.every:g} s"
    poll = every if spec.poll else "the reply is the picture"
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
    plain_names = [name for name in PLAIN_FIELDS if name in named]
    pictures = [name for name in _PICTURES if name in named]
    rows = [(name, _field(name, spec)) for name in plain_names]
    if named & set(_SHAPES):
        rows.append((_shapes(spec, named), _size_rule(spec.takes, spec.sizes)))
    rows += [(name, _field(name, spec)) for name in pictures]
    said = {*plain_names, *_SHAPES, *pictures}
    rows += [(name, _rule(name, rule)) for name, rule in spec.takes.items() if name not in said]
    return _pairs(rows, width)


def _field(name: str, spec: Spec) -> str:
    """One field; what no model takes unless it says so is no flat refusal."""
    rule = spec.takes.get(name)
    if rule is not None and not rule.taken and any(name in model.takes for model in spec.models):
        return "only with the models below that name it"
    return _rule(name, rule)


_SHAPES = ("size", "width", "height", "aspect_ratio", "pixels", "ratio")


def _shapes(spec: Spec, named: frozenset[str]) -> str:
    """How a recipe asks for a shape: a vendor's width and height are `size: WxH` there."""
    listed_sizes = spec.sizes or any(model.sizes for model in spec.models)
    names = ["size"] if named & {"size", "width"} else []
    names += ["aspect_ratio"] if "aspect_ratio" in named or listed_sizes else []
    return " or ".join(names)


def _size_rule(takes: Mapping[str, Constraint], sizes: tuple[SizeRow, ...] | None) -> str:
    rules = ((name, _rule(name, takes.get(name))) for name in _SHAPES)
    parts = [rule if name == "size" else f"{name} {rule}" for name, rule in rules if rule != _FREE]
    parts += [f"one of {_few([row.text for row in sizes])}"] if sizes else []
    return "; ".join(parts) or _FREE


def _model(rule: ModelRule, width: int) -> list[str]:
    about = _where(rule) + (f": {plain(rule.about)}" if rule.about else "")
    names = ", ".join(glob.text for glob in rule.match)
    rows = [(name, _rule(name, one)) for name, one in rule.takes.items() if name not in _SHAPES]
    if rule.sizes or any(name in rule.takes for name in _SHAPES):
        rows.append(("size", _size_rule(rule.takes, rule.sizes)))
    return wrap(f"Models {names}{about}", width, indent="  ") + _pairs(rows, width)


def _where(rule: ModelRule) -> str:
    """The condition of an entry: `, with params.edit and without input_images`."""
    parts = [f"with {listed([_named(name) for name in rule.given])}"] if rule.given else []
    parts += [f"without {listed([_named(name) for name in rule.lacking])}"] if rule.lacking else []
    return f", {listed(parts)}" if parts else ""


def _named(name: str) -> str:
    """`input_images[1]` is the second of them."""
    found = re.fullmatch(r"(\w+)\[([0-9]+)\]", name)
    return f"{int(found[2]) + 1} {found[1]}" if found else plain(name)


_FREE = "anything"


def _rule(name: str, rule: Constraint | None) -> str:
    return "; ".join(_rule_parts(name, rule)) if rule is not None else _FREE


def _rule_parts(name: str, rule: Constraint) -> Iterator[str]:
    if not rule.taken:
        doubt = rule.doubt("taken")
        yield "not taken" if doubt is None else f"in doubt, sent with a note: {plain(doubt)}"
        if rule.say is not None:
            yield plain(rule.say)
        return
    parts = ["required"] if rule.required else []
    if rule.one_of:
        parts.append(f"one of {_few([str(value) for value in rule.one_of])}")
    if rule.least is not None or rule.most is not None:
        parts.append(_bounds(rule) + _unit(name, rule))
    if rule.multiple_of is not None:
        parts.append(f"a multiple of {figure(rule.multiple_of)}")
    if rule.pattern is not None:
        parts.append(plain(rule.say) if rule.say else f"of the form {rule.pattern}")
    if rule.unique:
        parts.append("each only once")
    if rule.free:
        parts.append("other sizes too")
    if rule.default is not None:
        parts.append(f"default {rule.default}")
    if rule.repeats is not None:
        parts.append(_REPEATS[rule.repeats])
    yield from parts or [_FREE]
    if rule.note is not None:
        yield f"otherwise a note: {plain(rule.note)}"
    for key, doubt in rule.notes.items():
        yield f"a note if {_KEYS.get(key, key)}: {plain(doubt)}"


_KEYS = {
    "required": "missing",
    "one_of": "not listed",
    "min": "less",
    "max": "more",
    "unique": "shared",
    "pattern": "of another form",
    "multiple_of": "no multiple",
}
_REPEATS = {
    "exact": "the same seed gives the same picture",
    "similar": "the same seed gives a similar picture",
    "none": "the same seed gives another picture",
}


def _bounds(rule: Constraint) -> str:
    least, most = rule.least, rule.most
    if least is not None and most is not None:
        return figure(least) if least == most else f"{figure(least)} to {figure(most)}"
    return f"at most {figure(most)}" if most is not None else f"at least {figure(least)}"


def _unit(name: str, rule: Constraint) -> str:
    """What a bound counts: it depends on what the field holds."""
    if name in ("prompt", "negative_prompt"):
        return f" {_UNITS[rule.unit]}"
    if name.endswith((".bytes", ".encoded")):
        return " bytes"
    if name.endswith((".url", ".uri")):
        return " characters"
    if name.rpartition(".")[2] in ("width", "height", "pixels"):
        return " pixels"
    return " pictures" if name == "input_images" else ""


def _prices(spec: Spec, width: int) -> list[str]:
    rows = spec.price.rows
    if not rows:
        return ["  unknown: no price is published; set one under `providers:` in the manifest"]
    rate = _rate(spec)
    lines = _pairs([(_amount(row, rate), _condition(row)) for row in rows], width)
    sources = dict.fromkeys(_origin(row) for row in rows)
    lines += [line for source in sources if source for line in _bullets([source], width)]
    if any(row.credits for row in rows):
        worth = "of unknown worth" if rate is None else f"{money(rate)} each"
        lines += _bullets(
            [f"credits are {worth}; credit_usd in the manifest says otherwise"], width
        )
    return lines


def _rate(spec: Spec) -> Decimal | None:
    return spec.reply.cost.rate if spec.reply.cost is not None else None


def _amount(row: PriceRow, rate: Decimal | None) -> str:
    per = "" if row.per == "picture" else f" per {row.per.replace('_', ' ')}"
    if not row.credits:
        return f"{money(row.amount)}{per}"
    worth = "" if rate is None else f" = {money(row.amount * rate)}"
    noun = "credit" if row.amount == 1 else "credits"
    return f"{figure(row.amount)} {noun}{worth}{per}"


def _origin(row: PriceRow) -> str | None:
    """`as of 2026-11-22: https://...`; which rows it is about, if not all, is in their text."""
    if row.as_of is None and row.source is None:
        return None
    date = f"as of {row.as_of}" if row.as_of else "undated"
    return f"{date}: {row.source}" if row.source else date


def _condition(row: PriceRow) -> str:
    parts = [f"{name} {_few([glob.text for glob in globs])}" for name, globs in row.conditions]
    if row.up_to is not None:
        parts.append(f"up to {figure(row.up_to)} megapixels")
    text = listed(parts)
    text += f" with {listed([_named(name) for name in row.given])}" if row.given else ""
    text += f" without {listed([_named(name) for name in row.lacking])}" if row.lacking else ""
    return text.strip() or "every picture"


def _price_range(spec: Spec) -> str:
    rate = _rate(spec)
    known = [row.amount * (rate or 0) if row.credits else row.amount for row in spec.price.rows]
    if not known or (rate is None and any(row.credits for row in spec.price.rows)):
        return "unknown"
    low, high = money(min(known)), money(max(known))
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
