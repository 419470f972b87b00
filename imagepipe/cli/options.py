"""Options that several commands share, and the values they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

if TYPE_CHECKING:
    from imagepipe.app.project import Project, Where

DEFAULT_MANIFEST = "imagepipe.yaml"

Command = TypeVar("Command", bound=Callable[..., Any])


def examples(*lines: str) -> str:
    """The end of a help page: command lines as people type them, each on a line of its own."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def manifest_argument(command: Command) -> Command:
    return click.argument("manifest", default=DEFAULT_MANIFEST, type=click.Path(path_type=Path))(
        command
    )


def manifests_argument(command: Command) -> Command:
    return click.argument(
        "manifests", nargs=-1, type=click.Path(path_type=Path), metavar="[MANIFEST]..."
    )(command)


def place_options(command: Command) -> Command:
    """`--emulate`, `--emulate-real`, `--store`, `--out`, handed on as one `places`."""
    return with_options(gathered(command, "places", Places), _PLACES)


def looking_options(command: Command) -> Command:
    """The same for commands that only look at what runs have made."""
    return with_options(gathered(command, "places", Places), _LOOKED_AT)


def found_options(command: Command) -> Command:
    """`--store` and `--outputs`: where pictures lie for whoever shows or copies them."""
    return with_options(command, (_STORE, _outputs("--outputs")))


def selection_options(command: Command) -> Command:
    """`--select`, `--exclude`, `--failed`, `--sample`, `--shard`, `--limit` and `--force`, handed
    on as one `chosen`.
    """
    return with_options(gathered(command, "chosen", Chosen), _SELECTION)


def gathered(command: Command, name: str, values: type[Any]) -> Command:
    """`command`, called with one frozen value in place of the options that make it up."""
    names = [field.name for field in fields(values)]

    @wraps(command)
    def called(**options: Any) -> object:  # noqa: ANN401 - whatever click has parsed
        value = values(**{name: options.pop(name) for name in names})
        return command(**options, **{name: value})

    return cast("Command", called)


def with_options(command: Command, options: tuple[Callable[[Any], Any], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def money(_ctx: click.Context, _option: click.Parameter, text: str | None) -> Decimal | None:
    """An amount of US dollars as it was written."""
    if text is None:
        return None
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise click.BadParameter(f"{text!r} is no amount of US dollars; write 20 or 7.50")
    return amount


@dataclass(frozen=True, slots=True)
class Places:
    """The place options as they were given, and as they are to be given again."""

    emulate: bool = False
    emulate_real: bool = False
    store: Path | None = None
    out: Path | None = None

    def __post_init__(self) -> None:
        if self.emulate and self.emulate_real:
            raise click.UsageError("--emulate and --emulate-real exclude each other")

    @property
    def rehearsing(self) -> bool:
        return self.emulate or self.emulate_real

    def where(self, manifest: Path) -> Where:
        from imagepipe.app.project import Rehearsal, Where  # noqa: PLC0415 - late: start-up time

        quick = Rehearsal.QUICK if self.emulate else None
        rehearsal = Rehearsal.REAL if self.emulate_real else quick
        return Where(manifest, self.store, self.out, rehearsal)

    def open(self, manifest: Path) -> Project:
        """Load a manifest.

        Raises:
            ImagepipeError: it cannot be read, or is wrong.
        """
        from imagepipe.app.project import open_project  # noqa: PLC0415 - late: start-up time

        return open_project(self.where(manifest))

    def again(self, verb: str, manifest: Path | None, chosen: Chosen | None = None) -> str:
        """The command line of another command about the same manifest, places and jobs."""
        words = ["imagepipe", verb]
        if manifest is not None and str(manifest) != DEFAULT_MANIFEST:
            words.append(_quoted(str(manifest)))
        words += ["--emulate"] if self.emulate else []
        words += ["--emulate-real"] if self.emulate_real else []
        words += ["--store", _quoted(str(self.store))] if self.store else []
        words += ["--out", _quoted(str(self.out))] if self.out else []
        words += chosen.words() if chosen else []
        return " ".join(words)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The selection options as they were given."""

    select: str | None = None
    exclude: str | None = None
    shard: str | None = None
    limit: int | None = None
    failed: bool = False
    sample: int | None = None
    force: bool = False

    @property
    def narrows(self) -> bool:
        """Whether a plan is not about all jobs of its manifest."""
        return bool(self.select or self.exclude or self.shard or self.failed or self.sample)

    def words(self) -> list[str]:
        """The options as they are typed."""
        found: list[str] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value is True:
                found.append(f"--{field.name}")
            elif value:
                found += [f"--{field.name}", _quoted(str(value))]
        return found


_FOLDER = click.Path(path_type=Path, file_okay=False)

_PLACES = (
    click.option(
        "--emulate",
        is_flag=True,
        help="Rehearse for nothing and without a key: every built-in provider is emulated on this "
        "machine, with a store and an output folder of its own.",
    ),
    click.option(
        "--emulate-real",
        is_flag=True,
        help="Rehearse with the declared limits and lifelike waiting times.",
    ),
    click.option(
        "--store",
        type=_FOLDER,
        metavar="DIR",
        help="Keep paid pictures in this folder, instead of .imagepipe beside the manifest.",
    ),
    click.option(
        "--out",
        type=_FOLDER,
        metavar="DIR",
        help="Write output files into this folder, instead of the manifest's outputs.root.",
    ),
)

_STORE = click.option(
    "--store",
    type=_FOLDER,
    metavar="DIR",
    help="The store, if it is not .imagepipe beside the manifest.",
)


def _outputs(name: str) -> Callable[[Any], Any]:
    return click.option(
        name,
        type=_FOLDER,
        metavar="DIR",
        help="The folder of output files, if runs were given another one by `run --out`.",
    )


_LOOKED_AT = (
    click.option("--emulate", is_flag=True, help="Rehearsals (`run --emulate`), not live runs."),
    click.option(
        "--emulate-real", is_flag=True, help="Rehearsals (`run --emulate-real`), not live runs."
    ),
    _STORE,
    _outputs("--out"),
)

_SELECTION = (
    click.option(
        "--select",
        metavar="EXPR",
        help="Only these jobs: product:MUG-*, image:hero, tag:summer, provider:runcrate, "
        "status:failed or review:retry. Space means and, comma means or.",
    ),
    click.option("--exclude", metavar="EXPR", help="Not these jobs; written as --select."),
    click.option(
        "--failed", is_flag=True, help="Only jobs that failed: --select status:failed for short."
    ),
    click.option(
        "--sample",
        type=click.IntRange(min=1),
        metavar="N",
        help="Only N jobs of each manifest, chosen at random but alike at every call.",
    ),
    click.option(
        "--shard",
        metavar="I/N",
        help="Only part I of N: several runs side by side share one manifest, each job once.",
    ),
    click.option(
        "--limit",
        type=click.IntRange(min=1),
        metavar="N",
        help="Work on at most N jobs, the first ones.",
    ),
    click.option(
        "--force",
        is_flag=True,
        help="Make pictures again that are there and were paid for; they are paid for again.",
    ),
)


def some_manifests(given: tuple[Path, ...]) -> tuple[Path, ...]:
    """What was named, each once; `imagepipe.yaml` of this folder if nothing was."""
    return tuple(dict.fromkeys(given)) or (Path(DEFAULT_MANIFEST),)


def _quoted(word: str) -> str:
    import shlex  # noqa: PLC0415 - late: for a hint only

    return shlex.quote(word)
