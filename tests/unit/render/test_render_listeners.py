"""Listeners: plain lines, live drawing, and the audience that holds them."""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator
from itertools import pairwise

import pytest
from rich.console import Console

from imagepipe import events
from imagepipe.events import Event
from imagepipe.model import FaultKind
from imagepipe.render.audience import Audience
from imagepipe.render.lines import Loudness, Speech
from imagepipe.render.live import Live
from imagepipe.render.plain import Plain
from imagepipe.render.region import Region, piece
from tests.unit.render.values import ESCAPE, fault, finished, key, stopped

STARTED = events.RunStarted("r1", ("m.yaml",), 40, {"acme": 30, "idle": 0})


def said(happened: list[tuple[float, Event]], loudness: Loudness = Loudness.NORMAL) -> list[str]:
    """What a plain listener prints for events at their times."""
    printed: list[str] = []
    times: Iterator[float] = iter([time for time, _ in happened])
    listener = Plain(printed.append, lambda: next(times), loudness=loudness, every=10.0)
    for _, event in happened:
        listener(event)
    return printed


def test_progress_is_a_line_every_few_seconds_and_no_more() -> None:
    """Forty endings within 20 s are two lines, not forty."""
    happened: list[tuple[float, Event]] = [(0.0, STARTED)]
    happened += [(0.1, events.Submitting(key(1), "acme", "p", 1))]
    happened += [(number * 0.5, finished(number)) for number in range(1, 41)]
    assert said(happened) == [
        "run r1: 40 jobs, to do: acme 30",
        (
            "20 of 30 done, spent $0.20, 121/min, about 5 s left "
            "[acme 20/30, 10 waiting: finding what it allows]"
        ),
        "40 of 40 done, spent $0.40, 121/min",
    ]


def test_a_run_that_waits_is_not_silent_and_a_long_one_tells_less_often() -> None:
    """A line every 5 s at first, every minute after an hour; none once it is over."""
    printed: list[str] = []
    now = 0.0
    listener = Plain(printed.append, lambda: now)
    listener(STARTED)
    times = []
    for second in range(2 * 3_600):
        now = float(second)
        before = len(printed)
        listener.tick()
        times += [now] * (len(printed) - before)
    gaps = [after - before for before, after in pairwise(times)]
    assert (times[0], gaps[0], gaps[-1]) == (5.0, 5.0, 60.0)
    assert sorted(gaps) == gaps
    assert "0 of 30 done, spent $0.00, time left unknown" in printed[-1]
    listener(events.RunFinished("r1", 1.0, 0))
    now += 1_000
    listener.tick()
    assert times[-1] < now - 900
    assert len(printed) == 1 + len(times)


def test_colours_set_failures_off_where_they_are_asked_for() -> None:
    """FORCE_COLOR where there is no terminal, as CI servers have it."""
    printed: list[str] = []
    listener = Plain(printed.append, lambda: 0.0, color=True)
    listener(STARTED)
    listener(stopped(1))
    assert printed[0] == "run r1: 40 jobs, to do: acme 30"
    assert printed[1].startswith("\x1b[31mfailed MUG-1/hero")
    assert printed[1].endswith("\x1b[0m")


def test_a_failure_is_a_line_at_once_with_what_to_do() -> None:
    """The vendor's words, what they mean, the status, and the advice; without its escapes."""
    why = fault(
        ESCAPE, http=400, code="SAFETY.X", advice="change the prompt", kind=FaultKind.MODERATED
    )
    lines = said([(0.0, STARTED), (1.0, stopped(7, why=why))])
    assert lines[1:] == [
        "failed MUG-7/hero (acme): red next (moderated, HTTP 400, SAFETY.X); change the prompt"
    ]
    assert "\x1b" not in "".join(lines)


def test_quiet_leaves_failures_and_verbose_adds_every_job() -> None:
    """-q and -v around the same events."""
    happened: list[tuple[float, Event]] = [
        (0.0, STARTED),
        (1.0, finished(1)),
        (30.0, finished(2, cost=None)),
        (31.0, stopped(3)),
        (32.0, events.Note("an unknown status", "acme")),
    ]
    refused = "failed MUG-3/hero (acme): the prompt was refused (rejected)"
    assert said(happened, Loudness.QUIET) == [refused]
    verbose = said(happened, Loudness.VERBOSE)
    assert "generated MUG-1/hero (acme, $0.01, 1.5 s)" in verbose
    assert "generated MUG-2/hero (acme, price unknown, 1.5 s)" in verbose


def test_a_stopped_provider_is_said_once_and_not_for_each_blocked_job() -> None:
    """A thousand blocked jobs are one message."""
    happened: list[tuple[float, Event]] = [
        (0.0, STARTED),
        (1.0, events.ProviderStopped("acme", fault("no credits left", kind=FaultKind.DENIED))),
    ]
    happened += [(1.0, stopped(number, how="blocked")) for number in range(1_000)]
    assert said(happened)[1:] == ["acme takes nothing more in this run: no credits left (denied)"]


def test_short_waits_and_repeated_notes_are_not_worth_a_line() -> None:
    """A second of Retry-After is the row's business."""
    speech = Speech()
    assert speech.line(events.GateClosed("acme", 1.0, "HTTP 429")) is None
    long = speech.line(events.GateClosed("acme", 60.0, "HTTP 429"))
    assert long is not None
    assert long.text == "acme is paused (1 min) by imagepipe: HTTP 429"
    told = Speech(time=lambda seconds: f"14:00:{seconds:02.0f}")
    asked = told.line(events.GateClosed("acme", 30.0, "slow down", asked=True))
    assert asked is not None
    assert asked.text == "acme is closed until 14:00:30 (30 s), as it asked: slow down"
    assert speech.line(events.Note("odd status", "acme")) is not None
    assert speech.line(events.Note("odd status", "acme")) is None


def test_the_second_signal_says_that_it_leaves() -> None:
    """Each Ctrl-C is answered with what it does."""
    speech = Speech()
    first, second = (speech.line(events.Draining("SIGINT", 3)) for _ in range(2))
    assert first is not None
    assert second is not None
    assert "nothing new is sent" in first.text
    assert "leaving now" in second.text


def screen(width: int = 80) -> tuple[io.StringIO, Console]:
    out = io.StringIO()
    console = Console(
        file=out, force_terminal=True, width=width, color_system=None, legacy_windows=False
    )
    return out, console


def test_live_prints_failures_above_its_rows_and_leaves_no_rows_behind() -> None:
    """After the run the screen holds the failures; the drawing is gone."""
    out, console = screen()
    with Live(console, lambda: 1.0) as live:
        live(STARTED)
        live(events.Submitting(key(1), "acme", "p", 1))
        live(stopped(1))
        live.draw()
    frame, _, end = out.getvalue().partition("\x1b")
    lines = frame.rstrip("\r").splitlines()
    assert lines[0] == "failed MUG-1/hero (acme): the prompt was refused (rejected)"
    assert lines[1] == "run r1 · m.yaml"
    assert lines[4].split() == ["acme", "0/30", "1", "29", "finding", "what", "it", "allows"]
    assert end.count("2K") == len(lines)  # each line but the failure, and where the cursor stands
    assert not any(character.isalpha() for character in end.replace("[2K", "").replace("[1A", ""))


def test_an_unchanged_frame_is_not_drawn_again() -> None:
    """Nothing is written while nothing changes: no flicker, and no work."""
    out, console = screen()
    with Live(console, lambda: 1.0) as live:
        live(STARTED)
        live.draw()
        before = out.getvalue()
        live.draw()
        assert out.getvalue() == before


def test_a_terminal_that_became_narrower_has_wrapped_what_stood_there() -> None:
    """As many rows are taken away as there are now."""
    out, console = screen(120)
    region = Region(console)
    region.draw([piece("x" * 100), piece("short")])
    before = len(out.getvalue())
    console.width = 60
    region.draw([piece("new")])
    assert out.getvalue()[before:].count("\x1b[1A") == 3


def test_a_listener_that_cannot_write_does_not_end_a_run() -> None:
    """A full disk under --events leaves the others listening, and is reported."""
    heard: list[Event] = []

    def full(_event: Event) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    audience = Audience(full, heard.append)
    audience(STARTED)
    audience(finished(1))
    assert heard == [STARTED, finished(1)]
    assert [failure.errno for failure in audience.failures] == [errno.ENOSPC]


def test_a_bug_of_a_listener_is_not_hidden() -> None:
    """Only what the machine does is forgiven."""

    def broken(_event: Event) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Audience(broken)(STARTED)
