"""The second mistake is told with the first, and nothing that only follows from it."""

from __future__ import annotations

import pytest

from tests.fakes.files import BASE, ONE, problems

CSV = ONE + "products: {from: p.csv}\n"


def codes(text: str, **files: bytes | str) -> list[str]:
    return [problem.code for problem in problems(text, **files)]


@pytest.mark.parametrize(
    "wrong",
    [
        "images: {a: {promt: p}, h: {prompt: 'a {{ nmae }}'}}\n",
        "images: {a: {prompt: x y, count: two}, h: {prompt: 'a {{ nmae }}'}}\n",
        "budget: {max_cost: lots}\nimages: {h: {prompt: 'a {{ nmae }}'}}\n",
        "colour: red\nimages: {h: {prompt: 'a {{ nmae }}'}}\n",
    ],
    ids=["a key", "a kind", "a budget", "a key of the whole"],
)
def test_a_mistake_in_form_hides_none_in_another_recipe(wrong: str) -> None:
    """The schema's complaints come first, then those of the jobs that can be made."""
    found = codes(BASE + wrong)
    assert len(found) == 2
    assert found[-1] == "E302"


def test_a_mistake_in_a_reference_hides_no_row() -> None:
    """Rows, templates and providers of other recipes are looked at too."""
    text = CSV + "images: {a: {prompt: none}, h: {prompt: 'a {{ nmae }}'}}\n"
    assert codes(text, p__csv="sku,name\nA,mug\nB\n") == ["E112", "E302", "E205"]


@pytest.mark.parametrize(
    "wrong",
    [
        "defaults: {provider: runcrate, stepps: 3}\nimages: {h: {prompt: 'a {{ no }}'}}\n",
        "images: {h: {promt: 'a {{ no }}'}}\n",
        "imagess: {h: {prompt: 'a {{ no }}'}}\n",
        "prompts: {p: [1]}\nimages: {h: {prompt: p}}\n",
        "images: {h: {prompt: a b, provider: rungen, size: 512x512}}\n",
    ],
    ids=["defaults", "the only recipe", "no recipes", "prompts", "a provider without its setting"],
)
def test_what_only_follows_from_a_mistake_is_not_told(wrong: str) -> None:
    """What depends on something wrong is left out."""
    text = "version: 1\n" + wrong
    text += "" if "defaults" in wrong else "defaults: {provider: runcrate, model: flux-dev}\n"
    assert len({problem.place for problem in problems(text)}) == len(problems(text))
    assert "E302" not in codes(text)
    assert "E402" not in codes(text)


def test_rows_are_not_judged_where_it_is_not_known_which_count() -> None:
    """A condition that cannot be read would have left some of them out."""
    text = ONE + 'products: {from: p.csv, where: "stock | int >"}\n'
    text += "images: {h: {prompt: 'a {{ name }}'}}\n"
    assert codes(text, p__csv="sku,stock\nA,3\n") == ["E301"]


def test_products_are_read_though_no_recipe_can_be_made() -> None:
    """A wrong key and a wrong name are told together."""
    text = CSV + "images: {h: {prompt: none}}\n"
    assert codes(text, p__csv="sku,name\nA,mug\n,cup\n") == ["E112", "E207"]
