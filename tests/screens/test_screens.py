"""What is drawn in a terminal: as it was looked at, at the widths that people have."""

from __future__ import annotations

import pytest

from imagepipe import events
from imagepipe.render.grid import board_lines, text_of
from imagepipe.render.text import cells
from tests.screens.scenes import BEGUN, SCENES, begun, submit, time
from tests.screens.shots import FOLDER, SHOTS, drawn
from tests.unit.render.values import CENT, finished


@pytest.mark.parametrize("name", SHOTS)
def test_the_screens_are_as_they_were_looked_at(name: str) -> None:
    """`python -m tests.screens.shots` draws them anew; the change is there to be looked at."""
    assert SHOTS[name]() == (FOLDER / name).read_text(encoding="utf-8")


def test_every_file_is_a_screen_that_is_drawn() -> None:
    """None is left of a scene that is gone."""
    assert {path.name for path in FOLDER.glob("*.txt")} == set(SHOTS)


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("columns", [21, 40, 60, 79, 80, 81, 110, 119, 120, 150, 200, 300])
@pytest.mark.parametrize("height", [4, 10, 24])
def test_no_line_is_wider_and_no_board_higher_than_the_terminal(
    scene: str, columns: int, height: int
) -> None:
    """A line that wraps, or one too many, would make the display jump."""
    lines = drawn(SCENES[scene](), columns, height=height)
    assert len(lines) < height
    if columns >= 40:
        assert max(cells(text_of(line)) for line in lines) < columns


def test_columns_stay_where_they_are_while_digits_come() -> None:
    """Frames of one run differ in digits and reasons, not in layout."""
    board = begun({"acme": 300, "other": 20})
    heads = set()
    for number in range(300):
        submit(board, number, "acme", CENT, number / 10)
        board.take(finished(number), BEGUN + number / 10 + 0.05)
        lines = board_lines(board.standing(BEGUN + number / 10), 79, time=time)
        heads.add((text_of(lines[2]), len(lines)))
    assert len(heads) == 1


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252"])
def test_a_legacy_console_shows_the_same_table(encoding: str) -> None:
    """Stand-ins are one cell wide, so that the columns are as everywhere else; none is `?`."""
    there = SHOTS[f"busy.{encoding}.txt"]().splitlines()
    here = [text_of(line) for line in drawn(SCENES["busy"](), 80)]
    assert [len(line.rstrip()) for line in there] == [len(line) for line in here]
    assert "?" not in "".join(there)


def test_words_of_a_vendor_move_no_cursor() -> None:
    """A reason for waiting is foreign text."""
    board = begun({"acme": 5})
    board.take(
        events.GateClosed("acme", 60.0, "\x1b[2J\x1b]0;owned\x07slow\ndown", asked=True), BEGUN
    )
    shown = "".join(text_of(line) for line in board_lines(board.standing(BEGUN), 199, time=time))
    assert "as acme asked: slow down" in shown
    assert "\x1b" not in shown
