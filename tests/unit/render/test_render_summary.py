"""The end of a run as a page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from imagepipe.charges import Charge
from imagepipe.model import Fault, FaultKind, Key
from imagepipe.render.status_text import Pot
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
    failures += (failure(50, fault("it broke", kind=FaultKind.FAILED)),)
    view = replace(ALL_WELL, jobs={"failed": 41}, failures=failures, exit_code=1)
    lines = summary_text(view, 80).splitlines()
    start = lines.index("40 failed at runway: prompt refused (moderated, HTTP 400)")
    assert lines[start + 1 : start + 5] == [
        "    MUG-1/hero  000000000000",
        "    MUG-2/hero  000000000000",
        "    MUG-3/hero  000000000000",
        "    and 37 more",
    ]
    assert "1 failed at runway: it broke (failed)" in lines
    assert lines[-5:] == [
        "- 40 jobs were refused, and the same request would be again: change the prompt",
        "  (or what the reason names), then:",
        "    imagepipe run",
        "- try what failed again:",
        "    imagepipe run --failed",
    ]


def test_what_was_refused_is_not_to_be_sent_again_as_it_is() -> None:
    """No invitation to pay for the same refusal."""
    refused = fault("prompt refused", http=400, kind=FaultKind.MODERATED)
    view = replace(ALL_WELL, jobs={"failed": 1}, failures=(failure(1, refused),), exit_code=1)
    page = summary_text(view, 200)
    assert "--failed" not in page
    assert "1 job was refused" in page
    assert "change the prompt" in page


def test_money_in_doubt_and_money_risked_are_said_apart() -> None:
    """What is known is a sum, and what nobody knows is said."""
    view = replace(ALL_WELL, in_doubt=Pot(Decimal("0.02"), 1), risked=Pot(Decimal("0.05")))
    line = summary_text(view, 200).splitlines()[1]
    assert "In doubt: $0.02 and an unknown price for 1 picture. " in line
    assert "Knowingly risked for what may have been paid before: $0.05." in line


def test_an_interrupted_run_says_what_is_held_for_jobs_in_flight() -> None:
    """They are paid for, and the run that brings them in does not count them as spent again."""
    held = Pot(Decimal("1.849"), 46)
    said = "Set aside for jobs in flight: $1.849 and an unknown price for 46 pictures. "
    for rehearsal in (False, True):
        view = replace(ALL_WELL, reserved=held, rehearsal=rehearsal, exit_code=130)
        assert said in summary_text(view, 300)


def test_files_that_stay_are_named() -> None:
    """An edited output is reported, not only kept."""
    view = replace(ALL_WELL, kept=(("MUG-1/hero.png", "it was edited"),))
    assert "  - MUG-1/hero.png" in summary_text(view, 80).splitlines()


def test_a_run_of_no_job_does_not_say_that_everything_is_there() -> None:
    """`where` may leave nothing by a slip."""
    page = summary_text(replace(ALL_WELL, jobs={}, total=0, requests={}), 80)
    assert "Everything is there" not in page
    assert "Nothing was selected" in page


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (fault("bad key", http=401, advice="look at RC_KEY"), "look at RC_KEY; put a valid key"),
        (fault("out of funds", http=402), "out of funds; top up its credits"),
        (fault("budget_exceeded", http=403), "top up its credits, or raise its budget"),
        (fault("used up", http=429), "wait until its own quota is free again"),
        (fault("3 had no answer", kind=FaultKind.UNCERTAIN), "wait until it answers again"),
        (fault("forbidden", http=403), "see that the key is valid"),
    ],
)
def test_a_stopped_provider_has_its_remedy(why: Fault, words: str) -> None:
    """What to do, and then the command."""
    page = summary_text(replace(ALL_WELL, stopped={"runway": why}, exit_code=5), 300)
    assert words in page
    assert page.endswith("; then:\n    imagepipe run")


def test_a_stopped_provider_is_not_told_twice_what_to_do() -> None:
    """Where the reason gives advice of its own, a general one behind it is noise."""
    moderated = fault("5 were moderated", kind=FaultKind.MODERATED, advice="change these prompts")
    view = replace(ALL_WELL, stopped={"runway": moderated}, exit_code=5)
    assert "runway was stopped: 5 were moderated; change these prompts; then:" in summary_text(
        view, 200
    )
    view = replace(ALL_WELL, stopped={"runway": fault("odd", advice="look there")}, exit_code=5)
    assert "runway was stopped: odd; look there; then:" in summary_text(view, 200)


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


def test_a_command_is_never_cut() -> None:
    """It can be pasted from a narrow terminal, too."""
    again = f"imagepipe run {'catalogue/' * 9}spring.yaml --emulate --out elsewhere"
    view = replace(ALL_WELL, exit_code=130, again=again)
    assert summary_text(view, 40).splitlines()[-1].strip() == again


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


DRIFTED = Charge(
    "runway", (("model", "gen4_image"),), Decimal("0.05"), 12, Decimal("0.96"), Decimal("0.08")
)


def test_a_drift_of_prices_is_told_with_its_remedy() -> None:
    """What was charged, what was estimated, for which pictures, and where to put it right."""
    view = replace(ALL_WELL, spent=Decimal("0.96"), charges=(DRIFTED,))
    page = summary_text(view, 80)
    flat = " ".join(page.split())
    assert "Charged were $0.96 for 12 pictures estimated at $0.60." in flat
    says = "- runway charged $0.08 a picture, estimated at $0.05: 12 pictures (model gen4_image)"
    assert f"Prices have drifted: {says}" in flat
    assert "- put what is charged into the manifest (providers.runway.price), so that plans" in flat
    assert all(cells(line) <= 80 for line in page.splitlines())


def test_a_small_difference_is_a_sum_and_no_drift() -> None:
    """And what was charged as estimated is not even that."""
    near = replace(DRIFTED, charged=Decimal("0.61"), most=Decimal("0.06"))
    page = summary_text(replace(ALL_WELL, charges=(near,)), 80)
    assert "Charged were $0.61 for 12 pictures estimated at $0.60." in " ".join(page.split())
    assert "drifted" not in page
    exact = replace(DRIFTED, charged=Decimal("0.60"), most=Decimal("0.05"))
    assert "Charged" not in summary_text(replace(ALL_WELL, charges=(exact,)), 80)
