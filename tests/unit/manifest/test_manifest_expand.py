"""From products, recipes, axes and count to jobs: order, paths, seeds, keys."""

from __future__ import annotations

import pytest

from imagepipe.errors import InputError
from imagepipe.key import auto_seed
from imagepipe.manifest import check, expand
from imagepipe.model import ImageInput
from tests.fakes.files import BASE, ONE, PNG, jobs, loaded

MATRIX = """\
images:
  hero: {prompt: "a {{ name }}", count: 2}
  life:
    prompt: "{{ name }} in {{ place }}"
    matrix: {place: [wood, town], aspect_ratio: ["1:1", "16:9"]}
"""


def test_jobs_come_in_the_order_of_products_recipes_axes_and_index() -> None:
    """The order is a promise: limits and samples take the first ones."""
    assert [job.path for job in jobs(BASE + MATRIX)][:6] == [
        "MUG-1/hero",
        "MUG-1/hero-2",
        "MUG-1/life-wood-1-1",
        "MUG-1/life-wood-16-9",
        "MUG-1/life-town-1-1",
        "MUG-1/life-town-16-9",
    ]


def test_expansion_can_be_repeated_and_narrowed_to_a_provider() -> None:
    """The second pass makes the same jobs; one provider's jobs are a part of them."""
    text = BASE + 'images:\n  a: {prompt: "a {{ name }}"}\n'
    text += "  b: {prompt: x y, provider: rungen, aspect_ratio: '1:1', fit: nearest}\n"
    manifest = loaded(text + "providers: {rungen: {vars: {app_id: x}}}\n")
    assert check(manifest).problems == ()
    everything = list(expand(manifest))
    assert list(expand(manifest)) == everything
    assert list(expand(manifest, provider="rungen")) == [
        job for job in everything if job.provider == "rungen"
    ]
    assert list(expand(manifest, provider="nobody")) == []


def test_the_index_is_part_of_the_key_and_raising_the_count_changes_no_other_job() -> None:
    """Ten more pictures are ten more jobs, and nothing else."""
    two = jobs(BASE + 'images: {h: {prompt: "a {{ name }}", count: 2, seed: none}}\n')
    three = jobs(BASE + 'images: {h: {prompt: "a {{ name }}", count: 3, seed: none}}\n')
    assert len({job.key for job in three}) == 6
    kept = {(job.path, job.key) for job in three}
    assert {(job.path, job.key) for job in two} <= kept


def test_an_automatic_seed_comes_from_the_place_and_not_from_the_prompt() -> None:
    """Editing a prompt keeps the composition as far as the vendor does."""
    old, new = (
        jobs(BASE + f'images: {{h: {{prompt: "{word} {{{{ name }}}}", count: 2}}}}\n')
        for word in ("a", "the")
    )
    for before, after in zip(old, new, strict=True):
        assert before.key != after.key
        seeds = {job.candidates[0].values["seed"] for job in (before, after)}
        assert seeds == {auto_seed(before.spot)}


def test_a_fixed_seed_counts_up_and_none_sends_none() -> None:
    """`seed: 7` with a count of 2 is 7 and 8."""
    fixed = jobs(ONE + "images: {h: {prompt: a b, seed: 7, count: 2}}\n")
    assert [job.candidates[0].values["seed"] for job in fixed] == [7, 8]
    bare = jobs(ONE + "images: {h: {prompt: a b, seed: none}}\n")
    assert "seed" not in bare[0].candidates[0].values


def test_where_a_provider_takes_no_seed_none_is_sent_and_nothing_is_said() -> None:
    """Nobody asked for the automatic one."""
    text = "version: 1\nproviders: {rungen: {vars: {app_id: x}}}\n"
    manifest = loaded(text + "images: {h: {prompt: a b, provider: rungen, size: 512x512}}\n")
    assert check(manifest).notes == ()
    (job,) = expand(manifest)
    assert "seed" not in job.candidates[0].values


def test_a_written_field_that_is_not_taken_is_an_error_and_a_default_a_note() -> None:
    """What the recipe says itself was meant."""
    base = "version: 1\nproviders: {rungen: {vars: {app_id: x}}}\n"
    recipe = "prompt: a b, provider: rungen, size: 512x512"
    written = check(loaded(base + f"images: {{h: {{{recipe}, strength: 0.5}}}}\n"))
    assert [p.code for p in written.problems] == ["E401"]
    assert str(written.problems[0].place) == "m.yaml:3:70"
    default = check(loaded(base + f"defaults: {{strength: 0.5}}\nimages: {{h: {{{recipe}}}}}\n"))
    assert default.problems == ()
    assert [(n.code, n.severity) for n in default.notes] == [("E401", "note")]


def test_a_note_is_told_once_however_many_jobs_share_it() -> None:
    """A dropped default on 2 products x 4 pictures is one note."""
    text = BASE.replace("provider: runcrate", "provider: runcrate, strength: 0.5")
    manifest = loaded(text + 'images: {h: {prompt: "a {{ name }}", count: 4}}\n')
    assert len(check(manifest).notes) <= 1


def test_exclude_and_include_shape_the_matrix() -> None:
    """Every named axis of an `exclude` must match; an `include` is one combination more."""
    text = BASE + "images:\n  h:\n    prompt: '{{ name }} {{ a }} {{ b }}'\n    matrix:\n"
    text += "      a: [x, y]\n      b: [p, q]\n      exclude: [{a: x, b: q}]\n"
    text += "      include: [{a: z, b: z}]\n"
    axes = [job.axes for job in jobs(text) if job.product == "MUG-1"]
    assert axes == [
        (("a", "x"), ("b", "p")),
        (("a", "y"), ("b", "p")),
        (("a", "y"), ("b", "q")),
        (("a", "z"), ("b", "z")),
    ]


def test_axes_of_recipe_fields_reach_the_request_with_their_types() -> None:
    """`steps` is a number, `prompt` a name, `provider` another account."""
    text = ONE + "prompts: {a: an apple, b: a bee}\nimages:\n  h:\n"
    text += "    matrix: {prompt: [a, b], steps: [4, 8]}\n"
    found = [
        (j.candidates[0].values["prompt"], j.candidates[0].values["steps"]) for j in jobs(text)
    ]
    assert found == [("an apple", 4), ("an apple", 8), ("a bee", 4), ("a bee", 8)]


def test_reserved_names_win_and_columns_are_reached_through_product() -> None:
    """A column called `image` is `product["image"]`."""
    text = ONE + "products:\n- {sku: M, image: cup.png, index: nine}\nimages:\n  hero:\n"
    text += "    prompt: '{{ image }} {{ index }} {{ product[\"image\"] }} {{ product.index }}'\n"
    assert jobs(text)[0].candidates[0].values["prompt"] == "hero 1 cup.png nine"


def test_the_spot_of_a_job_is_what_its_seed_was_made_of() -> None:
    """The two ways to write a job's place do not drift apart."""
    for job in jobs(BASE + MATRIX):
        assert job.candidates[0].values["seed"] == auto_seed(job.spot)


def test_a_prompts_negative_yields_to_the_recipes() -> None:
    """What is written nearer wins."""
    prompts = "prompts: {p: {text: a mug, negative_prompt: text}}\n"
    near = jobs(ONE + prompts + "images: {h: {prompt: p, negative_prompt: hands}}\n")
    assert near[0].candidates[0].values["negative_prompt"] == "hands"
    default = ONE.replace("{provider", "{negative_prompt: blur, provider")
    far = jobs(default + prompts + "images: {h: {prompt: p}}\n")
    assert far[0].candidates[0].values["negative_prompt"] == "text"


def test_fallbacks_are_candidates_in_their_order() -> None:
    """Each with its own key; what a fallback does not take is left out with a note."""
    text = ONE + 'providers: {house: {uses: openai-images, base_url: "http://127.0.0.1:1/v1"}}\n'
    text += "images:\n  h: {prompt: a b, size: 512x512, steps: 4,"
    text += " fallback: [{provider: house, model: flux}]}\n"
    manifest = loaded(text)
    assert check(manifest).problems == ()
    (job,) = expand(manifest)
    assert [c.provider for c in job.candidates] == ["runcrate", "house"]
    assert job.candidates[1].values["model"] == "flux"
    assert "steps" not in job.candidates[1].values
    assert job.candidates[0].key != job.candidates[1].key


def test_paths_are_the_templates_with_every_segment_made_safe() -> None:
    """Only the template's own slashes make folders."""
    text = ONE + "products:\n- {sku: ../../etc/x, name: Straße 1}\n"
    text += 'images: {h: {prompt: a b, path: "{{ sku }}/{{ name }}//{{ image }}", count: 2}}\n'
    assert [job.path for job in jobs(text)] == ["etc-x/Strasse-1/h", "etc-x/Strasse-1/h-2"]


def test_a_path_that_names_the_index_gets_no_second_one() -> None:
    """The template decides where the number stands."""
    text = ONE + 'images: {h: {prompt: a b, count: 2, path: "{{ index }}/x"}}\n'
    assert [job.path for job in jobs(text)] == ["1/x", "2/x"]


def test_without_products_every_recipe_makes_its_pictures_once() -> None:
    """A manifest may be about single pictures."""
    found = jobs(ONE + "images: {logo: {prompt: a logo, count: 2}}\n")
    assert [(job.path, job.product) for job in found] == [("logo", ""), ("logo-2", "")]


def test_tags_and_place_are_on_the_job() -> None:
    """Selections and messages need them."""
    (job,) = jobs(ONE + "images: {logo: {prompt: a logo, tags: [summer]}}\n")
    assert job.tags == ("summer",)
    assert str(job.place) == "m.yaml:3:10"


KONTEXT = "version: 1\ndefaults: {provider: runcrate, model: flux-kontext}\n"


def test_a_local_image_counts_by_its_bytes() -> None:
    """Not by its name: the same picture elsewhere is the same request."""
    text = KONTEXT + "products:\n- {sku: M, pic: a.png}\n"
    text += 'images: {h: {prompt: a b, image: "refs/{{ pic }}", seed: none}}\n'
    (one,) = jobs(text, refs___a__png=PNG)
    (other,) = jobs(text.replace("a.png", "b.png"), refs___b__png=PNG)
    (changed,) = jobs(text, refs___a__png=PNG + b"x")
    assert one.key == other.key != changed.key
    image = one.candidates[0].values["image"]
    assert isinstance(image, ImageInput)
    assert (image.kind, image.media_type, image.size) == ("file", "image/png", len(PNG))


@pytest.mark.parametrize(
    ("source", "kind"),
    [("https://example.com/a.png", "url"), ("data:image/png;base64,iVBORw0KGgoAAAA=", "data")],
)
def test_addresses_and_data_are_inputs_too(source: str, kind: str) -> None:
    """An address is not looked at; data is decoded and digested."""
    (job,) = jobs(KONTEXT + f'images: {{h: {{prompt: a b, image: "{source}"}}}}\n')
    image = job.candidates[0].values["image"]
    assert isinstance(image, ImageInput)
    assert image.kind == kind
    assert (image.sha256 is not None) == (kind == "data")


def test_several_images_keep_their_order_and_tags() -> None:
    """A prompt refers to them by tag."""
    text = "version: 1\ndefaults: {provider: cometapi-runway, model: gen4_image}\n"
    text += "images:\n  h:\n    prompt: a b\n    aspect_ratio: '16:9'\n    input_images:\n"
    text += "    - {image: 'https://example.com/a.png', tag: product}\n    - https://example.com/b.png\n"
    (job,) = jobs(text)
    images = job.candidates[0].values["input_images"]
    assert isinstance(images, tuple)
    assert [(one.source, one.tag) for one in images] == [
        ("https://example.com/a.png", "product"),
        ("https://example.com/b.png", None),
    ]


def test_expanding_what_is_wrong_raises_it() -> None:
    """A file that changed after the check ends the stream instead of leaving jobs out."""
    manifest = loaded(BASE + 'images: {h: {prompt: "a {{ nmae }}"}}\n')
    with pytest.raises(InputError, match="nmae"):
        list(expand(manifest))
