"""What only a person can settle, for people: each key in doubt, what is known of it, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from imagepipe.model import State
from imagepipe.render.text import cost, counted, money, plain, shorten, shorten_path, wrap

KEY_SHOWN = 12
"""Characters of a key that are shown; any that are enough may be typed."""

_MEANS = {
    State.AMBIGUOUS: "no answer came to its submit: the provider may have made and billed it",
    State.LOST: "it was paid for, and its picture is gone",
}

CHOICES = {
    "attach": "its ticket, from the provider's dashboard: the next run fetches it, unpaid",
    "resubmit": "it was not made, or paying for it a second time is fine",
    "drop": "give it up: it counts as failed",
}
"""What each way to settle a doubt means."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One key in doubt, with the commands that settle it, by name.

    `price` is the USD at risk, None if unknown; `origin` where the submit was sent; `request` what
    it may be recognised by; `settles` how the next run settles it by itself, if it can.
    """

    key: str
    state: State
    provider: str
    path: str
    since: str
    evidence: tuple[str, ...]
    price: Decimal | None
    commands: Mapping[str, str]
    attempt: int = 1
    origin: str = ""
    request: Mapping[str, str] = field(default_factory=dict)
    settles: str | None = None


def pending_text(doubts: Sequence[Doubt], width: int) -> str:
    """The list, oldest first, without a final line break."""
    if not doubts:
        return "Nothing is in doubt."
    lines = [f"{counted(len(doubts), 'job')} in doubt, {_at_risk(doubts)} at risk:"]
    for doubt in doubts:
        lines += ["", *_entry(doubt, width)]
    used = [name for name in CHOICES if any(name in doubt.commands for doubt in doubts)]
    lines += ["", "Look into the provider's dashboard or bill first; then"]
    lines += [line for name in used for line in wrap(f"{name}: {CHOICES[name]}", width)]
    return "\n".join(lines)


def _at_risk(doubts: Sequence[Doubt]) -> str:
    known = [doubt.price for doubt in doubts if doubt.price is not None]
    return cost(sum(known, Decimal(0)), len(doubts) - len(known))


def _entry(doubt: Doubt, width: int) -> list[str]:
    path = shorten_path(plain(doubt.path) or "(no output)", max(16, width - KEY_SHOWN - 4))
    lines = [f"{doubt.key[:KEY_SHOWN]}  {path}"]
    for text in (*_facts(doubt), *doubt.evidence):
        seen = shorten(plain(text), 4 * width)
        lines += [f"    {line}" for line in wrap(seen, width - 4, indent="  ")]
    return lines + [f"    {command}" for command in doubt.commands.values()]


def _facts(doubt: Doubt) -> list[str]:
    price = "price unknown" if doubt.price is None else f"{money(doubt.price)} at risk"
    where = f"{doubt.provider} ({doubt.origin})" if doubt.origin else doubt.provider
    since = doubt.since or "an unknown time"
    times = f", attempt {doubt.attempt}" if doubt.attempt > 1 else ""
    facts = [f"{doubt.state.value} at {where} since {since}{times}, {price}"]
    if doubt.request:
        facts.append("; ".join(f"{name} {value}" for name, value in doubt.request.items()))
    facts.append(_MEANS.get(doubt.state, ""))
    if doubt.settles:
        facts.append(f"the next run settles it by itself: {doubt.settles}")
    return facts
