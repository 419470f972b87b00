"""A provider's rules on a catalogue: all of them are told at once, each cause once."""

from __future__ import annotations

import io

from PIL import Image

from tests.fakes.files import BASE, checked, jobs, problems

ONE = "version: 1\ndefaults: {provider: runway, model: gen4_image}\nimages:\n"


def png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("1", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def told(text: str, **files: bytes | str) -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in problems(text, **files)]


def test_a_missing_picture_hides_nothing() -> None:
    """What the provider does not take is told beside it, without a second run."""
    text = BASE + "images: {h: {prompt: a b, provider: goneural, image: none.png, steps: 9}}\n"
    assert [code for code, _ in told(text)] == ["E420", "E401", "E401"]


def test_an_undefined_variable_hides_nothing() -> None:
    """Nor does a text that cannot be made; of its own length nothing is said."""
    text = BASE + 'images: {h: {prompt: "{{ colour }} mug", provider: goneural, steps: 9}}\n'
    assert [code for code, _ in told(text)] == ["E302", "E401"]


def test_every_value_of_an_axis_is_told() -> None:
    """Two sizes that are not to be had are two causes, and products are not."""
    text = (
        BASE
        + "images: {h: {prompt: a b, provider: goneural, matrix: {size: [900x900, 800x800]}}}\n"
    )
    found = problems(text)
    assert [one.message[:32] for one in found] == [
        "goneural has no size 900x900; it",
        "goneural has no size 800x800; it",
    ]
    assert [one.shared and one.shared.jobs for one in found] == [2, 2]


def test_a_length_that_rows_differ_in_is_one_cause() -> None:
    """501 and 502 characters break the same rule; too short is another one."""
    text = BASE + "images: {h: {prompt: '{{ name * 167 }}', provider: goneural}}\n"
    assert [code for code, _ in told(text)] == ["E403"]
    (problem,) = problems(text)
    assert problem.shared is not None
    assert problem.shared.jobs == 2


def test_a_default_size_that_a_provider_does_not_take_is_a_note() -> None:
    """Defaults are for all recipes; the recipe that needs another size writes it."""
    text = BASE + "images: {h: {prompt: a b, provider: house}}\n"
    text += 'providers: {house: {uses: openai-images, base_url: "http://127.0.0.1:1/v1"}}\n'
    found = checked(text)
    assert found.problems == ()
    assert found.jobs == 2
    (note,) = found.notes
    assert "takes pixels, not an aspect_ratio such as 1:1: the default is left out" in note.message


def test_a_fallback_draws_the_same_shape_or_none() -> None:
    """Left out, the picture would come in whatever shape the fallback likes."""
    text = ONE.replace("images:\n", "")
    text += "images: {h: {prompt: a b, size: 1920x1080, fallback: [goneural]}}\n"
    ((code, message),) = told(text)
    assert code == "E406"
    assert "goneural has no size 1920x1080" in message
    assert told(text.replace("size:", "fit: nearest, size:")) == []


def test_a_picture_knows_its_sides() -> None:
    """By its header, for a file and for a data URI."""
    text = ONE + "  h: {prompt: a b, size: 720x720, input_images: [a.png]}\n"
    (job,) = jobs(text, a__png=png(310, 17))
    pictures = job.candidates[0].values["input_images"]
    assert isinstance(pictures, tuple)
    (picture,) = pictures
    assert (picture.width, picture.height) == (310, 17)
    notes = checked(text, a__png=png(310, 17)).notes
    assert [note.code for note in notes] == ["E403"]
    assert "a.png: input_images.ratio is 18.2353" in notes[0].message


def test_an_address_of_the_vendor_is_no_file() -> None:
    """`runway://` goes to Runway as it is; elsewhere it is refused for what it is."""
    text = ONE + '  h: {prompt: a b, size: 720x720, input_images: ["runway://upload/1"]}\n'
    assert told(text) == []
    other = text.replace("size: 720x720, input_images: [", "provider: runcrate, image: ")
    other = other.replace('"]}', '"}')
    assert [code for code, _ in told(other)] == ["E405"]
