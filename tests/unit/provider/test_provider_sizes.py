"""Sizes: what people write, looked up in what vendors have."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from imagepipe.model import Value
from imagepipe.provider import Provider, sizes
from imagepipe.provider.spec import SizeRow

Shipped = Callable[..., Provider]
LONG = [sizes.row(text) for text in ("1:1 square 1024x1024", "16:9 landscape 1344x768")]
PIXELS = [sizes.row(text) for text in ("1024:1024", "1080:1080", "1360:768", "1920:1080")]
ASPECTS = [sizes.row(text) for text in ("16:9", "1:1", "21:9", "2:3")]


@pytest.mark.parametrize(
    ("rows", "wanted", "found"),
    [
        (LONG, "16:9 landscape 1344x768", "16:9 landscape 1344x768"),
        (LONG, "16:9", "16:9 landscape 1344x768"),
        (LONG, "1344x768", "16:9 landscape 1344x768"),
        (LONG, "1344:768", "16:9 landscape 1344x768"),
        (LONG, "4:3", None),
        (PIXELS, "16:9", "1920:1080"),
        (PIXELS, "1:1", "1024:1024"),
        (PIXELS, "1080x1080", "1080:1080"),
        (PIXELS, "1081x1080", None),
        (ASPECTS, "21:9", "21:9"),
        (ASPECTS, "7:3", None),
        (ASPECTS, "auto", None),
    ],
)
def test_a_row_is_found_by_text_token_or_ratio(
    rows: list[SizeRow], wanted: str, found: str | None
) -> None:
    """Exactly, or not at all; the order of the list decides between equals."""
    row = sizes.find(rows, wanted)
    assert (row and row.text) == found


@pytest.mark.parametrize(
    ("rows", "wanted", "found"),
    [
        (PIXELS, "1344x768", "1360:768"),
        (PIXELS, "900x900", "1024:1024"),
        (PIXELS, "1100x1100", "1080:1080"),
        (ASPECTS, "1344x768", "16:9"),
        (ASPECTS, "5:4", "1:1"),
        (LONG, "3:2", "16:9 landscape 1344x768"),
    ],
)
def test_the_nearest_row_is_so_by_ratio_then_area(
    rows: list[SizeRow], wanted: str, found: str
) -> None:
    """A shape that is off is worse than a size that is off."""
    row = sizes.nearest(rows, wanted)
    assert row is not None
    assert row.text == found


@pytest.mark.parametrize("text", ["0x0", "0:9", "16:9:4", "x", "16", "1e3x2", "-1x5", ""])
def test_what_is_no_pair_of_numbers_is_none(text: str) -> None:
    """Nothing is guessed from half a size."""
    assert sizes.pair(text) is None
    assert sizes.pixels(text) is None


@pytest.mark.parametrize(
    ("provider", "model", "asked", "sent"),
    [
        ("goneural", None, {"aspect_ratio": "16:9"}, {"size": "16:9 landscape 1344x768"}),
        ("goneural", None, {"size": "1344x768"}, {"size": "16:9 landscape 1344x768"}),
        ("runway", "gen4_image", {"aspect_ratio": "16:9"}, {"width": 1920, "height": 1080}),
        ("runway", "gen4_image", {"size": "1360x768"}, {"width": 1360, "height": 768}),
        ("runway", "gen5_image", {"size": "1344x768"}, {"width": 1344, "height": 768}),
        ("rungen", None, {"size": "1344x768"}, {"width": 1344, "height": 768}),
        (
            "rungen",
            None,
            {"aspect_ratio": "16:9", "fit": "nearest"},
            {"width": 1360, "height": 768},
        ),
        ("runcrate", "m", {"aspect_ratio": "16:9"}, {"aspect_ratio": "16:9"}),
        ("runcrate", "m", {"size": "1344x768"}, {"width": 1344, "height": 768}),
    ],
)
def test_each_vendor_gets_its_own_form(
    shipped: Shipped,
    provider: str,
    model: str | None,
    asked: dict[str, Value],
    sent: dict[str, Value],
) -> None:
    """One way to write a size in a recipe, whatever the vendor calls it."""
    fields: dict[str, Value] = {"prompt": "A mug", **asked}
    if model is not None:
        fields["model"] = model
    given = shipped(provider).resolve(fields, frozenset(fields))
    shape = {name: given.values[name] for name in sent}
    assert shape == sent
    assert given.values.keys() <= {"prompt", "model", *sent}


@pytest.mark.parametrize(
    ("provider", "model", "asked", "says"),
    [
        ("runway", "gemini_2.5_flash", {"aspect_ratio": "16:9"}, "fit: nearest"),
        ("runway", "gemini_2.5_flash", {"aspect_ratio": "16:9"}, "size: 1344x768"),
        ("rungen", None, {"aspect_ratio": "16:9"}, "size: 1360x768, or fit: nearest"),
        ("goneural", None, {"aspect_ratio": "5:4"}, "aspect_ratio: 4:3"),
        ("goneural", None, {"size": "wide"}, "goneural has no size wide"),
        ("rungen", None, {"size": "wide"}, "WIDTHxHEIGHT"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_way_out(
    shipped: Shipped, provider: str, model: str | None, asked: dict[str, Value], says: str
) -> None:
    """The message names what to write instead, and only once."""
    fields: dict[str, Value] = {"prompt": "A mug", **({"model": model} if model else {}), **asked}
    found = shipped(provider).resolve(fields, frozenset(fields)).violations
    errors = [one for one in found if one.severity == "error"]
    assert [one.code for one in errors] == ["E406"]
    assert says in f"{errors[0].message} {errors[0].hint}"


def test_a_written_size_beats_a_default_aspect(shipped: Shipped) -> None:
    """Whoever writes a size in the recipe does not mean the default any more."""
    fields: dict[str, Value] = {"prompt": "A mug", "size": "512x512", "aspect_ratio": "16:9"}
    fields["model"] = "black-forest-labs/FLUX.1-schnell"
    given = shipped("runcrate").resolve(fields, frozenset({"size"}))
    assert given.values["width"] == 512
    assert "aspect_ratio" not in given.values
    both = shipped("runcrate").resolve(fields, frozenset(fields))
    assert [one.code for one in both.violations] == ["E407"]


def test_an_aspect_only_vendor_refuses_pixels(written: Callable[..., Provider]) -> None:
    """Aspect text goes as it is; pixels have no place there."""
    text = """
    name: free
    revision: 1
    base_url: https://api.free.example
    submit:
      post: /draw
      json: {prompt: "${prompt}", aspect: "${aspect_ratio}"}
    reply: {results: url}
    """
    provider = written(text)
    asked: dict[str, Value] = {"prompt": "A mug", "size": "1344x768"}
    found = provider.resolve(asked, frozenset(asked)).violations
    assert "free takes aspect_ratio, not size" in found[0].message
    given = provider.resolve({"prompt": "A mug", "aspect_ratio": "2.39:1"}, frozenset())
    assert given.values["aspect_ratio"] == "2.39:1"
