"""What earlier runs were charged, beside what the price tables say today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from imagepipe.app.learning import charged
from imagepipe.app.project import Project
from imagepipe.charges import Learnt, case_text
from imagepipe.errors import Problem
from imagepipe.manifest import Manifest
from imagepipe.planner import Summary

NOTED = Decimal("0.05")
"""A part of an estimate by which a charge may be off without a word."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What a run was charged in a case, and what the tables say of it (USD; None: unknown)."""

    learnt: Learnt
    estimate: Decimal | None

    @property
    def differs(self) -> bool:
        if self.estimate is None:
            return True
        return abs(self.learnt.each - self.estimate) > self.estimate * NOTED


def compared(project: Project) -> tuple[Compared, ...]:
    """Every case of this manifest's providers and models that was ever charged."""
    manifest = project.manifest
    return tuple(
        Compared(one, manifest.providers[one.provider].prices.in_case(one.case))
        for one in charged(project)
        if one.provider in manifest.providers and _is_used(manifest, one)
    )


def _is_used(manifest: Manifest, one: Learnt) -> bool:
    model = dict(one.case).get("model")
    return model is None or model in set(_models(manifest, one.provider))


def _models(manifest: Manifest, provider: str) -> Iterator[str]:
    for recipe in manifest.recipes.values():
        for variant in recipe.variants:
            for link in variant.chain:
                if link.provider.name == provider:
                    yield str(link.changes.get("model", variant.fixed.get("model")))


def notes(project: Project, summary: Summary) -> tuple[Problem, ...]:
    """Where a plan that pays estimates otherwise than was charged, or not at all."""
    paying = {
        name
        for name, verdicts in summary.by_provider.items()
        if any(count for verdict, count in verdicts.items() if verdict.pays)
    }
    found = (one for one in compared(project) if one.learnt.provider in paying and one.differs)
    return tuple(_note(one) for one in found)


def _note(one: Compared) -> Problem:
    learnt = one.learnt
    last = "its last picture" if learnt.pictures == 1 else f"its last {learnt.pictures:,} pictures"
    message = f"{learnt.provider} charged {_usd(learnt.each)} USD for {last}"
    message += "" if learnt.pictures == 1 else " each"
    if learnt.case:
        message += f" ({case_text(learnt.case)})"
    said = "nothing is known of the price"
    if one.estimate is not None:
        said = f"the estimate reckons with {_usd(one.estimate)} USD"
    hint = f"`price` under providers.{learnt.provider} puts it right"
    return Problem("E430", f"{message}, and {said}", hint=hint, severity="note")


def _usd(amount: Decimal) -> str:
    """At most six decimals: an average has no end."""
    rounded = round(amount, 6)
    return f"{rounded.normalize():f}"
