"""What standard output and error are, and what may be written to them.

Streams are looked up at each use, so that whoever replaces them (a test, a library) is heard.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

    from imagepipe.render.change_text import Ink

_NARROW, _WIDE = 40, 200


@dataclass(frozen=True, slots=True)
class Terminal:
    """`live`: progress may be redrawn in place; `color`: colours may be used on standard error."""

    live: bool
    color: bool
    width: int


def terminal() -> Terminal:
    """Standard error as the environment describes it: NO_COLOR, FORCE_COLOR, TERM, CI, COLUMNS."""
    real = is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
    live = real and os.environ.get("CI", "").lower() in ("", "0", "false")
    forced = bool(os.environ.get("FORCE_COLOR"))
    color = (real or forced) and not os.environ.get("NO_COLOR")
    return Terminal(live=live, color=color, width=width())


def console(screen: Terminal) -> Console:
    """Standard error for what is drawn in place."""
    from rich.console import Console  # noqa: PLC0415 - late: 60 ms

    return Console(stderr=True, no_color=not screen.color, highlight=False, emoji=False)


def ink() -> Ink:
    """How changes are set off on standard output: by colours only where a person sees them."""
    from imagepipe.render.change_text import COLORED, PLAIN  # noqa: PLC0415 - late: for plans only

    return COLORED if _has_color(sys.stdout) else PLAIN


def tint(page: str) -> str:
    """The end of a run as standard output shows it."""
    from imagepipe.render.tints import tinted  # noqa: PLC0415 - late: for ends only

    return tinted(page) if _has_color(sys.stdout) else page


def _has_color(stream: TextIO) -> bool:
    real = is_terminal(stream) and os.environ.get("TERM") != "dumb"
    forced = bool(os.environ.get("FORCE_COLOR"))
    return (real or forced) and not os.environ.get("NO_COLOR")


def width() -> int:
    """Columns of a page: those of the terminal, within reason."""
    return max(_NARROW, min(_WIDE, shutil.get_terminal_size((100, 24)).columns))


def folded(text: str) -> str:
    """A message as standard error shows it: broken between words where that is a terminal.

    A log keeps its long lines, for those who search it.
    """
    if not is_terminal(sys.stderr):
        return text
    from imagepipe.render.text import fold  # noqa: PLC0415 - late: for messages only

    return fold(text, width())


def hold_streams() -> None:
    """Give the streams that were closed (`>&-`) somewhere to lead to, before a file is opened.

    The first file that is opened would get their number, and with it whatever is printed.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8"))


def data(text: str) -> bool:
    """A result, to standard output; nothing is added but a line break.

    False says that nobody reads any more (`| head`, `>&-`): there is no more to say, and the exit
    code is still the command's own.

    Raises:
        OSError: somebody wants it, and cannot be given it: a full disk.
    """
    try:
        _write(sys.stdout, text)
    except BrokenPipeError:
        _silence()
        return False
    except OSError as error:
        _silence()
        raise OSError(error.errno, error.strerror, "standard output") from error
    return True


def tell(text: str) -> None:
    """Something for people, to standard error; one that is gone is no reason to stop."""
    try:
        _write(sys.stderr, text)
    except (OSError, ValueError):
        return


def _silence() -> None:
    """Python would complain once more at exit, when it flushes, with a code of its own (120)."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text + "\n")
    except UnicodeEncodeError:
        from imagepipe.render.legible import escaped, legible  # noqa: PLC0415 - late: seldom

        shown = escaped if text[:1] in "{[" else legible  # JSON is data: not a letter is left out
        stream.write(shown(text, stream.encoding) + "\n")
    stream.flush()


def is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def shown(folder: Path) -> str:
    """A folder as people would type it from here."""
    try:
        relative = os.path.relpath(folder)
    except ValueError:  # another drive
        return str(folder)
    return str(folder) if relative.startswith("..") else relative
