"""What providers charge beside what was estimated, for each case of a price. Never a float.

A case is all that a price depends on, so that pictures of one case are expected to cost the same.
What a reply tells counts here alone; where it tells nothing, the estimate is what is known. Knows
neither tables nor ledgers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from imagepipe.model import Json

Case: TypeAlias = "tuple[tuple[str, str], ...]"
"""Names with their texts, such as the model and the size."""

DRIFT = Decimal("1.5")
"""More than so many times the estimate is a drift: no rounding, and no price of another size."""


@dataclass(slots=True)
class Charge:
    """Pictures of one case at one provider. USD; `estimate` is for a picture, None if unknown."""

    provider: str
    case: Case
    estimate: Decimal | None
    pictures: int = 0
    charged: Decimal = Decimal(0)
    most: Decimal = Decimal(0)

    @property
    def each(self) -> Decimal:
        """What a picture cost on average."""
        return self.charged / self.pictures

    @property
    def estimated(self) -> Decimal | None:
        """What the same pictures were estimated at."""
        return None if self.estimate is None else self.estimate * self.pictures

    @property
    def has_drifted(self) -> bool:
        return self.estimate is not None and self.most > self.estimate * DRIFT


@dataclass(frozen=True, slots=True)
class Learnt:
    """What an earlier run was charged in a case: USD a picture, by so many pictures."""

    provider: str
    case: Case
    each: Decimal
    pictures: int


@dataclass(slots=True)
class Charges:
    """The charges of one run, and what earlier ones learnt."""

    learnt: tuple[Learnt, ...] = ()
    _found: dict[tuple[str, Case, Decimal | None], Charge] = field(default_factory=dict)
    _dearest: dict[tuple[str, Case], Decimal] = field(default_factory=dict)
    _flying: dict[str, tuple[str, Case, Decimal]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._dearest = {(one.provider, one.case): one.each for one in self.learnt}

    def __iter__(self) -> Iterator[Charge]:
        yield from self._found.values()

    def add(self, provider: str, case: Case, estimate: Decimal | None, charged: Decimal) -> bool:
        """A reply told what a picture costs; True if that is the first drift of its case."""
        at = (provider, case, estimate)
        charge = self._found.get(at)
        if charge is None:
            charge = self._found[at] = Charge(provider, case, estimate)
            self._dearest.pop((provider, case), None)
        had_drifted = charge.has_drifted
        charge.pictures += 1
        charge.charged += charged
        charge.most = max(charge.most, charged)
        known = self._dearest.get((provider, case), charged)
        self._dearest[provider, case] = max(known, charged)
        return charge.has_drifted and not had_drifted

    def reserve(self, provider: str, case: Case, price: Decimal | None) -> Decimal | None:
        """What a picture is to be reckoned with under a budget: its price, or what one has cost."""
        dearest = self._dearest.get((provider, case))
        if dearest is None or price is None:
            return price if dearest is None else dearest
        return max(price, dearest)

    def set_aside(self, key: str, provider: str, case: Case, price: Decimal | None) -> None:
        """A job is about to be sent, with so much set aside for it."""
        if price is not None:
            self._flying[key] = (provider, case, price)

    def settled(self, key: str) -> None:
        """A job's cost is in the ledger, or will never be."""
        self._flying.pop(key, None)

    @property
    def shortfall(self) -> Decimal:
        """What jobs in flight will cost beyond what was set aside for them, as is known now."""
        dearest = self._dearest
        missing = (
            dearest.get((provider, case), price) - price
            for provider, case, price in self._flying.values()
        )
        return sum((amount for amount in missing if amount > 0), Decimal(0))

    @property
    def knows(self) -> bool:
        """Whether anything was ever charged."""
        return bool(self._dearest)

    @property
    def lessons(self) -> dict[str, Json]:
        """This run's charges as values to keep, by name."""
        return {
            _name(one.provider, one.case): {"each": f"{one.each:f}", "pictures": one.pictures}
            for one in self
        }


def case_text(case: Case) -> str:
    """`model gen4_image, size 1280x720`: what a price depends on, for people."""
    parts = [
        f"with {name[1:]}" if name.startswith("?") else f"{name} {text[:60]}"
        for name, text in case
        if name != "pixels" or "size" not in dict(case)
    ]
    return ", ".join(parts)


def learnt(lessons: Mapping[str, Json]) -> tuple[Learnt, ...]:
    """What was kept; whatever cannot be read is left out."""
    found = (_learnt(name, value) for name, value in lessons.items())
    return tuple(one for one in found if one is not None)


def _name(provider: str, case: Case) -> str:
    return json.dumps([provider, dict(case)], separators=(",", ":"), sort_keys=True)


def _learnt(name: str, value: Json) -> Learnt | None:
    try:
        provider, case = json.loads(name)
        if not isinstance(value, dict) or not isinstance(case, dict):
            return None
        each, pictures = Decimal(str(value.get("each"))), value.get("pictures")
    except (ValueError, TypeError, InvalidOperation, RecursionError):
        return None
    if not each.is_finite() or each < 0 or not isinstance(pictures, int) or pictures < 1:
        return None
    pairs = tuple((str(key), str(text)) for key, text in case.items())
    return Learnt(str(provider), pairs, each, pictures)
