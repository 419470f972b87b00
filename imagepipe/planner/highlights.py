"""What of a plan is worth telling one by one, while its steps stream past: a few of each kind.

Of a job nothing is kept but a count, or a digest of 16 bytes while it may be a renamed one. The
number of examples, groups and digests is bounded, however many jobs there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b

from imagepipe.key import canonical_json
from imagepipe.model import Json
from imagepipe.planner.changes import Change, changes
from imagepipe.planner.judge import RETRY, Step, Verdict

EXAMPLES = 5
"""Forced pictures that are named."""

GROUPS = 20
"""Groups of alike changes that are told apart; what is in no group is counted."""

NEWCOMERS = 10_000
"""New pictures that are compared with what no job makes any more."""


@dataclass(slots=True)
class Alike:
    """Changed pictures of one recipe and provider in which the same fields changed.

    `path` and `changes` are those of the first; `changes` is empty where the request before is not
    known.
    """

    recipe: str
    provider: str
    reason: str
    path: str
    changes: tuple[Change, ...]
    count: int = 1


@dataclass(slots=True)
class Again:
    """Pictures that were paid for and are to be paid for again. `cost` is USD over the priced."""

    count: int = 0
    cost: Decimal = Decimal(0)
    unpriced: int = 0
    examples: list[tuple[str, Decimal | None]] = field(default_factory=list)

    def add(self, step: Step) -> None:
        price = step.candidate.price
        self.count += 1
        self.unpriced += price is None
        self.cost += price or Decimal(0)
        if len(self.examples) < EXAMPLES:
            self.examples.append((step.job.path, price))


@dataclass(frozen=True, slots=True)
class Renamed:
    """Requests that only a recipe's or a product's new name made new. `kind`: recipe or product."""

    kind: str
    old: str
    new: str
    count: int


class Highlights:
    """Sees every step of a plan once."""

    def __init__(self, *, compares: bool = True) -> None:
        """`compares`: new pictures may be old ones under another name."""
        self._newest = NEWCOMERS if compares else 0
        self.unpriced: set[str] = set()
        """Providers with a picture to pay for whose price nobody knows."""
        self.paid: Counter[tuple[str, str | None]] = Counter()
        """Pictures to pay for by provider and model."""
        self.again = Again()
        self.ungrouped = 0
        """Changed pictures beyond the groups."""
        self._groups: dict[tuple[str, str, str], Alike] = {}
        self._newcomers: dict[bytes, str] = {}

    def see(self, step: Step) -> None:
        if not step.verdict.pays:
            return
        candidate = step.candidate
        model = candidate.values.get("model")
        self.paid[candidate.provider, model if isinstance(model, str) else None] += 1
        if candidate.price is None:
            self.unpriced.add(candidate.provider)
        match step.verdict:
            case Verdict.CHANGED:
                self._group(step)
            case Verdict.FORCED:
                self.again.add(step)
            case _ if step.record is None and len(self._newcomers) < self._newest:
                recipe, product = step.job.recipe, step.job.product
                request = _without_seed(candidate.canonical)
                self._newcomers[_mark("recipe of", product, request)] = recipe
                self._newcomers[_mark("product of", recipe, request)] = product

    @property
    def alike(self) -> tuple[Alike, ...]:
        """The groups, largest first."""
        return tuple(sorted(self._groups.values(), key=lambda group: -group.count))

    @property
    def expects(self) -> bool:
        """Whether anything new was seen that may be a renamed one."""
        return bool(self._newcomers)

    def renamed(
        self, orphans: Iterable[tuple[str, str, Mapping[str, Json]]]
    ) -> tuple[Renamed, ...]:
        """Which new pictures are old ones under another name.

        Args:
            orphans: Recipe, product and canonical request of what no job makes any more.
        """
        found: Counter[tuple[str, str, str]] = Counter()
        for recipe, product, canonical in orphans:
            request = _without_seed(canonical)
            if new := self._newcomers.get(_mark("recipe of", product, request)):
                found["recipe", recipe, new] += 1
            elif new := self._newcomers.get(_mark("product of", recipe, request)):
                found["product", product, new] += 1
        return tuple(Renamed(*names, count) for names, count in found.most_common())

    def _group(self, step: Step) -> None:
        reason = step.reason if step.job.retry is None else RETRY
        mark = (step.job.recipe, step.candidate.provider, reason)
        if (group := self._groups.get(mark)) is not None:
            group.count += 1
        elif len(self._groups) < GROUPS:
            self._groups[mark] = Alike(*mark, step.job.path, changes_of(step))
        else:
            self.ungrouped += 1


def changes_of(step: Step) -> tuple[Change, ...]:
    """What a changed job asks for, against what it asked for last; empty if that is not known."""
    before = step.before.canonical if step.before is not None else None
    return () if before is None else changes(before, step.candidate.canonical)


def _without_seed(request: Mapping[str, Json]) -> str:
    """A request but for its seed, which is drawn from the names of recipe and product."""
    fields = request.get("fields")
    rest = {name: value for name, value in request.items() if name != "fields"}
    if isinstance(fields, dict):
        rest["fields"] = {name: value for name, value in fields.items() if name != "seed"}
    return canonical_json(rest)


def _mark(*facts: str) -> bytes:
    return blake2b("\0".join(facts).encode(), digest_size=16).digest()
