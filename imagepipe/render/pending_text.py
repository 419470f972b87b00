"""What only a person can settle, for people: each key in doubt, what is known of it, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from imagepipe.model import State
from imagepipe.render.text import counted, money, plain, shorten, shorten_path, wrap

KEY_SHOWN = 12
"""Characters of a key that are shown; any that are enough may be typed."""

_MEANS = {
    State.AMBIGUOUS: "no answer came to its submit: the provider may have made and billed it",
    State.LOST: "it was paid for, and its picture is gone",
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """One key in doubt. `reserved` is the USD set aside for it, None if its price is unknown."""

    key: str
    state: State
    provider: str
    path: str
    since: str
    evidence: tuple[str, ...]
    reserved: Decimal | None


def pending_text(doubts: Sequence[Doubt], width: int, *, resubmit: str, drop: str) -> str:
    """The list, without a final line break.

    Args:
        doubts: Oldest first.
        width: Columns of the page.
        resubmit: The command that lets a key be submitted again, without the key.
        drop: The command that gives a key up, without the key.
    """
    if not doubts:
        return "Nothing is in doubt."
    lines = [f"{counted(len(doubts), 'job')} in doubt:"]
    for doubt in doubts:
        lines += ["", *_entry(doubt, width)]
    lines += [
        "",
        "Look into the provider's dashboard or bill first; then, for each:",
        f"  {resubmit} KEY  # submit it again: it may be paid for twice",
        f"  {drop} KEY  # give it up: it counts as failed",
    ]
    return "\n".join(lines)


def _entry(doubt: Doubt, width: int) -> list[str]:
    price = "price unknown" if doubt.reserved is None else money(doubt.reserved)
    facts = f"{doubt.state.value} at {doubt.provider} since {doubt.since or 'an unknown time'}"
    path = shorten_path(plain(doubt.path) or "(no output)", max(16, width - KEY_SHOWN - 4))
    lines = [f"{doubt.key[:KEY_SHOWN]}  {path}", f"    {facts}, {price}"]
    lines += [f"    {line}" for line in wrap(_MEANS.get(doubt.state, ""), width - 4)]
    seen = (shorten(plain(text), 4 * width) for text in doubt.evidence if text)
    return lines + [f"    {line}" for text in seen for line in wrap(text, width - 4, indent="  ")]
