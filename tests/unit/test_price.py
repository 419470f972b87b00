"""Price tables: the first row that fits, and no price where nobody published one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from imagepipe.price import UNKNOWN, Glob, Per, PriceRow, PriceTable, flat


def row(usd: str, **conditions: str) -> PriceRow:
    named = tuple((name, (Glob(text),)) for name, text in conditions.items())
    return PriceRow(Decimal(usd), named)


def priced(table: PriceTable, **values: str) -> Decimal | None:
    return table.price(values.get)


def test_the_first_row_that_fits_is_the_price() -> None:
    """Specific rows stand before general ones, so order decides."""
    table = PriceTable((row("0.05", model="a", size="1280:720"), row("0.08", model="a")))
    assert priced(table, model="a", size="1280x720") == Decimal("0.05")
    assert priced(table, model="a", size="1920x1080") == Decimal("0.08")
    assert priced(table, model="a") == Decimal("0.08")
    assert priced(table, model="b") is None


def test_unknown_is_not_free() -> None:
    """No row is no price; a row of 0 is one."""
    assert priced(UNKNOWN) is None
    assert priced(flat(Decimal(0))) == 0


def test_any_of_several_globs_will_do() -> None:
    """A list of patterns is an or."""
    table = PriceTable((PriceRow(Decimal(1), (("model", (Glob("a*"), Glob("b"))),)),))
    assert [priced(table, model=name) for name in ("ax", "b", "bx")] == [1, 1, None]


def test_own_rows_come_before_the_others() -> None:
    """What the user says of one model leaves the published price of the others."""
    table = PriceTable((row("0.01", model="a"),)).before(PriceTable((row("0.08", model="*"),)))
    assert priced(table, model="a") == Decimal("0.01")
    assert priced(table, model="b") == Decimal("0.08")
    assert table.names == ("model",)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*flux*schnell*", "black-forest-labs/FLUX.1-schnell", True),
        ("SAFETY*", "safety.input", True),
        ("SAFETY*", "INPUT.SAFETY", False),
        ("a[1]?", "a[1]?", True),
        ("a[1]?", "a1x", False),
        ("a.c", "abc", False),
        ("", "", True),
        ("*", "several\nlines", True),
    ],
)
def test_a_star_is_the_only_wildcard(pattern: str, text: str, fits: bool) -> None:
    """Vendors' words hold brackets, dots and question marks, which mean themselves."""
    assert Glob(pattern).matches(text) is fits


def test_globs_of_one_text_are_equal() -> None:
    """The compiled form is no part of what a glob is."""
    assert Glob("a*") == Glob("a*")
    assert hash(Glob("a*")) == hash(Glob("a*"))


def sized(table: PriceTable, pixels: int | None, rate: str | None = None) -> Decimal | None:
    def look(name: str) -> str | None:
        return str(pixels) if name == "pixels" and pixels is not None else None

    return table.price(look, Decimal(rate) if rate else None)


def test_credits_cost_what_a_credit_is_worth() -> None:
    """And nobody knows what, as long as nobody says so."""
    table = PriceTable((PriceRow(Decimal(5), credits=True),))
    assert sized(table, None, "0.01") == Decimal("0.05")
    assert sized(table, None) is None


@pytest.mark.parametrize(
    ("per", "pixels", "usd"),
    [
        ("picture", None, "0.03"),
        ("megapixel", 1_500_000, "0.045"),
        ("megapixel", None, None),
        ("started_megapixel", 1_000_000, "0.03"),
        ("started_megapixel", 1_000_001, "0.06"),
        ("started_megapixel", None, None),
    ],
)
def test_a_price_by_megapixel(per: Per, pixels: int | None, usd: str | None) -> None:
    """Exact, or by each one begun; of a size that only the provider decides it is unknown."""
    table = PriceTable((PriceRow(Decimal("0.03"), per=per),))
    assert sized(table, pixels) == (None if usd is None else Decimal(usd))


def test_a_row_up_to_a_size() -> None:
    """Rows in order make steps; without a size none of them is guessed."""
    small = PriceRow(Decimal(1), up_to=Decimal("1.5"))
    table = PriceTable((small, PriceRow(Decimal(2))))
    assert [sized(table, n) for n in (1_500_000, 1_500_001)] == [1, 2]
    assert sized(table, None) is None
    assert table.names == ("pixels",)


def test_a_row_for_what_is_given_or_lacking() -> None:
    """A default of the vendor's own has a price too."""
    row = PriceRow(Decimal(8), given=("input_images",), lacking=("params.quality",))
    table = PriceTable((row,))
    assert table.names == ("?input_images", "?params.quality")
    assert priced(table, **{"?input_images": "given"}) == 8
    assert priced(table) is None
    assert priced(table, **{"?input_images": "given", "?params.quality": "given"}) is None
