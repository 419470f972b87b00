"""What each vendor documents of its requests, one row for each rule: what passes, what does not.

The rows are written from the vendors' documents, not from the specs. A rule of a spec that no row
breaks fails the last test, so a constraint cannot be there that nothing proves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

from imagepipe.document import parse
from imagepipe.model import ImageInput, Json, Value
from imagepipe.provider import Provider, Violation, load_spec, settings_from
from imagepipe.provider.rules import compile_rules
from imagepipe.provider.spec import Constraint

SPECS = Path(__file__).parents[3] / "specs" / "providers"
Fields = dict[str, Value]

URL = ImageInput("https://example.com/mug.png", "url")
FILE = ImageInput("mug.png", "file", None, "0" * 64, "image/png", 1_000, 800, 600)
TAGGED = replace(URL, tag="mug")


def urls(number: int) -> tuple[ImageInput, ...]:
    return tuple(ImageInput(f"https://example.com/{n}.png", "url") for n in range(number))


def address(url: str) -> Fields:
    return {"input_images": (ImageInput(url, "url"),)}


def params(**values: Json) -> Fields:
    return {"params": values}


def tags(*names: str) -> Fields:
    pictures = urls(len(names))
    pairs = zip(pictures, names, strict=True)
    return {"input_images": tuple(replace(picture, tag=name) for picture, name in pairs)}


@dataclass(frozen=True)
class Row:
    """One documented rule: which field and key of it `bad` breaks, and `good` does not."""

    provider: str
    field: str
    rule: str
    good: Fields
    bad: Fields
    model: str | None = None
    severity: Literal["error", "note"] = "error"

    def __str__(self) -> str:
        return f"{self.provider}-{self.model or 'any'}-{self.field}-{self.rule}"


LONG = "x" * 32_001
BIG = replace(FILE, size=3_932_142)  # the largest file whose data URI has at most 5 MiB
SCHNELL = "black-forest-labs/FLUX.1-schnell"
TAG = "^[A-Za-z][A-Za-z0-9_]{2,15}$"
IDEOGRAM: Fields = {"input_images": urls(1)}
SIZED: Fields = {"size": "1024x1024"}
note: Literal["note"] = "note"


def rungen() -> Iterator[Row]:
    """docs.rungen.ai: a prompt; width and height are numbers; the rest is the model's."""
    yield Row("rungen", "prompt", "required", {}, {"prompt": ""})
    yield Row("rungen", "steps", "min", {"steps": 1}, {"steps": 0})


def goneural() -> Iterator[Row]:
    """developer.goneural.ai/text-to-image and /enums."""
    yield Row("goneural", "prompt", "required", {}, {"prompt": ""})
    yield Row("goneural", "prompt", "max", {"prompt": "x" * 500}, {"prompt": "x" * 501})
    negative = "negative_prompt"
    yield Row("goneural", negative, "max", {negative: "x" * 500}, {negative: "x" * 501})
    yield Row("goneural", "size", "required", {}, {"size": ""})


def cometapi() -> Iterator[Row]:
    """apidoc.cometapi.com, generate an image from text; Runway's own rules are notes."""
    name, model = "cometapi-runway", "gen4_image"
    yield Row(name, "model", "one_of", {}, {"model": "gen4_aleph"}, model, note)
    yield Row(name, "model", "required", {}, {"model": ""}, model)
    yield Row(name, "prompt", "required", {}, {"prompt": ""}, model)
    yield Row(name, "prompt", "max", {"prompt": "🫖" * 500}, {"prompt": "🫖" * 500 + "x"}, model)
    yield Row(name, "size", "required", {}, {"size": ""}, model, note)
    pictures = "input_images"
    yield Row(name, pictures, "required", {}, {pictures: ()}, model, note)
    yield Row(name, pictures, "max", {pictures: urls(3)}, {pictures: urls(4)}, model)
    yield from addresses(name, model, note)
    yield Row(name, "input_images.tag", "pattern", tags("mug"), tags("my-mug"), model)
    yield Row(
        name, "params.outputCount", "max", params(outputCount=1), params(outputCount=2), model
    )
    yield Row(
        name, "params.outputCount", "min", params(outputCount=1), params(outputCount=0), model
    )


def addresses(name: str, model: str, severity: Literal["error", "note"] = "error") -> Iterator[Row]:
    """docs.dev.runwayml.com/assets/inputs."""
    of_length = "https://example.com/" + "a" * (2048 - 20)
    field = "input_images.url"
    yield Row(name, field, "max", address(of_length), address(of_length + "a"), model, severity)
    good = "https://10.example.com/a.png"
    for bad in ("http://a.example/a.png", "https://10.0.0.1/a.png", "https://[::1]/a.png"):
        yield Row(name, field, "pattern", address(good), address(bad), model, severity)
    upload = address("runway://upload/1")
    yield Row(name, field, "pattern", upload, address("s3://bucket/a.png"), model, severity)
    small: Fields = {"input_images": (BIG,)}
    large: Fields = {"input_images": (replace(BIG, size=3_932_143),)}
    yield Row(name, "input_images.encoded", "max", small, large, model, severity)


def runway() -> Iterator[Row]:
    """docs.dev.runwayml.com, and the types of the runwayml package 5.24.0."""
    name, model, pictures = "runway", "gen4_image", "input_images"
    yield Row(name, "model", "required", {}, {"model": ""}, model)
    yield Row(name, "model", "one_of", {}, {"model": "gen4-image"}, model, note)
    yield Row(name, "prompt", "required", {}, {"prompt": ""}, model)
    yield Row(name, "prompt", "max", {"prompt": "🫖" * 500}, {"prompt": "🫖" * 500 + "x"}, model)
    yield Row(name, "size", "required", {}, {"size": ""}, model)
    yield Row(name, "prompt", "required", {}, {"prompt": ""}, "muse_image")
    yield Row(name, pictures, "max", {pictures: urls(3)}, {pictures: urls(4)}, model)
    yield from addresses(name, model)
    yield Row(
        name, "params.outputCount", "max", params(outputCount=1), params(outputCount=2), model
    )
    yield Row(
        name, "params.outputCount", "min", params(outputCount=1), params(outputCount=0), model
    )
    yield Row(
        name, "input_images.tag", "unique", tags("mug", "cup"), tags("mug", "mug"), model, note
    )
    low: Fields = params(contentModeration={"publicFigureThreshold": "low"})
    none: Fields = params(contentModeration={"publicFigureThreshold": "no"})
    threshold = "params.contentModeration.publicFigureThreshold"
    yield Row(name, threshold, "one_of", low, none, model)
    yield from sides(name, model)
    for tagged in ("gen4_image", "gemini_2.5_flash"):
        yield Row(name, "input_images.tag", "pattern", tags("mug"), tags("my-mug"), tagged)
    turbo = "gen4_image_turbo"
    yield Row(name, pictures, "required", {pictures: urls(1)}, {pictures: ()}, turbo)
    yield Row(name, pictures, "max", {pictures: urls(3)}, {pictures: urls(4)}, turbo)
    yield from runway_others(name)


def sides(name: str, model: str) -> Iterator[Row]:
    """docs.comfy.org, RunwayTextToImageNode: told by a third party, so a note."""

    def of(width: int, height: int) -> Fields:
        return {"input_images": (replace(FILE, width=width, height=height),)}

    where = "input_images"
    yield Row(name, f"{where}.width", "max", of(7999, 7000), of(8000, 7000), model, note)
    yield Row(name, f"{where}.height", "max", of(7000, 7999), of(7000, 8000), model, note)
    yield Row(name, f"{where}.ratio", "min", of(500, 1000), of(499, 1000), model, note)
    yield Row(name, f"{where}.ratio", "max", of(1000, 500), of(1000, 499), model, note)


MOST_PICTURES = {
    "gemini_2.5_flash": 3,
    "gemini_image3_pro": 14,
    "gemini_image3.1_flash": 14,
    "gemini_image3.1_flash_lite": 14,
    "nano_banana_2.1": 14,
    "gpt_image_2": 16,
    "gpt_image_2_5_flare": 16,
    "gpt_image_2_5_sunburst": 16,
    "muse_image": 10,
    "grok_imagine_image_2": 3,
    "bria_fibo_1_5": 1,
    "bria_fibo_edit_1_5": 4,
    "ideogram_4_5": 5,
}
SEEDLESS = (
    *("gemini_2.5_flash", "gemini_image3_pro", "gemini_image3.1_flash", "nano_banana_2.1"),
    *("gemini_image3.1_flash_lite", "gpt_image_2", "gpt_image_2_5_flare", "muse_image"),
    *("seedream5_pro", "seedream5_lite", "seedream5_flash", "grok_imagine_image_2"),
    *("ideogram_4_0", "ideogram_4_5", "gpt_image_2_5_sunburst"),
)
UNTAGGED = ("muse_image", "seedream5_lite", "grok_imagine_image_2", "bria_fibo_1_5", "ideogram_4_5")
FORMATS = {
    "muse_image": "gif",
    "seedream5_pro": "webp",
    "seedream5_lite": "webp",
    "seedream5_flash": "webp",
    "bria_fibo_1_5": "webp",
    "recraft_v4_1_flash": "jpeg",
}
QUALITIES = {
    "gpt_image_2": "max",
    "gpt_image_2_5_flare": "auto",
    "gpt_image_2_5_sunburst": "auto",
    "grok_imagine_image_2": "high",
    "ideogram_4_0": "very_low",
    "ideogram_4_5": "very_low",  # without pictures
}
SIZELESS = ("ideogram_4_0", "ideogram_4_5", "bria_fibo_edit_1_5")


def runway_others(name: str) -> Iterator[Row]:
    """The other models, by the package's types."""
    pictures = "input_images"
    for model, most in MOST_PICTURES.items():
        base = {"size": ""} if model in SIZELESS else {}
        good: Fields = {**base, pictures: urls(most)}
        yield Row(name, pictures, "max", good, {**base, pictures: urls(most + 1)}, model)
    for model in SEEDLESS:
        yield Row(name, "seed", "taken", {}, {"seed": 7}, model)
    for model in UNTAGGED:
        plain: Fields = {"input_images": (URL,)}
        yield Row(name, f"{pictures}.tag", "taken", plain, {pictures: (TAGGED,)}, model, note)
    for model, form in FORMATS.items():
        good = params(outputFormat="png")
        yield Row(name, "params.outputFormat", "one_of", good, params(outputFormat=form), model)
    for model, quality in QUALITIES.items():
        good = params(quality="low")
        yield Row(name, "params.quality", "one_of", good, params(quality=quality), model)
    for model in sorted(MOST_PICTURES.keys() - set(SIZELESS)):
        yield Row(name, "size", "required", {}, {"size": ""}, model)
    yield from runway_singular(name, pictures)


def runway_singular(name: str, pictures: str) -> Iterator[Row]:
    """Rules of one or two models."""
    for model in ("seedream5_pro", "seedream5_lite", "seedream5_flash", "recraft_v4_1_flash"):
        yield Row(name, "size", "required", {}, {"size": ""}, model)
    for model in ("seedream5_pro", "seedream5_lite"):
        yield Row(name, "prompt", "max", {"prompt": LONG[:4000]}, {"prompt": LONG[:4001]}, model)
        yield Row(name, "prompt", "required", {}, {"prompt": ""}, model)
    gpt = "gpt_image_2"
    yield Row(name, "prompt", "max", {"prompt": LONG[:-1]}, {"prompt": LONG}, gpt)
    yield Row(name, "prompt", "required", {}, {"prompt": ""}, gpt)
    for model, bad in ((gpt, "none"), ("gpt_image_2_5_flare", "transparent")):
        good = params(background="opaque")
        yield Row(name, "params.background", "one_of", good, params(background=bad), model)
    see, none = params(background="transparent"), params(background="none")
    yield Row(name, "params.background", "one_of", see, none, "gpt_image_2_5_sunburst")
    lite = "seedream5_lite"
    yield Row(name, "pixels", "min", {"size": "1920x1920"}, {"size": "1919x1920"}, lite)
    yield Row(name, "pixels", "max", {"size": "4096x4096"}, {"size": "4096x4097"}, lite)
    edit = params(edit=True)
    grok = "grok_imagine_image_2"
    yield Row(name, "params.edit", "taken", {**edit, pictures: urls(1)}, edit, grok)
    fibo = "bria_fibo_edit_1_5"
    one: Fields = {"size": "", pictures: urls(1)}
    yield Row(name, pictures, "required", one, {"size": "", pictures: ()}, fibo, note)
    yield Row(name, "size", "taken", {**SIZED, pictures: urls(2)}, {**SIZED, **IDEOGRAM}, fibo)
    yield from ideogram(name)
    for model in ("recraft_v4_1_flash",):
        yield Row(name, pictures, "taken", {}, IDEOGRAM, model)
    yield Row(name, "model", "taken", {"model": "gen4_image"}, {"size": ""}, "recraft_v4_1_vector")
    vector: Fields = {"model": "recraft_v4_1_vector", "size": ""}
    yield Row(name, pictures, "taken", {}, {**vector, **IDEOGRAM}, "gen4_image")
    yield Row(name, "seed", "taken", {}, {**vector, "seed": 7}, "gen4_image")


def ideogram(name: str) -> Iterator[Row]:
    """ideogram_4_5: what goes with reference images, and what only without."""
    model, quality = "ideogram_4_5", "params.quality"
    low = {**IDEOGRAM, **params(quality="very_low")}
    precise = {**IDEOGRAM, **params(preciseEdit=True)}
    both: Fields = {**IDEOGRAM, **params(preciseEdit=True, quality="very_low"), "size": ""}
    yield Row(name, quality, "one_of", low, {**IDEOGRAM, **params(quality="max")}, model)
    yield Row(name, quality, "one_of", {**precise, "size": ""}, both, model)
    yield Row(
        name,
        "params.preciseEdit",
        "taken",
        {**precise, "size": ""},
        params(preciseEdit=True),
        model,
    )
    yield Row(name, "size", "taken", {**precise, "size": ""}, {**precise, **SIZED}, model)
    wide: Fields = {"size": "1280x720"}
    small: Fields = {"size": "1024x576"}
    yield Row(name, "size", "listed", wide, small, model)
    yield Row(name, "size", "listed", {**IDEOGRAM, **small}, {**IDEOGRAM, **wide}, model)
    mask = {**IDEOGRAM, **params(maskUri="https://example.com/m.png")}
    yield Row(name, "size", "taken", {**mask, "size": ""}, {**mask, **SIZED}, model)


def runcrate() -> Iterator[Row]:
    """runcrate.ai/docs: the image page, and the API reference, which limits what it names."""
    name = "runcrate"
    yield Row(name, "model", "required", {}, {"model": ""}, SCHNELL)
    yield Row(name, "model", "one_of", {}, {"model": "blackforest/schnel"}, SCHNELL, note)
    yield Row(name, "prompt", "required", {}, {"prompt": ""}, SCHNELL)
    ratio = "aspect_ratio"
    yield Row(name, ratio, "one_of", {ratio: "3:2"}, {ratio: "5:4"}, SCHNELL, note)
    for side, small, large in (
        ("width", {"size": "255x512"}, {"size": "2049x512"}),
        ("height", {"size": "512x255"}, {"size": "512x2049"}),
    ):
        yield Row(name, side, "min", {"size": "256x256"}, {**small}, SCHNELL)
        yield Row(name, side, "max", {"size": "2048x2048"}, {**large}, SCHNELL)
    yield Row(name, "steps", "min", {"steps": 1}, {"steps": 0}, SCHNELL)
    yield Row(name, "steps", "max", {"steps": 100}, {"steps": 101}, SCHNELL)
    kontext = {"model": "black-forest-labs/FLUX.1-kontext-pro"}
    yield Row(name, "image", "taken", {**kontext, "image": URL}, {"image": URL}, SCHNELL, note)
    yield Row(name, "image", "required", {**kontext, "image": URL}, {**kontext}, SCHNELL, note)
    krea: Fields = {"model": "black-forest-labs/FLUX.1-krea-dev"}
    strength: Fields = {"strength": 1}
    yield Row(name, "strength", "taken", {**krea, **strength}, {**strength}, SCHNELL, note)
    yield Row(name, "mask", "taken", {}, {"mask": URL}, SCHNELL, note)
    control: Fields = {"control_image": URL}
    canny: Fields = {"model": "black-forest-labs/FLUX.1-canny-pro"}
    yield Row(name, "control_image", "taken", {**canny, **control}, control, SCHNELL, note)
    yield Row(name, "control_image", "required", {**canny, **control}, canny, SCHNELL)
    pro: Fields = {"model": "black-forest-labs/FLUX.2-pro"}
    pictures = "input_images"
    yield Row(
        name, pictures, "taken", {**pro, pictures: urls(8)}, {pictures: urls(1)}, SCHNELL, note
    )
    yield Row(
        name, pictures, "max", {**pro, pictures: urls(8)}, {**pro, pictures: urls(9)}, SCHNELL
    )
    yield Row(name, "params.n", "max", params(n=1), params(n=2), SCHNELL)
    yield Row(name, "params.n", "min", params(n=1), params(n=0), SCHNELL)
    yield Row(name, "params.stream", "taken", {}, params(stream=True), SCHNELL)
    form = "params.response_format"
    good, bad = params(response_format="b64_json"), params(response_format="png")
    yield Row(name, form, "one_of", good, bad, SCHNELL)


def openai_images() -> Iterator[Row]:
    """openai 3.54.0, types/image_generate_params.py: OpenAI's own models, so notes."""
    name, model = "openai-images", "gpt-image-2"
    yield Row(name, "prompt", "required", {}, {"prompt": ""})
    yield Row(name, "prompt", "required", {}, {"prompt": ""}, model)
    yield Row(name, "prompt", "max", {"prompt": LONG[:-1]}, {"prompt": LONG}, model, note)
    yield Row(name, "params.n", "max", params(n=1), params(n=2))
    yield Row(name, "params.n", "min", params(n=1), params(n=0))
    yield Row(name, "params.stream", "taken", {}, params(stream=True))
    form = "params.output_format"
    yield Row(name, form, "one_of", params(output_format="webp"), params(output_format="svg"))
    for key, good, bad in (
        ("quality", "xhigh", "hd"),
        ("background", "opaque", "white"),
        ("moderation", "low", "off"),
    ):
        yield Row(
            name,
            f"params.{key}",
            "one_of",
            params(**{key: good}),
            params(**{key: bad}),
            model,
            note,
        )
    amount = "params.output_compression"
    for value, rule in ((101, "max"), (-1, "min")):
        whole, bad_amount = params(output_compression=100), params(output_compression=value)
        yield Row(name, amount, rule, whole, bad_amount, model, note)
    answer = params(response_format="url")
    yield Row(name, "params.response_format", "taken", {}, answer, model, note)
    for side, size in (("width", "1000x1024"), ("height", "1024x1000")):
        yield Row(name, side, "multiple_of", {"size": "1008x1024"}, {"size": size}, model, note)
    wide, high = {"size": "3856x2144"}, {"size": "2144x3856"}
    yield Row(name, "width", "max", {"size": "3840x2160"}, {**wide}, model, note)
    yield Row(name, "height", "max", {"size": "2160x3840"}, {**high}, model, note)
    yield Row(name, "ratio", "max", {"size": "1536x512"}, {"size": "1552x512"}, model, note)
    yield Row(name, "ratio", "min", {"size": "512x1536"}, {"size": "512x1552"}, model, note)
    yield Row(name, "pixels", "max", {"size": "3840x2160"}, {"size": "3840x2176"}, model, note)
    for retired in ("gpt-image-1", "dall-e-2", "dall-e-3"):
        yield Row(name, "model", "taken", {"model": "sdxl"}, {"model": retired}, None, note)


SOURCES = (rungen, goneural, cometapi, runway, runcrate, openai_images)
ROWS = [row for source in SOURCES for row in source()]
ENTRIES: dict[str, dict[str, Json]] = {
    "rungen": {"vars": {"app_id": "a"}},
    "openai-images": {"base_url": "https://models.example/v1"},
}


def base(provider: Provider, model: str | None) -> Fields:
    """Fields with which the provider finds nothing wrong with the model."""
    fields: Fields = {"prompt": "A mug"}
    if model is not None:
        fields["model"] = model
    rules = compile_rules(provider.spec, provider.name, provider.spec.submit[0], model)
    if rules.sizes is not None and model not in SIZELESS:
        row = rules.sizes[0]
        fields["size"] = f"{row.pixels[0]}x{row.pixels[1]}" if row.pixels else row.text
    if model == "gen4_image_turbo" or provider.name == "cometapi-runway":
        fields["input_images"] = (URL,)
    return fields


@cache
def made(name: str) -> Provider:
    spec = load_spec(parse((SPECS / f"{name}.yaml").read_bytes(), f"{name}.yaml"))
    return Provider(name, spec, settings_from(ENTRIES.get(name, {})))


def found(provider: Provider, row: Row, change: Fields) -> list[Violation]:
    fields = {**base(provider, row.model), **change}
    violations = provider.resolve(fields, frozenset(fields)).violations
    return [one for one in violations if one.field == row.field and one.rule == row.rule]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_documented_rule_is_checked(row: Row) -> None:
    """An error where the vendor says so, a note where nobody is sure; what is allowed passes."""
    provider = made(row.provider)
    assert found(provider, row, row.good) == []
    broken = found(provider, row, row.bad)
    assert [one.severity for one in broken] == [row.severity]
    assert row.provider in broken[0].message


def keys(constraint: Constraint) -> Iterator[str]:
    """The keys of a constraint that a request can break."""
    if not constraint.taken:
        yield "taken"
        return
    if constraint.required:
        yield "required"
    # A list of at least one picture, or a text of at least one character, is a required one.
    if constraint.least is not None and not (constraint.required or constraint.least == 1):
        yield "min"
    if constraint.most is not None:
        yield "max"
    for key in ("one_of", "pattern", "multiple_of", "unique"):
        if getattr(constraint, key):
            yield key


@pytest.mark.parametrize("name", sorted({row.provider for row in ROWS}))
def test_every_rule_of_a_spec_is_broken_by_a_row(name: str) -> None:
    """By the very entry of the spec that holds it: a later entry may hide an earlier one."""
    provider = made(name)
    entries = [provider.spec.takes, *(model.takes for model in provider.spec.models)]
    named = ["any model", *(" ".join(g.text for g in m.match) for m in provider.spec.models)]
    wanted = {
        (named[number], field, key)
        for number, takes in enumerate(entries)
        for field, constraint in takes.items()
        for key in keys(constraint)
    }
    assert wanted - set(reached(provider, entries, named)) == set()


def reached(
    provider: Provider, entries: list[Mapping[str, Constraint]], named: list[str]
) -> Iterator[tuple[str, str, str]]:
    """The rules that the rows break, each under the entry in force for its request."""
    for row in (row for row in ROWS if row.provider == provider.name):
        fields = {**base(provider, row.model), **row.bad}
        rules = provider._rulebook.rules(provider._model(fields), 0, fields)
        for number, takes in enumerate(entries):
            if takes.get(row.field) is rules.constraints.get(row.field):
                yield named[number], row.field, row.rule
