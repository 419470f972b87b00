"""Verdicts: money goes only where nothing is known, or what is known proves it was not paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import pytest

from imagepipe.errors import InputError, Place
from imagepipe.key import canonical, key_of
from imagepipe.model import Candidate, Digest, Fault, FaultKind, Job, Key, Record, State, Ticket
from imagepipe.planner import (
    Policy,
    Previous,
    Selection,
    Standing,
    Step,
    Survey,
    Verdict,
    judge,
    parse_selection,
)
from imagepipe.planner.judge import RESUBMITS


@dataclass
class Known:
    """What is known, as told; the port's shape."""

    found: dict[Key, Record] = field(default_factory=dict)
    stands: Standing = Standing.RIGHT
    blob: bool = True
    before: dict[str, Previous] = field(default_factory=dict)
    ways: dict[str, str] = field(default_factory=dict)
    strange: bool = False

    def records(self, keys: Sequence[Key]) -> Mapping[Key, Record]:
        return {key: self.found[key] for key in keys if key in self.found}

    def standing(self, wanted: Sequence[tuple[Job, Record]]) -> Sequence[Standing]:
        return [self.stands for _ in wanted]

    def has_blob(self, record: Record) -> bool:
        return self.blob and record.blob is not None

    def recourse(self, record: Record, provider: str) -> str | None:
        return self.ways.get(provider) if record.state is State.AMBIGUOUS else None

    def previous(self, jobs: Sequence[Job]) -> Mapping[str, Previous]:
        return {job.spot: self.before[job.spot] for job in jobs if job.spot in self.before}

    def strangers(self, jobs: Sequence[Job]) -> Mapping[str, str]:
        return {job.spot: f"{job.path}.png" for job in jobs if self.strange}


def candidate(prompt: str, provider: str = "rungen") -> Candidate:
    request = canonical({"provider": provider}, {"prompt": prompt}, 1)
    return Candidate(provider, {"prompt": prompt}, request, key_of(request))


def job(prompt: str = "a mug", *, product: str = "MUG-1", fallback: str | None = None) -> Job:
    chain = (candidate(prompt), *((candidate(prompt, fallback),) if fallback else ()))
    return Job("hero", product, (), 1, f"{product}/hero", chain, Place("m.yaml", 1, 1), ("new",))


def record(key: Key, state: State, fault: Fault | None = None, attempt: int = 1) -> Record:
    return Record(
        key,
        state,
        "rungen",
        ticket=Ticket("t-1"),
        blob=None,
        fault=fault,
        attempt=attempt,
    )


def verdict(wanted: Job, known: Known, policy: Policy | None = None) -> Step:
    return next(judge([wanted], known, policy or Policy()))


REFUSED = Fault(FaultKind.REJECTED, "bad ratio", accepted=False)
UNBILLED = Fault(FaultKind.FAILED, "internal", accepted=True, billed=False)
PAID = Fault(FaultKind.MODERATED, "unsafe", accepted=True, billed=True)


@pytest.mark.parametrize(
    ("state", "fault", "expected"),
    [
        (State.PLANNED, None, Verdict.NEW),
        (State.BLOCKED, None, Verdict.NEW),
        (State.INTENT, None, Verdict.RESUMABLE),
        (State.SUBMITTED, None, Verdict.RESUMABLE),
        (State.REMOTE_DONE, None, Verdict.RESUMABLE),
        (State.FETCHED, None, Verdict.RESUMABLE),
        (State.AMBIGUOUS, None, Verdict.AMBIGUOUS),
        (State.LOST, None, Verdict.LOST),
        (State.FAILED, REFUSED, Verdict.NEW),
        (State.FAILED, UNBILLED, Verdict.FAILED),
        (State.FAILED, PAID, Verdict.FAILED),
        (State.FAILED, None, Verdict.FAILED),
    ],
)
def test_every_state_has_its_verdict(state: State, fault: Fault | None, expected: Verdict) -> None:
    wanted = job()
    known = Known({wanted.key: record(wanted.key, state, fault)})
    assert verdict(wanted, known).verdict is expected


def test_nothing_known_is_new_and_another_request_before_it_is_changed() -> None:
    wanted = job("a blue mug")
    assert verdict(wanted, Known()).verdict is Verdict.NEW
    old = candidate("a red mug")
    known = Known(before={wanted.spot: Previous(old.key, old.canonical)})
    step = verdict(wanted, known)
    assert (step.verdict, step.reason) == (Verdict.CHANGED, "prompt changed")


@pytest.mark.parametrize(
    ("stands", "blob", "expected"),
    [
        (Standing.RIGHT, True, Verdict.REUSED),
        (Standing.EDITED, True, Verdict.REUSED),
        (Standing.MISSING, True, Verdict.RESTORED),
        (Standing.OTHER, True, Verdict.RESTORED),
    ],
)
def test_a_stored_picture_is_never_paid_for_again(
    stands: Standing, blob: bool, expected: Verdict
) -> None:
    wanted = job()
    stored = Record(wanted.key, State.COMMITTED, "rungen", blob=Digest("ab" * 32), extension="png")
    known = Known({wanted.key: stored}, stands, blob)
    assert verdict(wanted, known).verdict is expected


def test_a_file_that_nobody_knows_is_named_where_money_would_go() -> None:
    """And nowhere else: a doubt pays for nothing."""
    wanted, survey = job(), Survey(Known(strange=True))
    survey.see(wanted)
    assert survey.plan(lambda _provider: iter([wanted])).summary.strangers == ("MUG-1/hero.png",)
    doubt = Known({wanted.key: record(wanted.key, State.AMBIGUOUS)}, strange=True)
    assert verdict(wanted, doubt).stranger is None


def test_a_picture_of_a_fallback_counts() -> None:
    wanted = job(fallback="spare")
    known = Known({wanted.candidates[1].key: record(wanted.candidates[1].key, State.COMMITTED)})
    step = verdict(wanted, known)
    assert (step.verdict, step.candidate.provider) == (Verdict.REUSED, "spare")


def test_a_failed_first_provider_leaves_the_fallback_to_try() -> None:
    wanted = job(fallback="spare")
    known = Known({wanted.key: record(wanted.key, State.FAILED, PAID)})
    step = verdict(wanted, known)
    assert (step.verdict, step.candidate.provider) == (Verdict.NEW, "spare")


def test_only_a_person_or_the_budget_lets_a_doubt_or_a_failure_be_paid_again() -> None:
    wanted = job()
    doubt = Known({wanted.key: record(wanted.key, State.AMBIGUOUS)})
    assert verdict(wanted, doubt, Policy(resubmit_ambiguous=True)).verdict is Verdict.NEW
    paid = Known({wanted.key: record(wanted.key, State.FAILED, PAID)})
    assert verdict(wanted, paid, Policy(retry_failed=True)).verdict is Verdict.NEW
    assert verdict(wanted, paid, Policy(resubmit_unbilled=9)).verdict is Verdict.FAILED
    free = Known({wanted.key: record(wanted.key, State.FAILED, UNBILLED, attempt=3)})
    assert verdict(wanted, free, Policy(resubmit_unbilled=1)).verdict is Verdict.NEW
    again = replace(record(wanted.key, State.FAILED, UNBILLED), unbilled=1)
    twice = Known({wanted.key: again})
    assert verdict(wanted, twice, Policy(resubmit_unbilled=1)).verdict is Verdict.FAILED


def test_a_doubt_is_paid_again_by_rule_twice_and_then_held() -> None:
    """Leave to pay again is no leave to pay for ever."""
    wanted, policy = job(), Policy(resubmit_ambiguous=True)
    doubt = record(wanted.key, State.AMBIGUOUS)
    asked = [
        verdict(wanted, Known({wanted.key: replace(doubt, risked=times)}), policy)
        for times in range(RESUBMITS + 1)
    ]
    assert [step.verdict for step in asked] == [Verdict.NEW, Verdict.NEW, Verdict.AMBIGUOUS]
    assert "in doubt 3 times" in asked[-1].reason


def test_a_doubt_that_its_provider_can_settle_is_resumable_and_says_how() -> None:
    wanted = job()
    known = Known({wanted.key: record(wanted.key, State.AMBIGUOUS)}, ways={"rungen": "by its list"})
    step = verdict(wanted, known)
    assert (step.verdict, step.reason) == (Verdict.RESUMABLE, "by its list")


def test_the_second_of_two_equal_requests_shares_the_first() -> None:
    survey = Survey(Known())
    jobs = [job(product="A"), job(product="B"), job("else", product="C")]
    for wanted in jobs:
        survey.see(wanted)
    plan = survey.plan(lambda _provider: iter(jobs))
    assert [step.verdict for step in plan.steps()] == [Verdict.NEW, Verdict.SHARED, Verdict.NEW]
    assert (plan.summary.pays, plan.summary.works) == (2, 3)


def test_a_limit_takes_the_first_jobs_and_skips_the_rest() -> None:
    jobs = [job(f"mug {n}", product=f"P{n}") for n in range(5)]
    survey = Survey(Known(), limit=2)
    for wanted in jobs:
        survey.see(wanted)
    plan = survey.plan(lambda _provider: iter(jobs))
    assert [step.job.product for step in plan.steps()] == ["P0", "P1"]
    assert (plan.summary.total, plan.summary.skipped) == (2, 3)


@pytest.mark.parametrize(
    ("select", "taken"),
    [
        ("product:MUG-*", True),
        ("product:mug-1", True),
        ("product:CUP-*", False),
        ("image:hero", True),
        ("tag:new", True),
        ("tag:old", False),
        ("provider:rungen", True),
        ("status:new", True),
        ("status:failed", False),
        ("image:hero tag:old", False),
        ("image:other,tag:new", True),
        ("product:MUG-[1]", False),
    ],
)
def test_a_selection_reads_space_as_and_and_comma_as_or(select: str, taken: bool) -> None:
    assert parse_selection(select).takes(job(), {}) is taken
    assert Selection().takes(job(), {})
    assert parse_selection(None, select).takes(job(), {}) is not taken


@pytest.mark.parametrize("text", ["", " ", "hero", "size:9", "status:gone", "image:", "a:b,,c:d"])
def test_a_selection_that_means_nothing_is_an_error(text: str) -> None:
    with pytest.raises(InputError):
        parse_selection(text)


def test_shards_share_all_jobs_out_and_none_twice() -> None:
    jobs = [job(f"mug {n}", product=f"P{n}") for n in range(60)]
    parts = [parse_selection(None, None, f"{number}/4") for number in range(1, 5)]
    taken = [[wanted.product for wanted in jobs if part.takes(wanted, {})] for part in parts]
    assert sorted(chain(*taken)) == sorted(wanted.product for wanted in jobs)
    assert all(taken)


@pytest.mark.parametrize("text", ["0/4", "5/4", "1/0", "4", "a/b", "1/-2", ""])
def test_a_shard_that_is_no_part_of_a_whole_is_an_error(text: str) -> None:
    with pytest.raises(InputError):
        parse_selection(None, None, text)
