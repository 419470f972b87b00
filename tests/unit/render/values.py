"""Small jobs, steps and events for tests of what people see."""

from __future__ import annotations

from decimal import Decimal

from imagepipe.errors import Place
from imagepipe.events import Finished, Stopped
from imagepipe.model import Candidate, Fault, FaultKind, Job, Key
from imagepipe.planner import Step, Summary, Verdict

CENT = Decimal("0.01")
ESCAPE = "\x1b]0;owned\x07\x1b[31mred\x1b[0m\r\nnext\u202e"


def key(number: int) -> Key:
    return Key(f"{number:064x}")


def fault(message: str = "the prompt was refused", **facts: object) -> Fault:
    kind = facts.pop("kind", FaultKind.REJECTED)
    return Fault(kind, message, **facts)  # type: ignore[arg-type]  # facts are a fault's own fields


def finished(
    number: int, provider: str = "acme", *, how: str = "generated", cost: Decimal | None = CENT
) -> Finished:
    return Finished(key(number), provider, f"MUG-{number}/hero", how, cost, 1.5)


def stopped(
    number: int, provider: str = "acme", *, how: str = "failed", why: Fault | None = None
) -> Stopped:
    return Stopped(key(number), provider, f"MUG-{number}/hero", how, why or fault())


def step(
    verdict: Verdict,
    reason: str = "because",
    *,
    price: Decimal | None = CENT,
    path: str = "MUG-1/hero",
) -> Step:
    candidate = Candidate("acme", {}, {}, key(1), price)
    place = Place("imagepipe.yaml", 12, 3)
    job = Job("hero", "MUG-1", (("place", "a forest"),), 1, path, (candidate,), place)
    return Step(job, candidate, verdict, reason)


def summary(
    counts: dict[tuple[str, str], dict[Verdict, int]],
    *,
    estimate: Decimal = Decimal(0),
    unpriced: int = 0,
    skipped: int = 0,
) -> Summary:
    """A plan's sum from the counts of each (recipe, provider)."""
    verdicts: dict[Verdict, int] = {}
    providers: dict[str, dict[Verdict, int]] = {}
    for (_, provider), row in counts.items():
        for verdict, count in row.items():
            verdicts[verdict] = verdicts.get(verdict, 0) + count
            mine = providers.setdefault(provider, {})
            mine[verdict] = mine.get(verdict, 0) + count
    total = sum(verdicts.values())
    return Summary(total, verdicts, providers, dict(counts), estimate, unpriced, skipped)
