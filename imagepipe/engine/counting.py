"""How a job is counted that has no picture to show for it, exactly once, and how that is told."""

from __future__ import annotations

from imagepipe import events
from imagepipe.engine.tally import Tally
from imagepipe.events import Listener
from imagepipe.model import Candidate, Fault, FaultKind
from imagepipe.planner import Plan, Step, Verdict

FROZEN = "not made, because of --frozen"


def count(step: Step, tally: Tally, listener: Listener) -> None:
    """Count a step for which a run has nothing to do."""
    match step.verdict:
        case Verdict.REUSED:
            tally.jobs["reused"] += 1
        case Verdict.FAILED | Verdict.AMBIGUOUS | Verdict.LOST as verdict:
            known = step.record.fault if step.record is not None else None
            if verdict is Verdict.AMBIGUOUS:
                tally.doubtful(step.candidate.price)
            fault = known or Fault(FaultKind.UNCERTAIN, step.reason)
            stop(step, verdict.value, fault, tally=tally, listener=listener)
        case _:
            raise AssertionError(f"there is work for a step that is {step.verdict}")


def count_only(plan: Plan, listener: Listener) -> Tally:
    """The tally of a plan in which there is nothing to do."""
    summary = plan.summary
    tally = Tally(total=summary.total + summary.skipped)
    if summary.count(Verdict.REUSED) == summary.total:
        tally.jobs["reused"] = summary.total
    else:
        for step in plan.steps():
            count(step, tally, listener)
    tally.jobs["skipped"] = tally.total - sum(tally.jobs.values())
    return tally


def hold_back(plan: Plan, listener: Listener) -> Tally:
    """The tally of a plan that may send nothing: what would ask a provider is blocked, and told."""
    tally = Tally(total=plan.summary.total + plan.summary.skipped)
    for step in plan.steps():
        if step.verdict.asks_provider:
            message = f"{FROZEN}: {step.reason}"
            fault = Fault(FaultKind.TRANSIENT, message, accepted=False)
            stop(step, "blocked", fault, tally=tally, listener=listener)
        elif not step.verdict.works:
            count(step, tally, listener)
    tally.jobs["skipped"] = tally.total - sum(tally.jobs.values())
    return tally


def stop(
    step: Step,
    how: str,
    fault: Fault,
    *,
    tally: Tally,
    listener: Listener,
    candidate: Candidate | None = None,
) -> None:
    """Count a job that ends without a picture, and tell."""
    candidate = candidate or step.candidate
    key, name, path = candidate.key, candidate.provider, step.job.path
    tally.failed(key, path, name, how, fault)
    listener(events.Stopped(key, name, path, how, fault))


def too_many_doubts(tally: Tally, provider: str) -> Fault:
    """Why a provider that leaves submits unanswered is sent no more of them."""
    number = tally.doubts[provider]
    message = (
        f"{number} submits to {provider} had no answer that tells whether they were accepted, so "
        "nothing more is sent to it in this run"
    )
    advice = "`imagepipe pending list` shows them; when the provider answers again, run again"
    return Fault(FaultKind.UNCERTAIN, message, accepted=False, advice=advice)
