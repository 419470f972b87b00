"""Pictures that a person asked for otherwise than the manifest does: by seed, prompt or provider.

Few jobs are among them, so they take the long way. What a provider says of such a request is told
at its place in the review file, for that is what has to be changed.
"""

from __future__ import annotations

from dataclasses import asdict

from imagepipe.key import auto_seed, canonical, key_of
from imagepipe.manifest.findings import Findings
from imagepipe.manifest.moulds import Cast
from imagepipe.manifest.recipe import Link, Manifest, Variant
from imagepipe.model import Candidate, Value, Values
from imagepipe.provider import Violation
from imagepipe.review import Retry

_SHAPES = frozenset({"size", "aspect_ratio"})
_FIELDS = frozenset({"prompt", "negative_prompt", "model", "seed"})
"""What a retry changes of a request's fields."""


class Retries:
    """The candidates of jobs for which something else was asked."""

    def __init__(self, manifest: Manifest, findings: Findings) -> None:
        self._asked = dict(manifest.review.retries())
        self.are_asked = bool(self._asked)
        self._review = manifest.review
        self._providers = manifest.providers
        self._findings = findings

    def at(self, path: str | None) -> Retry | None:
        """What is asked for at a path in place of what the manifest says."""
        return None if path is None else self._asked.get(path)

    def candidates(
        self,
        path: str,
        asked: Retry,
        variant: Variant,
        fields: dict[str, Value],
        at: tuple[str, int],
    ) -> tuple[Candidate, ...] | None:
        """One for each provider that is left; None if one of them cannot do it, which is told.

        Args:
            path: The job's.
            asked: What is asked for.
            variant: The job's.
            fields: The recipe's fields for the product.
            at: The job's spot and index.
        """
        spot, index = at
        changes: dict[str, Value] = {
            name: value for name, value in asdict(asked).items() if name in _FIELDS & asked.names
        }
        made, sound = [], True
        for link in self._chain(asked, variant):
            own = frozenset(changes) if link is variant.chain[0] or asked.provider else frozenset()
            known = {**_seeded(variant, link, fields, spot, index), **changes}
            said = written(variant, link) | own
            candidate, violations = candidate_of(link, known, said, index, asked.take)
            sound &= self._tolerable(path, asked, violations)
            made.append(candidate)
        return tuple(made) if sound else None

    def _chain(self, asked: Retry, variant: Variant) -> tuple[Link, ...]:
        """The recipe's providers, or the one that was asked for in their place.

        One that cannot be had was told when the manifest was loaded.
        """
        provider = self._providers.get(asked.provider) if asked.provider is not None else None
        if provider is None or provider.name == variant.chain[0].provider.name:
            return variant.chain
        model = asked.model or variant.fixed.get("model")
        takes_seed = provider.takes("seed", str(model) if model else None)
        return (Link(provider, {}, provider.head(), takes_seed),)

    def _tolerable(self, path: str, asked: Retry, violations: tuple[Violation, ...]) -> bool:
        """Whether they are all notes, which are what the recipe's own provider is told, too."""
        bad = [one for one in violations if one.severity != "note"]
        for one in bad:
            name = one.field.partition(".")[0]
            blamed = name if name in asked.names else "provider"
            where = ("pictures", path, "retry", *([blamed] if blamed in asked.names else []))
            self._findings.add(self._review.problem(one.code, one.message, where, one.hint))
        return not bad


def candidate_of(
    link: Link, fields: Values, said: frozenset[str], index: int, take: int | None = None
) -> Cast:
    """A candidate the long way, which is what `Mould.cast` must agree with.

    `said` are the fields that a person wrote for it; a default among the others may be dropped.
    """
    resolution = link.provider.resolve(fields, said)
    request = canonical(link.head, resolution.values, index, take)
    name, key = link.provider.name, key_of(request)
    return Candidate(name, resolution.values, request, key, resolution.price), resolution.violations


def written(variant: Variant, link: Link) -> frozenset[str]:
    """The fields that the recipe sets itself, or the entry of a fallback.

    A fallback is to draw the same shape, or none: what the recipe says of it is meant there too.
    """
    if link is variant.chain[0]:
        return variant.written
    own = frozenset(link.changes)
    return own | (variant.written & _SHAPES) if own.isdisjoint(_SHAPES) else own


def _seeded(
    variant: Variant, link: Link, fields: dict[str, Value], spot: str, index: int
) -> dict[str, Value]:
    """The fields at a provider, with the seed that the recipe implies."""
    known = {**fields, **link.changes}
    if isinstance(variant.seed, int):
        known["seed"] = variant.seed + index - 1
    elif variant.seed == "auto" and link.takes_seed:
        known["seed"] = auto_seed(spot)
    return known
