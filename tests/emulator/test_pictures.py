"""Placeholder pictures: the asked size, the same bytes for the same request, marked as what they
are, and safe against what clients send."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from dataclasses import replace
from typing import Literal

import pytest
from PIL import Image, ImageChops, ImageStat

from imagepipe.emulator.picture import Brief, draw, thumbnail
from imagepipe.emulator.picture.brief import read
from imagepipe.emulator.picture.compose import DRAWN
from imagepipe.emulator.picture.png import SOURCE_TYPE, plain_png
from imagepipe.emulator.picture.words import SCENES, THINGS
from tests.emulator.running import BODIES, Running, running

MUG = Brief("runcrate", "FLUX.1-schnell", "A red mug on a wooden table", "", 256, 256, 7)


def _open(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def _difference(one: bytes, other: bytes) -> float:
    """The mean difference of two pictures above their captions, 0 to 255."""
    first, second = (_open(data).convert("RGB").crop((0, 0, 256, 200)) for data in (one, other))
    return sum(ImageStat.Stat(ImageChops.difference(first, second)).mean) / 3


def test_the_same_brief_gives_the_same_bytes() -> None:
    assert draw(MUG) == draw(replace(MUG)) == draw(MUG)


@pytest.mark.parametrize(
    "other",
    [
        replace(MUG, seed=8),
        replace(MUG, prompt="A blue mug on a wooden table"),
        replace(MUG, prompt="A red shoe on a wooden table"),
        replace(MUG, prompt="A red mug on a tropical beach"),
        replace(MUG, provider="goneural"),
        replace(MUG, model="FLUX.2-pro"),
    ],
    ids=["seed", "colour", "thing", "scene", "provider", "model"],
)
def test_what_is_asked_shows(other: Brief) -> None:
    """Another seed, prompt, provider or model makes another picture, not only another caption."""
    assert _difference(draw(MUG), draw(other)) > 1


@pytest.mark.parametrize(
    "size", [(64, 64), (1344, 768), (768, 1344), (2048, 256), (1, 1), (17, 900)]
)
def test_the_size_is_the_one_asked(size: tuple[int, int]) -> None:
    picture = _open(draw(replace(MUG, width=size[0], height=size[1])))
    assert (picture.size, picture.mode) == (size, "RGB")


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
def test_it_says_that_it_is_a_placeholder(form: Literal["png", "jpeg", "webp"]) -> None:
    """IPTC DigitalSourceType algorithmicMedia in XMP, in every format."""
    data = draw(replace(MUG, form=form))
    picture = _open(data)
    assert picture.format == form.upper()
    assert f'Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"'.encode() in data
    if form == "png":
        assert picture.info["Seed"] == "7"
        assert "Placeholder" in picture.info["Description"]


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        " ",
        "\x00\x07",
        "\u202e" * 40,
        "x" * 5_000,
        "蓝色的杯子",
        "🙂" * 90,
        "\ud800",
        "<&>]]>" * 9,
    ],
    ids=range(9),
)
def test_any_text_can_be_drawn(prompt: str) -> None:
    assert _open(draw(replace(MUG, prompt=prompt))).size == (256, 256)


def test_every_word_has_its_drawing() -> None:
    """The lists of words name no thing and no scene that cannot be drawn."""
    things, scenes = DRAWN
    assert set(THINGS.values()) <= things
    assert set(SCENES.values()) <= scenes


@pytest.mark.parametrize("thing", sorted(set(THINGS.values())))
def test_every_thing_is_seen(thing: str) -> None:
    """Each silhouette differs from the form that stands for the unknown."""
    known = draw(replace(MUG, prompt=f"a {thing}, white background"))
    assert _difference(known, draw(replace(MUG, prompt="a widget, white background"))) > 1


@pytest.mark.parametrize("scene", sorted(set(SCENES.values())))
def test_every_scene_can_stand_behind(scene: str) -> None:
    word = next(word for word, name in SCENES.items() if name == scene)
    assert _open(draw(replace(MUG, prompt=f"A mug by the {word} at night"))).size == (256, 256)


def test_the_words_are_read() -> None:
    """The last noun is the product, a named colour beats a material, a surface a background."""
    backpack = read("A modern laptop backpack, minimalist")
    assert (backpack.thing, backpack.scene) == ("backpack", "studio")
    navy = read("A navy ceramic mug, a forest trail, golden hour")
    assert (navy.thing, navy.scene, navy.mood) == ("mug", "forest", "golden")
    assert navy.colour == read("navy").colour
    earbuds = read("wireless earbuds on a marble surface, white background")
    assert (earbuds.thing, earbuds.scene, earbuds.colour) == ("earbuds", "marble", None)
    assert read("A sleek shoe, white background").scene == "white"
    assert read("A futuristic city at sunset").landscape
    assert not read("A widget in the city").landscape


def _data_uri(picture: Image.Image, form: str = "PNG") -> str:
    file = io.BytesIO()
    picture.save(file, form)
    return f"data:image/{form.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


def test_an_input_is_part_of_the_picture() -> None:
    """As the subject of an edit and as a print beside the product."""
    thumb = thumbnail(_data_uri(Image.new("RGB", (300, 200), (250, 10, 10))))
    assert thumb is not None
    plain = draw(MUG)
    for role in ("image", "reference"):
        assert _difference(plain, draw(replace(MUG, inputs=((role, "d", thumb),)))) > 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_inputs_of_every_mode_are_read(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    thumb = thumbnail(_data_uri(Image.new(mode, (900, 30)), form))
    assert thumb is not None
    assert max(_open(thumb).size) <= 640


def _bomb() -> str:
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunk + bytes(64)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "data:image/png;base64,",
        "data:,",
        "not base64 at all",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/png;base64,iVBORw0KGgo=",
        base64.b64encode(b"%!PS-Adobe-3.0 EPSF-3.0").decode(),
        _bomb(),
        _data_uri(Image.new("RGB", (80, 80)))[:100],
    ],
    ids=range(9),
)
def test_what_is_no_picture_is_passed_over(text: str) -> None:
    """Bombs, foreign formats and rubbish make no thumbnail and no error."""
    assert thumbnail(text) is None


@pytest.mark.parametrize("size", [(16, 16), (1024, 1024), (2048, 2048)])
def test_a_constant_picture_weighs_what_was_asked(size: tuple[int, int]) -> None:
    """A whole PNG that strict readers take, of exactly that many bytes."""
    data = plain_png("runway", *size, size=8_192)
    assert len(data) == 8_192
    with Image.open(io.BytesIO(data)) as picture:
        picture.verify()
    assert _open(data).size == size


def test_the_same_request_gives_the_same_bytes_everywhere() -> None:
    """Over HTTP, twice in one emulator and once in another; another seed gives others."""

    def generate(emulator: Running, **more: object) -> bytes:
        body = BODIES["runcrate"] | {"response_format": "b64_json", "width": 256, "height": 256}
        item = emulator.submit("runcrate", body | more).json()["data"][0]
        return base64.b64decode(item["b64_json"])

    with running(picture="drawn") as emulator:
        first = generate(emulator)
        assert generate(emulator) == first
        assert generate(emulator, seed=1) != first
    with running(picture="drawn") as emulator:
        assert generate(emulator) == first


def test_a_seed_is_chosen_where_none_is_given() -> None:
    """GoNeural echoes it; sent back, it gives the same picture."""
    with running(picture="drawn") as emulator:
        body = {"prompt": "a mug", "ratio": "1:1 square 1024x1024"}
        first = emulator.submit("goneural", body).json()
        again = emulator.submit("goneural", body | {"seed": first["seed"]}).json()
        assert again["seed"] == first["seed"]
        one, other = (
            emulator.poll("goneural", task["id"]).json()["output"]["image"]
            for task in (first, again)
        )
        assert emulator.download(one).content == emulator.download(other).content
