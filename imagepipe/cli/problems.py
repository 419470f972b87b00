"""How a command tells of problems: `--output-format`, and which stream they go to.

A command's errors are its result where a program reads them, so as JSON they go to standard output;
in every other form, and beside another result, they go to standard error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from imagepipe.cli.terminal import data, folded, tell, terminal

if TYPE_CHECKING:
    from imagepipe.errors import Problem

Command = TypeVar("Command", bound=Callable[..., Any])

FORMATS = ("full", "concise", "json", "github")


@dataclass(slots=True)
class Telling:
    """The form in which this command line wants to hear of problems; None until it says so."""

    form: str | None = None

    def result(self, problems: Sequence[Problem]) -> None:
        """Say why the command did not do what it was asked for, or what it was to find."""
        text = self._text(problems)
        if self.form == "json":
            data(text)
        else:
            tell(folded(text) if self._for_people else text)

    def notes(self, problems: Sequence[Problem]) -> None:
        """Say what is worth knowing beside a result."""
        if problems:
            text = self._text(problems)
            tell(folded(text) if self._for_people else text)

    @property
    def _for_people(self) -> bool:
        return self.form in (None, "full")

    def _text(self, problems: Sequence[Problem]) -> str:
        # Late: it imports yaml.
        from imagepipe.render.problems import Format, github_annotations, problems_text  # noqa: PLC0415

        form = Format(self.form or "full")
        text = problems_text(problems, form, color=terminal().color)
        on_github = self.form is None and os.environ.get("GITHUB_ACTIONS") == "true"
        return f"{text}\n{github_annotations(problems)}" if on_github else text


def telling() -> Telling:
    """That of the command that is being carried out."""
    context = click.get_current_context(silent=True)
    found = context.find_object(Telling) if context else None
    return found or Telling()


def _chosen(ctx: click.Context, _option: click.Parameter, form: str | None) -> str | None:
    ctx.ensure_object(Telling).form = form
    return form


def problem_options(command: Command) -> Command:
    """`--output-format`, which `telling()` knows from then on; the command does not get it."""
    return click.option(
        "--output-format",
        type=click.Choice(FORMATS),
        callback=_chosen,
        expose_value=False,
        help="How problems are told, full if nothing is said; json goes to standard output.",
    )(command)
