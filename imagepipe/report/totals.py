"""What a report's pictures come to: counts, money and times, by provider and altogether.

A key is paid for once, however many outputs show its picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from imagepipe.report.gallery import Entry, Status


@dataclass(frozen=True, slots=True)
class Totals:
    """`cost` is the USD of the pictures whose cost is known, `unknown` counts the others.

    `earlier` is what pictures of earlier versions have cost, where that is known; `median` and
    `slowest` (of twenty, the slowest but one) are seconds from submit to stored picture.
    """

    pictures: int
    statuses: dict[str, int]
    cost: Decimal
    unknown: int
    earlier: Decimal
    median: float | None
    slowest: float | None

    @property
    def done(self) -> int:
        return self.statuses.get(Status.DONE, 0)

    @property
    def failed(self) -> int:
        return self.statuses.get(Status.FAILED, 0)


def totals(entries: Iterable[Entry]) -> Totals:
    """The sums over these entries."""
    found = list(entries)
    paid = {entry.key: entry for entry in found if entry.status is Status.DONE}
    charged = {entry.key: entry.cost for entry in found if entry.cost is not None}
    before = {one.key: one.cost for entry in found for one in entry.earlier if one.cost}
    seconds = sorted(entry.seconds for entry in paid.values() if entry.seconds is not None)
    return Totals(
        pictures=len(found),
        statuses=dict(Counter(entry.status.value for entry in found)),
        cost=sum(charged.values(), Decimal(0)),
        unknown=sum(entry.cost is None for entry in paid.values()),
        earlier=sum((cost for key, cost in before.items() if key not in charged), Decimal(0)),
        median=quantile(seconds, 0.5),
        slowest=quantile(seconds, 0.95),
    )


def by_provider(entries: Sequence[Entry]) -> dict[str, Totals]:
    """The sums of each provider, by its name in order."""
    names = sorted({entry.provider for entry in entries})
    return {name: totals(one for one in entries if one.provider == name) for name in names}


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The value below which `share` of the ordered values lie (nearest rank)."""
    if not ordered:
        return None
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
