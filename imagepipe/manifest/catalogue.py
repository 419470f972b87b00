"""Products out of rows: each with its key, the ones that `where` leaves.

The key is `products.key`, else what an export names its products by, else `sku`, else `id`, else
the first field. Whether keys are unique is for a whole pass to say (`check`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from imagepipe.document import suggestion
from imagepipe.errors import Problem, Sharer
from imagepipe.manifest.findings import Findings
from imagepipe.manifest.recipe import Catalogue, Manifest
from imagepipe.manifest.sources import Fields, Row
from imagepipe.manifest.texts import told
from imagepipe.template import TemplateError


@dataclass(slots=True)
class Product:
    """One product. `row` is None for the one that a manifest without products has."""

    key: str
    fields: Fields
    row: Row | None

    def sharer(self, job: str = "") -> Sharer:
        """How problems name it, or a job made of it: `products.csv:12 (MUG-1/hero)`."""
        if self.row is None:
            return Sharer(job=job)
        return Sharer(self.row.file, self.row.line, self.key[:60], job)


@dataclass(slots=True)
class Count:
    """What a pass over the catalogue saw; `key` is the field that names products."""

    rows: int = 0
    left_out: int = 0
    key: str | None = None


def products(
    manifest: Manifest, findings: Findings, count: Count | None = None
) -> Iterator[Product]:
    """The products in their order; rows that cannot be one go to the findings."""
    catalogue = manifest.catalogue
    count = count or Count()
    if catalogue is None:
        yield Product("", {}, None)
        return
    for row in catalogue.source.rows():
        if isinstance(row, Problem):
            _add(findings, row, manifest)
            continue
        count.rows += 1
        product = _product(row, manifest, count, findings)
        if product is None:
            continue
        if catalogue.where is None or _counts(manifest, catalogue, product, findings):
            yield product
        else:
            count.left_out += 1


_FILL = "write a text that no other product has, or let `products.key` name another field"


def in_text(problem: Problem, manifest: Manifest) -> Problem:
    """The problem with its line, if the row stands in the manifest itself."""
    place, document = problem.place, manifest.document
    if problem.source is not None or place is None or place.file != document.file:
        return problem
    mark = (place.line, place.column)
    return document.at(problem.code, problem.message, mark, hint=problem.hint)


def _add(findings: Findings, problem: Problem, manifest: Manifest) -> None:
    """Problems of rows are told once for a kind, with the lines that share it.

    One that has no place of its own, as a file that is not there, is where the file is named.
    """
    cause, place = (problem.code, problem.message), problem.place
    if place is not None:
        told = in_text(problem, manifest)
        findings.add(told, sharer=Sharer(place.file, place.line), cause=cause)
        return
    path = ("products", "from")
    named = manifest.document.problem(problem.code, problem.message, path, hint=problem.hint)
    findings.add(named, cause=cause)


def _product(row: Row, manifest: Manifest, count: Count, findings: Findings) -> Product | None:
    chosen = manifest.catalogue.key if manifest.catalogue else None
    if row.key is not None and chosen is None:
        return Product(row.key, row.fields, row)
    if count.key is None:
        count.key = chosen or _default_key(row.fields)
    name = count.key
    key = row.fields.get(name)
    if isinstance(key, str) and key.strip():
        return Product(key, row.fields, row)
    if key is None:
        message = f'the product has no "{name}"{suggestion(name, row.fields)}'
        problem = row.problem(
            "E207", message, hint="`products.key` names the field that is its key"
        )
    elif isinstance(key, str):
        problem = row.problem("E207", f'the key "{name}" is empty', name, _FILL)
    else:
        problem = row.problem("E207", f'the key "{name}" must be a text', name, _FILL)
    cause = ("E207", problem.message)
    findings.add(in_text(problem, manifest), sharer=Sharer(row.file, row.line), cause=cause)
    return None


def _default_key(fields: Fields) -> str:
    return next((name for name in ("sku", "id") if name in fields), next(iter(fields), "sku"))


def _counts(manifest: Manifest, catalogue: Catalogue, product: Product, findings: Findings) -> bool:
    """Whether `products.where` holds."""
    context = {**product.fields, "product": product.fields}
    try:
        return catalogue.where is None or catalogue.where.holds(context)
    except TemplateError as error:
        path = (*catalogue.path, "where")
        cause = (str(error), path)
        if not findings.repeats(cause, product.sharer()):
            problem = told(manifest.document, error, path, context)
            findings.add(problem, sharer=product.sharer(), cause=cause)
        return False
