"""The end of a run as a page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from imagepipe.model import Fault, FaultKind, Key
from imagepipe.render.summary import RunView, summary_text
from imagepipe.render.text import cells
from tests.unit.render.values import fault, key

ALL_WELL = RunView(
    jobs={"generated": 2, "reused": 40, "failed": 0},
    total=42,
    spent=Decimal("0.006"),
    unknown=0,
    requests={"submit": 2, "poll": 5, "download": 2},
    seconds=12.0,
    exit_code=0,
    outputs="images",
)


@dataclass(frozen=True)
class Lost:
    key: Key
    path: str
    provider: str
    how: str
    fault: Fault


def failure(number: int, why: Fault, how: str = "failed") -> Lost:
    return Lost(key(number << 200), f"MUG-{number}/hero", "runway", how, why)


def test_a_good_end_is_counts_money_and_the_folder() -> None:
    """Nothing else is needed."""
    assert summary_text(ALL_WELL, 80).splitlines() == [
        "42 jobs in 12 s: 2 generated, 40 reused.",
        "Spent $0.006. Requests: 2 submits, 5 polls, 2 downloads.",
        "Pictures: images",
        "",
        "Everything is there.",
    ]


def test_a_rerun_says_that_nothing_was_sent() -> None:
    """The second promise, in words."""
    view = replace(ALL_WELL, jobs={"reused": 42}, requests={}, spent=Decimal(0))
    assert "No request was sent, nothing was spent." in summary_text(view, 80)
    assert "Pictures:" not in summary_text(view, 80)


def test_failures_are_grouped_by_reason_with_examples() -> None:
    """Forty times the same reason is one paragraph."""
    refused = fault("prompt refused", http=400, kind=FaultKind.MODERATED)
    failures = tuple(failure(number, refused) for number in range(1, 41))
    failures += (failure(50, fault("no such model")),)
    view = replace(ALL_WELL, jobs={"failed": 41}, failures=failures, exit_code=1)
    lines = summary_text(view, 80).splitlines()
    start = lines.index("40 failed at runway: prompt refused (moderated, HTTP 400)")
    assert lines[start + 1 : start + 5] == [
        "    MUG-1/hero  000000000000",
        "    MUG-2/hero  000000000000",
        "    MUG-3/hero  000000000000",
        "    and 37 more",
    ]
    assert "1 failed at runway: no such model (rejected)" in lines
    assert lines[-2:] == ["Next:", "- try what failed again: imagepipe run --select status:failed"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"jobs": {"ambiguous": 1}, "exit_code": 4}, "may have been paid for and has no picture"),
        (
            {"jobs": {"lost": 2}, "exit_code": 4},
            "2 jobs may have been paid for and have",
        ),
        ({"exit_code": 6}, "raise it with --max-cost"),
        ({"exit_code": 130}, "goes on where it stopped"),
        ({"exit_code": 5, "stopped": {"runway": fault("x", advice="buy credits")}}, "buy credits"),
        ({"jobs": {"skipped": 3}}, "3 jobs left for later: imagepipe run"),
    ],
)
def test_every_end_says_what_to_do_next(changes: dict[str, object], words: str) -> None:
    """Each exit code has an answer."""
    view = replace(ALL_WELL, **changes)  # type: ignore[arg-type]  # fields of the view
    assert words in " ".join(summary_text(view, 200).split())


def test_doubts_name_the_command_that_settles_them() -> None:
    """With the places of this very run, to be copied."""
    settle = "imagepipe pending list shop.yaml --emulate"
    view = replace(ALL_WELL, jobs={"ambiguous": 1}, exit_code=4, pending=settle)
    assert settle in summary_text(view, 200)


def test_unknown_prices_are_said_beside_what_is_known() -> None:
    """An unknown price is not nothing."""
    page = summary_text(replace(ALL_WELL, unknown=3), 200)
    assert "Spent $0.006 and an unknown price for 3 pictures." in page
    page = summary_text(replace(ALL_WELL, unknown=1, spent=Decimal(0)), 200)
    assert "Spent an unknown price for 1 picture." in page


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_summary_keeps_to_its_width(width: int) -> None:
    """Also with long paths and long reasons."""
    long = Lost(key(1), "a/" * 100, "runway", "failed", fault("word " * 60))
    view = replace(ALL_WELL, jobs={"failed": 1}, failures=(long,))
    assert max(cells(line) for line in summary_text(view, width).splitlines()) <= width
