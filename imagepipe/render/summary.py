"""The end of a run for people: what became of the jobs, what it cost, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from imagepipe.charges import Charge
from imagepipe.model import Fault, Key
from imagepipe.planner.judge import is_refusal
from imagepipe.render.lines import cause
from imagepipe.render.plan_text import NOTHING_SELECTED, kept_lines, pruned_lines
from imagepipe.render.price_text import drift_lines, reconciled
from imagepipe.render.price_text import remedy as price_remedy
from imagepipe.render.remedies import remedy
from imagepipe.render.status_text import Pot
from imagepipe.render.text import cost, counted, duration, number, plain, shorten_path, wrap

EXAMPLES = 3
"""Failed paths named under each reason."""

REASONS = 12
"""Reasons given; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do next, and the command that does it, if one does."""

    what: str
    command: str = ""


class Failure(Protocol):
    """A job that ended without a picture. `how`: failed, ambiguous, lost, blocked."""

    @property
    def key(self) -> Key: ...
    @property
    def path(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def how(self) -> str: ...
    @property
    def fault(self) -> Fault: ...


@dataclass(frozen=True, slots=True)
class RunView:
    """What a page about a finished run needs.

    `jobs` counts by outcome, `requests` by operation; `stopped` holds the providers that took
    nothing more, and why; `in_doubt` is the money of doubtful jobs, `risked` that of submits which
    repeat one that may have been paid; `kept` has the files that are a person's, `charges` what was
    charged beside what was estimated, `pruned` the outputs that were removed because no job makes
    them any more, `reserved` what is held for jobs in flight after an interruption. `again` and
    `pending` are the commands to go on with.
    """

    jobs: Mapping[str, int]
    total: int
    spent: Decimal
    unknown: int
    requests: Mapping[str, int]
    seconds: float
    exit_code: int
    outputs: str
    failures: tuple[Failure, ...] = ()
    stopped: Mapping[str, Fault] | None = None
    again: str = "imagepipe run"
    pending: str = "imagepipe pending list"
    rehearsal: bool = False
    in_doubt: Pot = field(default_factory=Pot)
    risked: Pot = field(default_factory=Pot)
    kept: tuple[tuple[str, str], ...] = ()
    charges: tuple[Charge, ...] = ()
    pruned: tuple[str, ...] = ()
    reserved: Pot = field(default_factory=Pot)


def summary_text(view: RunView, width: int) -> str:
    """The page, without a final line break."""
    told = (jobs_sentence(view), money_sentence(view))
    lines = [line for text in told for line in wrap(text, width)]
    if view.jobs.get("generated", 0) + view.jobs.get("resumed", 0) + view.jobs.get("restored", 0):
        lines.append(f"Pictures: {view.outputs}")
    lines += kept_lines([path for path, _ in view.kept], width)
    lines += drift_lines(view.charges, width)
    lines += pruned_lines(view.pruned, width)
    lines += _failures(view, width)
    return "\n".join([*lines, *_next(view, width)])


def jobs_sentence(view: RunView) -> str:
    """What became of the jobs; every page about the run says it in these words."""
    counts = [f"{number(count)} {name}" for name, count in view.jobs.items() if count]
    outcome = ", ".join(counts) or "nothing to do"
    return f"{counted(view.total, 'job')} in {duration(view.seconds)}: {outcome}."


def money_sentence(view: RunView) -> str:
    """What it cost, likewise, and how many requests there were."""
    names = ("submit", "poll", "download")
    sent = [counted(view.requests[name], name) for name in names if view.requests.get(name)]
    flying = f"Set aside for jobs in flight: {_pot(view.reserved)}. " * _holds(view.reserved)
    open_ = f"In doubt: {_pot(view.in_doubt)}. " if _holds(view.in_doubt) else ""
    if not sent:
        return f"No request was sent, nothing was spent. {open_}"
    if view.rehearsal:
        live = cost(view.spent, view.unknown)
        text = f"A rehearsal, nothing was spent; live it would have cost {live}. "
        return f"{text}{reconciled(view.charges)}{flying}{_sent(sent)}"
    again = ""
    if _holds(view.risked):
        again = f"Knowingly risked for what may have been paid before: {_pot(view.risked)}. "
    spent = f"Spent {cost(view.spent, view.unknown)}. {reconciled(view.charges)}"
    return f"{spent}{flying}{open_}{again}{_sent(sent)}"


def _holds(pot: Pot) -> bool:
    return bool(pot.amount or pot.unknown)


def _pot(pot: Pot) -> str:
    return cost(pot.amount, pot.unknown)


def _sent(counts: list[str]) -> str:
    return f"Requests: {', '.join(counts)}."


def _failures(view: RunView, width: int) -> list[str]:
    """Grouped by provider and reason, the most frequent first."""
    groups: dict[tuple[str, str, str], list[Failure]] = {}
    for failure in view.failures:
        group = (failure.how, failure.provider, cause(failure.fault))
        groups.setdefault(group, []).append(failure)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    lines: list[str] = []
    for (how, provider, reason), members in ordered[:REASONS]:
        head = f"{number(len(members))} {how} at {provider}: {reason}"
        lines += ["", *wrap(head, width, indent="  ")]
        lines += [_member(failure, width) for failure in members[:EXAMPLES]]
        more = len(members) - EXAMPLES
        lines += [f"    and {number(more)} more"] if more > 0 else []
    if len(ordered) > REASONS:
        lines += ["", f"{counted(len(ordered) - REASONS, 'further reason')}; --json lists all."]
    return lines


def _member(failure: Failure, width: int) -> str:
    path = shorten_path(plain(failure.path), width - 22)
    return f"    {path}  {failure.key[:12]}"


def next_lines(steps: Sequence[Step], width: int) -> list[str]:
    """What to do now. A command stands on a line of its own, uncut, so that it can be pasted."""
    lines = ["", "Next:"] if steps else []
    for step in steps:
        end = ":" if step.command else "."
        lines += wrap(f"- {step.what}{end}", width, indent="  ")
        lines += [f"    {step.command}"] if step.command else []
    return lines


def _next(view: RunView, width: int) -> list[str]:
    steps = next_steps(view)
    return next_lines(steps, width) if steps else ["", *wrap(all_well(view), width)]


def all_well(view: RunView) -> str:
    """What is said where there is nothing to do."""
    return "Everything is there." if view.total else NOTHING_SELECTED


def next_steps(view: RunView) -> list[Step]:
    """Every exit code but 0 has an answer here."""
    steps: list[Step] = []
    if in_doubt := view.jobs.get("ambiguous", 0) + view.jobs.get("lost", 0):
        have = "has" if in_doubt == 1 else "have"
        what = f"{counted(in_doubt, 'job')} may have been paid for and {have} no picture"
        steps.append(Step(what, view.pending))
    for name, fault in sorted((view.stopped or {}).items()):
        steps.append(Step(f"{name} was stopped: {remedy(fault)}; then", view.again))
    if view.exit_code == 3:
        steps.append(Step("it was asked to make nothing; without --frozen this would", view.again))
    if view.exit_code == 6:
        what = "the cost limit was reached: raise it with --max-cost, then"
        steps.append(Step(what, view.again))
    if (charged := price_remedy(view.charges)) is not None:
        steps.append(Step(charged))
    steps += _failed_steps(view)
    if view.exit_code in (129, 130, 143):
        steps.append(Step("the run was interrupted; this goes on where it stopped", view.again))
    if not steps and (left := view.jobs.get("skipped", 0)):
        steps.append(Step(f"{counted(left, 'job')} left for later", view.again))
    return steps


def _failed_steps(view: RunView) -> list[Step]:
    """What would be refused again is told from what may go well."""
    refused = sum(is_refusal(one.fault) for one in view.failures if one.how == "failed")
    failed = sum(one.how == "failed" for one in view.failures) - refused
    steps = []
    if refused:
        which = "1 job was" if refused == 1 else f"{number(refused)} jobs were"
        what = f"{which} refused, and the same request would be again: change the prompt (or what "
        steps.append(Step(f"{what}the reason names), then", view.again))
    if failed:
        only = "" if "--failed" in view.again.split() else " --failed"
        steps.append(Step("try what failed again", f"{view.again}{only}"))
    return steps
