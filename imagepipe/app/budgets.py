"""What a run may cost: the stricter of the command's limit and the manifest's."""

from __future__ import annotations

from decimal import Decimal

from imagepipe.app.planning import Planned
from imagepipe.errors import OverBudget
from imagepipe.store import Limit


def limit(planned: Planned, max_cost: Decimal | None, *, allow_unknown: bool) -> Limit | None:
    """The limit that claims must keep to, None if nobody set one.

    Raises:
        OverBudget: the plan is estimated above it, or has prices that nobody knows.
    """
    budget, summary = planned.project.manifest.budget, planned.summary
    limits = [amount for amount in (max_cost, budget.max_cost) if amount is not None]
    if not limits:
        return None
    most, allowed = min(limits), allow_unknown or budget.allow_unknown_cost
    if summary.unpriced and not allowed:
        pictures = "1 picture" if summary.unpriced == 1 else f"{summary.unpriced:,} pictures"
        who = ", ".join(sorted(planned.seen.unpriced))
        raise OverBudget(
            f"a cost limit is set, and the price of {pictures} to be made is unknown ({who})",
            hint="give a price under `providers:` in the manifest, or add --allow-unknown-cost",
        )
    if summary.estimate > most:
        raise OverBudget(
            f"the plan is estimated at {summary.estimate} USD, and the limit is {most} USD",
            hint="raise the limit, or make fewer pictures with --limit or --select",
        )
    return Limit(most, allow_unknown=allowed)


def obstacle(planned: Planned) -> OverBudget | None:
    """Why a run without options would refuse this plan, if its manifest's budget is the reason."""
    try:
        limit(planned, None, allow_unknown=False)
    except OverBudget as refusal:
        return refusal
    return None
