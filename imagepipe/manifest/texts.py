"""Templates of a manifest: compiled with their place known, and their errors told at that place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from imagepipe.document import Document, suggestion
from imagepipe.errors import Place, Problem
from imagepipe.manifest.findings import Findings
from imagepipe.manifest.paths import EXTENSIONS
from imagepipe.manifest.recipe import DocumentPath
from imagepipe.template import Condition, Listing, Template, TemplateError, Templates


class Texts:
    """Compiles what a manifest holds; what cannot be compiled becomes a finding and None."""

    def __init__(self, document: Document, templates: Templates, findings: Findings) -> None:
        self._document = document
        self._templates = templates
        self._findings = findings

    def prompt(self, source: str, path: DocumentPath) -> Template | None:
        try:
            return self._templates.prompt(source)
        except TemplateError as error:
            self._wrong(error, path)
            return None

    def listing(self, source: str, path: DocumentPath) -> Template | Listing | None:
        """Several texts of one expression, or one text of any template."""
        try:
            return self._templates.listing(source) or self._templates.prompt(source)
        except TemplateError as error:
            self._wrong(error, path)
            return None

    def path(self, source: str, path: DocumentPath) -> Template | None:
        if source.lower().endswith(EXTENSIONS):
            message = "a path has no extension: it comes from the picture"
            hint = f"write {source.rpartition('.')[0]}"
            self._findings.add(self._document.problem("E603", message, path, hint=hint))
            return None
        try:
            return self._templates.path(source)
        except TemplateError as error:
            self._wrong(error, path)
            return None

    def where(self, source: str, path: DocumentPath) -> Condition | None:
        try:
            return self._templates.where(source)
        except TemplateError as error:
            self._wrong(error, path)
            return None

    def _wrong(self, error: TemplateError, path: DocumentPath) -> None:
        self._findings.add(told(self._document, error, path, ()), cause=(str(error), path))


def told(
    document: Document, error: TemplateError, path: DocumentPath, names: Iterable[str]
) -> Problem:
    """A template's error at the line it is in.

    Args:
        document: The manifest.
        error: What went wrong, at compiling or rendering.
        path: Where the template stands.
        names: What there is, for a suggestion.
    """
    if error.name is None:
        problem = document.problem("E301", str(error), path, hint=error.hint)
        return _lower(document, problem, error.line)
    if error.empty:
        problem = document.problem("E305", str(error), path, hint=_EMPTY)
        return _pointed(document, _lower(document, problem, error.line), error.name)
    options = [name for name in (error.known if error.member else names) if name != error.name]
    message = f"{error}{suggestion(error.name, options)}"
    listed = ", ".join(sorted(options)[:20])
    hint = error.hint or (f"there are: {listed}" if listed and "did you" not in message else None)
    problem = document.problem("E302", message, path, hint=hint)
    return _pointed(document, _lower(document, problem, error.line), error.name)


_EMPTY = (
    "fill it in, leave such products out with `where`, or say what stands in for it: "
    "{{ ... | default('...', true) }}"
)


def _lower(document: Document, problem: Problem, line: int) -> Problem:
    """The same problem, further down in a text whose lines are those of the file."""
    place = cast("Place", problem.place)
    if document.line(place.line)[place.column - 1 : place.column] != "|":
        return problem
    number = place.line + line
    text = document.line(number)
    column = len(text) - len(text.lstrip()) + 1
    return document.at(problem.code, problem.message, (number, column), hint=problem.hint)


def _pointed(document: Document, problem: Problem, name: str) -> Problem:
    """The same problem, at the first mention of `name` from its place on."""
    place = cast("Place", problem.place)
    for number in range(place.line, place.line + 50):
        start = place.column - 1 if number == place.line else 0
        found = document.line(number).find(name, start)
        if found >= 0:
            return document.at(
                problem.code, problem.message, (number, found + 1), hint=problem.hint
            )
    return problem
