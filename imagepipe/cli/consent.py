"""Leave to pay again: pictures that are there and paid for are forced only if a person says so.

All that would be paid again is named first, over all manifests of the command; then a person at a
terminal is asked, and anybody else must have written `--yes`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal

import click

from imagepipe.app.project import Project
from imagepipe.cli import planning, projects
from imagepipe.cli.options import Chosen
from imagepipe.cli.terminal import is_terminal, tell, width
from imagepipe.errors import SetupError
from imagepipe.render.plan_text import forced_lines
from imagepipe.render.text import cost, counted

NOTHING_SENT = "nothing was sent"


def agree(loaded: Sequence[Project], chosen: Chosen, *, yes: bool) -> None:
    """Return if what `--force` pays again is agreed to.

    Raises:
        SetupError: it is not; nothing was sent.
    """
    if not chosen.force or all(one.where.rehearsal is not None for one in loaded):
        return
    with closing(projects.plans(loaded, chosen)) as plans:
        again = [planning.forced(planned) for planned in plans]
    count = sum(one.count for one in again)
    if not count:
        return
    for one in again:
        if one.count:
            tell("\n".join(forced_lines(one, width())).lstrip("\n"))
    if yes:
        return
    spent = sum((one.cost for one in again), Decimal(0))
    price = cost(spent, sum(one.unpriced for one in again))
    are = "is" if count == 1 else "are"
    what = f"{counted(count, 'picture')} that {are} there already, {price}"
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        hint = "add --yes if that is meant; --select says which pictures"
        raise SetupError(f"--force would pay again for {what}; {NOTHING_SENT}", hint=hint)
    if not click.confirm(f"Pay again for {what}?", default=False, err=True):
        raise SetupError(f"not agreed to: {NOTHING_SENT}", hint="--select says which pictures")
