"""Providers for tests: the shipped ones with settings, and small ones written in the test."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from imagepipe.document import parse
from imagepipe.errors import InputError, Problem
from imagepipe.model import Json, Secret
from imagepipe.provider import Provider, load_spec, settings_from

SPECS = Path(__file__).parents[3] / "specs" / "providers"

Shipped = Callable[..., Provider]
Written = Callable[..., Provider]
Slips = Callable[[str], list[Problem]]

MINIMAL = """
name: tiny
revision: 1
base_url: https://api.tiny.example
submit:
  post: /draw
  json: {prompt: "${prompt}"}
reply:
  results: url
"""


@pytest.fixture
def shipped() -> Shipped:
    """A built-in provider by name, with a manifest's entry."""

    def make(name: str, **entry: Json) -> Provider:
        spec = load_spec(parse((SPECS / f"{name}.yaml").read_bytes(), f"{name}.yaml"))
        return Provider(name, spec, settings_from(entry), secret=Secret("sk-canary-0123456789"))

    return make


@pytest.fixture
def written() -> Written:
    """A provider from the text of a spec."""

    def make(text: str, entry: Mapping[str, Json] | None = None) -> Provider:
        spec = load_spec(parse(textwrap.dedent(text), "spec.yaml"))
        return Provider(spec.name, spec, settings_from(entry or {}), secret=Secret("sk-canary"))

    return make


@pytest.fixture
def slips() -> Slips:
    """The problems found in the text of a spec."""

    def find(text: str) -> list[Problem]:
        try:
            load_spec(parse(textwrap.dedent(text), "spec.yaml"))
        except InputError as error:
            return list(error.problems)
        return []

    return find
