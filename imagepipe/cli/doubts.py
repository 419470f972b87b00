"""The list of doubts, as a page for people or as one object for scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from imagepipe.app.pending import PendingItem
from imagepipe.app.plan_report import VERSION, money
from imagepipe.cli.options import Places
from imagepipe.cli.terminal import width
from imagepipe.model import Json
from imagepipe.render.pending_text import KEY_SHOWN, Doubt, pending_text


def page(items: Sequence[PendingItem], places: Places, manifest: Path) -> str:
    """The page, without a final line break."""
    return pending_text(
        [_doubt(item, _commands(item, places, manifest)) for item in items], width()
    )


def as_json(items: Sequence[PendingItem], places: Places, manifest: Path) -> str:
    """The object that `pending list --json` prints; money is a decimal string, None is unknown."""
    known = [item.price for item in items if item.price is not None]
    listed = {
        "version": VERSION,
        "manifests": [str(manifest)],
        "rehearsal": places.rehearsing,
        "at_risk": {
            "currency": "USD",
            "amount": money(sum(known, Decimal(0))),
            "unknown": len(items) - len(known),
        },
        "jobs": [_entry(item, _commands(item, places, manifest)) for item in items],
    }
    return json.dumps(listed, indent=2, ensure_ascii=False)


def _commands(item: PendingItem, places: Places, manifest: Path) -> dict[str, str]:
    """Whole, to be copied; a provider that gives no ticket cannot be asked by one."""
    key = item.record.key[:KEY_SHOWN]
    verbs = {
        "attach": f"pending attach {key} TICKET",
        "resubmit": f"pending resubmit {key}",
        "drop": f"pending drop {key}",
    }
    return {
        name: places.again(verb, manifest)
        for name, verb in verbs.items()
        if name != "attach" or item.attaches
    }


def _doubt(item: PendingItem, commands: dict[str, str]) -> Doubt:
    record = item.record
    return Doubt(
        key=record.key,
        state=record.state,
        provider=record.provider,
        path=item.path,
        since=item.since,
        evidence=item.evidence,
        price=item.price,
        commands=commands,
        attempt=item.attempt,
        origin=item.origin,
        request=item.request,
        settles=item.settles,
    )


def _entry(item: PendingItem, commands: dict[str, str]) -> dict[str, Json]:
    record = item.record
    return {
        "key": record.key,
        "path": item.path,
        "state": record.state.value,
        "provider": record.provider,
        "origin": item.origin,
        "since": item.since,
        "attempt": item.attempt,
        "price": None if item.price is None else money(item.price),
        "request": dict(item.request),
        "message": record.fault.message if record.fault else None,
        "evidence": list(item.evidence),
        "settles": item.settles,
        "commands": dict(commands),
    }
