"""A plan as a page."""

from __future__ import annotations

from decimal import Decimal

import pytest

from imagepipe.planner import Verdict
from imagepipe.planner.forecast import Forecast
from imagepipe.render.plan_text import PlanView, plan_text, step_lines
from imagepipe.render.text import cells
from tests.unit.render.values import ESCAPE, step, summary

MIXED = summary(
    {
        ("hero", "runcrate"): {Verdict.NEW: 1_200, Verdict.REUSED: 3, Verdict.SHARED: 1},
        ("lifestyle", "rungen"): {Verdict.CHANGED: 8, Verdict.AMBIGUOUS: 1, Verdict.FAILED: 2},
    },
    estimate=Decimal("3.6"),
    unpriced=8,
    skipped=4,
)


def test_a_plan_says_what_it_does_what_it_costs_and_what_next() -> None:
    """By recipe and provider; unknown prices and left-out jobs are said."""
    view = PlanView(
        "spring (imagepipe.yaml)",
        MIXED,
        orphans=tuple(f"images/old-{number}.png" for number in range(7)),
        forecast=Forecast(1_200.0, least=True, learnt=False, unknown=(), by_provider={}),
        unpriced=("rungen",),
    )
    assert plan_text(view, 80).splitlines() == [
        "spring (imagepipe.yaml): 1,215 jobs",
        "",
        "  images     provider    new  changed  reused  failed  ambiguous",
        "  hero       runcrate  1,200        .       4       .          .",
        "  lifestyle  rungen        .        8       .       2          1",
        "  all                  1,200        8       4       2          1",
        "",
        "1,208 pictures to pay for: about $3.60 for 1,200 and an unknown price for 8",
        "(rungen). At least 20 min by the declared limits. 4 further jobs left out by",
        "--limit.",
        "",
        "7 outputs no job makes any more (kept; run --prune removes):",
        "  - images/old-0.png",
        "  - images/old-1.png",
        "  - images/old-2.png",
        "  - images/old-3.png",
        "  - images/old-4.png",
        "  and 2 more",
        "",
        "Next:",
        "  imagepipe pending list  # settles 1 job in doubt",
        "  imagepipe run --failed  # tries 2 failed jobs again",
        "  imagepipe run",
    ]


def test_a_plan_without_work_says_that_everything_is_there() -> None:
    """The best of plans is four lines."""
    view = PlanView("s", summary({("hero", "acme"): {Verdict.REUSED: 3}}))
    assert plan_text(view, 80).splitlines()[-3:] == [
        "Nothing to pay for.",
        "",
        "Everything is there: a run would send nothing.",
    ]


def test_no_time_is_promised_where_no_limit_is_declared() -> None:
    """Unknown is unknown, for time as for money."""
    plan = summary({("hero", "acme"): {Verdict.NEW: 2}}, unpriced=2)
    page = plan_text(PlanView("s", plan, unpriced=("acme",)), 200)
    assert "an unknown price (acme)" in page
    assert "No limit is declared, so the time it takes is unknown." in page
    assert "$" not in page


def test_a_plan_that_the_budget_does_not_cover_says_so() -> None:
    """Whoever plans must not learn it from the run."""
    plan = summary({("hero", "acme"): {Verdict.NEW: 2}}, estimate=Decimal(3))
    page = plan_text(PlanView("s", plan, over_budget="3 USD, and the limit is 2 USD"), 200)
    assert "A run would refuse: 3 USD, and the limit is 2 USD." in page
    assert page.endswith("imagepipe run  # after raising the budget, or with --limit")


def test_a_rehearsal_says_that_it_costs_nothing() -> None:
    """Nobody shall be frightened by a price that is not paid."""
    plan = summary({("hero", "acme"): {Verdict.NEW: 2}}, estimate=Decimal("0.02"))
    page = plan_text(PlanView("s", plan, rehearsal=True), 200)
    assert "2 pictures to draw; a live run would pay about $0.02." in page
    assert "to pay for" not in page


@pytest.mark.parametrize("width", [72, 80, 200])
def test_a_page_keeps_to_its_width(width: int) -> None:
    """Commands may be longer: they are to be copied whole."""
    view = PlanView("s", MIXED, orphans=("images/" + "x" * 300,), unpriced=("rungen",))
    lines = plan_text(view, width).splitlines()
    body = lines[: lines.index("Next:")]
    assert max(cells(line) for line in body[2:]) <= width


def test_every_step_has_its_verdict_reason_and_cost() -> None:
    """-v: a line each, or two where it is long; nothing of a vendor's text reaches the terminal."""
    steps = [
        step(Verdict.NEW, "no picture of it was ever made"),
        step(Verdict.CHANGED, "prompt changed", price=None),
        step(Verdict.SHARED, "the same request"),
        step(Verdict.FAILED, f"it failed: {ESCAPE}"),
        step(Verdict.NEW, "word " * 30),
    ]
    assert list(step_lines(steps, 80)) == [
        "+ new       MUG-1/hero (acme, $0.01): no picture of it was ever made",
        "~ changed   MUG-1/hero (acme, price unknown): prompt changed",
        "= reused    MUG-1/hero (acme): the same request",
        "! failed    MUG-1/hero (acme): it failed: red next",
        "+ new       MUG-1/hero (acme, $0.01)\n            " + ("word " * 13).strip() + "\n"
        "            " + ("word " * 13).strip() + "\n            word word word word",
    ]
    joined = "\n".join(step_lines(steps, 80))
    assert all(cells(line) <= 80 for line in joined.splitlines())
