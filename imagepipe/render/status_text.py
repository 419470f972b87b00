"""What a store holds, for people: how far its jobs are, what they cost, and who is at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from imagepipe.model import State
from imagepipe.render.columns import columns
from imagepipe.render.text import cost, counted, money, number, plain, wrap

_SAYS: tuple[tuple[State, str], ...] = (
    (State.COMMITTED, "pictures are in the store"),
    (State.FETCHED, "downloaded, to be stored by the next run"),
    (State.REMOTE_DONE, "made, to be downloaded by the next run"),
    (State.SUBMITTED, "in flight: submitted, and the next run goes on with them"),
    (State.INTENT, "being submitted by a run"),
    (State.PLANNED, "free to be submitted"),
    (State.BLOCKED, "blocked: waiting for their provider's account"),
    (State.FAILED, "failed"),
    (State.AMBIGUOUS, "ambiguous, in doubt: they may have been paid for"),
    (State.LOST, "lost: paid for, and their pictures are gone"),
)


@dataclass(frozen=True, slots=True)
class Pot:
    """An amount of USD, and how many prices in it nobody knows."""

    amount: Decimal = Decimal(0)
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run of the store. Times are UTC, ISO 8601; `ended` is None for one that did not end."""

    id: str
    started: str
    ended: str | None
    manifests: tuple[str, ...]
    host: str
    pid: int
    alive: bool


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of the manifest: how many there are, and how many have their pictures."""

    total: int
    made: int


@dataclass(frozen=True, slots=True)
class Charged:
    """What pictures of one case cost each by the last run, and what the tables say. USD."""

    provider: str
    case: str
    pictures: int
    each: Decimal
    estimate: Decimal | None


@dataclass(frozen=True, slots=True)
class StatusView:
    """What the page needs. `saved` is what the pictures that are there have cost, and will not
    again; `jobs` is None if something in the manifest is wrong.
    """

    store: str
    states: Mapping[State, int]
    outputs: int
    outputs_root: str
    spent: Pot
    reserved: Pot
    in_doubt: Pot
    saved: Pot = Pot()
    jobs: Jobs | None = None
    charged: Sequence[Charged] = ()
    runs: Sequence[PastRun] = ()
    run: str = "imagepipe run"
    pending: str = "imagepipe pending list"
    watch: str = "imagepipe status --watch"
    rehearsal: bool = False


def status_text(view: StatusView, width: int) -> str:
    """The page, without a final line break."""
    if not view.states and not view.runs:
        text = f"{view.store}: no run has been made yet. {_jobs(view)}"
        return "\n".join([*wrap(text, width), "", f"Next: {view.run}"])
    known = [(state, says) for state, says in _SAYS if view.states.get(state)]
    rows = [(number(view.states[state]), says) for state, says in known]
    lines = [f"{view.store}:", *columns(rows, width, right=frozenset({0}))]
    lines += ["", f"{counted(view.outputs, 'output file')} under {view.outputs_root}"]
    for text in (_jobs(view), _money(view), _saved(view)):
        lines += wrap(text, width)
    lines += _charged(view.charged, width)
    lines += [*_runs(view.runs, width), *_next(view)]
    return "\n".join(lines)


def _jobs(view: StatusView) -> str:
    if view.jobs is None:
        return "The manifest's jobs could not be counted: `imagepipe validate` says why."
    jobs = f"The manifest has {counted(view.jobs.total, 'job')}"
    if left := view.jobs.total - view.jobs.made:
        return f"{jobs}; {number(left)} not yet made."
    return f"{jobs}; all are made."


def _saved(view: StatusView) -> str:
    if not view.saved.amount and not view.saved.unknown:
        return ""
    head = "Live, reuse would save" if view.rehearsal else "Saved by reuse"
    return f"{head} on every further run: {_pot(view.saved)}."


def _money(view: StatusView) -> str:
    head = "A rehearsal; live it would have cost" if view.rehearsal else "Spent"
    parts = [f"{head} {_pot(view.spent)}"]
    if view.reserved.amount or view.reserved.unknown:
        parts.append(f"set aside for jobs in flight {_pot(view.reserved)}")
    if view.in_doubt.amount or view.in_doubt.unknown:
        parts.append(f"in doubt {_pot(view.in_doubt)}")
    return "; ".join(parts) + "."


def _pot(pot: Pot) -> str:
    return cost(pot.amount, pot.unknown)


def _charged(charged: Sequence[Charged], width: int) -> list[str]:
    """What the last run of each case was charged, beside the estimate."""
    if not charged:
        return []
    rows = [("charged", "estimate", "pictures", "provider", "")]
    rows += [
        (
            money(one.each),
            "unknown" if one.estimate is None else money(one.estimate),
            number(one.pictures),
            one.provider,
            plain(one.case),
        )
        for one in charged
    ]
    head = "Prices a picture, as last charged:"
    return ["", head, *columns(rows, width, right=frozenset({0, 1, 2}))]


def _runs(runs: Sequence[PastRun], width: int) -> list[str]:
    if not runs:
        return []
    rows = [
        (run.id, _minute(run.started), _end(run), plain(", ".join(run.manifests))) for run in runs
    ]
    return ["", "Last runs:", *columns(rows, width)]


def _end(run: PastRun) -> str:
    if run.ended is not None:
        return f"ended {_minute(run.ended)}"
    return f"at work (process {run.pid} on {plain(run.host)})" if run.alive else "did not end"


def _minute(time: str) -> str:
    """An ISO time to the minute, as people read it."""
    return f"{time[:10]} {time[11:16]} UTC"


def _next(view: StatusView) -> list[str]:
    if any(view.states.get(state) for state in (State.AMBIGUOUS, State.LOST)):
        return ["", f"Next: {view.pending}"]
    if any(run.alive for run in view.runs):
        return ["", f"Next: {view.watch}"]
    open_states = (State.SUBMITTED, State.REMOTE_DONE, State.FETCHED, State.PLANNED, State.BLOCKED)
    left = view.jobs is not None and view.jobs.made < view.jobs.total
    if left or any(view.states.get(state) for state in open_states):
        return ["", f"Next: {view.run}"]
    return []
