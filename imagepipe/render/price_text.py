"""Prices as they were charged, beside what was estimated, in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from imagepipe.charges import Charge, case_text
from imagepipe.render.text import counted, money, plain, wrap


def reconciled(charges: Iterable[Charge]) -> str:
    """What the pictures whose cost was reported were estimated at; nothing if just that."""
    known = [one for one in charges if one.estimated is not None]
    estimated = sum((one.estimated or Decimal(0) for one in known), Decimal(0))
    charged = sum((one.charged for one in known), Decimal(0))
    if estimated == charged:
        return ""
    pictures = counted(sum(one.pictures for one in known), "picture")
    return f"Charged were {money(charged)} for {pictures} estimated at {money(estimated)}. "


def drift_lines(charges: Iterable[Charge], width: int) -> list[str]:
    """The cases in which a picture cost more than half as much again."""
    drifted = [one for one in charges if one.has_drifted]
    if not drifted:
        return []
    return [
        "",
        "Prices have drifted:",
        *(line for one in drifted for line in wrap(f"  - {_drift(one)}", width, indent="    ")),
    ]


def _drift(one: Charge) -> str:
    case = f" ({plain(case_text(one.case))})" if one.case else ""
    estimate = money(one.estimate or Decimal(0))
    return (
        f"{one.provider} charged {money(one.each)} a picture, estimated at {estimate}: "
        f"{counted(one.pictures, 'picture')}{case}"
    )


def remedy(charges: Iterable[Charge]) -> str | None:
    """What to do about drifted prices."""
    names = list(dict.fromkeys(one.provider for one in charges if one.has_drifted))
    if not names:
        return None
    where = ", ".join(f"providers.{name}.price" for name in names)
    return f"put what is charged into the manifest ({where}), so that plans and budgets are right"
