"""Prices as people write them, and what a request costs by them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from imagepipe.document import parse
from imagepipe.errors import Problem
from imagepipe.model import ImageInput, Json, Value
from imagepipe.provider import Misread, Provider, load_spec
from imagepipe.provider.tariffs import price_table

Shipped = Callable[..., Provider]
Slips = Callable[[str], list[Problem]]
SPECS = Path(__file__).parents[3] / "specs" / "providers"
URL = ImageInput("https://example.com/mug.png", "url")


def price(provider: Provider, **fields: Value) -> Decimal | None:
    given: dict[str, Value] = {"prompt": "A mug", **fields}
    return provider.resolve(given, frozenset(given)).price


@pytest.mark.parametrize(
    ("fields", "usd"),
    [
        ({"model": "gen4_image", "size": "1280x720"}, "0.05"),
        ({"model": "gen4_image", "size": "1920x1080"}, "0.08"),
        ({"model": "gen4_image_turbo", "size": "720x720", "input_images": (URL,)}, "0.02"),
        ({"model": "muse_image", "size": "1600x1600"}, "0.01"),
        ({"model": "bria_fibo_1_5", "size": "1152x768"}, "0.05"),
        ({"model": "bria_fibo_1_5", "size": "2048x2048"}, "0.10"),
        ({"model": "ideogram_4_0", "params": {"quality": "medium"}}, "0.07"),
        ({"model": "ideogram_4_0"}, None),
        ({"model": "ideogram_4_5"}, "0.25"),
        ({"model": "ideogram_4_5", "input_images": (URL,)}, "0.08"),
        (
            {"model": "ideogram_4_5", "input_images": (URL,), "params": {"preciseEdit": True}},
            "0.25",
        ),
        ({"model": "ideogram_4_5", "params": {"quality": "low"}}, "0.04"),
        ({"model": "seedream5_pro", "size": "1024x1024"}, None),
    ],
)
def test_what_runway_publishes(shipped: Shipped, fields: dict[str, Value], usd: str | None) -> None:
    """Credits of $0.01: runwayml/skills, and the docstrings of the package."""
    assert price(shipped("runway"), **fields) == (None if usd is None else Decimal(usd))


def test_another_rate_for_credits(shipped: Shipped) -> None:
    """A contract's rate moves the estimate and the bill alike."""
    runway = shipped("runway", credit_usd=Decimal("0.008"))
    assert price(runway, model="gen4_image", size="1280x720") == Decimal("0.04")


def test_credits_of_a_vendor_that_hides_what_they_are_worth(shipped: Shipped) -> None:
    """Unknown until both are said; then known exactly."""
    fields: dict[str, Value] = {"aspect_ratio": "1:1"}
    rows: list[Json] = [{"credits": 4}]
    assert price(shipped("goneural"), **fields) is None
    assert price(shipped("goneural", price=rows), **fields) is None
    both = shipped("goneural", price=rows, credit_usd=Decimal("0.005"))
    assert price(both, **fields) == Decimal("0.02")


def test_a_table_of_ones_own(shipped: Shipped) -> None:
    """Its rows come first, and the vendor's prices of what they do not name stay."""
    table: dict[str, Json] = {
        "as_of": "2026-12-01",
        "source": "our contract",
        "rows": [
            {"model": "seedream5*", "usd": "0.03", "per": "started_megapixel"},
            {"model": "muse_image", "usd": 0},
        ],
    }
    runway = shipped("runway", price=table)
    assert price(runway, model="seedream5_pro", size="1024x1024") == Decimal("0.06")
    assert price(runway, model="muse_image", size="1600x1600") == 0
    assert price(runway, model="gen4_image", size="1280x720") == Decimal("0.05")
    assert runway.prices.table.rows[0].source == "our contract"


def test_the_size_of_a_vendors_row_counts(shipped: Shipped) -> None:
    """`16:9 landscape 1344x768` has 1,032,192 pixels."""
    goneural = shipped("goneural", price=[{"usd": Decimal("0.02"), "per": "megapixel"}])
    assert price(goneural, aspect_ratio="16:9") == Decimal("0.02064384")


@pytest.mark.parametrize(
    ("value", "path", "says"),
    [
        ("dear", (), "is no amount"),
        (-1, (), "is no amount"),
        ([{"model": "x"}], (0,), "needs usd or credits"),
        ([{"usd": 1, "credits": 2}], (0,), "one of them"),
        ([{"usd": "1e"}], (0, "usd"), "is no amount"),
        (
            [{"usd": 1, "modle": "x"}],
            (0, "modle"),
            'cannot depend on "modle" (did you mean "model"?)',
        ),
        ([{"usd": 1, "per": "pixel"}], (0, "per"), 'not per "pixel"'),
        ([{"usd": 1, "given": "imag"}], (0, "given"), 'no recipe sets "imag"'),
        ([{"usd": 1, "as_of": "22.11.2026"}], (0, "as_of"), "write it as 2026-11-22"),
        ({"rows": [{"usd": 1}, {}]}, ("rows", 1), "needs usd or credits"),
        ({"row": []}, ("row",), 'unknown key "row" (did you mean "rows"?)'),
        ({"as_of": "2026-11-22"}, (), "under `rows`"),
        (["x"], (0,), "is a map"),
    ],
)
def test_a_price_that_cannot_be_read(value: Json, path: tuple[str | int, ...], says: str) -> None:
    """Told with its place: a row that never fits would be an unknown price for ever."""
    with pytest.raises(Misread) as caught:
        price_table(value)
    assert caught.value.path == path
    assert says in str(caught.value)


def test_a_slip_in_a_specs_table_is_placed(slips: Slips) -> None:
    """At the line it is in."""
    text = """\
    name: tiny
    revision: 1
    base_url: https://api.tiny.example
    submit: {post: /draw, json: {prompt: "${prompt}"}}
    reply: {results: url}
    price:
      as_of: 2026-11-22
      rows:
        - {usd: 0.1}
        - {usd: 0.2, sizze: 1x1}
    """
    (problem,) = slips(text)
    assert problem.place is not None
    assert problem.place.line == 10
    assert "sizze" in problem.message


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_published_price_has_a_date_and_a_source(path: Path) -> None:
    """So that one can see how old it is, and look it up."""
    spec = load_spec(parse(path.read_bytes(), path.name))
    for row in spec.price.rows:
        assert row.as_of is not None, row
        assert row.source is not None, row
