"""Writes the log of a run by structlog. Import it late: that takes 190 ms.

Whatever an entry holds passes through one processor that hides keys and signed addresses.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from imagepipe.app.clock import utc_now
from imagepipe.cli.log_options import LogOptions
from imagepipe.cli.terminal import tell, terminal
from imagepipe.model import Secret
from imagepipe.redaction import Redaction
from imagepipe.render.run_log import Fields, RunLog, Write


@contextmanager
def logged(options: LogOptions, secrets: Sequence[Secret]) -> Iterator[RunLog]:
    """A listener that writes the log; `secrets` are hidden in it.

    A log that cannot be written to the end is told of once, and holds nothing up.

    Raises:
        OSError: its file cannot be opened; nothing was run yet.
    """
    file = _Sink(options.log_file)
    try:
        yield RunLog(_structured(options, file, Redaction(secrets)))
    finally:
        file.close()


class _Sink:
    """A file that takes whole lines, or standard error; one that takes no more is left alone."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: TextIO | None = None
        if path is not None:
            self._file = path.open("a", encoding="utf-8", buffering=1)

    def line(self, text: str) -> None:
        if self._path is None:
            tell(text)
            return
        if self._file is None:
            return
        try:
            self._file.write(text.encode("utf-8", "replace").decode() + "\n")
        except OSError as error:
            tell(f"note: the log {self._path} could not be written to the end: {error.strerror}")
            self.close()

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):  # told by `line`
                file.close()


def _structured(options: LogOptions, file: _Sink, redaction: Redaction) -> Write:
    logger = structlog.wrap_logger(
        _Lines(file),
        processors=[
            structlog.stdlib.add_log_level,
            _stamped,
            _without_unknown,
            _redacting(redaction),
            *_renderers(options),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[options.level.upper()]
        ),
        cache_logger_on_first_use=True,
    )

    def write(level: str, name: str, fields: Fields) -> None:
        getattr(logger, level)(name, **fields)

    return write


class _Lines:
    """What structlog writes to: each level is the same sink."""

    def __init__(self, file: _Sink) -> None:
        self.debug = self.info = self.warning = self.error = file.line


def _renderers(options: LogOptions) -> list[Processor]:
    if options.form == "json":
        return [structlog.processors.JSONRenderer(ensure_ascii=False, separators=(",", ":"))]
    colors = options.on_stderr and terminal().color and sys.platform != "win32"
    return [structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=16, sort_keys=False)]


def _stamped(_logger: object, _name: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """In the order in which people read: when, how grave, what, and then the rest."""
    level, event = entry.pop("level"), entry.pop("event")
    return {"timestamp": utc_now(), "level": level, "event": event, **entry}


def _without_unknown(
    _logger: object, _name: str, entry: MutableMapping[str, Any]
) -> Mapping[str, Any]:
    """What nobody knows has no field."""
    return {name: value for name, value in entry.items() if value is not None}


def _redacting(redaction: Redaction) -> Processor:
    def redact(_logger: object, _name: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
        return {name: redaction.value(value) for name, value in entry.items()}

    return redact
