"""Plain tables: columns as wide as their cells, the wide ones cut where the page ends."""

from __future__ import annotations

from collections.abc import Sequence

from imagepipe.render.text import cells, pad, shorten

GAP = 2


def columns(
    rows: Sequence[Sequence[str]],
    width: int,
    *,
    right: frozenset[int] = frozenset(),
    indent: int = 2,
) -> list[str]:
    """Lines of a table in at most `width` columns.

    Args:
        rows: Cells, as many in each row.
        width: What the page holds.
        right: Columns set flush right: numbers.
        indent: Spaces before each line.
    """
    if not rows:
        return []
    widths = [max(cells(row[i]) for row in rows) for i in range(len(rows[0]))]
    over = indent + sum(widths) + GAP * (len(widths) - 1) - width
    while over > 0 and max(widths) > 12:
        widest = widths.index(max(widths))
        widths[widest] -= 1
        over -= 1
    return [_line(row, widths, right, indent) for row in rows]


def _line(row: Sequence[str], widths: list[int], right: frozenset[int], indent: int) -> str:
    padded = [
        pad(shorten(cell, width), width, right=i in right)
        for i, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return (" " * indent + (" " * GAP).join(padded)).rstrip()
