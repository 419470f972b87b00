"""A run as a person sees it: in a terminal that is resized and interrupted, and from another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.shop import Shop
from tests.e2e.terminals import Tmux
from tests.emulator_process import EmulatorProcess

pytestmark = pytest.mark.needs("tmux")

HOUR = "fixed:3600"
"""Until then, what is in flight stays there, and a screen stands still."""


@pytest.fixture(scope="module")
def slow() -> Iterator[EmulatorProcess]:
    """Two vendors: one that never answers, and one that refuses the first prompt and is quick."""
    options = ("--latency", f"rungen:{HOUR}", "--quirk", "openai-images:moderated=1")
    with EmulatorProcess("--picture", "fixed", "--latency", "fixed:0", *options) as process:
        yield process


@pytest.fixture
def shop(slow: EmulatorProcess, tmp_path: Path) -> Shop:
    """Eight pictures at each: of one two are in flight for ever, of the other one fails."""
    slow.reset()
    limits = {"rungen": "{in_flight: 2}", "openai-images": "{in_flight: 1}"}
    return Shop.open(tmp_path, slow, products=8, limits=limits)


def settled(lines: list[str]) -> bool:
    """The quick vendor is through, and the other has what it takes."""
    return any(re.match(r"all +7/16 +2 +1 +6", line) for line in lines)


def boards(lines: list[str]) -> list[int]:
    """Where boards begin."""
    return [place for place, line in enumerate(lines) if line.startswith("run ")]


def test_a_board_is_drawn_in_place_and_failures_stay_above_it(shop: Shop) -> None:
    """At 80 columns: why jobs wait, what is in flight, what failed, and what is not known."""
    with Tmux(shop.folder, "run") as terminal:
        lines = terminal.until(settled)
    (start,) = boards(lines)
    failure = " ".join(lines[:start])
    assert "failed P0000" in failure
    assert "moderat" in failure
    head, bar, names, openai, rungen, whole, money = lines[start : start + 7]
    assert head.endswith(" · imagepipe.yaml")
    assert re.fullmatch(r"━+x+─+  43 %", bar)
    assert names.split() == ["done", "in", "flight", "failed", "waiting"]
    assert openai.split() == ["openai-images", "7/8", "1"]
    assert rungen.split() == ["rungen", "0/8", "2", "6", "limit:", "2", "at", "a", "time"]
    assert whole.split() == ["all", "7/16", "2", "1", "6"]
    assert re.match(r"0:\d\d:\d\d · time left unknown · ", money)
    assert "7 of unknown price" in " ".join(lines)


def test_a_terminal_of_another_size_shows_a_board_that_fits(shop: Shop) -> None:
    """Narrower, wider, lower. What was said stays, at whichever width."""
    with Tmux(shop.folder, "run") as terminal:
        terminal.until(settled)
        for width, height, word in (
            (60, 15, "busy"),
            (120, 30, "time left"),
            (200, 50, "time left"),
            (80, 24, "in flight"),
            (100, 12, "in flight"),
        ):
            terminal.resize(width, height)

            def fits(lines: list[str], word: str = word) -> bool:
                board = lines[boards(lines)[-1] :] if boards(lines) else []
                return settled(board) and word in board[2]

            board = [line for line in terminal.until(fits) if line]
            board = board[boards(board)[-1] :]
            assert max(map(len, board)) < width
            assert [line.partition(" ")[0] for line in board[3:6]] == [
                "openai-images",
                "rungen",
                "all",
            ]
            assert len(board) in (7, 8)  # time and money are on one line or two
        assert "failed P0000" in terminal.history()


def test_one_ctrl_c_drains_and_the_board_says_so(shop: Shop, slow: EmulatorProcess) -> None:
    """A second one leaves; then the summary is the last thing, with what can be pasted."""
    with Tmux(shop.folder, "run") as terminal:
        terminal.until(settled)
        terminal.press("C-c")
        draining = "SIGINT: 2 in flight to bring in, nothing new is sent; Ctrl-C again leaves now"
        lines = terminal.until(lambda lines: draining in lines)
        assert any(line.endswith("left for the next run") for line in lines)
        assert "^C" not in "".join(lines[boards(lines)[0] :])
        terminal.press("C-c")
        lines = terminal.until(lambda lines: "exit=130" in lines)
    assert not boards(lines)
    assert lines[-3:] == [
        "- the run was interrupted; this goes on where it stopped:",
        "    imagepipe run",
        "exit=130",
    ]
    assert slow.stats("rungen")["accepted"] == 2


def test_a_watch_shows_the_board_of_the_run_and_outlives_its_kill(shop: Shop) -> None:
    """The same lines in another terminal; the run does not notice, and its death is told."""
    with shop.start("run") as run, Tmux(shop.folder, "status", "--watch") as terminal:
        try:
            lines = terminal.until(settled)
            assert run.poll() is None
        finally:
            run.kill()
        assert "limit: 2 at a time" in " ".join(lines)
        assert "failed P0000" in " ".join(lines)
        lines = terminal.until(lambda lines: "exit=69" in lines)
    assert not [line for line in lines if line.startswith("all ")]
    assert "is over without a last word" in " ".join(lines)
    assert "    imagepipe run" in lines
