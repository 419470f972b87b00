"""The runway spec against the vendor's own released package, whose types nobody here wrote."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
import runwayml.types.text_to_image_create_params as published

from imagepipe.document import parse
from imagepipe.provider import Provider, load_spec
from imagepipe.provider.rules import compile_rules

SPEC = Path(__file__).parents[2] / "specs" / "providers" / "runway.yaml"
PROVIDER = Provider("runway", load_spec(parse(SPEC.read_bytes(), SPEC.name)))


def literals(hint: object) -> list[str]:
    """All texts of the literal types in a hint."""
    if typing.get_origin(hint) is typing.Literal:
        return [str(value) for value in typing.get_args(hint)]
    return [text for inner in typing.get_args(hint) for text in literals(inner)]


def variants() -> Iterator[tuple[str, type]]:
    """The models of the package, each with the type of its request."""
    for _, kind in inspect.getmembers(published, inspect.isclass):
        if "model" in getattr(kind, "__annotations__", {}):
            yield literals(typing.get_type_hints(kind)["model"])[0], kind


MODELS = dict(variants())


def test_the_models_are_those_of_the_package() -> None:
    """No model is invented, and none is left out."""
    assert set(PROVIDER.spec.takes["model"].one_of) == MODELS.keys()


@pytest.mark.parametrize("model", sorted(MODELS))
def test_a_model_takes_what_its_type_says(model: str) -> None:
    """Its ratios in the package's order, whether one must be given, seed and references."""
    hints = typing.get_type_hints(MODELS[model])
    rules = compile_rules(PROVIDER.spec, "runway", PROVIDER.spec.submit[0], model)
    ratios = [text for text in literals(hints["ratio"]) if not text.startswith("auto")]
    assert [row.text for row in rules.sizes or ()] == ratios
    declared = str(MODELS[model].__annotations__["ratio"])
    assert ("size" in dict(rules.required)) == ("Required[" in declared)
    assert ("seed" in rules.takes) == ("seed" in hints)
    assert ("input_images" in rules.takes) == ("reference_images" in hints)
