"""What a person asks of a plan: what was paid for once more, a few of all jobs, what failed."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import pytest

from imagepipe.model import Digest, Job, Record, State
from imagepipe.planner import Plan, Policy, Selection, Standing, Survey, Verdict, parse_selection
from tests.unit.test_planner import Known, job, record, verdict

FORCE = Policy(force=True)


def stored(wanted: Job) -> Record:
    return Record(wanted.key, State.COMMITTED, "rungen", blob=Digest("ab" * 32), extension="png")


@pytest.mark.parametrize("stands", [Standing.RIGHT, Standing.OTHER, Standing.MISSING])
def test_what_was_paid_for_is_forced_wherever_its_file_is(stands: Standing) -> None:
    wanted = job()
    step = verdict(wanted, Known({wanted.key: stored(wanted)}, stands), FORCE)
    assert (step.verdict, step.verdict.pays) == (Verdict.FORCED, True)


def test_what_a_person_painted_over_is_not_paid_for_again() -> None:
    """Its new picture would not be put in its place."""
    wanted = job()
    step = verdict(wanted, Known({wanted.key: stored(wanted)}, Standing.EDITED), FORCE)
    assert (step.verdict, step.kept) == (Verdict.REUSED, "MUG-1/hero.png")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.LOST, Verdict.FORCED),
        (State.FAILED, Verdict.NEW),
        (State.AMBIGUOUS, Verdict.AMBIGUOUS),
        (State.INTENT, Verdict.RESUMABLE),
        (State.SUBMITTED, Verdict.RESUMABLE),
        (State.FETCHED, Verdict.RESUMABLE),
    ],
)
def test_force_pays_for_nothing_that_is_under_way_or_in_doubt(
    state: State, expected: Verdict
) -> None:
    wanted = job()
    step = verdict(wanted, Known({wanted.key: record(wanted.key, state)}), FORCE)
    assert step.verdict is expected


def planned(jobs: list[Job], selection: Selection, known: Known | None = None) -> Plan:
    survey = Survey(known or Known(), selection=selection)
    for wanted in jobs:
        survey.see(wanted)
    return survey.plan(lambda _provider: iter(jobs))


def products(plan: Plan) -> list[str]:
    return [step.job.product for step in plan.steps()]


def test_a_sample_is_the_same_whenever_it_is_drawn_and_grows_by_what_it_lacks() -> None:
    """Whatever the prompts say: only a job's place counts."""
    red = [job(f"red mug {n}", product=f"P{n}") for n in range(1_200)]
    blue = [job(f"blue mug {n}", product=f"P{n}") for n in range(1_200)]
    drawn = products(planned(red, parse_selection(None, sample=20)))
    assert len(drawn) == 20
    assert products(planned(blue, parse_selection(None, sample=20))) == drawn
    assert set(drawn) < set(products(planned(red, parse_selection(None, sample=40))))
    assert drawn != [wanted.product for wanted in red[:20]]
    assert planned(red, parse_selection(None, sample=20)).summary.total == 20


def test_a_sample_is_of_what_is_selected_and_all_of_it_if_there_is_no_more() -> None:
    jobs = [job(f"mug {n}", product=f"{'AB'[n % 2]}{n}") for n in range(100)]
    ten = products(planned(jobs, parse_selection("product:A*", sample=10)))
    assert (len(ten), {name[0] for name in ten}) == (10, {"A"})
    assert len(products(planned(jobs, parse_selection("product:A*", sample=99)))) == 50
    assert products(planned(jobs, parse_selection("product:C*", sample=3))) == []


def test_shards_of_a_sample_make_it_up() -> None:
    jobs = [job(f"mug {n}", product=f"P{n}") for n in range(60)]
    whole = products(planned(jobs, parse_selection(None, sample=12)))
    parts = [planned(jobs, parse_selection(None, None, f"{n}/3", sample=12)) for n in (1, 2, 3)]
    assert sorted(chain(*map(products, parts))) == sorted(whole)


def test_failed_leaves_what_failed_and_is_narrowed_further() -> None:
    jobs = [job(f"mug {n}", product=f"P{n}") for n in range(6)]
    known = Known({one.key: record(one.key, State.FAILED) for one in jobs[:3]})
    failed = parse_selection(None, failed=True)
    assert failed.asks_failed
    assert products(planned(jobs, failed, known)) == ["P0", "P1", "P2"]
    one = parse_selection("product:P1", failed=True)
    assert products(planned(jobs, one, known)) == ["P1"]
    assert products(planned(jobs, replace(failed, failed=False), known)) != ["P0", "P1", "P2"]
