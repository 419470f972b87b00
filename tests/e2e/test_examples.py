"""Every example is a promise that this very text works: it is rehearsed, and rehearsed again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.shop import Shop

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
LARGEST_INPUT = 30 * 1024

PICTURES = {
    "batch": 5,
    "ci": 2,
    "cometapi-runway": 2,
    "editing": 1,
    "goneural": 6,
    "google-merchant": 5,
    "openai-images": 2,
    "quickstart": 40,
    "runcrate": 7,
    "rungen": 6,
    "runway": 4,
    "self-hosted": 3,
    "shopify": 9,
    "woocommerce": 8,
}
"""How many pictures each example makes."""


def test_every_example_is_tried() -> None:
    """No folder of examples is left out of this file."""
    assert sorted(PICTURES) == sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", PICTURES)
def test_an_example_works_and_works_once(name: str, tmp_path: Path) -> None:
    """It is valid, makes its pictures without a key, and a second run sends nothing."""
    shop = _copied(name, tmp_path)
    checked = shop.imagepipe("validate")
    assert (checked.code, checked.err) == (0, "")
    first = shop.imagepipe("run", "--emulate", "--json")
    assert first.code == 0, first.err
    assert first.json["jobs"]["generated"] == PICTURES[name]
    assert len(_pictures(shop)) == PICTURES[name]
    again = shop.imagepipe("run", "--emulate", "--json")
    assert again.code == 0
    assert again.json["jobs"]["reused"] == PICTURES[name]
    assert again.json["requests"] == {"submit": 0, "poll": 0, "download": 0}


@pytest.mark.parametrize("name", PICTURES)
def test_an_example_explains_itself(name: str) -> None:
    """It names the schema for editors, says what it shows, and how it is run from the checkout."""
    text = (EXAMPLES / name / "imagepipe.yaml").read_text(encoding="utf-8")
    assert text.startswith(
        "# yaml-language-server: $schema=../../specs/manifest.schema.json\n#\n# "
    )
    assert f"imagepipe run --emulate examples/{name}/imagepipe.yaml" in text


def test_inputs_are_small() -> None:
    """What a clone carries along for the sake of examples stays small."""
    kinds = (".png", ".jpg", ".jpeg", ".webp")
    inputs = [path for path in _tracked() if path.suffix in kinds]
    assert inputs
    assert [path.name for path in inputs if path.stat().st_size > LARGEST_INPUT] == []


def test_the_batch_names_its_files_as_the_vendor_does(tmp_path: Path) -> None:
    """`name.lower().replace(" ", "-")`, as in the vendor's own script."""
    shop = _copied("batch", tmp_path)
    assert shop.imagepipe("run", "--emulate", "-q").code == 0
    assert {path.stem for path in _pictures(shop)} == {
        "running-shoe",
        "backpack",
        "watch",
        "sunglasses",
        "headphones",
    }


def test_pictures_have_the_sizes_that_were_asked_for(tmp_path: Path) -> None:
    """A shape, a size in pixels and a vendor's own ratio all arrive."""
    shop = _copied("quickstart", tmp_path)
    assert shop.imagepipe("run", "--emulate", "-q", "--select", "product:MUG-01").code == 0
    sizes = {}
    for path in _pictures(shop):
        with Image.open(path) as picture:
            sizes[path.stem] = picture.size
    assert sizes == {
        "hero": (1024, 1024),
        "wide": (1344, 768),
        "portrait": (768, 1024),
        "campaign": (1360, 768),
    }


def _copied(name: str, folder: Path) -> Shop:
    source = EXAMPLES / name
    copy = folder / name
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns(".imagepipe", "*-emulated"))
    return Shop(copy)


def _pictures(shop: Shop) -> list[Path]:
    return [path for path in (shop.folder / "images-emulated").rglob("*") if path.is_file()]


def _tracked() -> list[Path]:
    """The files of the examples, without what a rehearsal in the checkout left there."""
    return [
        path
        for path in EXAMPLES.rglob("*")
        if path.is_file() and "images-emulated" not in path.parts and ".imagepipe" not in path.parts
    ]
