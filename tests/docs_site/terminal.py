"""What a terminal shows, as SVG for the documentation: the board of a run, and a plan.

The board is drawn from a run's events at a moment that is always the same, so that the picture is,
too. No font is fetched: whoever looks at it has a monospaced one.
"""

from __future__ import annotations

import re
from decimal import Decimal
from io import StringIO

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from imagepipe import events
from imagepipe.events import Event
from imagepipe.model import Fault, FaultKind, Key
from imagepipe.render.board import Board
from imagepipe.render.grid import board_lines

COLUMNS = 80

_THEME = TerminalTheme(
    (22, 24, 29),
    (221, 225, 232),
    [(40, 44, 52), (240, 113, 120), (126, 211, 133), (240, 198, 116), (110, 170, 250),
     (200, 140, 230), (100, 200, 210), (200, 205, 214)],
)  # fmt: skip

_FORMAT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="SIZE" role="img">
<title>TITLE</title>
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
<rect x="-16" y="-14" width="100%" height="100%" rx="10" fill="#16181d"/>
<g clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""

WORK = {"runcrate": 12, "goneural": 12, "rungen": 12, "cometapi-runway": 4}
PRICES = {"runcrate": Decimal("0.003"), "cometapi-runway": Decimal("0.32")}


def run_svg() -> str:
    """A run of the quickstart, 9 seconds after its start: one provider has asked for a pause."""
    board = Board()
    for at, event in _story():
        board.take(event, at)
    lines = board_lines(board.standing(1009.0), COLUMNS - 1, time=lambda _: "10:00:12")
    text = Text("\n").join(
        Text.assemble(*((piece.text, piece.ink.value) for piece in line)) for line in lines
    )
    return _svg(Text.assemble(("$ ", "dim"), ("imagepipe run", "bold"), "\n", text), "A run")


def plan_svg(printed: str) -> str:
    """A plan as it was printed with colours."""
    text = Text.assemble(("$ ", "dim"), ("imagepipe plan", "bold"), "\n", Text.from_ansi(printed))
    return _svg(text, "A plan")


def _svg(text: Text, title: str) -> str:
    console = Console(width=COLUMNS, record=True, file=StringIO(), force_terminal=True)
    console.print(text, highlight=False)
    made = console.export_svg(theme=_THEME, code_format=_FORMAT, unique_id="t")
    [(width, height)] = re.findall(
        r'<rect x="0" y="0" width="([\d.]+)" height="([\d.]+)"/>\n</c', made
    )
    size = f"-16 -14 {float(width) + 32:g} {float(height) + 28:g}"
    made = made.replace("SIZE", size).replace("TITLE", title)
    return "\n".join(line.rstrip() for line in made.splitlines()) + "\n"


def _story() -> list[tuple[float, Event]]:
    """Everything is submitted in turn, most of it is there, and one job was refused."""
    began = events.RunStarted("7ca5ea6a146f", ("imagepipe.yaml",), sum(WORK.values()), WORK)
    told: list[tuple[float, Event]] = [(1000.0, began)]
    for lane, (name, jobs) in enumerate(WORK.items()):
        for number in range(min(jobs, 9)):
            key, at, path = Key(f"{lane:02}{number:062}"), 1000.5 + number / 2, f"P{number}/{name}"
            price = PRICES.get(name)
            told.append((at, events.Submitting(key, name, path, 1, price)))
            told.append((at + 0.1, events.Submitted(key, name, path, "t")))
            if number < 7 - 2 * lane:
                ended = events.Finished(key, name, path, "generated", price, 3.0)
                told.append((at + 3.0, ended))
    fault = Fault(FaultKind.MODERATED, "the prompt was refused by moderation", http=400)
    refused = Key(f"{0:02}{8:062}")
    told.append((1008.5, events.Stopped(refused, "runcrate", "P8/hero", "failed", fault)))
    told.append((1008.6, events.GateClosed("rungen", 3.0, "too many requests", asked=True)))
    return sorted(told, key=lambda one: one[0])
