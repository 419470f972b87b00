"""Why one picture is what it is, for people: the verdict, what changed, and what its key is of."""

from __future__ import annotations

from collections.abc import Sequence

from imagepipe.planner import Step, Verdict
from imagepipe.render.text import cells, money, pad, plain, shorten, wrap

Change = tuple[str, str | None, str | None]
"""A dotted name, and its canonical JSON before and now; None where it is absent."""


def explain_text(
    step: Step, walk: Sequence[tuple[str, str]], changes: Sequence[Change], width: int
) -> str:
    """One job, without a final line break.

    Args:
        step: The job with its verdict.
        walk: (name, canonical JSON) of everything that is hashed, in that order.
        changes: How the request differs from the one that last made this picture.
        width: Columns of the page; longer values are wrapped, never cut.
    """
    job, candidate = step.job, step.candidate
    verdict = Verdict.REUSED if step.verdict is Verdict.SHARED else step.verdict
    price = "unknown" if candidate.price is None else money(candidate.price)
    facts = [
        ("verdict", f"{verdict.value}: {plain(step.reason)}"),
        ("provider", candidate.provider),
        ("price", price),
        ("recipe", f"{job.recipe}, at {job.place}"),
        ("product", plain(job.product)),
        *((name, plain(value)) for name, value in job.axes),
        ("key", candidate.key),
    ]
    lines = [plain(job.path), *_pairs(facts, width)]
    if changes:
        lines += ["", "What changed since its last picture:"]
        lines += [line for change in changes for line in _change(change, width)]
    lines += ["", "Its key is the SHA-256 of:", *_pairs(walk, width)]
    return "\n".join(lines)


def _pairs(pairs: Sequence[tuple[str, str]], width: int) -> list[str]:
    widest = min(24, max(cells(name) for name, _ in pairs))
    lines: list[str] = []
    for name, value in pairs:
        head = f"  {pad(name, widest)}  "
        first, *rest = wrap(plain(value), max(20, width - cells(head))) or [""]
        lines += [head + first, *(" " * cells(head) + line for line in rest)]
    return lines


def _change(change: Change, width: int) -> list[str]:
    name, old, new = change
    lines = [f"  {name}"]
    lines += _value("-", old, width) if old is not None else []
    return lines + (_value("+", new, width) if new is not None else [])


def _value(sign: str, value: str, width: int) -> list[str]:
    lines = wrap(plain(value), max(20, width - 6)) or [""]
    shown = [shorten(line, max(20, width - 6)) for line in lines]
    return [f"    {sign} {shown[0]}", *(f"      {line}" for line in shown[1:])]
