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


PARAMS = {"quality": "quality", "background": "background", "output_format": "outputFormat"}


@pytest.mark.parametrize("model", sorted(MODELS))
def test_params_take_the_values_of_the_type(model: str) -> None:
    """Every list of values that the package has, and no other."""
    hints = typing.get_type_hints(MODELS[model])
    rules = compile_rules(PROVIDER.spec, "runway", PROVIDER.spec.submit[0], model)
    for field, name in PARAMS.items():
        constraint = rules.constraints.get(f"params.{name}")
        listed = [] if constraint is None else [str(value) for value in constraint.one_of]
        assert listed == (literals(hints[field]) if field in hints else [])


@pytest.mark.parametrize("model", sorted(MODELS))
def test_tags_are_for_models_whose_pictures_have_them(model: str) -> None:
    """A tag that the type does not name is a note."""
    hints = typing.get_type_hints(MODELS[model])
    if "reference_images" not in hints:
        return
    (reference,) = typing.get_args(typing.get_args(hints["reference_images"])[0]) or (
        typing.get_args(hints["reference_images"])[0],
    )
    rules = compile_rules(PROVIDER.spec, "runway", PROVIDER.spec.submit[0], model)
    has_tag = "tag" in typing.get_type_hints(reference)
    assert rules.constraints["input_images.tag"].taken == has_tag
