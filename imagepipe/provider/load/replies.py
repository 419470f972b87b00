"""How a spec says replies are read: sources, states, and the ordered fault rules."""

from __future__ import annotations

import re
from types import MappingProxyType

from imagepipe.document import Mapping, Sequence
from imagepipe.model import FaultKind
from imagepipe.price import Glob
from imagepipe.provider import expression as paths
from imagepipe.provider.expression import Expression
from imagepipe.provider.load.cursor import (
    BAD_EXPRESSION,
    REPEATS_PAYMENT,
    SILENT_COMPARISON,
    UNKNOWN_WORD,
    WRONG_VALUE,
    Cursor,
)
from imagepipe.provider.spec import (
    PHASES,
    CostSource,
    Extraction,
    FaultRule,
    Header,
    Phase,
    Source,
)
from imagepipe.wire import Operation

SOURCES = ("id", "status", "results", "code", "message", "seed", "wait")
_RULE_KEYS = ("on", "http", "code", "when", "is", "accepted", "billed", "wait", "say")
_OPERATIONS = tuple(
    operation.value for operation in (Operation.SUBMIT, Operation.POLL, Operation.RESULT)
)
_FREE = frozenset({FaultKind.TRANSIENT, FaultKind.THROTTLED})


def extraction(at: Cursor) -> Extraction:
    if not at.fields((*SOURCES, "keep", "cost")):
        return Extraction()
    found = {name: source(here) for name in SOURCES if (here := at.get(name)) is not None}
    return Extraction(**found, keep=_kept(at), cost=_cost(at.get("cost")))


def _kept(at: Cursor) -> MappingProxyType[str, Source]:
    here = at.get("keep")
    found = {} if here is None else {name: source(one) for name, one in here.entries()}
    return MappingProxyType({name: one for name, one in found.items() if one is not None})


def _cost(at: Cursor | None) -> CostSource | None:
    if at is None or not at.fields(("path", "rate"), ("path",)):
        return None
    path = source(at.at("path"))
    return None if path is None else CostSource(path, at.number("rate"))


def source(at: Cursor) -> Source | None:
    """A JMESPath, `{header: x}`, or a list of these."""
    if isinstance(at.node, Sequence):
        several = [one for item in at.items() if (one := _single(item)) is not None]
        return tuple(several) or None
    return _single(at)


def _single(at: Cursor) -> Expression | Header | None:
    if isinstance(at.node, Mapping):
        at.fields(("header",), ("header",))
        name = at.text("header")
        return Header(name.lower()) if name else None
    return expression(at)


def expression(at: Cursor) -> Expression | None:
    """A JMESPath without the mistakes that can be seen beforehand."""
    text = at.as_text()
    if text is None:
        return None
    try:
        found = paths.expression(text)
    except ValueError as error:
        at.bad(BAD_EXPRESSION, f"this is no JMESPath: {error}", hint="see https://jmespath.org")
        return None
    for message in paths.lint(found):
        is_comparison = "is a field's name" in message
        at.bad(SILENT_COMPARISON if is_comparison else BAD_EXPRESSION, message)
    return found


def states(at: Cursor | None) -> MappingProxyType[str, Phase]:
    """The vendor's words by phase, turned round; in any case."""
    found: dict[str, Phase] = {}
    if at is None or not at.fields(PHASES):
        return MappingProxyType(found)
    for phase in PHASES:
        here = at.get(phase)
        for item in here.items() if here is not None else ():
            word = (item.as_text() or "").casefold()
            if word in found:
                item.bad(WRONG_VALUE, f'"{word}" already stands for {found[word]}')
            found.setdefault(word, phase)
    return MappingProxyType(found)


def fault_rules(at: Cursor | None) -> tuple[FaultRule, ...]:
    if at is None:
        return ()
    if not isinstance(at.node, Sequence):
        at.bad(WRONG_VALUE, "faults must be a list of rules: the first that fits wins")
        return ()
    return tuple(rule for item in at.items() if (rule := _rule(item)) is not None)


def _rule(at: Cursor) -> FaultRule | None:
    if not at.fields(_RULE_KEYS, ("is",)):
        return None
    kind = at.word("is", [one.value for one in FaultKind])
    when = at.get("when")
    on = at.get("on")
    operations = [one.as_word(_OPERATIONS) for one in on.items()] if on is not None else []
    rule = FaultRule(
        FaultKind(kind) if kind else FaultKind.GARBLED,
        frozenset(Operation(word) for word in operations if word),
        _statuses(at.get("http")),
        tuple(Glob(text) for text in at.texts("code")),
        expression(when) if when is not None else None,
        at.flag("accepted"),
        at.flag("billed"),
        at.seconds("wait"),
        at.text("say"),
        _told(at),
    )
    if not (rule.statuses or rule.code or rule.when):
        at.bad(WRONG_VALUE, "a rule needs http, code or when: this one would fit every reply")
    _check_payment(at, rule)
    return rule


def _check_payment(at: Cursor, rule: FaultRule) -> None:
    """A submit is repeated only if it was surely not accepted; of a 429 alone that is known."""
    if rule.kind not in _FREE or rule.accepted is False:
        return
    reaches_submit = not rule.on or Operation.SUBMIT in rule.on
    if reaches_submit and rule.statuses != {429}:
        message = f"this rule can reach a submit and says {rule.kind}: it could pay twice"
        hint = "add `accepted: no` if the vendor says so, or `on: [poll, result]`"
        at.bad(REPEATS_PAYMENT, message, hint=hint)


def _statuses(at: Cursor | None) -> frozenset[int]:
    found = set()
    for item in at.items() if at is not None else ():
        text = item.as_text() or ""
        if re.fullmatch(r"[1-5]xx", text):
            found.add(int(text[0]))
        elif re.fullmatch(r"[1-5]\d\d", text):
            found.add(int(text))
        elif text:
            item.bad(UNKNOWN_WORD, f'"{text}" is no HTTP status: write 429, 5xx or a list')
    return frozenset(found)


def _told(at: Cursor) -> str:
    """The rule in words, for messages about it."""
    if not isinstance(at.node, Mapping):
        return ""
    shown = (f"{key}: {_flat(value)}" for key, value in at.node.items() if key != "say")
    return ", ".join(shown)


def _flat(value: object) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)
