"""The one place where what went wrong becomes a text and an exit code.

People's mistakes end in what, where and what to do next, never in a traceback. A bug is one line
and exit 70; IMAGEPIPE_TRACEBACK=1 shows where it happened.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

import click

from imagepipe.cli.problems import Telling
from imagepipe.cli.terminal import folded, tell
from imagepipe.errors import ImagepipeError, InputError, Problem, SetupError

USAGE, BUG, INTERRUPTED = 2, 70, 130

TRACEBACK = "IMAGEPIPE_TRACEBACK"


def guarded(command: Callable[[], object], telling: Telling | None = None) -> int:
    """Run `command`; its result, if it is a number, is the exit code.

    `telling` says in which form problems are told; the command may change it.
    """
    try:
        code = command()
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except (KeyboardInterrupt, click.Abort):
        tell("interrupted")
        return INTERRUPTED
    except BaseException as error:
        if isinstance(error, SystemExit):
            raise
        return failed(error, telling or Telling())
    return code if isinstance(code, int) else 0


def failed(error: BaseException, telling: Telling) -> int:
    """Say what went wrong; returns the exit code."""
    if os.environ.get(TRACEBACK):
        import traceback  # noqa: PLC0415 - late: only when asked for

        tell("".join(traceback.format_exception(error)).rstrip())
    leaves = list(_leaves(error))
    known = [leaf for leaf in leaves if isinstance(leaf, ImagepipeError)]
    if known and len(known) == len(leaves):
        # One trouble may meet many jobs at once.
        telling.result(list(dict.fromkeys(one for leaf in known for one in _problems(leaf))))
        return known[0].exit_code
    return _other(next(leaf for leaf in leaves if leaf not in known))


def _other(error: BaseException) -> int:
    match error:
        case click.exceptions.NoArgsIsHelpError():
            tell(error.format_message())
            return USAGE
        case click.ClickException():
            tell(folded(_usage(error)))
            return USAGE
        case BrokenPipeError():
            return 0
        case KeyboardInterrupt():
            tell("interrupted")
            return INTERRUPTED
        case OSError():
            tell(folded(_machine(error)))
            return USAGE
        case _:
            tell(folded(_bug(error)))
            return BUG


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """A group's members: tasks may fail together, and each has something to say."""
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _leaves(member)
    else:
        yield error


def _problems(error: ImagepipeError) -> Sequence[Problem]:
    if isinstance(error, InputError):
        return error.problems
    from imagepipe.render.text import plain  # noqa: PLC0415 - late: for errors only

    hint = error.hint if isinstance(error, SetupError) else None
    return [Problem("", plain(str(error)), hint=hint and plain(hint))]


def _message(what: str, hint: str | None) -> str:
    from imagepipe.render.text import plain  # noqa: PLC0415 - late: for errors only

    return f"error: {plain(what)}" + (f"\n   help: {plain(hint)}" if hint else "")


def _usage(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context else "imagepipe"
    return _message(error.format_message(), f"`{command} --help` shows what can be written")


def _machine(error: OSError) -> str:
    """Something of the machine: what, where, and what may be done."""
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    where = " and ".join(dict.fromkeys(names))
    what = error.strerror or str(error) or type(error).__name__
    what = what[0].lower() + what[1:] if what[:2] != what[:2].upper() else what
    return _message(f"{where}: {what}" if where else what, _REMEDIES.get(type(error), _ANY_REMEDY))


_REMEDIES: dict[type[OSError], str] = {
    FileNotFoundError: "a part of the path does not exist: check it, or make its folder",
    PermissionError: "give yourself access to it, or choose another folder with --store or --out",
    IsADirectoryError: "name a file, not a folder",
    NotADirectoryError: "a part of the path is a file: name a folder there",
    FileExistsError: "choose another name, or move what is there away",
}

_ANY_REMEDY = "nothing was lost: mend it and give the same command again"


def _bug(error: BaseException) -> str:
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    hint = "nothing that was paid for is lost"
    if not os.environ.get(TRACEBACK):
        hint += f"; {TRACEBACK}=1 in the environment shows where it happened"
    return _message(f"this is a bug of imagepipe: {what}", hint)
