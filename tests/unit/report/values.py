"""Reports to be told and drawn: plain values, each with something to say."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal
from typing import Any

from imagepipe.report.gallery import (
    Attempt,
    Change,
    Commands,
    Decided,
    Earlier,
    Entry,
    Failure,
    Gallery,
    Image,
    Status,
    identity,
)
from imagepipe.review import Decision, Verdict

HOSTILE = (
    "</script><script>alert(1)</script>",
    '<img src=x onerror="alert(2)">',
    "\"onerror='alert(3)' javascript:alert(4)",
    "line\u2028separators\u2029and\u202egnp.exe\u202c &amp; <!--",
    "{{ 7 * 7 }}${7 * 7}",
)
"""Texts that end a script, open an element, leave an attribute, turn the direction of others."""


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def image(name: str = "picture", **changes: Any) -> Image:
    return replace(Image(digest(name), "png", 64, 48, 1234), **changes)


def entry(number: int = 0, **changes: Any) -> Entry:
    """A picture of product P<number>, done; `changes` are fields."""
    product = changes.get("product", f"P{number:03}")
    spot = f"{changes.get('recipe', 'hero')}|{product}|{changes.get('index', 1)}"
    made = Entry(
        id=identity("shop", spot),
        catalogue="shop",
        spot=spot,
        number=number,
        product=product,
        recipe="hero",
        axes={},
        index=1,
        tags=(),
        path=f"{product}/hero.png",
        status=Status.DONE,
        reason="its picture is there",
        key=digest(f"key {spot}"),
        provider="house",
        commands=Commands("imagepipe run", "imagepipe explain hero"),
        prompt=f"a mug number {number}",
        cost=Decimal("0.04"),
        seconds=2.5,
        attempts=1,
        image=image(spot),
    )
    return replace(made, **changes)


def full(number: int = 0) -> Entry:
    """A picture with every field set."""
    return entry(
        number,
        axes={"place": "a forest trail"},
        tags=("summer",),
        model="m-1",
        negative_prompt="text",
        parameters={"steps": 28, "nested": {"list": [1, "two", None, True, 0.5]}},
        seed=7,
        price=Decimal("0.05"),
        submitted_at="2026-11-01T10:00:00.000Z",
        finished_at="2026-11-01T10:00:02.500Z",
        ticket="t-1",
        edited=True,
        failure=Failure("failed", "it broke", 500, "E1", billed=False, advice="wait"),
        history=(Attempt(1, "failed", "2026-11-01T09:00:00.000Z", "it broke"),),
        earlier=(
            Earlier(
                digest("old key"),
                "house",
                image("old"),
                "an old mug",
                6,
                Decimal("0.03"),
                "2026-10-01T10:00:00.000Z",
                (Change("prompt", "an old mug", "a mug"), Change("steps", None, "28")),
            ),
        ),
        review=Decided(
            Verdict.PENDING, True, Decision.REJECTED, digest("old"), "dark", {"seed": 7}, "0" * 12
        ),
    )


def gallery(*entries: Entry, **changes: Any) -> Gallery:
    made = Gallery(
        title="shop",
        manifests=("imagepipe.yaml",),
        rehearsal=False,
        made_at="2026-11-01T12:00:00.000Z",
        program="imagepipe 0",
        pictures=entries,
    )
    return replace(made, **changes)
