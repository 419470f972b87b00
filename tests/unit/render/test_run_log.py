"""What a log says of events and requests: a level, the run, and which job it is about."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from imagepipe import events
from imagepipe.events import Event
from imagepipe.model import Fault, FaultKind, Key
from imagepipe.render.ndjson import kind
from imagepipe.render.run_log import Fields, RunLog
from imagepipe.wire import Operation, RoundTrip

KEY = Key("ab" * 32)
FAULT = Fault(FaultKind.THROTTLED, "slow down", http=429, code="rate")
STARTED = events.RunStarted("r1", ("m.yaml",), 2, {"house": 2})


def written(*happened: Event | RoundTrip) -> list[tuple[str, str, Fields]]:
    entries: list[tuple[str, str, Fields]] = []
    log = RunLog(lambda level, name, fields: entries.append((level, name, fields)))
    for one in happened:
        if isinstance(one, RoundTrip):
            log.watch(one)
        else:
            log(one)
    return entries


def trip(status: int | None, error: str | None = None) -> RoundTrip:
    return RoundTrip(Operation.POLL, "house", KEY, "GET", "https://h/v1/x", status, error, 0.25, 10)


def test_entries_of_a_job_say_which_though_their_event_does_not() -> None:
    entries = written(
        STARTED,
        events.Submitting(KEY, "house", "MUG/hero", 2),
        trip(200),
        events.Polled(KEY, "house", "RUNNING"),
        events.Finished(KEY, "house", "MUG/hero", "generated", Decimal("0.010"), 1.25),
    )
    about = {"run": "r1", "key": "abababababab", "path": "MUG/hero", "attempt": 2}
    assert [name for _, name, _ in entries[1:]] == ["submitting", "request", "polled", "finished"]
    assert all(about.items() <= fields.items() for _, _, fields in entries[1:])
    assert entries[-1][2]["cost"] == "0.010"
    assert entries[-1][2]["seconds"] == 1.25


@pytest.mark.parametrize(
    ("happened", "level"),
    [
        (STARTED, "info"),
        (events.Submitting(KEY, "house", "p", 1), "debug"),
        (events.Submitting(KEY, "house", "p", 2), "info"),
        (events.Submitted(KEY, "house", "p", "t"), "debug"),
        (events.Refused(KEY, "house", "p", 1, FAULT), "info"),
        (events.Waiting(KEY, "house", "p", "money"), "debug"),
        (events.Limited("house", Decimal(60), None), "debug"),
        (events.Polled(KEY, "house", "RUNNING"), "debug"),
        (events.Downloaded(KEY, "house", 1), "debug"),
        (events.Finished(KEY, "house", "p", "reused", None, 0.0), "info"),
        (events.Stopped(KEY, "house", "p", "failed", FAULT), "error"),
        (events.Stopped(KEY, "house", "p", "skipped", FAULT), "info"),
        (events.GateClosed("house", 2.0, "slow down"), "warning"),
        (events.ProviderStopped("house", FAULT), "error"),
        (events.Note("odd"), "info"),
        (events.Draining("SIGINT", 1), "warning"),
        (events.Left("SIGINT", ()), "error"),
        (events.RunFinished("r1", 1.0, 0), "info"),
        (trip(200), "debug"),
        (trip(429), "warning"),
        (trip(None, "no connection"), "warning"),
    ],
)
def test_levels(happened: Event | RoundTrip, level: str) -> None:
    """Debug is the course of each job, info what came of it, the rest wants looking at."""
    assert written(happened)[0][0] == level


def test_the_page_has_every_entry_at_its_level() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "logs.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(debug|info|warning|error)` \| (.*) \|$", page, re.MULTILINE))
    [levels] = [mark for mark in test_levels.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]  # pytest's own
    for happened, level in levels.args[1]:
        name = "request" if isinstance(happened, RoundTrip) else kind(happened)
        if getattr(happened, "how", "") != "skipped":
            assert f"`{name}`" in rows[level], name


def test_every_event_has_a_level_above() -> None:
    """A new one is not silently of no account."""
    [levels] = [mark for mark in test_levels.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]  # pytest's own
    told = {type(happened) for happened, _ in levels.args[1]}
    assert told - {RoundTrip} == set(get_args(Event))


def test_a_failure_says_why() -> None:
    [(_, _, fields)] = written(events.Stopped(KEY, "house", "p", "failed", FAULT))
    said = {"fault": "throttled", "status": 429, "code": "rate", "message": "slow down"}
    assert said.items() <= fields.items()
