"""What a CI server gets of a run: JUnit XML where it was asked for, and GitHub's own pages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from imagepipe.app.clock import utc_now
from imagepipe.app.planning import Planned
from imagepipe.app.project import catalogue_of
from imagepipe.cli.terminal import tell, terminal
from imagepipe.events import Listener
from imagepipe.render.outcomes import Case, Outcomes
from imagepipe.render.summary import RunView


@dataclass(slots=True)
class Machines:
    """Collects the jobs of all manifests of a command; `finish` hands them on.

    `junit` is an open file, `page` GitHub's file for a step's summary.
    """

    junit: TextIO | None = None
    on_github: bool = False
    page: Path | None = None
    _outcomes: Outcomes = field(default_factory=Outcomes)
    _cases: list[Case] = field(default_factory=list)
    _names: list[str] = field(default_factory=list)

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """A fresh one for the next manifest, if anybody wants to know."""
        if self.junit is None and not self.on_github:
            return ()
        self._outcomes = Outcomes()
        return (self._outcomes,)

    def take(self, planned: Planned) -> None:
        """The jobs of a manifest that was run."""
        name = catalogue_of(planned.project)
        self._names.append(name)
        if self.junit is not None or self.on_github:
            self._cases += self._outcomes.cases(name, planned.plan.steps())

    def finish(self, view: RunView) -> bool:
        """Write all of it; False if a file that was asked for could not be written."""
        if self.on_github:
            self._show_on_github(view)
        if self.junit is None:
            return True
        from imagepipe.render.junit import junit_text  # noqa: PLC0415 - late: xml.sax, 20 ms

        try:
            self.junit.write(junit_text(self._cases, time=utc_now()))
            self.junit.flush()
        except OSError as error:
            tell(f"error: {self.junit.name} could not be written: {error.strerror}")
            return False
        return True

    def _show_on_github(self, view: RunView) -> None:
        from imagepipe.render.github import (  # noqa: PLC0415 - late: likewise
            annotated,
            summary_page,
            troubles,
        )

        found = troubles(self._cases)
        if not terminal().live:  # commands for a log; a person at a terminal has read it all
            for line in annotated(found):
                tell(line)
        if self.page is None:
            return
        try:
            with self.page.open("a", encoding="utf-8") as file:
                file.write(summary_page(view, found, self._names))
        except OSError as error:
            tell(f"note: the step's summary could not be written: {error.strerror}")


@contextmanager
def machines(junit: Path | None) -> Iterator[Machines]:
    """As the options and the environment of a GitHub runner say.

    Raises:
        OSError: the file cannot be opened; nothing was run yet.
    """
    on_github = os.environ.get("GITHUB_ACTIONS") == "true"
    page = os.environ.get("GITHUB_STEP_SUMMARY") if on_github else None
    where = Path(page) if page else None
    if junit is None:
        yield Machines(None, on_github, where)
        return
    file = junit.open("w", encoding="utf-8")
    try:
        yield Machines(file, on_github, where)
    finally:
        with suppress(OSError):  # told by `finish`
            file.close()
