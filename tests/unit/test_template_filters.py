"""Filters: what catalogues need, each with the example that the documentation shows."""

from __future__ import annotations

import locale
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagepipe.template import TemplateError, Templates
from imagepipe.template.filters import available
from imagepipe.template.guide import CATALOGUE, OTHERS, SAMPLE
from imagepipe.template.wording import convert, number, striptags, truncate

ENTRIES = (*CATALOGUE, *OTHERS)


def render(source: str, **data: object) -> str:
    return Templates().prompt(source).render({**SAMPLE, **data})


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.name for entry in ENTRIES])
def test_an_example_gives_what_the_page_says(entry: object) -> None:
    """The table in docs/templates.md."""
    example, gives = str(getattr(entry, "example", "")), getattr(entry, "gives", None)
    assert render(example) == gives


def test_every_filter_is_on_the_page() -> None:
    """But for those that no template can write."""
    assert sorted(e.name for e in ENTRIES) == sorted(n for n in available() if " " not in n)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ long | truncate(19) }}", "A very long…"),
        ("{{ long | truncate(20, true, '') }}", "A very long product"),
        ("{{ long | truncate(400) }}", SAMPLE["long"]),
        ("{{ 'Donaudampfschifffahrt' | truncate(8) }}", "Donauda…"),
        ("{{ 'a, b c' | truncate(4) }}", "a…"),
        ("{{ cell | split('|') | map('upper') | join('/') }}", "RED/GREEN/BLUE"),
        ("{{ tags | map(attribute='name') | sort | join(' ') }}", "eco new"),
        ("{{ '-0.004' | number(2) }} {{ '.5' | number }} {{ 7 | number(1) }}", "0.00 0.5 7.0"),
        ("{{ '2.5' | number(0) }} {{ '3.5' | number(0) }}", "3 4"),
        ("{{ '1234567890123456789012345' | number }}", "1,234,567,890,123,456,789,012,345"),
        ("{{ '12' | convert('in', 'cm') | unit('cm', 1) }}", "30.5 cm"),
        ("{{ '1' | convert('ft', 'in') }}", "12"),
        ("{{ '<style>p{}</style>a<br>b<!-- c --><script>x' | striptags }}", "a b"),
    ],
)  # fmt: skip
def test_edges(source: str, text: str) -> None:
    """Half up, no minus before nothing, words kept whole unless there is but one."""
    assert render(source) == text


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ name | number }}", '"stoneware mug" is no number'),
        ("{{ '1,234' | number }}", "without signs for thousands"),
        ("{{ '€5' | unit('EUR') }}", "no number"),
        ("{{ price | number(99) }}", "0 to 12 decimals"),
        ("{{ weight | convert('g', 'cm') }}", "no way from 'g' to 'cm'"),
        ("{{ tags | join(', ') }}", "name one of its attributes"),
        ("{{ tags | join(', ', attribute='nme') }}", 'the map has no "nme"'),
        ("{{ cell | split('') }}", "at least one character"),
        ("{{ long | truncate(1, end='...') }}", "no room"),
        ("{{ none }}", "`none` is put into a text"),
    ],
)
def test_what_does_not_fit_is_told(source: str, words: str) -> None:
    """In words, and never a text with "None" in it."""
    with pytest.raises(TemplateError) as caught:
        render(source)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("a {{ color }}", "color"),
        ("a {{ color | upper }}", "color"),
        ("a {{ product.color | trim | title }}", "product.color"),
        ("a {{ product['color'] }}", "product.color"),
        ("{{ gap }} b", "gap"),
    ],
)
def test_an_empty_field_is_an_error_that_knows_its_name(source: str, name: str) -> None:
    """Blanks are nothing too."""
    with pytest.raises(TemplateError) as caught:
        render(source, product={"color": ""}, gap=" \t")
    assert (caught.value.empty, caught.value.name) == (True, name)


@pytest.mark.parametrize(
    "source",
    [
        "a{{ color | default('', true) }}",
        "a{{ color | d('', true) | upper }}",
        "a{% if color %}{{ color }}{% endif %}",
        "a{{ color if color else '' }}",
        "a{{ '' }}",
        "a{% for part in parts %}{{ part }}{% endfor %}",
    ],
)
def test_an_empty_text_that_is_meant_is_fine(source: str) -> None:
    """A default, a condition, or an item of a list."""
    assert render(source, parts=["", " "]).strip() == "a"


def test_no_locale_changes_a_number() -> None:
    """The same data gives the same prompt, and so the same key, on every machine."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, "")
        assert number("1234567.5", 2) == "1,234,567.50"
        assert render("{{ 'istanbul' | title }} {{ 'I' | lower }}") == "Istanbul i"
    finally:
        locale.setlocale(locale.LC_ALL, before)


@settings(deadline=None)
@given(st.text(max_size=200), st.integers(1, 60))
def test_a_cut_text_is_never_longer(text: str, length: int) -> None:
    """Not by an ellipsis either; and what fits is not touched."""
    cut = truncate(text, length)
    assert len(cut) <= length
    assert cut == text.strip() or cut.endswith("…")


@settings(deadline=None)
@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9
    )
)
def test_a_number_is_read_back_exactly(value: Decimal) -> None:
    """Grouping changes no digit."""
    assert Decimal(number(f"{value:f}").replace(",", "")) == value


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_there_and_back_is_the_same(value: int) -> None:
    """Metric units are exact."""
    assert convert(convert(str(value), "g", "kg"), "kg", "g") == value


@settings(deadline=None)
@given(st.text("<>!-/abscriptyle &;#x", max_size=60))
def test_html_of_any_kind_leaves_no_tag(text: str) -> None:
    """What is left of it holds no comment and no script that was closed."""
    assert "<!--" not in striptags(text) or "&" in text
