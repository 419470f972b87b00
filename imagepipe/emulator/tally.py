"""What one provider was asked and what it answered, counted.

The client's tests read it at `/_emulator/stats`: accepted jobs against distinct requests show a
job paid for twice, refusals and highest marks show whether limits were kept.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from decimal import Decimal
from heapq import heappop, heappush

from imagepipe.emulator.values import Json

_MINUTE = 60.0


@dataclass(slots=True)
class Tally:
    """Counters of one provider. Costs are US dollars at list price; unknown ones are counted."""

    requests: dict[str, Counter[str]] = field(default_factory=dict)
    accepted: Counter[str] = field(default_factory=Counter)
    prompts: dict[str, str] = field(default_factory=dict)
    cost: Decimal = Decimal(0)
    unknown_cost: int = 0
    max_in_flight: int = 0
    max_per_minute: int = 0
    _submits: deque[float] = field(default_factory=deque)
    _ends: list[float] = field(default_factory=list)

    def request(self, operation: str, outcome: str) -> None:
        self.requests.setdefault(operation, Counter())[outcome] += 1

    def arrive(self, now: float) -> None:
        """Notes a submit, accepted or not, for the highest number in any 60 seconds."""
        self._submits.append(now)
        while self._submits[0] <= now - _MINUTE:
            self._submits.popleft()
        self.max_per_minute = max(self.max_per_minute, len(self._submits))

    def accept(self, digest: str, prompt: str, cost: Decimal | None) -> None:
        self.accepted[digest] += 1
        self.prompts.setdefault(digest, prompt[:120])
        if cost is None:
            self.unknown_cost += 1
        else:
            self.cost += cost

    def hold(self, now: float, ends: float) -> None:
        """Notes a job that is under way from `now` until `ends`, for the most at one time."""
        while self._ends and self._ends[0] <= now:
            heappop(self._ends)
        heappush(self._ends, ends)
        self.max_in_flight = max(self.max_in_flight, len(self._ends))

    def under_way(self, count: int) -> None:
        self.max_in_flight = max(self.max_in_flight, count)

    def as_json(self, phases: Counter[str]) -> dict[str, Json]:
        accepted = self.accepted.total()
        submits = self.requests.get("submit", Counter())
        return {
            "requests": {name: dict(sorted(row.items())) for name, row in self.requests.items()},
            "accepted": accepted,
            "distinct": len(self.accepted),
            "duplicates": accepted - len(self.accepted),
            "times_accepted": {
                str(times): count
                for times, count in sorted(Counter(self.accepted.values()).items())
            },
            "repeated": [
                {"request": digest, "accepted": times, "prompt": self.prompts[digest]}
                for digest, times in self.accepted.items()
                if times > 1
            ],
            "jobs": dict(phases),
            "refused_429": submits["429"],
            "max_in_flight": self.max_in_flight,
            "max_per_minute": self.max_per_minute,
            "downloads": self.requests.get("download", Counter())["200"],
            "cost": {"currency": "USD", "known": str(self.cost), "unknown": self.unknown_cost},
        }
