"""A plan for people: what would be done and what it costs, by recipe and provider; then what next.

What is unknown is said to be unknown. With `-v` every step is a line with its reason, and below it
what changed in its request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from imagepipe.planner import Alike, Renamed, Step, Summary, Verdict, changes_of
from imagepipe.planner.forecast import Forecast
from imagepipe.render.change_text import PLAIN, Ink, change_lines, group_lines, renamed_lines
from imagepipe.render.columns import columns
from imagepipe.render.forecast_text import forecast_text
from imagepipe.render.text import (
    cost,
    counted,
    listed,
    money,
    number,
    pad,
    plain,
    shorten_path,
    wrap,
)

ORPHANS = 5
"""Orphans named, and outputs that were edited; the rest is counted."""

NOTHING_SELECTED = (
    "Nothing was selected: no product passes `where`, or the selection leaves none. `imagepipe "
    "plan -v` without a selection lists all jobs."
)
"""What is said of a manifest of which no job is left."""

MARKS: Mapping[Verdict, str] = {
    Verdict.NEW: "+",
    Verdict.CHANGED: "~",
    Verdict.FORCED: "&",
    Verdict.REUSED: "=",
    Verdict.SHARED: "=",
    Verdict.RESTORED: "<",
    Verdict.RESUMABLE: ">",
    Verdict.FAILED: "!",
    Verdict.AMBIGUOUS: "?",
    Verdict.LOST: "x",
}

_SHOWN: tuple[tuple[str, tuple[Verdict, ...]], ...] = (
    ("new", (Verdict.NEW,)),
    ("changed", (Verdict.CHANGED,)),
    ("forced", (Verdict.FORCED,)),
    ("resumable", (Verdict.RESUMABLE,)),
    ("restored", (Verdict.RESTORED,)),
    ("reused", (Verdict.REUSED, Verdict.SHARED)),
    ("failed", (Verdict.FAILED,)),
    ("ambiguous", (Verdict.AMBIGUOUS,)),
    ("lost", (Verdict.LOST,)),
)


@dataclass(frozen=True, slots=True)
class PlanView:
    """What a page about one plan needs.

    `again` is the command that runs this plan, `pending` the one that lists what is in doubt;
    `unpriced` names the providers with pictures to pay for and no known price; `over_budget` says
    why a run would refuse to pay. `alike` are the changed pictures in groups, `ungrouped` counts
    those in none; `prunes` says that a run is asked to remove the orphans.
    """

    name: str
    summary: Summary
    orphans: tuple[str, ...] = ()
    forecast: Forecast | None = None
    unpriced: tuple[str, ...] = ()
    again: str = "imagepipe run"
    pending: str = "imagepipe pending list"
    rehearsal: bool = False
    over_budget: str | None = None
    alike: Sequence[Alike] = ()
    ungrouped: int = 0
    renamed: Sequence[Renamed] = ()
    forced: Forced | None = None


@dataclass(frozen=True, slots=True)
class Forced:
    """Pictures that are there and would be paid for again. `cost` is USD over the priced ones."""

    count: int
    cost: Decimal
    unpriced: int
    examples: Sequence[tuple[str, Decimal | None]] = ()


def plan_text(view: PlanView, width: int, ink: Ink = PLAIN) -> str:
    """The page, without a final line break."""
    summary = view.summary
    title = f"{view.name}: {counted(summary.total, 'job')}"
    lines = [title + (" (rehearsal on the emulator)" if view.rehearsal else ""), ""]
    lines += _table(summary, width)
    lines += group_lines(view.alike, view.ungrouped, width, ink)
    lines += renamed_lines(view.renamed, width)
    lines += ["", *bill(view, width)]
    lines += forced_lines(view.forced, width)
    lines += kept_lines(summary.kept, width)
    lines += _orphans(view.orphans, width)
    lines += ["", *next_steps(view, width)]
    return "\n".join(lines)


def step_lines(steps: Iterable[Step], width: int, ink: Ink = PLAIN) -> Iterator[str]:
    """A line for each step: verdict, path, provider, cost and reason; then what changed."""
    for step in steps:
        mark = f"{MARKS[step.verdict]} {pad(_word(step.verdict), 9)}"
        price = "price unknown" if step.candidate.price is None else money(step.candidate.price)
        cost = f", {price}" if step.verdict.pays else ""
        path = shorten_path(plain(step.job.path), max(24, width // 2))
        head = f"{mark} {path} ({step.candidate.provider}{cost})"
        room = width - len(head) - 2
        reason = plain(step.reason)
        yield f"{head}: {reason}" if len(reason) <= room else f"{head}\n{_below(reason, width)}"
        if changes := changes_of(step):
            yield from change_lines(changes, width, indent=" " * 12, ink=ink)


def forced_lines(forced: Forced | None, width: int) -> list[str]:
    """What would be paid for a second time, with its price."""
    if forced is None or not forced.count:
        return []
    cost_ = cost(forced.cost, forced.unpriced)
    are = "is there and would be" if forced.count == 1 else "are there and would be"
    head = f"{counted(forced.count, 'picture')} {are} paid for again by --force, {cost_}:"
    named = [
        f"{path} ({'price unknown' if price is None else money(price)})"
        for path, price in forced.examples
    ]
    return _listed(head, named, width, of=forced.count)


def _below(reason: str, width: int) -> str:
    return "\n".join(f"            {line}" for line in wrap(reason, width - 12))


def _word(verdict: Verdict) -> str:
    return "reused" if verdict is Verdict.SHARED else verdict.value


def _table(summary: Summary, width: int) -> list[str]:
    """A row for each recipe and provider; only columns in which something is."""
    occurring = [(name, kinds) for name, kinds in _SHOWN if summary.count(*kinds)]
    head = ["images", "provider", *(name for name, _ in occurring)]
    rows = [head]
    for (recipe, provider), counts in sorted(summary.by_recipe.items()):
        rows.append([recipe, provider, *_counts(occurring, counts)])
    if len(rows) > 2:
        rows.append(["all", "", *_counts(occurring, summary.verdicts)])
    return columns(rows, width, right=frozenset(range(2, len(head))))


def _counts(
    occurring: list[tuple[str, tuple[Verdict, ...]]], counts: Mapping[Verdict, int]
) -> list[str]:
    sums = [sum(counts.get(kind, 0) for kind in kinds) for _, kinds in occurring]
    return [number(count) if count else "." for count in sums]


def bill(view: PlanView, width: int) -> list[str]:
    """What is to be paid, and how long it takes at least, in sentences."""
    summary = view.summary
    if not summary.pays:
        return ["Nothing to pay for."]
    text = f"{counted(summary.pays, 'picture')} to pay for: {_cost(view)}."
    if view.rehearsal:
        text = f"{counted(summary.pays, 'picture')} to draw; a live run would pay {_cost(view)}."
    else:
        text += f" {forecast_text(view.forecast)}"
    if summary.skipped:
        text += f" {counted(summary.skipped, 'further job')} left out by --limit."
    if view.over_budget is not None:
        text += f" A run would refuse: {view.over_budget}."
    return wrap(text, width) + strangers_lines(summary.strangers, width)


def _cost(view: PlanView) -> str:
    summary = view.summary
    names = f" ({listed(list(view.unpriced))})" if view.unpriced else ""
    if not summary.unpriced:
        return f"about {money(summary.estimate)}"
    if summary.unpriced == summary.pays:
        return f"an unknown price{names}"
    return (
        f"about {money(summary.estimate)} for {number(summary.pays - summary.unpriced)} and "
        f"an unknown price for {number(summary.unpriced)}{names}"
    )


def kept_lines(kept: Sequence[str], width: int) -> list[str]:
    """Files that stay where pictures of the store would be."""
    said = "edited or made by hand, and kept; delete one to have its picture again:"
    return _listed(f"{counted(len(kept), 'output')} {said}", kept, width)


def pruned_lines(pruned: Sequence[str], width: int) -> list[str]:
    """Outputs that were removed."""
    head = f"{counted(len(pruned), 'output')} removed, which no job makes any more:"
    return _listed(head, pruned, width)


def strangers_lines(strangers: Sequence[str], width: int) -> list[str]:
    """Said before money is spent: a store that forgot its later runs would pay for them again."""
    said = "at the path of a picture to pay for, and nothing is known of it here:"
    if len(strangers) > 1:
        said = "at the paths of pictures to pay for, and nothing is known of them here:"
    lines = _listed(f"{counted(len(strangers), 'file is', 'files are')} {said}", strangers, width)
    if not lines:
        return []
    doubt = (
        "Made by hand, or by runs that this copy of the store does not know (an old backup)? Look "
        "before you run: they stay, and what is paid for is not put in their place."
    )
    return [*lines, *wrap(doubt, width)]


def _orphans(orphans: tuple[str, ...], width: int) -> list[str]:
    head = f"{counted(len(orphans), 'output')} no job makes any more (kept; run --prune removes):"
    return _listed(head, orphans, width)


def _listed(head: str, paths: Sequence[str], width: int, *, of: int | None = None) -> list[str]:
    """The first of `paths`, which may be the first of so many."""
    if not paths:
        return []
    shown = (f"  - {shorten_path(plain(path), width - 4)}" for path in paths[:ORPHANS])
    more = (len(paths) if of is None else of) - len(paths[:ORPHANS])
    rest = [f"  and {number(more)} more"] if more > 0 else []
    return ["", *wrap(head, width), *shown, *rest]


def next_steps(view: PlanView, width: int) -> list[str]:
    """What a person does now, most pressing first; commands are whole, to be copied."""
    summary = view.summary
    steps = []
    if in_doubt := summary.count(Verdict.AMBIGUOUS, Verdict.LOST):
        steps.append(f"{view.pending}  # settles {counted(in_doubt, 'job')} in doubt")
    if refused := summary.refused:
        what = f"the prompts of {counted(refused, 'job')} that the provider refused"
        steps.append(f"{view.again}  # after changing {what}")
    if failed := summary.count(Verdict.FAILED) - refused:
        again = view.again if "--failed" in view.again.split() else f"{view.again} --failed"
        steps.append(f"{again}  # tries {counted(failed, 'failed job')} again")
    if summary.works and view.over_budget is not None:
        steps.append(f"{view.again}  # after raising the budget, or with --limit")
    elif summary.works:
        steps.append(view.again)
    if not steps and not summary.total:
        return wrap(NOTHING_SELECTED, width)
    if not steps:
        return ["Everything is there: a run would send nothing."]
    return ["Next:", *(f"  {step}" for step in steps)]
