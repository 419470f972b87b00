"""`--log-level`, `--log-format` and `--log-file`, or what the environment says in their place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from imagepipe.cli.options import Command, gathered, with_options

LEVELS = ("debug", "info", "warning", "error")

FORMATS = ("console", "json")


@dataclass(frozen=True, slots=True)
class LogOptions:
    """As they were given: each of them asks for a log. One without a level is about what matters;
    one without a file goes to standard error. In a file entries are JSON, where people look they
    are lines.
    """

    log_level: str | None = None
    log_format: str | None = None
    log_file: Path | None = None

    @property
    def wanted(self) -> bool:
        return any(one is not None for one in (self.log_level, self.log_format, self.log_file))

    @property
    def level(self) -> str:
        return self.log_level or "info"

    @property
    def form(self) -> str:
        return self.log_format or ("console" if self.log_file is None else "json")

    @property
    def on_stderr(self) -> bool:
        """Whether entries go where progress is shown, which then is not redrawn in place."""
        return self.wanted and self.log_file is None

    @property
    def only_json_on_stderr(self) -> bool:
        """Whether whoever reads standard error expects a JSON object on each line."""
        return self.on_stderr and self.form == "json"


def log_options(command: Command) -> Command:
    """The options, handed on as one `log`."""
    return with_options(gathered(command, "log", LogOptions), _OPTIONS)


_OPTIONS = (
    click.option(
        "--log-level",
        type=click.Choice(LEVELS, case_sensitive=False),
        envvar="IMAGEPIPE_LOG_LEVEL",
        show_envvar=True,
        help="Log from this level on, to standard error or to --log-file; debug has every request.",
    ),
    click.option(
        "--log-format",
        type=click.Choice(FORMATS, case_sensitive=False),
        envvar="IMAGEPIPE_LOG_FORMAT",
        show_envvar=True,
        help="Lines for people, or JSON objects; without it a file gets JSON.",
    ),
    click.option(
        "--log-file",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="IMAGEPIPE_LOG_FILE",
        show_envvar=True,
        metavar="FILE",
        help="Add the log to this file.",
    ),
)
