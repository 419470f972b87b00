"""What a spec can say of requests: conditions of entries, notes by key, facts of pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from imagepipe.errors import Problem
from imagepipe.model import ImageInput, Value
from imagepipe.provider import Provider, Violation

Written = Callable[..., Provider]
Slips = Callable[[str], list[Problem]]

HEAD = """\
name: tiny
revision: 1
base_url: https://api.tiny.example
submit:
  post: /draw
  json:
    prompt: ${prompt}
    model: ${model}
    size: ${width}x${height}
    steps: ${steps}
    image: ${image.uri}
    refs: {each: input_images, item: {uri: "${item.uri}", tag: "${item.tag}"}}
reply: {results: url}
"""
FILE = ImageInput("mug.png", "file", None, "0" * 64, "image/png", 1_000, 800, 600)


def found(
    provider: Provider, written: frozenset[str] | None = None, **fields: Value
) -> list[Violation]:
    given: dict[str, Value] = {"prompt": "A mug", "model": "m", **fields}
    return list(
        provider.resolve(given, frozenset(given) if written is None else written).violations
    )


def test_an_entry_applies_where_a_field_is_given_or_lacking(written: Written) -> None:
    """A rule over two fields, without any other condition in the language."""
    provider = written(
        HEAD
        + """\
models:
  - {match: m, lacking: "input_images[1]", takes: {size: {taken: no, say: give two pictures}}}
  - {match: m, given: params.fast, takes: {steps: {max: 4}}}
"""
    )
    (bad,) = found(provider, size="640x640", input_images=(FILE,))
    assert (bad.code, bad.hint) == ("E401", "remove it; give two pictures")
    (bad,) = found(provider, aspect_ratio="1:1", input_images=(FILE,))
    assert (bad.code, bad.hint) == ("E401", "remove it; give two pictures")
    assert found(provider, size="640x640", input_images=(FILE, FILE)) == []
    assert found(provider, steps=8) == []
    assert [one.rule for one in found(provider, steps=8, params={"fast": True})] == ["max"]
    assert found(provider, steps=8, params={"fast": False}) == []
    assert found(provider, model="other", size="640x640") == []


def test_a_note_can_be_about_one_key(written: Written) -> None:
    """What one page doubts does not make a note of what all of them say."""
    provider = written(
        HEAD + 'takes: {image: {required: yes}, steps: {min: 1, max: 9, note: {max: "one page"}}}\n'
    )
    assert [one.severity for one in found(provider, steps=0, image=FILE)] == ["error"]
    (doubt,) = found(provider, steps=10, image=FILE)
    assert doubt.severity == "note"
    assert doubt.message.endswith("(one page)")


@pytest.mark.parametrize(
    ("rule", "picture", "says"),
    [
        (
            "width: {max: 799}",
            FILE,
            "mug.png: image.width is 800 pixels, and tiny takes at most 799",
        ),
        ("height: {min: 601}", FILE, "image.height is 600 pixels, and tiny takes at least 601"),
        ("pixels: {max: 479999}", FILE, "image.pixels is 480,000 pixels"),
        ("ratio: {max: 1.3}", FILE, "image.ratio is 1.3333, and tiny takes at most 1.3"),
        ("bytes: {max: 999}", FILE, "image.bytes is 1,000 bytes"),
        ("mime: {one_of: [image/jpeg]}", FILE, 'image.mime is "image/png"'),
    ],
)
def test_a_picture_is_checked_by_its_header(
    written: Written, rule: str, picture: ImageInput, says: str
) -> None:
    """The message says which picture; what nobody knows breaks nothing."""
    provider = written(HEAD + f"takes: {{image.{rule}}}\n")
    (bad,) = found(provider, image=picture)
    assert says in bad.message
    unknown = ImageInput("https://example.com/mug.png", "url")
    assert found(provider, image=unknown) == []
    assert found(provider, image=replace(picture, width=None, height=None, size=None)) == [] or (
        "mime" in rule
    )


def test_tags_must_differ(written: Written) -> None:
    """Two pictures of one name could not be told apart in a prompt."""
    provider = written(HEAD + "takes: {input_images.tag: {unique: yes}}\n")
    mug = replace(FILE, tag="mug")
    (bad,) = found(provider, input_images=(mug, FILE, mug))
    assert bad.message == 'two of input_images have the tag "mug", and tiny takes each once'
    assert found(provider, input_images=(FILE, FILE, mug)) == []


def test_an_address_of_another_kind_is_for_who_takes_it(written: Written) -> None:
    """`s3://` is no file that is missing; a provider that takes it says so by a pattern."""
    bucket = ImageInput("s3://shop/mug.png", "url")
    (bad,) = found(written(HEAD), image=bucket)
    assert (bad.code, bad.rule) == ("E405", "scheme")
    assert "s3://shop/mug.png" in bad.message
    takes = HEAD + 'takes: {image.url: {pattern: "^(https|s3)://"}}\n'
    assert found(written(takes), image=bucket) == []


def test_a_signed_address_is_not_repeated(written: Written) -> None:
    """What follows the question mark may be a signature."""
    signed = ImageInput("http://example.com/a.png?X-Signature=canary", "url")
    (bad,) = found(written(HEAD + "takes: {image.url: {max: 9}}\n"), image=signed)
    assert "canary" not in f"{bad.message}{bad.hint}"


@pytest.mark.parametrize(
    ("default", "note"),
    [
        ({"size": "4000x4000"}, "width is 4,000 pixels, and tiny takes at most 2,048: the default"),
        ({"aspect_ratio": "16:9"}, "takes pixels, not an aspect_ratio such as 16:9: the default"),
        ({"steps": 50}, "steps is 50, and tiny takes at most 9: the default is left out"),
    ],
)
def test_a_default_that_is_not_taken_is_left_out(
    written: Written, default: dict[str, Value], note: str
) -> None:
    """A note; written in the recipe it is an error."""
    provider = written(HEAD + "takes: {width: {max: 2048}, height: {max: 4096}, steps: {max: 9}}\n")
    given: dict[str, Value] = {"prompt": "A mug", "model": "m", **default}
    resolution = provider.resolve(given, frozenset({"prompt"}))
    assert {one.severity for one in resolution.violations} == {"note"}
    assert note in resolution.violations[0].message
    assert resolution.values.keys() == {"prompt", "model"}
    written_too = provider.resolve(given, frozenset(given)).violations
    assert "error" in {one.severity for one in written_too}


def test_a_default_that_is_needed_is_an_error(written: Written) -> None:
    """Left out, the request would lack what the provider requires."""
    provider = written(HEAD + "takes: {size: {required: yes}}\nsizes: [640x640, 640x480]\n")
    given: dict[str, Value] = {"prompt": "A mug", "size": "999x999"}
    (bad,) = provider.resolve(given, frozenset({"prompt"})).violations
    assert (bad.code, bad.severity) == ("E406", "error")
    assert "640x640" in (bad.hint or "")


def test_a_list_that_is_open_takes_other_pixels(written: Written) -> None:
    """Listed sizes by ratio; all others within the bounds as they are."""
    takes = "takes: {size: {free: yes}, pixels: {max: 1000000}}\nsizes: [800x800, 1200x800]\n"
    provider = written(HEAD + takes)
    given: dict[str, Value] = {"prompt": "A mug", "aspect_ratio": "3:2"}
    assert provider.resolve(given, frozenset(given)).values["width"] == 1200
    assert found(provider, size="640x480") == []
    (bad,) = found(provider, size="1600x1000")
    assert bad.hint == "write size: 1264x790 (the nearest), or fit: nearest"
    assert found(provider, size="1600x1000", fit="nearest") == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("models: [{match: m, given: imagge}]", 'no recipe sets "imagge" (did you mean "image"?)'),
        ("models: [{match: m, lacking: ['prompt[1]']}]", 'no recipe sets "prompt[1]"'),
        ("takes: {steps: {note: {maxx: a}}}", 'unknown key "maxx" (did you mean "max"?)'),
        ("takes: {image.depth: {max: 1}}", 'nothing is called "image.depth"'),
        ("takes: {image.tag: {unique: perhaps}}", "must be yes or no"),
    ],
)
def test_slips_of_an_author_are_found_at_load(slips: Slips, line: str, says: str) -> None:
    """A name that nothing has would never be looked at."""
    assert any(says in problem.message for problem in slips(HEAD + line + "\n"))


def test_a_model_that_is_not_listed(written: Written) -> None:
    """A pattern fits in any case; the suggestion comes from the ids that are spelt out."""
    takes = 'takes: {model: {one_of: [acme/Draw-2, "*lite*"], note: {one_of: the list is open}}}\n'
    provider = written(HEAD + takes)
    assert found(provider, model="acme/Draw-2") == []
    assert found(provider, model="Acme/LITE-9") == []
    (doubt,) = found(provider, model="acme/Darw-2")
    assert doubt.severity == "note"
    says = 'tiny lists no model "acme/Darw-2" (did you mean "acme/Draw-2"?) (the list is open)'
    assert doubt.message == says
