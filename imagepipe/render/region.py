"""The last lines of a terminal, drawn again in place; what is said goes above them and stays.

Nothing is hidden or switched that a killed program would leave behind: the cursor stands below the
region, in the first column. A terminal that became narrower has wrapped what stood there, so the
rows are counted at the width of today. Everything of a frame leaves in one write.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imagepipe.render.grid import Ink, Piece
from imagepipe.render.legible import legible
from imagepipe.render.text import cells

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


class Region:
    """Calls must not overlap. `console` is rich's, which knows old Windows consoles as well."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._drawn: list[str] = []

    @property
    def width(self) -> int:
        """Cells that a line may have: in the last column some terminals wrap."""
        return max(20, self._console.width - 1)

    @property
    def height(self) -> int:
        return self._console.height

    def draw(self, lines: Sequence[Sequence[Piece]], above: Sequence[Sequence[Piece]] = ()) -> None:
        """Replace the region by these lines, none of which is wider than `width`.

        Args:
            lines: The region.
            above: What is said above it, once; it may be of any length, and is wrapped.
        """
        drawn = [self._legible("".join(piece.text for piece in line).rstrip()) for line in lines]
        if not above and drawn == self._drawn and self._fits(drawn):
            return
        with self._console:
            self._erase()
            for line in above:
                self._console.print(self._text(line), soft_wrap=False)
            for line in lines:
                self._console.print(self._text(line), no_wrap=True, crop=True, overflow="ignore")
        self._drawn = drawn

    def clear(self) -> None:
        """Take the region away; what was said above stays."""
        with self._console:
            self._erase()
        self._drawn = []

    def _erase(self) -> None:
        from rich.control import Control  # noqa: PLC0415 - late: with the rest of rich
        from rich.segment import ControlType  # noqa: PLC0415 - likewise

        width = max(1, self._console.width)
        rows = sum(max(1, -(-cells(line) // width)) for line in self._drawn)
        if not rows:
            return
        up = ((ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2))
        own = (ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2))  # `^C` is echoed there
        self._console.control(Control(*own, *(up * rows)))

    def _fits(self, lines: Sequence[str]) -> bool:
        return all(cells(line) < self._console.width for line in lines)

    def _text(self, line: Sequence[Piece]) -> Text:
        from rich.text import Text  # noqa: PLC0415 - late: with the rest of rich

        pieces = [(self._legible(piece.text), piece.ink.value) for piece in line]
        return Text.assemble(*pieces)

    def _legible(self, text: str) -> str:
        return legible(text, self._console.encoding)


def piece(text: str, ink: Ink = Ink.PLAIN) -> list[Piece]:
    """A line of one piece."""
    return [Piece(text, ink)]
