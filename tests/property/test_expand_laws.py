"""Laws of the quick ways through a catalogue: what they give is what the long ways give."""

from __future__ import annotations

import json
from decimal import Decimal
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from imagepipe.errors import InputError, Problem
from imagepipe.key import Frame, canonical, key_of
from imagepipe.manifest import check, paths
from imagepipe.manifest.moulds import Mould
from imagepipe.model import ImageInput, Job, Json, Value
from imagepipe.template import Condition, TemplateError, Templates, quick
from tests.fakes.files import PNG, loaded

awkward = st.sampled_from(
    ["", " ", "é", "e\u0301", "\u212b", '"', "\\", "\n", "\u2028", "\x7f", "😀", "a/b", "../x",
     "{{ x }}", "x" * 490, "x" * 999, "é" * 500, "x" * 5000, "CON", "-", "0", "12"]
)  # fmt: skip
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | awkward
heads: st.SearchStrategy[dict[str, Json]] = st.fixed_dictionaries(
    {"provider": texts, "revision": st.integers(0, 9), "identity": texts},
    optional={"vars": st.dictionaries(texts, texts, max_size=2)},
)
params: st.SearchStrategy[dict[str, Json]] = st.dictionaries(
    texts, st.none() | st.booleans() | st.integers() | texts | st.lists(texts), max_size=3
)
fields: st.SearchStrategy[dict[str, Value]] = st.fixed_dictionaries(
    {"prompt": texts},
    optional={
        "negative_prompt": texts,
        "seed": st.integers(0, 2**31),
        "model": texts,
        "steps": st.integers(1, 99),
        "guidance": st.decimals(allow_nan=False, allow_infinity=False, places=2),
        "image": st.builds(ImageInput, texts, st.just("url"), st.none() | texts),
        "params": params,
    },
)


@settings(deadline=None)
@given(heads, fields, st.data())
def test_a_frame_gives_the_key_of_the_whole_request(
    head: dict[str, Json], values: dict[str, Value], data: st.DataObject
) -> None:
    """Whichever fields are left open, and whatever they had when the frame was made."""
    names = [name for name in ("prompt", "negative_prompt", "seed") if name in values]
    opened = sorted(data.draw(st.sets(st.sampled_from(names))))
    index = data.draw(st.integers(1, 1000))
    frame = Frame(head, {**values, **dict.fromkeys(opened, "before")}, opened)
    filled = {name: values[name] for name in opened}
    whole = canonical(head, values, index)
    assert frame.canonical(filled, index) == whole  # type: ignore[arg-type]  # texts and numbers
    assert frame.key(filled, index) == key_of(whole)  # type: ignore[arg-type]  # likewise


# A model, and a size that the provider has for it.
PROVIDERS: dict[str, dict[str, Json]] = {
    "cometapi-runway": {"model": "gen4_image", "size": "1024x1024"},
    "goneural": {"aspect_ratio": "1:1"},
    "runcrate": {"model": "black-forest-labs/FLUX.1-schnell", "size": "1024x768", "steps": 4},
    "runway": {"model": "gen4_image", "size": "1024x1024"},
    "house": {"model": "my-model", "params": {"quality": "high"}},
    "rented": {"size": "1024x1024"},
}
ENTRIES = {
    "house": {"uses": "openai-images", "base_url": "http://127.0.0.1:1/v1", "price": 0},
    "rented": {"uses": "rungen", "vars": {"app_id": "my-app"}},
}
PROMPTS = (
    "a {{ name }}", "a {{ color }} {{ name }}, {{ sku }}", "{{ name | upper }} {{ index }}",
    "{% if color %}{{ color }} {% endif %}{{ name }}", "a fixed text",
)  # fmt: skip
OPTIONAL: dict[str, st.SearchStrategy[Json]] = {
    "negative_prompt": st.sampled_from(["{{ color }}", "text", "{{ name }} {{ color }}"]),
    "seed": st.sampled_from(["auto", "none", 7]),
    "count": st.just(2),
    "matrix": st.sampled_from([{"seed": [1, 2]}, {"steps": [2, 500]}]),
    "where": st.sampled_from(["stock | int > 0", "name != ''"]),
    "path": st.sampled_from(
        [
            "{{ sku }}/{{ image }}",
            "{{ name | slug }}-{{ sku }}-{{ index }}",
            "{{ color }}/{{ sku }}",
        ]
    ),
}
WRONG: dict[str, st.SearchStrategy[Json]] = {
    "prompt": st.just("{{ missing }} {{ name }}"),
    "where": st.just("color"),
    "steps": st.just(500),
    "size": st.just("20x20"),
    "image": st.sampled_from(["a.png", "{{ color }}.png", "https://example.com/a.png"]),
    "params": st.just({"prompt": "mine", "n": 1}),
    "fallback": st.sampled_from([["runcrate"], ["goneural"], [{"provider": "runway"}]]),
}


@st.composite
def recipes(draw: st.DrawFn) -> dict[str, Json]:
    """A recipe of any provider: one that it takes; in every fourth, something it may not."""
    name = draw(st.sampled_from(sorted(PROVIDERS)))
    recipe = {"provider": name, "prompt": draw(st.sampled_from(PROMPTS)), **PROVIDERS[name]}
    for field in draw(st.sets(st.sampled_from(sorted(OPTIONAL)), max_size=3)):
        recipe[field] = draw(OPTIONAL[field])
    if draw(st.integers(0, 3)) == 0:
        field = draw(st.sampled_from(sorted(WRONG)))
        recipe[field] = draw(WRONG[field])
    return recipe


rows = st.fixed_dictionaries(
    {"name": texts, "color": texts, "stock": st.sampled_from("0123")}, optional={"extra": texts}
)


def seen(text: str, lines: str) -> tuple[list[Job], list[Problem], list[Problem]]:
    """The jobs, problems and notes of a manifest."""
    jobs: list[Job] = []
    try:
        found = check(loaded(text, a__png=PNG, p__jsonl=lines), jobs.append)
    except InputError as error:
        return [], list(error.problems), []
    return jobs, list(found.problems), list(found.notes)


@settings(max_examples=100, deadline=None)
@given(st.lists(recipes(), min_size=1, max_size=2), st.lists(rows, min_size=1, max_size=4))
def test_casting_gives_the_jobs_and_problems_of_the_long_way(
    made: list[dict[str, Json]], catalogue: list[dict[str, str]]
) -> None:
    """Keys, requests, paths, prices, problems and notes, for every built-in provider."""
    products = ({"sku": f"P-{number}", **row} for number, row in enumerate(catalogue))
    lines = "\n".join(json.dumps(product) for product in products)
    images = {f"i{number}": recipe for number, recipe in enumerate(made)}
    manifest = {
        "version": 1,
        "providers": ENTRIES,
        "products": {"from": "p.jsonl"},
        "images": images,
    }
    text = json.dumps(manifest)
    quickly = seen(text, lines)
    with (
        patch.object(Mould, "cast", lambda *_: None),
        patch.object(quick, "_parts", lambda *_, **__: None),
        patch.object(Condition, "holds", Condition._truth),
        patch.object(paths, "segment", paths._made_safe),
    ):
        assert seen(text, lines) == quickly


contexts = st.dictionaries(
    st.sampled_from(["name", "color", "a"]), texts | st.integers() | st.lists(texts), max_size=3
)
sources = st.lists(
    st.sampled_from(["A ", "{{ name }}", "{{ color|slug }}", "{{ a }}", "\n", "{# no #}", "é"])
).map("".join)


@settings(deadline=None)
@given(sources, contexts, st.booleans())
def test_a_text_of_names_is_what_jinja_makes_of_it(
    source: str, context: dict[str, object], path: bool
) -> None:
    """Or the error that Jinja tells."""

    def rendered() -> str:
        templates = Templates()
        try:
            return (templates.path if path else templates.prompt)(source).render(context)
        except TemplateError as error:
            return f"error: {error}"

    quickly = rendered()
    with patch.object(quick, "_parts", lambda *_, **__: None):
        assert rendered() == quickly


@given(st.text(max_size=120) | awkward)
def test_a_name_that_looks_safe_is_safe(text: str) -> None:
    assert paths.segment(text) == paths._made_safe(text)


def test_a_condition_says_the_same_when_it_is_asked_again() -> None:
    """Also of data that it cannot remember: long texts, lists, names that are not there."""
    condition = Templates().where("stock | int > 0")
    stocks: list[object] = ["1", "0", "1", "0" * 100, ["1"], 1, Decimal(2)]
    for stock in stocks * 2:
        context = {"stock": stock}
        assert condition.holds(context) is condition._truth(context)
