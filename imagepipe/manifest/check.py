"""The first pass over a manifest's jobs: everything wrong is found before anything is spent.

It keeps eight bytes a job (the hash of its path) and eight a product (of its key). Only when two
of those are equal are the rows read again, to name what they belong to.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from imagepipe.errors import Place, Problem, Sharer
from imagepipe.manifest.catalogue import Count, Product, in_text, products
from imagepipe.manifest.expand import Expansion, job_name
from imagepipe.manifest.findings import Findings
from imagepipe.manifest.paths import folded
from imagepipe.manifest.recipe import Manifest, Recipe
from imagepipe.model import Job

_MAX_TOLD = 100_000
"""Keys and paths that are looked for once more when some are there twice."""

_PARTS = 16


@dataclass(frozen=True, slots=True)
class Checked:
    """What the first pass found. `left_out` counts the products that `products.where` skipped."""

    jobs: int
    products: int
    left_out: int
    by_provider: dict[str, int]
    by_recipe: dict[str, int]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """Variants whose jobs need not be made, since an earlier pass found all of them sound.

    `jobs` is their number by the variant's identity; `paths` gives those of all their jobs. They
    must be some of the variants that one pass looked at together, over the same products.
    """

    jobs: Mapping[int, int]
    paths: Callable[[], Iterable[str]]


NOTHING_SETTLED = Settled({}, tuple)


def check(
    manifest: Manifest,
    visit: Callable[[Job], None] = lambda _job: None,
    settled: Settled = NOTHING_SETTLED,
) -> Checked:
    """Expand once, with every check there is.

    Args:
        manifest: What `load` gave.
        visit: Sees every sound job of this pass, in order.
        settled: What needs no second look. If that is all, no product is read.

    Returns:
        The counts and all problems; the caller decides what an error means. Codes: E2xx products,
        E3xx templates, E4xx provider rules, E6xx paths, E701 more jobs than `max_jobs`.
    """
    return _Check(manifest, visit, settled).run()


class _Check:
    """One pass, and what it keeps."""

    def __init__(self, manifest: Manifest, visit: Callable[[Job], None], settled: Settled) -> None:
        self._manifest = manifest
        self._visit = visit
        self._settled = settled
        self._findings = Findings()
        self._expansion = Expansion(manifest, self._findings, without=settled.jobs.keys())
        self._paths = array("q")
        self._keys = array("q")
        self._by_provider: Counter[str] = Counter()
        self._by_recipe: Counter[str] = Counter()
        self._count = Count()

    def run(self) -> Checked:
        self._count_settled()
        if self._settled.jobs and self._expansion.is_empty:
            return self._checked()
        is_bounded, most = True, self._manifest.max_jobs - sum(self._settled.jobs.values())
        for product in products(self._manifest, self._findings, self._count):
            self._keys.append(hash(product.key))
            if is_bounded:
                for job in self._expansion.jobs(product):
                    self._add(job)
                is_bounded = len(self._paths) <= most
        if not is_bounded:
            self._too_many()
        self._twice()
        self._collisions()
        self._nothing()
        return self._checked()

    def _count_settled(self) -> None:
        for recipe in self._manifest.recipes.values():
            for variant in recipe.variants:
                number = self._settled.jobs.get(id(variant), 0)
                self._by_recipe[variant.recipe] += number
                self._by_provider[variant.chain[0].provider.name] += number

    def _checked(self) -> Checked:
        return Checked(
            jobs=sum(self._by_recipe.values()),
            products=len(self._keys),
            left_out=self._count.left_out,
            by_provider=dict(+self._by_provider),
            by_recipe=dict(+self._by_recipe),
            problems=self._findings.problems,
            notes=(*self._manifest.notes, *self._findings.notes),
        )

    def _add(self, job: Job) -> None:
        self._paths.append(hash(folded(job.path)))
        self._by_provider[job.provider] += 1
        self._by_recipe[job.recipe] += 1
        self._visit(job)

    def _too_many(self) -> None:
        manifest, number = self._manifest, len(self._keys)
        each, recipes = manifest.pictures_per_product, list(manifest.recipes.values())
        times = recipes[0].arithmetic if len(recipes) == 1 else ""
        word = "product" if number == 1 else "products"
        total = f"{number:,} {word} x {times or f'{each:,} pictures'} = {number * each:,} jobs"
        message = f"{total}, and max_jobs is {manifest.max_jobs:,}"
        parts = ", ".join(map(_counted, recipes))
        hint = "" if times else f"pictures of each product: {parts}; "
        hint += f"if all are meant, write max_jobs: {number * each}"
        path = ("max_jobs",) if "max_jobs" in manifest.document.root else ("images",)
        self._findings.add(manifest.document.problem("E701", message, path, key=True, hint=hint))

    def _twice(self) -> None:
        """Products whose key another one has."""
        repeated = _repeated(self._keys)
        if not repeated:
            return
        first: dict[str, str] = {}
        catalogue, field = self._manifest.catalogue, self._count.key
        for product in products(self._manifest, Findings()):
            if hash(product.key) not in repeated or product.row is None:
                continue
            if product.key not in first and len(first) < _MAX_TOLD:
                first[product.key] = f"{product.row.file}:{product.row.line}"
            elif product.key in first:
                message = (
                    f'the key "{product.key[:80]}" is there twice: also in {first[product.key]}'
                )
                chosen = (catalogue is not None and catalogue.key) or field in ("sku", "id")
                hint = "give one of them another key"
                if not chosen:
                    asked = f"is {field} the key? " if field is not None else ""
                    hint = f"{asked}`products.key` names another field"
                problem = in_text(product.row.problem("E208", message, field, hint), self._manifest)
                row = Sharer(product.row.file, product.row.line)
                self._findings.add(problem, sharer=row, cause="E208")

    def _collisions(self) -> None:
        """Jobs that would write one file, on a disk that does not tell A from a."""
        repeated = _repeated(self._paths) | self._as_settled()
        if not repeated:
            return
        first: dict[str, Job] = {}
        again = Expansion(self._manifest, Findings())
        for product in products(self._manifest, Findings()):
            for job in again.jobs(product):
                path = folded(job.path)
                other = first.get(path)
                if other is not None:
                    self._collide(other, job, product)
                elif hash(path) in repeated and len(first) < _MAX_TOLD:
                    first[path] = job

    def _as_settled(self) -> frozenset[int]:
        """The paths of this pass that a settled job has, too; of those no two have the same."""
        if not self._settled.jobs:
            return frozenset()
        return frozenset(self._paths).intersection(map(hash, map(folded, self._settled.paths())))

    def _collide(self, one: Job, two: Job, product: Product) -> None:
        """Told once for two recipes, with every job that comes second."""
        if self._findings.has_errors and one.product == two.product and one.spot == two.spot:
            return  # a product that is there twice, which is told already
        cause, sharer = ("E601", one.recipe, two.recipe), product.sharer(job_name(two))
        if self._findings.repeats(cause, sharer):
            return
        message = f"two jobs would write {self._manifest.outputs_root}/{one.path}: {_named(one)}"
        message += f" and {_named(two)}"
        written = self._manifest.recipes[two.recipe].variants[0].origins.get("path")
        path = written or ("images", two.recipe)
        problem = self._manifest.document.problem(
            "E601", message, path, key=written is None, hint="put what tells them apart into `path`"
        )
        self._findings.add(problem, sharer=sharer, cause=cause)

    def _nothing(self) -> None:
        """A catalogue without products, and recipes that none of them matches."""
        catalogue = self._manifest.catalogue
        if self._findings.has_errors or catalogue is None:
            return
        if not self._count.rows:
            name = catalogue.source.name
            hint = "write a row below the header"
            self._findings.add(Problem("E206", f"{name} has no products", Place(name, 1, 1), hint))
            return
        for name in self._manifest.recipes.keys() - (+self._by_recipe).keys():
            problem = self._manifest.document.problem(
                "E206", f"`where` leaves no product for {name}", ("images", name), key=True,
                severity="note",
            )  # fmt: skip
            self._findings.add(problem)


def _counted(recipe: Recipe) -> str:
    how = f" ({recipe.arithmetic})" if recipe.arithmetic else ""
    return f"{recipe.name} {recipe.pictures_per_product:,}{how}"


def _repeated(hashes: array[int]) -> frozenset[int]:
    """The values that are there more than once; looked at in parts, which keeps the peak low."""
    parts = [array("q") for _ in range(_PARTS)]
    for value in hashes:
        parts[value % _PARTS].append(value)
    found: set[int] = set()
    for part in parts:
        if len(set(part)) < len(part):
            found.update(a for a, b in pairwise(sorted(part)) if a == b)
    return frozenset(found)


def _named(job: Job) -> str:
    product = f' of "{job.product[:60]}"' if job.product else ""
    return f"{job.recipe}{product}{job_name(job).removeprefix(job.recipe)}"
