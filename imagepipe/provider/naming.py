"""How what is learnt about providers is called, so that the next run, or a plan, finds it again."""

from __future__ import annotations

from collections.abc import Mapping

from imagepipe.provider.provider import Provider
from imagepipe.provider.recourse import mark


def account(provider: Provider) -> str:
    """An account's name: by a digest of its address and key, so that it tells neither."""
    return f"{provider.spec.name} {mark(provider.base_url, provider.secret)}"


def subject(provider: Provider, model: str | None) -> str:
    """What takes its time alike: a provider with what identifies it, and a model."""
    own = provider.head().get("vars")
    names = [provider.identity, *(map(str, own.values()) if isinstance(own, Mapping) else ())]
    return " ".join([*names, *([model] if model is not None else [])])
