"""What is wrong with jobs: told at its place in the manifest, once for a cause, with its sharers.

Knows how a cause is told apart from another, and nothing of how jobs are made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from imagepipe.document import Document
from imagepipe.errors import Sharer
from imagepipe.manifest.catalogue import Product
from imagepipe.manifest.findings import Findings
from imagepipe.manifest.pictures import BadPicture, PictureTemplate
from imagepipe.manifest.recipe import DocumentPath, Link, Variant
from imagepipe.manifest.texts import told
from imagepipe.model import Job
from imagepipe.provider import Violation
from imagepipe.template import TemplateError


class Complaints:
    """Takes what is wrong with single jobs to the findings."""

    def __init__(self, document: Document, findings: Findings) -> None:
        self._document = document
        self._findings = findings

    def unnamable(self, error: ValueError, origin: DocumentPath, sharer: Sharer) -> None:
        """A path that no file can have."""
        hint = "shorten a field with `| truncate(60, end='')`, or use one that every product has"
        problem = self._document.problem("E602", str(error), origin, hint=hint)
        self._findings.add(problem, sharer=sharer)

    def empty(self, variant: Variant, sharer: Sharer) -> None:
        origin = variant.origins["prompt"]
        problem = self._document.problem("E304", "the prompt is empty", origin)
        self._findings.add(problem, sharer=sharer)

    def unusable(self, error: BadPicture, template: PictureTemplate, sharer: Sharer) -> None:
        """Told once for an input; with its rows, if they have anything to do with it."""
        who = sharer if template.source.names else None
        cause, jobs = (error.code, template.path), int(who is None)
        if not self._findings.repeats(cause, who, jobs=jobs):
            problem = self._document.problem(error.code, str(error), template.path, hint=error.hint)
            self._findings.add(problem, sharer=who, jobs=jobs, cause=cause)

    def tolerable(
        self,
        variant: Variant,
        link: Link,
        violations: tuple[Violation, ...],
        at: tuple[Product, int],
    ) -> bool:
        """Whether they are all notes; each is told once for recipe, provider, field and rule.

        Of what the manifest itself says every value is told; of what rows say, the first one.
        """
        for bad in violations:
            is_note = bad.severity == "note"
            who, jobs = (None, 1) if is_note else (at[0].sharer(named(variant, at[1])), 0)
            origin = _origin(variant, bad)
            said = "" if _varies(variant, bad) else bad.message
            cause = (bad.code, bad.field, bad.rule, said, origin, link.provider.name)
            if not self._findings.repeats(cause, who, jobs=jobs):
                problem = self._document.problem(
                    bad.code, bad.message, origin, hint=bad.hint, severity=bad.severity
                )
                self._findings.add(problem, sharer=who, jobs=jobs, cause=cause)
        return all(bad.severity == "note" for bad in violations)

    def untold(
        self,
        error: TemplateError,
        origin: DocumentPath,
        sharer: Sharer,
        context: Mapping[str, object],
    ) -> None:
        cause = (str(error), origin)
        if not self._findings.repeats(cause, sharer):
            problem = told(self._document, error, origin, context)
            self._findings.add(problem, sharer=sharer, cause=cause)


def sharer(variant: Variant, product: Product, context: Mapping[str, object]) -> Sharer:
    return product.sharer(named(variant, context["index"]))


def named(of: Variant | Job, index: object) -> str:
    axes = "".join(f", {name} {text[:60]}" for name, text in of.axes)
    number = f" #{index}" if index != 1 else ""
    return f"{of.recipe}{axes}{number}"


def _varies(variant: Variant, bad: Violation) -> bool:
    """Whether rows say what a violation is about."""
    name = bad.field.partition(".")[0]
    text, pictures = variant.texts.get(name), variant.pictures.get(name, ())
    if bad.item is not None and bad.item < len(pictures):
        pictures = (pictures[bad.item],)
    return bool(text and text.names) or any(one.source.names for one in pictures)


def _origin(variant: Variant, bad: Violation) -> DocumentPath:
    """Where the manifest says what a violation is about; else the recipe's provider."""
    name, *parts = bad.field.split(".")
    pictures = variant.pictures.get(name, ())
    if bad.item is not None and bad.item < len(pictures):
        return pictures[bad.item].path
    if name == "params" and name in variant.origins:
        return (*variant.origins[name], *parts)  # what is not there stands where `params` do
    shapes = ("size", "aspect_ratio") if name in ("width", "height", "pixels", "ratio") else ()
    for known in (name, *shapes, "provider"):
        if known in variant.origins:
            return variant.origins[known]
    return cast("DocumentPath", ("images", variant.recipe))
