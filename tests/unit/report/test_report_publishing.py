"""What a report may show of a request, and the commands that repeat it."""

from __future__ import annotations

import shlex
from decimal import Decimal

import pytest

from imagepipe import key as keys
from imagepipe.app.publishing import parameters, published, select_command, told_changes
from imagepipe.errors import Place
from imagepipe.model import Candidate, ImageInput, Job, Values
from imagepipe.planner import parse_selection

SIGNED = "https://user:pw@bucket.example/a/b.png?X-Amz-Signature=CANARY&Expires=1#CANARY"


def _candidate(values: Values) -> Candidate:
    canonical = keys.canonical({"provider": "house", "revision": 1}, values, 1)
    return Candidate("house", values, canonical, keys.key_of(canonical))


def _job(product: str, recipe: str = "hero") -> Job:
    candidate = _candidate({"prompt": "a mug"})
    return Job(recipe, product, (), 1, "p/hero", (candidate,), Place("m.yaml", 1, 1))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SIGNED, "https://bucket.example/a/b.png?…"),
        (f"like {SIGNED} but blue", "like https://bucket.example/a/b.png?… but blue"),
        ("https://cdn.example/a.png", "https://cdn.example/a.png"),
        ("why? because: 50% off", "why? because: 50% off"),
        ("data:image/png;base64," + "A" * 400, "data:image/png…"),
        (None, None),
    ],
)
def test_what_an_address_is_signed_with_is_left_out(text: str | None, told: str | None) -> None:
    """Wherever it stands, and nothing else is."""
    assert published(text) == told


def test_parameters_are_what_was_asked_for_besides_the_prompt() -> None:
    """Pictures by the names that people gave them; numbers to the last digit."""
    values: Values = {
        "prompt": "a mug",
        "seed": 7,
        "strength": Decimal("0.60"),
        "image": ImageInput("inputs/shoe.jpg", "file", sha256="a" * 64),
        "input_images": (
            ImageInput(SIGNED, "url", tag="studio"),
            ImageInput("data:image/png;base64,AAAA", "data", None, "b" * 64, "image/png", 3),
        ),
        "params": {"style": "photo", "callback": SIGNED, "list": [SIGNED, 1]},
    }
    assert parameters(_candidate(values)) == {
        "image": "inputs/shoe.jpg",
        "input_images": ["https://bucket.example/a/b.png?… (studio)", "data:image/png, 3 bytes"],
        "params": {
            "style": "photo",
            "callback": "https://bucket.example/a/b.png?…",
            "list": ["https://bucket.example/a/b.png?…", 1],
        },
        "strength": "0.6",
    }


def test_changes_are_told_by_the_names_of_a_manifest() -> None:
    """Without quotes, and without what an address is signed with."""
    old = keys.canonical({"revision": 1}, {"prompt": "a mug", "image": SIGNED}, 1)
    new = keys.canonical({"revision": 2}, {"prompt": "a cup", "steps": 4}, 1)
    told = [(change.name, change.old, change.new) for change in told_changes(old, new)]
    assert told == [
        ("image", "https://bucket.example/a/b.png?…", None),
        ("prompt", "a mug", "a cup"),
        ("steps", None, "4"),
        ("revision", "1", "2"),
    ]


@pytest.mark.parametrize(
    "product", ["MUG-1", "Blue Mug", "a,b", "it's", '"$(rm -rf /)"', "two\nlines", "*?[x]"]
)
def test_the_command_selects_the_picture(product: str) -> None:
    """As a shell takes it apart and `--select` reads it: whatever the product is called."""
    job = _job(product)
    words = shlex.split(select_command("imagepipe run", job))
    assert words[:3] == ["imagepipe", "run", "--select"]
    assert len(words) == 4
    selection = parse_selection(words[3])
    assert selection.takes(job, {})
    assert not selection.takes(_job("another"), {}) or "*" in product
    assert not selection.takes(_job(product, "scene"), {})


def test_a_manifest_without_products_is_selected_by_recipe() -> None:
    """An empty term would be refused."""
    command = select_command("imagepipe run", _job(""), "status:failed")
    assert shlex.split(command)[3] == "image:hero status:failed"
