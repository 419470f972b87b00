"""Everything that is wrong with what a person wrote, all of it at once, and how much it is."""

from __future__ import annotations

from collections.abc import Sequence

from imagepipe.document import render
from imagepipe.errors import Problem
from imagepipe.render.text import counted


def problems_text(problems: Sequence[Problem], *, color: bool = False) -> str:
    """The problems in their order, with a line that counts them; no final line break."""
    parts = [render(problem, color=color) for problem in problems]
    if len(problems) > 1:
        parts.append(count_line(problems))
    return "\n".join(parts)


def count_line(problems: Sequence[Problem]) -> str:
    """`3 errors, 1 note`."""
    errors = sum(problem.severity == "error" for problem in problems)
    notes = len(problems) - errors
    parts = [counted(errors, "error")] if errors else []
    parts += [counted(notes, "note")] if notes else []
    return ", ".join(parts)
