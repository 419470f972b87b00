"""Text for consoles that are not UTF-8."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from imagepipe.cli import terminal
from imagepipe.render.grid import Ink, Piece
from imagepipe.render.legible import legible
from imagepipe.render.region import Region, piece
from imagepipe.render.text import cells

ODD = "Café \u2013 Tür „groß“ · 3 \u00d7 4 → … ━─ 商品 🙂 \u0301 €"


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp850", "cp1252", "cp932", "koi8-r", "no"])
def test_everything_can_be_written_and_nothing_becomes_a_question_mark(encoding: str) -> None:
    """Whatever a console's code page is, also one that nobody knows."""
    text = legible(ODD, encoding)
    known = "ascii" if encoding == "no" else encoding
    assert text.encode(known)
    assert "?" not in text


def test_ascii_keeps_what_can_be_read() -> None:
    """Letters without accents, stand-ins of one cell, numbers for the rest."""
    shown = legible(ODD, "ascii")
    assert shown.startswith('Cafe - Tur "gros" | 3 x 4 > ~ #- \\u5546\\u54c1 \\U0001f642')
    assert legible(ODD, None) == shown


def test_utf8_is_left_as_it_is() -> None:
    """Nothing is lost where nothing has to be."""
    assert legible(ODD, "utf-8") == ODD


@pytest.mark.parametrize("drawn", ["━", "─", "·", "…"])
def test_what_is_drawn_with_stays_as_wide(drawn: str) -> None:
    """Tables stay tables."""
    assert cells(legible(drawn, "ascii")) == cells(drawn)


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252"])
def test_an_old_windows_console_gets_a_board(encoding: str) -> None:
    """Rich's way for consoles without escapes, and a code page: redrawn in place, no crash."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    console = Console(file=stream, width=40, height=10, force_terminal=True, legacy_windows=True)
    region = Region(console)
    region.draw([[Piece("━━─", Ink.GOOD), Piece(" Café")]], [piece("failed 商品", Ink.BAD)])
    region.draw([piece("next…")])
    region.clear()
    stream.flush()
    assert "?" not in raw.getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252"])
def test_summaries_and_logs_reach_such_a_stream_too(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """As Python opens a pipe on a Windows of Western Europe."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr("sys.stdout", stream)
    terminal.tell(ODD)
    assert terminal.data(ODD)
    assert raw.getvalue().decode(encoding).count("Caf") == 2
    assert b"?" not in raw.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252", "cp932"])
def test_json_means_the_same_on_every_stream(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """Data is no text for people: nothing is left out or stood in for."""
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding=encoding, newline="\n"))
    terminal.data(json.dumps({ODD: [ODD]}, ensure_ascii=False))
    assert json.loads(raw.getvalue().decode(encoding)) == {ODD: [ODD]}


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "is_terminal", "live", "color"),
    [
        ({}, True, True, True),
        ({}, False, False, False),
        ({"TERM": "dumb"}, True, False, False),
        ({"CI": "true"}, True, False, True),
        ({"CI": "false"}, True, True, True),
        ({"NO_COLOR": "1"}, True, True, False),
        ({"NO_COLOR": ""}, True, True, True),
        ({"FORCE_COLOR": "1"}, False, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, False, True),
    ],
)
def test_the_environment_says_what_a_terminal_can(
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    is_terminal: bool,
    live: bool,
    color: bool,
) -> None:
    """NO_COLOR (no-color.org), FORCE_COLOR (force-color.org), TERM and CI."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr("sys.stderr", Screen() if is_terminal else io.StringIO())
    found = terminal.terminal()
    assert (found.live, found.color) == (live, color)


def test_no_color_leaves_no_colour_in_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bold and dim are no colours; red, green and yellow are."""
    monkeypatch.setenv("NO_COLOR", "1")
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    drawn = terminal.console(terminal.terminal())
    Region(drawn).draw([[Piece("1", Ink.BAD), Piece("2", Ink.GOOD), Piece("3", Ink.STRONG)]])
    assert "123" in screen.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert "\x1b[3" not in screen.getvalue()


def test_the_end_has_colours_where_a_person_sees_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The words are the same with and without; a pipe gets none."""
    page = "3 failed at acme: no\n    MUG-1/hero\n\nNext:\n- again:\n    imagepipe run"
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", Screen())
    seen = terminal.tint(page)
    assert seen.splitlines() == [
        "\x1b[31m3 failed at acme: no\x1b[0m",
        "    MUG-1/hero",
        "",
        "\x1b[1mNext:\x1b[0m",
        "- again:",
        "    \x1b[36mimagepipe run\x1b[0m",
    ]
    assert terminal.tint("Everything is there.") == "\x1b[32mEverything is there.\x1b[0m"
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert terminal.tint(page) == page
    monkeypatch.setattr("sys.stdout", Screen())
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.tint(page) == page
