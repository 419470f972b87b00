"""What reaches the vendor, and what people are told about the rest."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from imagepipe.model import ImageInput, Json, Value
from imagepipe.provider import Provider, Violation

Shipped = Callable[..., Provider]
Written = Callable[..., Provider]
URL = ImageInput("https://example.com/mug.png", "url")


def told(violation: Violation) -> str:
    return f"{violation.message} | {violation.hint}"


def found(
    provider: Provider, fields: dict[str, Value], written: set[str] | None = None
) -> tuple[Violation, ...]:
    return provider.resolve(fields, frozenset(fields if written is None else written)).violations


def test_a_long_prompt_is_told_with_all_one_needs(shipped: Shipped) -> None:
    """Field, value, limit with its unit, provider, what to do, and where to read."""
    fields: dict[str, Value] = {"prompt": "x" * 512, "aspect_ratio": "1:1"}
    (problem,) = found(shipped("goneural"), fields)
    assert problem.code == "E403"
    assert problem.field == "prompt"
    assert problem.message == "prompt has 512 characters, and goneural takes at most 500"
    assert problem.hint == "take away 12; see https://developer.goneural.ai/text-to-image"


def test_runway_counts_utf16(shipped: Shipped) -> None:
    """An emoji is two of Runway's units, so 501 of them are too many."""
    fields: dict[str, Value] = {"model": "gen4_image", "size": "1024x1024", "prompt": "🫖" * 501}
    (problem,) = found(shipped("runway"), fields)
    assert "1,002 UTF-16 code units" in problem.message
    assert found(shipped("runway"), {**fields, "prompt": "🫖" * 500}) == ()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"steps": 150}, "steps is 150, and runcrate takes at most 100 | the nearest allowed"),
        ({"steps": 0}, "at least 1"),
        ({"size": "128x512"}, "width is 128 pixels, and runcrate takes at least 256"),
        ({"params": {"n": 4}}, "params.n is 4, and runcrate takes at most 1"),
        ({"params": {"n": "4"}}, "params.n is 4, and runcrate takes at most 1"),
        ({"params": {"n": "four"}}, "takes a number there"),
        ({"params": {"stream": True}}, "params.stream cannot be used with runcrate"),
    ],
)
def test_limits_name_the_nearest_allowed_value(
    shipped: Shipped, fields: dict[str, Value], says: str
) -> None:
    """A number that is out of range is told with the number to write."""
    problems = found(shipped("runcrate"), {"prompt": "A mug", "model": "m", **fields})
    assert any(says in told(problem) for problem in problems if problem.severity == "error")


def test_a_written_field_that_is_not_taken_is_an_error(shipped: Shipped) -> None:
    """The recipe asks for what cannot be had; what can be had is listed."""
    (problem,) = found(shipped("rungen"), {"prompt": "A mug", "size": "9x9", "strength": "1"})[-1:]
    problems = found(shipped("rungen"), {"prompt": "A mug", "mask": URL})
    assert [one.code for one in problems] == ["E401"]
    assert problems[0].message == "rungen takes no mask"
    assert "prompt" in (problems[0].hint or "")
    assert problem.severity == "error"


def test_a_default_that_is_not_taken_is_dropped_with_a_note(shipped: Shipped) -> None:
    """Defaults are for all recipes; a provider that takes no steps still draws."""
    fields: dict[str, Value] = {"prompt": "A mug", "aspect_ratio": "1:1", "steps": 30}
    given = shipped("goneural").resolve(fields, frozenset({"prompt"}))
    assert "steps" not in given.values
    assert [(one.severity, one.code) for one in given.violations] == [("note", "E401")]


def test_a_seed_nobody_wrote_is_dropped_silently(shipped: Shipped) -> None:
    """Every job has an automatic seed; a note for each would say nothing."""
    fields: dict[str, Value] = {"prompt": "A mug", "seed": 7}
    given = shipped("rungen").resolve(fields, frozenset({"prompt"}))
    assert given.violations == ()
    assert "seed" not in given.values
    assert [one.code for one in found(shipped("rungen"), fields)] == ["E401"]


def test_a_field_is_taken_only_with_another(written: Written) -> None:
    """Where another of the requests has it, the message says what would choose that one."""
    text = """
    name: two
    revision: 1
    base_url: https://api.two.example
    submit:
      - given: [image, input_images]
        post: /edits
        form: {prompt: "${prompt}", image: "${image.file}", mask: "${mask.file}"}
      - post: /generations
        json: {prompt: "${prompt}"}
    reply: {results: url}
    """
    picture = ImageInput("a.png", "file", media_type="image/png", size=3)
    problems = found(written(text), {"prompt": "A mug", "mask": picture})
    assert problems[0].message == "two takes mask only with image or input_images"
    assert found(written(text), {"prompt": "A mug", "mask": picture, "image": picture}) == ()


def test_required_is_satisfied_by_params(shipped: Shipped) -> None:
    """What params put where the field would stand is given."""
    fields: dict[str, Value] = {"model": "gpt_image_2", "prompt": "A mug"}
    assert [one.code for one in found(shipped("runway"), fields)] == ["E402"]
    assert found(shipped("runway"), {**fields, "params": {"ratio": "auto"}}) == ()


def test_params_clash_with_what_the_recipe_fills(shipped: Shipped) -> None:
    """Two values for one field of the request: whoever wrote both must choose."""
    fields: dict[str, Value] = {"model": "gpt_image_2", "prompt": "A mug", "size": "2560x1440"}
    (problem,) = found(shipped("runway"), {**fields, "params": {"ratio": "auto"}})
    assert problem.code == "E407"
    assert "params.ratio" in problem.message
    default = shipped("runway").resolve(
        {**fields, "params": {"ratio": "auto"}}, frozenset({"prompt", "params"})
    )
    assert default.violations == ()
    assert "width" not in default.values


def test_models_differ(shipped: Shipped) -> None:
    """The constraints of the model that is asked for hold, in whatever case it is written."""
    runcrate = shipped("runcrate")
    pictures = tuple(ImageInput(f"https://example.com/{n}.png", "url") for n in range(9))
    flux2: dict[str, Value] = {"prompt": "A mug", "model": "x/flux.2-PRO", "input_images": pictures}
    (problem,) = found(runcrate, flux2)
    assert problem.message == "input_images has 9 pictures, and runcrate takes at most 8"
    assert found(runcrate, {**flux2, "input_images": pictures[:8]}) == ()
    canny: dict[str, Value] = {"prompt": "A mug", "model": "x/FLUX.1-Canny-pro"}
    assert [one.code for one in found(runcrate, canny)] == ["E402"]
    assert found(runcrate, {**canny, "control_image": URL}) == ()
    dev: dict[str, Value] = {"prompt": "A mug", "image": URL, "strength": Decimal("0.5")}
    assert found(runcrate, {**dev, "model": "black-forest-labs/FLUX.1-Krea-dev"}) == ()
    notes = found(runcrate, {**dev, "model": "black-forest-labs/FLUX.1-schnell"})
    assert {one.severity for one in notes} == {"note"}
    assert {one.field for one in notes} == {"image", "strength"}


def test_an_undocumented_default_is_not_sent(shipped: Shipped) -> None:
    """What the recipe asks for goes with a note; what merely is a default does not go at all."""
    fields: dict[str, Value] = {"prompt": "A mug", "model": "m", "strength": Decimal("0.5")}
    assert "strength" in shipped("runcrate").resolve(fields, frozenset(fields)).values
    assert "strength" not in shipped("runcrate").resolve(fields, frozenset({"prompt"})).values


@pytest.mark.parametrize(
    ("picture", "says"),
    [
        (ImageInput("http://example.com/a.png", "url"), "is not of the form"),
        (ImageInput("https://example.com/" + "a" * 2048, "url"), "at most 2,048"),
        (
            ImageInput("a.png", "file", media_type="image/png", size=6_000_000),
            "input_images.encoded is 8,000,022 bytes, and runway takes at most 5,242,880",
        ),
        (ImageInput("https://example.com/a.png", "url", tag="1st"), "input_images.tag"),
    ],
)
def test_pictures_are_checked_before_they_are_sent(
    shipped: Shipped, picture: ImageInput, says: str
) -> None:
    """Runway's limits of addresses, sizes and tags, without opening a file."""
    fields: dict[str, Value] = {"model": "gen4_image", "prompt": "A mug", "size": "720x720"}
    (problem,) = found(shipped("runway"), {**fields, "input_images": (picture,)})
    assert says in problem.message


def test_an_address_does_not_do_where_bytes_travel(written: Written) -> None:
    """A form wants the picture itself; fetching it is not this program's guess to make."""
    text = """
    name: parts
    revision: 1
    base_url: https://api.parts.example
    submit: {post: /edits, form: {prompt: "${prompt}", image: "${image.file}"}}
    reply: {results: url}
    """
    (problem,) = found(written(text), {"prompt": "A mug", "image": URL})
    assert problem.code == "E408"


@pytest.mark.parametrize("model", ["..", "a//b", "/a", "a/", "a/../b"])
def test_a_model_cannot_climb_out_of_its_address(written: Written, model: str) -> None:
    """A model is part of some addresses, and comes from a catalogue."""
    text = """
    name: path
    revision: 1
    base_url: https://api.path.example
    submit: {post: "/v1/${model}/draw", json: {prompt: "${prompt}"}}
    reply: {results: url}
    """
    codes = [one.code for one in found(written(text), {"prompt": "A mug", "model": model})]
    assert codes == ["E409"]
    assert [one.code for one in found(written(text), {"prompt": "A mug"})] == ["E402"]


def test_prices_are_published_or_unknown(shipped: Shipped) -> None:
    """By model and size; never 0 because nobody knows."""

    def price(name: str, entry: dict[str, Json] | None = None, **fields: Value) -> Decimal | None:
        given: dict[str, Value] = {"prompt": "A mug", **fields}
        return shipped(name, **(entry or {})).resolve(given, frozenset(given)).price

    assert price("runway", model="gen4_image", size="1280x720") == Decimal("0.05")
    assert price("runway", model="gen4_image", aspect_ratio="16:9") == Decimal("0.08")
    assert price("runway", model="ideogram_4_0", params={"quality": "low"}) == Decimal("0.04")
    assert price("runway", model="ideogram_4_0") is None
    assert price("runcrate", model="black-forest-labs/FLUX.1-schnell") == Decimal("0.003")
    assert price("runcrate", model="black-forest-labs/FLUX.2-pro") is None
    assert price("cometapi-runway", model="gen4_image") == Decimal("0.32")
    assert price("rungen", {"vars": {"app_id": "a"}}) is None
    assert price("openai-images", {"price": 0}) == 0
    table: list[Json] = [{"model": "sd*", "usd": Decimal("0.01")}]
    assert price("openai-images", {"price": table}, model="sdxl") == Decimal("0.01")
    assert price("openai-images", {"price": table}, model="flux") is None


def test_the_same_fields_resolve_the_same_again(shipped: Shipped) -> None:
    """What is remembered for a model must not leak from one job into the next."""
    runway = shipped("runway")
    one: dict[str, Value] = {"model": "gen4_image", "prompt": "A mug", "aspect_ratio": "16:9"}
    first = runway.resolve(one, frozenset(one))
    other = runway.resolve({**one, "aspect_ratio": "1:1", "seed": 3}, frozenset(one))
    assert other.values["width"] == 1024
    assert runway.resolve(one, frozenset(one)) == first
    assert "seed" not in runway.resolve(one, frozenset(one)).values
