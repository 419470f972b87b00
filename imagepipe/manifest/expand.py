"""Products x recipes x axes x count: the jobs of a manifest, one by one and in a fixed order.

Nothing is kept: a hundred thousand jobs cost the memory of one. What is wrong with a job goes to
the findings, and the job is left out of the stream.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from imagepipe.key import auto_seed
from imagepipe.manifest import paths
from imagepipe.manifest.catalogue import Product, products
from imagepipe.manifest.complaints import Complaints, named, sharer
from imagepipe.manifest.findings import Findings, Strict
from imagepipe.manifest.moulds import Mould
from imagepipe.manifest.pictures import BadPicture, Pictures
from imagepipe.manifest.recipe import Link, Manifest, Variant
from imagepipe.manifest.retries import Retries, candidate_of, written
from imagepipe.model import Candidate, ImageInput, Job, Value
from imagepipe.template import TemplateError

_RESERVED = frozenset({"product", "image", "index"})


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
            for job in expansion.jobs(product):
                if provider is None or job.provider == provider:  # a retry may have moved it
                    yield job


class Expansion:
    """Makes the jobs of one product after another."""

    def __init__(
        self,
        manifest: Manifest,
        findings: Findings,
        provider: str | None = None,
        without: Collection[int] = (),
    ) -> None:
        self.findings = findings
        self._complaints = Complaints(manifest.document, findings)
        self._pictures = Pictures(manifest.files)
        self._retries = Retries(manifest, findings)
        self._moulds: dict[int, tuple[tuple[Link, Mould], ...]] = {}
        self._variants = [
            (variant, {n: text for n, text in variant.axes if n not in _RESERVED}, _stem(variant))
            for recipe in manifest.recipes.values()
            for variant in recipe.variants
            if id(variant) not in without
            if provider is None
            or variant.chain[0].provider.name == provider
            or provider in manifest.review.providers
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
        fields, failed = self._fields(variant, product, context)
        path = self._path(variant, product, index, context, stem)
        if failed:
            self._tell_the_rest(variant, fields, failed, (product, index))
        if failed:
            return None
        spot = f"{variant.recipe}|{product.key}{stem[1]}|{index}"
        asked = self._retries.at(path) if self._retries.are_asked else None
        if asked is None or path is None:
            candidates = self._candidates(variant, fields, (product, spot, index))
        else:
            candidates = self._retries.candidates(path, asked, variant, fields, (spot, index))
        if path is None or candidates is None:
            return None  # after everything that is wrong with it was told
        return Job(
            variant.recipe,
            product.key,
            variant.axes,
            index,
            path,
            candidates,
            variant.place,
            variant.tags,
            None if asked is None else str(asked),
        )

    def _candidates(
        self, variant: Variant, fields: dict[str, Value], at: tuple[Product, str, int]
    ) -> tuple[Candidate, ...] | None:
        """One for each provider of the chain; None if one of them cannot be made."""
        found = []
        for link, mould in self._moulds_of(variant):
            candidate = self._candidate(variant, link, mould, fields, at)
            if candidate is not None:
                found.append(candidate)
        return tuple(found) if len(found) == len(variant.chain) else None

    def _wanted(self, variant: Variant, product: Product, context: dict[str, object]) -> bool:
        try:
            return variant.where is not None and variant.where.holds(context)
        except TemplateError as error:
            self._complaints.untold(
                error, variant.origins["where"], sharer(variant, product, context), context
            )
            return False

    def _fields(
        self, variant: Variant, product: Product, context: dict[str, object]
    ) -> tuple[dict[str, Value], frozenset[str]]:
        """The recipe's fields for this product, and the names of those that cannot be made.

        In place of these stands something that says no more than that they were given.
        """
        fields: dict[str, Value] = dict(variant.fixed)
        failed: set[str] = set()
        for name, template in variant.texts.items():
            try:
                fields[name] = template.render(context)
            except TemplateError as error:
                self._complaints.untold(
                    error, variant.origins[name], sharer(variant, product, context), context
                )
                fields[name] = "?"
                failed.add(name)
        if not str(fields["prompt"]).strip():
            self._complaints.empty(variant, sharer(variant, product, context))
            failed.add("prompt")
        if variant.pictures:
            failed |= self._add_pictures(variant, product, context, fields)
        return fields, frozenset(failed)

    def _add_pictures(
        self,
        variant: Variant,
        product: Product,
        context: dict[str, object],
        fields: dict[str, Value],
    ) -> set[str]:
        """Add them; returns the fields of which some cannot be used."""
        failed = set()
        for name, templates in variant.pictures.items():
            found: list[ImageInput] = []
            for template in templates:
                try:
                    found.extend(self._pictures.find(template, context))
                    continue
                except TemplateError as error:
                    self._complaints.untold(
                        error, template.path, sharer(variant, product, context), context
                    )
                except BadPicture as error:
                    self._complaints.unusable(error, template, sharer(variant, product, context))
                found.append(ImageInput("", "file", template.tag))
                failed.add(name)
            if found:
                fields[name] = tuple(found) if name == "input_images" else found[0]
        return failed

    def _tell_the_rest(
        self,
        variant: Variant,
        fields: dict[str, Value],
        failed: frozenset[str],
        at: tuple[Product, int],
    ) -> None:
        """What the providers say of a job that cannot be made: nobody has to ask twice."""
        for link in variant.chain:
            known = {**fields, **link.changes}
            found = link.provider.resolve(known, written(variant, link)).violations
            told = [bad for bad in found if bad.rule == "taken" or bad.field not in failed]
            self._complaints.tolerable(variant, link, tuple(told), at)

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
            self._complaints.untold(
                error, variant.origins["path"], sharer(variant, product, context), context
            )
        except ValueError as error:
            self._complaints.unnamable(
                error, variant.origins["path"], sharer(variant, product, context)
            )
        return None

    def _moulds_of(self, variant: Variant) -> tuple[tuple[Link, Mould], ...]:
        found = self._moulds.get(id(variant))
        if found is None:
            found = tuple(
                (link, Mould(variant, link, written(variant, link))) for link in variant.chain
            )
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
        candidate, violations = cast or candidate_of(link, fields, written(variant, link), index)
        if violations and not self._complaints.tolerable(
            variant, link, violations, (product, index)
        ):
            return None
        return candidate


def job_name(job: Job) -> str:
    """`lifestyle, place a forest trail, size 500x500`: a job of a product as people see it."""
    return named(job, job.index)


def _stem(variant: Variant) -> tuple[str, str]:
    """The default path below the product, and the axes as `Job.spot` writes them."""
    axes = "".join(f"|{name}={text}" for name, text in variant.axes)
    return paths.segment(f"{variant.recipe}{variant.suffix}"), axes
