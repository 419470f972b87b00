"""Products x recipes x axes x count: the jobs of a manifest, one by one and in a fixed order.

Nothing is kept: a hundred thousand jobs cost the memory of one. What is wrong with a job goes to
the findings, and the job is left out of the stream.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from imagepipe.document import Document
from imagepipe.errors import Sharer
from imagepipe.key import auto_seed, canonical, key_of
from imagepipe.manifest import paths
from imagepipe.manifest.catalogue import Product, products
from imagepipe.manifest.findings import Findings, Strict
from imagepipe.manifest.moulds import Cast, Mould
from imagepipe.manifest.pictures import BadPicture, Pictures, PictureTemplate
from imagepipe.manifest.recipe import DocumentPath, Link, Manifest, Variant
from imagepipe.manifest.texts import told
from imagepipe.model import Candidate, Job, Value, Values
from imagepipe.provider import Violation
from imagepipe.template import TemplateError

_RESERVED = frozenset({"product", "image", "index"})
_NOTHING: frozenset[str] = frozenset()


def expand(manifest: Manifest, *, provider: str | None = None) -> Iterator[Job]:
    """The jobs of a checked manifest: products x recipes x axes x index.

    Args:
        manifest: What `load` gave. Its products are read anew.
        provider: Only jobs whose first candidate is this instance; the others are not rendered.

    Raises:
        InputError: something is wrong, so either `check` was not called, or a file changed since.
    """
    expansion = Expansion(manifest, Strict(), provider)
    if not expansion.is_empty:
        for product in products(manifest, expansion.findings):
            yield from expansion.jobs(product)


class Expansion:
    """Makes the jobs of one product after another."""

    def __init__(self, manifest: Manifest, findings: Findings, provider: str | None = None) -> None:
        self.findings = findings
        self._document: Document = manifest.document
        self._pictures = Pictures(manifest.files)
        self._moulds: dict[int, tuple[Mould, ...]] = {}
        self._variants = [
            (variant, {n: text for n, text in variant.axes if n not in _RESERVED}, _stem(variant))
            for recipe in manifest.recipes.values()
            for variant in recipe.variants
            if provider is None or variant.chain[0].provider.name == provider
        ]

    @property
    def is_empty(self) -> bool:
        return not self._variants

    def jobs(self, product: Product) -> Iterator[Job]:
        """The jobs of one product, in the order of recipes, axes and index."""
        for variant, axes, stem in self._variants:
            context: dict[str, object] = {**product.fields, **axes}
            context["product"] = product.fields
            context["image"] = variant.recipe
            for index in range(1, variant.count + 1):
                context["index"] = index
                job = self._job(variant, product, index, context, stem)
                if job is not None:
                    yield job

    def _job(
        self,
        variant: Variant,
        product: Product,
        index: int,
        context: dict[str, object],
        stem: tuple[str, str],
    ) -> Job | None:
        if variant.where is not None and not self._wanted(variant, product, context):
            return None
        fields = self._fields(variant, product, context)
        path = self._path(variant, product, index, context, stem)
        if fields is None or path is None:
            return None
        spot = f"{variant.recipe}|{product.key}{stem[1]}|{index}"
        candidates = []
        for link, mould in zip(variant.chain, self._moulds_of(variant), strict=True):
            candidate = self._candidate(variant, link, mould, fields, (product, spot, index))
            if candidate is None:
                return None
            candidates.append(candidate)
        return Job(
            variant.recipe,
            product.key,
            variant.axes,
            index,
            path,
            tuple(candidates),
            variant.place,
            variant.tags,
        )

    def _wanted(self, variant: Variant, product: Product, context: dict[str, object]) -> bool:
        try:
            return variant.where is not None and variant.where.holds(context)
        except TemplateError as error:
            self._untold(
                error, variant.origins["where"], _sharer(variant, product, context), context
            )
            return False

    def _fields(
        self, variant: Variant, product: Product, context: dict[str, object]
    ) -> dict[str, Value] | None:
        """The recipe's fields for this product, None if one of them cannot be made."""
        fields: dict[str, Value] = dict(variant.fixed)
        sound = True
        for name, template in variant.texts.items():
            try:
                fields[name] = template.render(context)
            except TemplateError as error:
                self._untold(
                    error, variant.origins[name], _sharer(variant, product, context), context
                )
                sound = False
        if sound and not str(fields["prompt"]).strip():
            self._empty(variant, _sharer(variant, product, context))
            sound = False
        if variant.pictures:
            sound &= self._add_pictures(variant, product, context, fields)
        return fields if sound else None

    def _empty(self, variant: Variant, sharer: Sharer) -> None:
        origin = variant.origins["prompt"]
        problem = self._document.problem("E304", "the prompt is empty", origin)
        self.findings.add(problem, sharer=sharer)

    def _add_pictures(
        self,
        variant: Variant,
        product: Product,
        context: dict[str, object],
        fields: dict[str, Value],
    ) -> bool:
        sound = True
        for name, templates in variant.pictures.items():
            found = []
            for template in templates:
                try:
                    found.append(self._pictures.find(template, context))
                except TemplateError as error:
                    self._untold(error, template.path, _sharer(variant, product, context), context)
                    sound = False
                except BadPicture as error:
                    self._unusable(error, template, _sharer(variant, product, context))
                    sound = False
            if found:
                fields[name] = tuple(found) if name == "input_images" else found[0]
        return sound

    def _unusable(self, error: BadPicture, template: PictureTemplate, sharer: Sharer) -> None:
        """Told once for an input; with its rows, if they have anything to do with it."""
        named = sharer if template.source.names else None
        cause, jobs = (error.code, template.path), int(named is None)
        if not self.findings.repeats(cause, named, jobs=jobs):
            problem = self._document.problem(error.code, str(error), template.path, hint=error.hint)
            self.findings.add(problem, sharer=named, jobs=jobs, cause=cause)

    def _path(
        self,
        variant: Variant,
        product: Product,
        index: int,
        context: dict[str, object],
        stem: tuple[str, str],
    ) -> str | None:
        try:
            if variant.path is None:
                key = f"{paths.segment(product.key)}/" if product.row is not None else ""
                return paths.indexed(key + stem[0], index)
            path = paths.joined(variant.path.render(context))
            return path if "index" in variant.path.names else paths.indexed(path, index)
        except TemplateError as error:
            self._untold(
                error, variant.origins["path"], _sharer(variant, product, context), context
            )
        except ValueError as error:
            problem = self._document.problem("E602", str(error), variant.origins["path"])
            self.findings.add(problem, sharer=_sharer(variant, product, context))
        return None

    def _moulds_of(self, variant: Variant) -> tuple[Mould, ...]:
        found = self._moulds.get(id(variant))
        if found is None:
            found = tuple(Mould(variant, link, _written(variant, link)) for link in variant.chain)
            self._moulds[id(variant)] = found
        return found

    def _candidate(
        self,
        variant: Variant,
        link: Link,
        mould: Mould,
        fields: dict[str, Value],
        at: tuple[Product, str, int],
    ) -> Candidate | None:
        product, spot, index = at
        if link.changes or (variant.seed != "none" and link.takes_seed):
            fields = {**fields, **link.changes}
        if variant.seed == "auto":
            if link.takes_seed:
                fields["seed"] = auto_seed(spot)
        elif variant.seed != "none":
            fields["seed"] = variant.seed + index - 1
        cast = mould.cast(fields, index)
        candidate, violations = cast or candidate_of(link, fields, _written(variant, link), index)
        if violations and not self._tolerable(variant, link, violations, (product, index)):
            return None
        return candidate

    def _tolerable(
        self,
        variant: Variant,
        link: Link,
        violations: tuple[Violation, ...],
        at: tuple[Product, int],
    ) -> bool:
        """Whether they are all notes; each is told once for recipe, provider and field."""
        for bad in violations:
            is_note = bad.severity == "note"
            named, jobs = (None, 1) if is_note else (at[0].sharer(_named(variant, at[1])), 0)
            cause = (bad.code, bad.field, variant.recipe, link.provider.name)
            if not self.findings.repeats(cause, named, jobs=jobs):
                origin = _origin(variant, bad.field)
                problem = self._document.problem(
                    bad.code, bad.message, origin, hint=bad.hint, severity=bad.severity
                )
                self.findings.add(problem, sharer=named, jobs=jobs, cause=cause)
        return all(bad.severity == "note" for bad in violations)

    def _untold(
        self,
        error: TemplateError,
        origin: DocumentPath,
        sharer: Sharer,
        context: dict[str, object],
    ) -> None:
        cause = (str(error), origin)
        if not self.findings.repeats(cause, sharer):
            problem = told(self._document, error, origin, context)
            self.findings.add(problem, sharer=sharer, cause=cause)


def _sharer(variant: Variant, product: Product, context: dict[str, object]) -> Sharer:
    return product.sharer(_named(variant, context["index"]))


def job_name(job: Job) -> str:
    """`lifestyle, place a forest trail, size 500x500`: a job of a product as people see it."""
    return _named(job, job.index)


def _named(of: Variant | Job, index: object) -> str:
    axes = "".join(f", {name} {text[:60]}" for name, text in of.axes)
    number = f" #{index}" if index != 1 else ""
    return f"{of.recipe}{axes}{number}"


def candidate_of(link: Link, fields: Values, written: frozenset[str], index: int) -> Cast:
    """A candidate the long way, which is what `Mould.cast` must agree with."""
    resolution = link.provider.resolve(fields, written)
    request = canonical(link.head, resolution.values, index)
    name, key = link.provider.name, key_of(request)
    return Candidate(name, resolution.values, request, key, resolution.price), resolution.violations


def _written(variant: Variant, link: Link) -> frozenset[str]:
    """The fields that the recipe sets itself, or the entry of a fallback."""
    return variant.written if link is variant.chain[0] else frozenset(link.changes)


def _stem(variant: Variant) -> tuple[str, str]:
    """The default path below the product, and the axes as `Job.spot` writes them."""
    axes = "".join(f"|{name}={text}" for name, text in variant.axes)
    return paths.segment(f"{variant.recipe}{variant.suffix}"), axes


def _origin(variant: Variant, field: str) -> DocumentPath:
    """Where the manifest says what a violation is about; else the recipe's provider."""
    name = field.partition(".")[0]
    shapes = ("size", "aspect_ratio") if name in ("width", "height", "pixels", "ratio") else ()
    for known in (name, *shapes, "provider"):
        if known in variant.origins:
            return variant.origins[known]
    return cast("DocumentPath", ("images", variant.recipe))
