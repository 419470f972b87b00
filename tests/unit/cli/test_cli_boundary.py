"""What went wrong, as text and exit code."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

import click
import pytest

from imagepipe.cli.boundary import BUG, INTERRUPTED, USAGE, guarded
from imagepipe.errors import InputError, OverBudget, Problem, StoreBusy, StoreError, WouldChange

Streams = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def plain_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "IMAGEPIPE_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)


def raising(error: BaseException) -> Callable[[], int]:
    def command() -> int:
        raise error

    return command


def test_a_result_that_is_a_number_is_the_exit_code() -> None:
    """And anything else is success."""
    assert [guarded(lambda: 4), guarded(lambda: None), guarded(lambda: "text")] == [4, 0, 0]


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (InputError(Problem("E104", "unknown key")), 2, "error[E104]: unknown key"),
        (StoreBusy("maintenance", hint="wait for it"), 75, "help: wait for it"),
        (WouldChange("2 pictures"), 3, "error: 2 pictures"),
        (OverBudget("too dear"), 6, "error: too dear"),
        (KeyboardInterrupt(), INTERRUPTED, "interrupted"),
        (click.Abort(), INTERRUPTED, "interrupted"),
        (click.UsageError("no such thing"), USAGE, "`imagepipe --help`"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), USAGE, "/x: permission denied"),
        (OSError(errno.ENOSPC, "No space left on device"), USAGE, "no space left on device"),
    ],
)
def test_every_mistake_has_a_text_and_a_code(
    error: BaseException, code: int, words: str, capsys: Streams
) -> None:
    """What, where, and what to do next; on standard error."""
    assert guarded(raising(error)) == code
    out, errors = capsys.readouterr()
    assert out == ""
    assert words in errors
    assert "Traceback" not in errors


def test_a_bug_is_one_line_and_a_hint(capsys: Streams) -> None:
    """Exit 70, with the way to a traceback."""
    assert guarded(raising(ZeroDivisionError("division by zero"))) == BUG
    errors = capsys.readouterr().err
    assert "a bug of imagepipe: ZeroDivisionError: division by zero" in errors
    assert "IMAGEPIPE_TRACEBACK=1" in errors
    assert "Traceback" not in errors


def test_a_traceback_is_there_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: Streams
) -> None:
    """For whoever reports the bug."""
    monkeypatch.setenv("IMAGEPIPE_TRACEBACK", "1")
    assert guarded(raising(ZeroDivisionError())) == BUG
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_members_of_a_group_are_each_told(capsys: Streams) -> None:
    """Tasks that fail together do not hide each other, and a mistake among them is no bug."""
    group = ExceptionGroup("tasks", [StoreBusy("one"), ExceptionGroup("in", [WouldChange("two")])])
    assert guarded(raising(group)) == 75
    errors = capsys.readouterr().err
    assert "error: one" in errors
    assert "error: two" in errors
    assert guarded(raising(ExceptionGroup("tasks", [StoreBusy("one"), ZeroDivisionError()]))) == BUG


def test_one_trouble_that_many_jobs_met_is_told_once(capsys: Streams) -> None:
    """And each other one as well, in the order they came."""
    full = [StoreError("no space left", hint="free some") for _ in range(5)]
    group = ExceptionGroup("several", [*full, StoreError("it is gone")])
    assert guarded(raising(group)) == 2
    said = capsys.readouterr().err
    assert (said.count("no space left"), said.count("it is gone")) == (1, 1)


def test_a_reader_that_has_seen_enough_is_no_error(capsys: Streams) -> None:
    """`imagepipe plan -v | head` ends without a word."""
    assert guarded(raising(BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)))) == 0
    assert capsys.readouterr() == ("", "")


def test_escapes_in_a_message_do_not_reach_the_terminal(capsys: Streams) -> None:
    """A path may hold anything."""
    guarded(raising(FileNotFoundError(errno.ENOENT, "No such file", "\x1b[31mred")))
    assert "\x1b" not in capsys.readouterr().err
