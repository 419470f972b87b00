"""The rows of live progress, as text, at the widths people have."""

from __future__ import annotations

from decimal import Decimal

import pytest

from imagepipe import events
from imagepipe.render.board import Board, Bounds
from imagepipe.render.grid import ROWS, grid, text_of
from imagepipe.render.text import cells
from tests.unit.render.values import finished, key, stopped


def busy() -> Board:
    """Three providers: one paced, one full, one closed; at 30 s."""
    board = Board({"runcrate": Bounds(Decimal(60)), "rungen": Bounds(None, 2)})
    work = {"runcrate": 400, "rungen": 600, "a-second-account-of-runway": 200}
    board.take(events.RunStarted("r", ("m",), 1_200, work), 0.0)
    for number in range(20):
        board.take(events.Submitting(key(number), "runcrate", "p", 1), float(number))
        board.take(finished(number, "runcrate"), number + 0.5)
    for number in (100, 101):
        board.take(events.Submitting(key(number), "rungen", "p", 1), 20.0)
    board.take(stopped(102, "rungen"), 21.0)
    board.take(finished(103, "rungen", cost=None), 22.0)
    board.take(events.GateClosed("a-second-account-of-runway", 45.0, "HTTP 429"), 20.0)
    return board


def lines(board: Board, width: int) -> list[str]:
    return [text_of(line) for line in grid(board, 30.0, width)]


def test_eighty_columns_hold_every_number() -> None:
    """Names and reasons give way; done, in flight, failed, rate, money and time do not."""
    assert lines(busy(), 80) == [
        "                 done  busy  fail  waiting                rate     spent    left",
        "a-second-…      0/200              200: closed 35 s",
        "runcrate       20/400              380: max 60/min      39/min    $0.200  10 min",
        "rungen          1/600     2     1  596: max 2 open                     ?",
        "all          21/1,200     2     1  1,176                39/min  $0.200+?",
    ]


def test_two_hundred_columns_spell_everything_out() -> None:
    """Whole names and reasons, and a bar."""
    shown = lines(busy(), 200)
    assert "in flight" in shown[0]
    assert "time left" in shown[0]
    assert shown[1].startswith("a-second-account-of-runway  ────────────────────────")
    assert "200: closed 35 s" in shown[1]
    assert "596: max 2 open" in shown[3]
    assert shown[2].startswith("runcrate                    ━───────")


@pytest.mark.parametrize("width", [40, 60, 79, 80, 100, 119, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """A line that wraps would make the display jump."""
    assert max(cells(line) for line in lines(busy(), width)) <= width


def test_columns_stay_where_they_are_while_digits_come() -> None:
    """Two frames of one run differ in digits, not in layout."""
    board = Board()
    board.take(events.RunStarted("r", ("m",), 300, {"acme": 300}), 0.0)
    first = lines(board, 80)[0]
    for number in range(120):
        board.take(events.Submitting(key(number), "acme", "p", 1), number / 10)
        board.take(finished(number), number / 10 + 0.05)
    assert lines(board, 80)[0] == first


def test_a_draining_run_promises_no_time() -> None:
    """What waits will not be sent; the row says so."""
    board = busy()
    board.take(events.Draining("SIGINT", 2), 29.0)
    shown = lines(board, 200)
    assert "380: stopping" in shown[2]
    assert "min" not in shown[2].partition("stopping")[2].replace("/min", "")


def test_many_providers_are_summed_up() -> None:
    """The busiest are shown, and the sum says how many are not."""
    board = Board()
    work = {f"p{number:02}": number for number in range(1, ROWS + 6)}
    board.take(events.RunStarted("r", ("m",), 99, work), 0.0)
    shown = lines(board, 120)
    assert len(shown) == 1 + ROWS + 1
    assert "p01" not in "\n".join(shown)
    assert shown[-1].startswith("all, 5 more")


def test_nothing_to_do_is_one_line() -> None:
    """A run that has nothing to do draws no empty table."""
    board = Board()
    board.take(events.RunStarted("r", ("m",), 9, {}), 0.0)
    assert lines(board, 80)[1].strip() == "nothing to do"
