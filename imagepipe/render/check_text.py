"""A check for people: what agrees, what does not, by kind, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from imagepipe.render.text import counted, number, plain, shorten_path, wrap

EXAMPLES = 5
"""Paths named of each kind; --json has all."""

_HEADS: Mapping[str, str] = {
    "new": "not in the lock: no picture is known",
    "changed": "in the lock, and made from another request",
    "missing": "in the lock, and not there",
    "edited": "edited, or made by hand: not the bytes that the lock names",
    "orphaned": "in the lock, and made by no job any more",
    "duplicated": "with several lines in the lock, from a merge",
}


class Finding(Protocol):
    """One output that is not as manifest and lock say."""

    @property
    def path(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def reason(self) -> str: ...


@dataclass(frozen=True, slots=True)
class CheckView:
    """What the page needs. `run`, `plan` and `prune` are commands to go on with."""

    name: str
    total: int
    agreeing: int
    findings: Sequence[Finding]
    run: str = "imagepipe run"
    plan: str = "imagepipe plan -v"
    prune: str = "imagepipe run --prune"


def check_text(view: CheckView, width: int) -> str:
    """The page, without a final line break."""
    agree = "all agree" if view.agreeing == view.total else f"{number(view.agreeing)} agree"
    lines = wrap(f"{view.name}: {counted(view.total, 'job')}, {agree} with the lock", width)
    groups: dict[str, list[Finding]] = {}
    for finding in view.findings:
        groups.setdefault(finding.kind, []).append(finding)
    for kind, head in _HEADS.items():
        lines += _group(groups.get(kind, []), head, width)
    return "\n".join([*lines, *_next(view, frozenset(groups))])


def _group(found: Sequence[Finding], head: str, width: int) -> list[str]:
    if not found:
        return []
    lines = ["", *wrap(f"{counted(len(found), 'output')} {head}:", width)]
    for finding in found[:EXAMPLES]:
        path = shorten_path(plain(finding.path), width - 4)
        lines += [f"  - {path}", *(f"      {line}" for line in _said(finding, width))]
    more = len(found) - EXAMPLES
    return [*lines, f"  and {number(more)} more"] if more > 0 else lines


def _said(finding: Finding, width: int) -> list[str]:
    """Only what the head does not say already."""
    telling = finding.kind in ("changed", "missing")
    return wrap(plain(finding.reason), width - 6) if telling else []


def _next(view: CheckView, kinds: frozenset[str]) -> list[str]:
    steps = []
    if kinds & {"changed"}:
        steps.append(f"{view.plan}  # says what changed, and what it costs")
    if kinds & {"new", "changed", "missing"}:
        steps.append(f"{view.run}  # makes what is missing; then commit pictures and lock")
    if "edited" in kinds:
        steps.append("delete an edited output to have its picture again")
    if "orphaned" in kinds:
        steps.append(f"{view.prune}  # removes what no job makes")
    return ["", "Next:", *(f"  {step}" for step in steps)] if steps else []
