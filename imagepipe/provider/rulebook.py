"""The compiled rules of a provider, made once for each request, model and met condition, and kept.

Asked for every job, so the usual way through is one or two look-ups. Knows no job.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from imagepipe.model import Values
from imagepipe.provider.given import applies
from imagepipe.provider.rules import Rules, compile_rules
from imagepipe.provider.spec import ModelRule, Spec

_NONE: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of a spec; `provider` is what messages call the instance."""

    spec: Spec
    provider: str
    _rules: dict[tuple[str | None, int, frozenset[int]], Rules] = field(default_factory=dict)
    _entries: dict[str, tuple[tuple[int, ModelRule], ...]] = field(default_factory=dict)

    def rules(self, model: str | None, number: int, fields: Values | None = None) -> Rules:
        """The rules of a request for a model; without `fields`, those that hold for all of them."""
        applying = _NONE
        if model is not None and fields is not None:
            entries = self._conditional(model)
            if entries:
                applying = frozenset(n for n, entry in entries if applies(entry, fields))
        found = self._rules.get((model, number, applying))
        if found is None:
            call = self.spec.submit[number]
            found = compile_rules(self.spec, self.provider, call, model, applying)
            self._rules[model, number, applying] = found
        return found

    def _conditional(self, model: str) -> tuple[tuple[int, ModelRule], ...]:
        """The entries that apply to some requests of a model only, with their numbers."""
        found = self._entries.get(model)
        if found is None:
            listed = enumerate(self.spec.models)
            found = tuple((n, one) for n, one in listed if one.depends and one.fits(model))
            self._entries[model] = found
        return found
