"""A run where GitHub Actions shows it: annotations beside the manifest, and a job's summary page.

Ten annotations of a kind are shown for a step, so causes are told, the worst first, each once with
the number of its jobs. A summary of more than 1 MiB is dropped whole, so it is cut before. Neither
holds an address with a query or a key of an account, since no fault does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imagepipe.errors import Place
from imagepipe.model import Fault
from imagepipe.render.lines import cause
from imagepipe.render.outcomes import Case
from imagepipe.render.summary import (
    RunView,
    all_well,
    jobs_sentence,
    money_sentence,
    next_steps,
)
from imagepipe.render.text import counted, number, plain
from imagepipe.render.workflow_command import workflow_command

ANNOTATIONS = 10
SUMMARY_BYTES = 1_000_000
"""A little under the 1 MiB from which on GitHub drops a step's summary."""

NAMED = 5
"""Jobs named for each cause on the summary page."""

CAUSES = 200
"""Causes on the summary page; the rest is counted."""

_WORST_FIRST = ("ambiguous", "lost", "blocked", "failed")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


@dataclass(frozen=True, slots=True)
class Trouble:
    """One cause, the jobs that share it, and where the manifest asks for the first of them."""

    how: str
    provider: str
    fault: Fault
    place: Place
    paths: tuple[str, ...]


def troubles(cases: Iterable[Case]) -> list[Trouble]:
    """Jobs that ended without a picture, by cause: the worst first, then the most frequent."""
    found: dict[tuple[str, str, str], list[Case]] = {}
    for case in cases:
        fault = case.outcome.fault
        if fault is not None and case.outcome.how in _WORST_FIRST:
            told = (case.outcome.how, case.outcome.provider, cause(fault))
            found.setdefault(told, []).append(case)
    made = [_trouble(several) for several in found.values()]
    return sorted(made, key=lambda one: (_WORST_FIRST.index(one.how), -len(one.paths)))


def _trouble(cases: Sequence[Case]) -> Trouble:
    first = cases[0]
    if first.outcome.fault is None:
        raise AssertionError("a trouble has a fault")
    paths = tuple(case.path for case in cases)
    return Trouble(
        first.outcome.how, first.outcome.provider, first.outcome.fault, first.place, paths
    )


def annotated(found: Sequence[Trouble]) -> list[str]:
    """Workflow commands for the log, one a line."""
    lines = []
    for one in found[:ANNOTATIONS]:
        more = f" (and {number(len(one.paths) - 1)} more)" if len(one.paths) > 1 else ""
        title = f"{one.how} at {one.provider}: {plain(one.paths[0])}{more}"
        place = {"file": plain(one.place.file), "line": one.place.line, "col": one.place.column}
        lines.append(workflow_command("error", {**place, "title": title}, cause(one.fault)))
    return lines


def summary_page(view: RunView, found: Sequence[Trouble], names: Sequence[str]) -> str:
    """Markdown of at most `SUMMARY_BYTES`; `names` are those of the manifests."""
    lines = [f"## imagepipe: {', '.join(_text(name) for name in names)}", "", *_counts(view)]
    if found:
        lines += ["", "| what | at | why | jobs |", "|---|---|---|---|"]
        lines += [_row(one) for one in found[:CAUSES]]
        lines += [f"\n{counted(len(found) - CAUSES, 'cause')} more."] if len(found) > CAUSES else []
    lines += _next(view)
    return _cut("\n".join(lines).rstrip("\n") + "\n")


def _next(view: RunView) -> list[str]:
    """The same steps as on a terminal; a command can be copied with a click."""
    steps = next_steps(view)
    if not steps:
        return ["", all_well(view)]
    lines = ["", "Next:", ""]
    for one in steps:
        lines.append(f"* {_text(one.what)}{':' if one.command else '.'}")
        lines += ["", "  ```sh", f"  {one.command}", "  ```", ""] if one.command else []
    return lines


def _counts(view: RunView) -> list[str]:
    shown = {how: count for how, count in view.jobs.items() if count}
    head = " | ".join(["jobs", *shown])
    row = " | ".join([number(view.total), *map(number, shown.values())])
    return [
        f"| {head} |",
        "|" + "---|" * (len(shown) + 1),
        f"| {row} |",
        "",
        _text(jobs_sentence(view)),
        _text(money_sentence(view)),
    ]


def _row(one: Trouble) -> str:
    named = ", ".join(_text(path) for path in one.paths[:NAMED])
    more = f" and {number(len(one.paths) - NAMED)} more" if len(one.paths) > NAMED else ""
    return f"| {one.how} | {_text(one.provider)} | {_text(cause(one.fault))} | {named}{more} |"


def _cut(page: str) -> str:
    data = page.encode("utf-8", "replace")
    if len(data) <= SUMMARY_BYTES:
        return data.decode()
    kept = data[:SUMMARY_BYTES].decode(errors="ignore").rpartition("\n")[0]
    return f"{kept}\n\nCut here: GitHub shows no summary of more than 1 MiB.\n"


def _text(text: str) -> str:
    """Foreign words in Markdown, as they are and on one line."""
    return _MARKDOWN.sub(r"\\\1", plain(text))
