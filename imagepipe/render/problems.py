"""Everything that is wrong with what a person wrote, all of it at once, in the form asked for.

`full` is for people, `concise` is a line for each (editors and grep), `json` keeps everything that
is known, `github` makes annotations of the worst, as many as GitHub shows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from imagepipe.document import place_line, render
from imagepipe.errors import Place, Problem, Shared
from imagepipe.model import Json
from imagepipe.render.text import counted, plain
from imagepipe.render.workflow_command import workflow_command

VERSION = 1
_APART = 3
"""Problems of one cause in different places that are shown one by one; more are gathered."""

_ANNOTATIONS = 10
"""Of errors and of notes each: GitHub shows no more of a step."""

_NAMES = re.compile(r"`[^`]*`")


class Format(StrEnum):
    """`--output-format`."""

    FULL = "full"
    CONCISE = "concise"
    JSON = "json"
    GITHUB = "github"


def problems_text(
    problems: Sequence[Problem], form: Format = Format.FULL, *, color: bool = False
) -> str:
    """The problems in their order; no final line break."""
    match form:
        case Format.FULL:
            return _full(problems, color=color)
        case Format.CONCISE:
            return "\n".join([*map(_concise, problems), *_counting(problems)])
        case Format.JSON:
            return json.dumps(problems_json(problems), indent=2, ensure_ascii=False)
        case Format.GITHUB:
            return _github(problems)


def problems_json(problems: Sequence[Problem]) -> dict[str, Json]:
    """One object; fields are added, never renamed. What is not known is null."""
    errors = sum(problem.severity == "error" for problem in problems)
    return {
        "version": VERSION,
        "errors": errors,
        "notes": len(problems) - errors,
        "problems": [_object(problem) for problem in problems],
    }


def count_line(problems: Sequence[Problem]) -> str:
    """`3 errors, 1 note`."""
    errors = sum(problem.severity == "error" for problem in problems)
    notes = len(problems) - errors
    parts = [counted(errors, "error")] if errors else []
    parts += [counted(notes, "note")] if notes else []
    return ", ".join(parts)


def _counting(problems: Sequence[Problem]) -> list[str]:
    return [count_line(problems)] if len(problems) > 1 else []


@dataclass(slots=True)
class _Group:
    """Problems of one cause: the first, and the places of the others."""

    first: Problem
    others: list[Problem] = field(default_factory=list)


def _groups(problems: Iterable[Problem]) -> list[_Group]:
    """One mistake that was copied into many places is shown once, if there are more than a few."""
    causes: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in problems:
        said = _NAMES.sub("`", problem.message)
        causes.setdefault((problem.severity, problem.code, said), []).append(problem)
    first_of = {id(same[0]): same for same in causes.values() if len(same) > _APART}
    gathered = {id(one) for same in first_of.values() for one in same}
    return [
        _Group(problem, first_of.get(id(problem), [problem])[1:])
        for problem in problems
        if id(problem) in first_of or id(problem) not in gathered
    ]


def _full(problems: Sequence[Problem], *, color: bool) -> str:
    parts = []
    for group in _groups(problems):
        places = [other.place for other in group.others if other.place is not None]
        also = [place_line(places)] if places else []
        parts.append(render(group.first, also, color=color))
    return "\n".join([*parts, *_counting(problems)])


def _concise(problem: Problem) -> str:
    code = f"[{problem.code}]" if problem.code else ""
    place = f"{problem.place}: " if problem.place else ""
    where = f" ({problem.where})" if problem.where else ""
    reach = f" ({_reach(problem.shared)})" if problem.shared else ""
    return plain(f"{place}{problem.severity}{code}: {problem.message}{where}{reach}")


def _reach(shared: Shared) -> str:
    return counted(shared.jobs, "job") if shared.jobs else counted(shared.rows, "row")


def _github(problems: Sequence[Problem]) -> str:
    """Annotations for the first of each kind, and a line for each of the others."""
    worst, others = _annotated(problems)
    beyond = [problem for group in others for problem in (group.first, *group.others)]
    lines = [*map(_annotation, worst), *map(_concise, beyond), *_counting(problems)]
    return "\n".join(lines)


def github_annotations(problems: Sequence[Problem]) -> str:
    """The annotations alone, for a log that has the problems in full; empty without problems."""
    return "\n".join(map(_annotation, _annotated(problems)[0]))


def _annotated(problems: Sequence[Problem]) -> tuple[list[_Group], list[_Group]]:
    """Those that GitHub shows, and the others."""
    shown, worst, others = {"error": 0, "note": 0}, list[_Group](), list[_Group]()
    for group in _groups(problems):
        shown[group.first.severity] += 1
        (worst if shown[group.first.severity] <= _ANNOTATIONS else others).append(group)
    return worst, others


def _annotation(group: _Group) -> str:
    problem = group.first
    said = [problem.message + (f" ({problem.where})" if problem.where else "")]
    said += [f"also in {counted(len(group.others), 'more place')}"] if group.others else []
    said += [f"in {_reach(problem.shared)}"] if problem.shared else []
    said += [f"help: {problem.hint}"] if problem.hint else []
    kind = "error" if problem.severity == "error" else "notice"
    where = {
        **_position(problem.place, problem.length),
        "title": f"imagepipe {problem.code}".strip(),
    }
    return workflow_command(kind, where, "\n".join(map(plain, said)))


def _position(place: Place | None, length: int) -> dict[str, object]:
    if place is None:
        return {}
    column, end = place.column, place.column + length
    return {"file": plain(place.file), "line": place.line, "col": column, "endColumn": end}


def _object(problem: Problem) -> dict[str, Json]:
    place, shared = problem.place, problem.shared
    return {
        "code": problem.code or None,
        "severity": problem.severity,
        "message": problem.message,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "length": problem.length if problem.source is not None else None,
        "where": problem.where,
        "hint": problem.hint,
        "source": problem.source,
        "rows": shared.rows if shared else None,
        "jobs": shared.jobs if shared else None,
        "shared_by": _sharers(shared) if shared else [],
    }


def _sharers(shared: Shared) -> list[Json]:
    return [
        {
            "file": one.file or None,
            "line": one.line or None,
            "product": one.product or None,
            "job": one.job or None,
        }
        for one in shared.sharers
    ]
