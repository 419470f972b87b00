"""What a manifest says, once it is read: recipes as variants ready to meet products.

A variant is one combination of a recipe's axes, with everything worked out that no product can
change: its provider and fallbacks, its fixed fields, its compiled templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from imagepipe.document import Document
from imagepipe.errors import Place, Problem
from imagepipe.manifest.pictures import PictureTemplate
from imagepipe.manifest.ports import Files
from imagepipe.manifest.sources import Source
from imagepipe.model import Digest, Json, Value
from imagepipe.provider import Provider
from imagepipe.review import NOTHING, Review
from imagepipe.template import Condition, Template

DocumentPath: TypeAlias = "tuple[str | int, ...]"
Seed: TypeAlias = 'int | Literal["auto", "none"]'


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent (USD; None: no limit), and what happens to jobs whose fate is unknown."""

    max_cost: Decimal | None = None
    allow_unknown_cost: bool = False
    on_ambiguous: Literal["hold", "resubmit"] = "hold"
    resubmit_unbilled: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """One provider of a chain, what it changes of the fields, and its share of the keys."""

    provider: Provider
    changes: Mapping[str, Value]
    head: Mapping[str, Json]
    takes_seed: bool


@dataclass(frozen=True, slots=True)
class Variant:
    """One combination of a recipe's axes.

    `fixed` are fields that no product changes, `written` the names the recipe sets itself.
    `texts` and `pictures` are rendered for every product. `origins` tells where each field stands.
    """

    recipe: str
    axes: tuple[tuple[str, str], ...]
    chain: tuple[Link, ...]
    fixed: Mapping[str, Value]
    written: frozenset[str]
    texts: Mapping[str, Template]
    pictures: Mapping[str, tuple[PictureTemplate, ...]]
    seed: Seed
    count: int
    path: Template | None
    suffix: str
    where: Condition | None
    tags: tuple[str, ...]
    place: Place
    origins: Mapping[str, DocumentPath] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One entry of `images`; `arithmetic` is how its pictures of each product come about."""

    name: str
    place: Place
    variants: tuple[Variant, ...]
    arithmetic: str = ""

    @property
    def pictures_per_product(self) -> int:
        return sum(variant.count for variant in self.variants)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Where products come from, how they are named, and which of them count."""

    source: Source
    key: str | None
    where: Condition | None
    path: DocumentPath


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest, validated. Its products are read anew by every expansion.

    `catalogue` is None where there are no products: every recipe then makes its pictures once.
    `review` is what people decided on its pictures, and asked for in its place.
    """

    version: int
    name: str | None
    file: str
    digest: Digest
    document: Document = field(repr=False, compare=False)
    files: Files = field(repr=False, compare=False)
    providers: Mapping[str, Provider]
    recipes: Mapping[str, Recipe]
    catalogue: Catalogue | None
    outputs_root: str
    budget: Budget
    max_jobs: int
    notes: tuple[Problem, ...] = ()
    review: Review = NOTHING

    @property
    def pictures_per_product(self) -> int:
        """At most so many; `where` may leave some out."""
        return sum(recipe.pictures_per_product for recipe in self.recipes.values())
