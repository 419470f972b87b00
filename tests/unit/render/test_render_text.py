"""Numbers, times and foreign words as text."""

from __future__ import annotations

from decimal import Decimal

import pytest

from imagepipe.render.columns import columns
from imagepipe.render.text import (
    cells,
    duration,
    fold,
    listed,
    money,
    plain,
    rate,
    shorten,
    shorten_path,
    wrap,
)
from tests.unit.render.values import ESCAPE


def test_terminal_escapes_of_others_are_taken_out() -> None:
    """A vendor's text can neither recolour a terminal, name its window, nor turn its direction."""
    assert plain(ESCAPE) == "red next"
    assert plain("\x9b2Jgone\x1b(Bx\x00\x7f") == "gonex"
    assert plain("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\") == "link"


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        ("0", "$0.00"),
        ("0.003", "$0.003"),
        ("12.5", "$12.50"),
        ("1234.5600", "$1,234.56"),
        ("0.0000001", "$0.000000"),
        ("1E+3", "$1,000.00"),
    ],
)
def test_money_has_cents_and_finer_digits_only_where_they_count(usd: str, text: str) -> None:
    """Prices of a tenth of a cent stay visible."""
    assert money(Decimal(usd)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.97, "10 s"),
        (59.6, "1 min"),
        (200, "3 min 20 s"),
        (900, "15 min"),
        (3_600, "1 h"),
        (7_500, "2 h 5 min"),
    ],
)
def test_a_duration_has_at_most_two_units(seconds: float, text: str) -> None:
    """People plan with minutes, not with 7,500.0 s."""
    assert duration(seconds) == text


def test_a_rate_shows_only_digits_that_can_be_believed() -> None:
    """3.2 a minute, but 1,200 a minute."""
    assert [rate(3.21), rate(1_200.4)] == ["3.2/min", "1,200/min"]


def test_wide_characters_count_as_two_columns() -> None:
    """A Japanese product name does not push the table out of the page."""
    assert cells("茶碗") == 4
    assert shorten("茶碗茶碗", 5) == "茶碗…"
    assert shorten_path("a/very/long/path/MUG-1/hero", 12) == "…/MUG-1/hero"


def test_wrapping_keeps_every_word_and_the_width() -> None:
    """Nothing is cut; a word longer than the page stands alone."""
    text = "one two three " + "x" * 30 + " four"
    lines = wrap(text, 12, indent="  ")
    assert " ".join(line.strip() for line in lines) == text
    assert all(len(line) <= 12 or line.strip() == "x" * 30 for line in lines)


def test_lists_are_read_aloud() -> None:
    """One, two, or several."""
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "a",
        "a and b",
        "a, b and c",
    ]


def test_a_table_is_never_wider_than_the_page() -> None:
    """The widest column gives way."""
    rows = [("name", "words"), ("x" * 50, "y" * 30)]
    assert all(len(line) <= 60 for line in columns(rows, 60))
    assert columns([], 60) == []


def test_a_message_is_folded_between_words_and_never_within_code() -> None:
    """A terminal would cut words in the middle; a command has to stay one that can be pasted."""
    text = "error: the store has blobs but no ledger\n   help: `imagepipe store repair` rebuilds it"
    assert fold(text, 30) == (
        "error: the store has blobs but\n   no ledger\n   help:\n"
        "   `imagepipe store repair`\n   rebuilds it"
    )
    assert fold(text, 80) == text
    excerpt = "   17 |     model: black-forest-labs/FLUX.1-schnell # the one"
    assert fold(excerpt, 30) == excerpt


def test_colours_take_no_room_in_a_folded_message() -> None:
    assert fold("\x1b[31merror\x1b[0m: no room here", 20) == "\x1b[31merror\x1b[0m: no room here"
