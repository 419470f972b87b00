"""`imagepipe emulate`: the vendors' APIs on this machine, for rehearsals and tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from imagepipe.cli.options import examples
from imagepipe.cli.terminal import data, tell


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The emulator's own table of options, as click's."""
    from imagepipe.emulator.settings import OPTIONS  # noqa: PLC0415 - late: start-up time

    for option in reversed(OPTIONS):
        about = option.about[0].upper() + option.about[1:].rstrip(".") + "."
        command = click.option(
            f"--{option.name}",
            option.name.replace("-", "_"),
            multiple=option.repeated,
            metavar=option.metavar,
            help=about,
        )(command)
    return command


@click.command(
    "emulate",
    epilog=examples(
        "imagepipe emulate --port 8900",
        "imagepipe emulate --latency lifelike --rpm runcrate:60 --quirk runway:throttled=3",
    ),
)
@_options
@click.option("--list-quirks", is_flag=True, help="List the quirks that can be switched on.")
def command(*, list_quirks: bool, **options: Any) -> None:  # noqa: ANN401 - the emulator's table
    """Serve the image APIs of the built-in providers on this machine, until Ctrl-C.

    Nothing is paid for and any key is taken. A provider is reached under its name as the first part
    of the path; accepted jobs and what they would have cost are at /_emulator/stats.
    """
    from imagepipe.emulator import parse, run  # noqa: PLC0415 - late: start-up time

    if list_quirks:
        data(quirks_text())
        return
    given = {name.replace("_", "-"): value for name, value in options.items()}
    run(parse(given), ready=_ready)


def _ready(url: str) -> None:
    data(url)
    tell(f"The emulator serves; statistics are at {url}/_emulator/stats. Ctrl-C ends it.")


def quirks_text() -> str:
    """The table of quirks: name, what its amount counts, to whom it applies, what it does."""
    from imagepipe.cli.terminal import width  # noqa: PLC0415 - late: with what it is for
    from imagepipe.emulator import QUIRKS  # noqa: PLC0415 - late: start-up time
    from imagepipe.render.text import wrap  # noqa: PLC0415 - late: start-up time

    lines: list[str] = []
    for quirk in QUIRKS.values():
        whom = ", ".join(quirk.providers) or "every provider"
        lines.append(f"{quirk.name}  ({quirk.counts.value}; {whom})")
        lines += [f"    {line}" for line in wrap(quirk.about, width() - 4)]
    return "\n".join(lines)
