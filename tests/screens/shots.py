"""What people see in a terminal, as text files beside this one.

`python -m tests.screens.shots` writes them anew; test_screens.py fails when the program draws
something else today. A file holds one scene at the widths that people have.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from imagepipe.render.following_text import Sight, died_text, watched_lines
from imagepipe.render.grid import Piece, board_lines, text_of
from imagepipe.render.plain import progress
from imagepipe.render.region import Region
from imagepipe.render.summary import summary_text
from imagepipe.standing import Standing
from tests.screens.ends import COMMANDS, dead, end, several
from tests.screens.scenes import SCENES, time

FOLDER = Path(__file__).parent
WIDTHS = (60, 80, 120, 200)


def drawn(standing: Standing, columns: int, *, height: int = 24) -> list[list[Piece]]:
    """On a terminal of so many columns, whose last one stays free."""
    return board_lines(standing, columns - 1, height=height, time=time)


def plain(scene: str) -> str:
    """Without colours, at every width; and the line that a log gets."""
    standing = SCENES[scene]()
    parts = [
        f"== {columns} columns\n" + "\n".join(text_of(line) for line in drawn(standing, columns))
        for columns in WIDTHS
    ]
    return "\n\n".join([*parts, f"== a line of a log\n{progress(standing, time)}"]) + "\n"


def colored(scene: str) -> str:
    """With the codes of a terminal of 16 colours; ESC is written as `^[`."""
    return _through(drawn(SCENES[scene](), 120), 120, "utf-8", color=True)


def encoded(scene: str, encoding: str) -> str:
    """As a console of this encoding gets it."""
    return _through(drawn(SCENES[scene](), 80), 80, encoding, color=False)


def watched(sights: Sequence[Sight]) -> str:
    """Runs from another process: in a window of 24 rows, and in one with room for all."""
    parts = []
    for columns, height in ((60, 24), (80, 24), (80, 50), (120, 50), (200, 50)):
        lines = watched_lines(sights, columns - 1, height, time)
        text = "\n".join(text_of(line) for line in lines)
        parts.append(f"== {columns} columns, {height} rows\n{text}")
    return "\n\n".join(parts) + "\n"


def ended(page: Callable[[int], str]) -> str:
    """A page at every width."""
    return "\n\n".join(f"== {columns} columns\n{page(columns)}" for columns in WIDTHS) + "\n"


def _through(lines: Sequence[Sequence[Piece]], columns: int, encoding: str, *, color: bool) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    console = Console(
        file=stream,
        width=columns,
        height=24,
        force_terminal=True,
        color_system="standard" if color else None,
        legacy_windows=not color,
        highlight=False,
    )
    Region(console).draw(lines)
    stream.flush()
    return raw.getvalue().decode(encoding).replace("\x1b", "^[")


def _shots() -> dict[str, Callable[[], str]]:
    shots: dict[str, Callable[[], str]] = {}
    for scene in SCENES:
        shots[f"{scene}.txt"] = lambda scene=scene: plain(scene)  # type: ignore[misc]  # bound early
    for scene in ("busy", "troubled"):
        shots[f"{scene}.color.txt"] = lambda scene=scene: colored(scene)  # type: ignore[misc]  # likewise
    for encoding in ("ascii", "cp437", "cp1252"):
        shots[f"busy.{encoding}.txt"] = lambda encoding=encoding: encoded("busy", encoding)  # type: ignore[misc]  # likewise
    shots["watch.txt"] = lambda: watched(several())
    shots["died.txt"] = lambda: ended(lambda width: died_text(dead(), *COMMANDS, width, time))
    shots["end.txt"] = lambda: ended(lambda width: summary_text(end(), width))
    return shots


SHOTS = _shots()

if __name__ == "__main__":
    for name, shot in SHOTS.items():
        (FOLDER / name).write_text(shot(), encoding="utf-8")
