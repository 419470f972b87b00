"""The log of a run: nothing unless it is wanted, then each request and what came of each job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imagepipe.cli.log_options import LogOptions
from imagepipe.cli.logs import logged
from imagepipe.events import Note, RunStarted
from imagepipe.model import Key, Secret
from imagepipe.wire import Operation, RoundTrip
from tests.e2e.typed import Desk

Opened = Callable[[int], Desk]


def entries(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_file_gets_the_course_of_every_job(opened: Opened) -> None:
    """By run, short key, path and attempt; a submit with its status, duration and wait."""
    desk = opened(2)
    assert desk.types("run", "--log-file", "run.log", "--log-level", "debug").code == 0
    log = entries(Path("run.log").read_text(encoding="utf-8"))
    assert [log[0]["event"], log[-1]["event"]] == ["run_started", "run_finished"]
    assert len({entry["run"] for entry in log}) == 1
    mine = [entry for entry in log if entry.get("path") == "P00001/runcrate"]
    assert [entry["event"] for entry in mine] == [
        "submitting", "request", "submitted", "request", "downloaded", "finished",
    ]  # fmt: skip
    assert {len(entry["key"]) for entry in mine} == {12}
    submit, download = (entry for entry in mine if entry["event"] == "request")
    assert (submit["operation"], submit["status"], submit["attempt"]) == ("submit", 200, 1)
    assert submit["seconds"] >= 0
    assert submit["url"].endswith("/runcrate/v1/images/generations")
    assert (download["operation"], download["url"]) == ("download", desk.emulator.url)
    assert mine[-1]["cost"] == "0.003"


def test_info_is_what_came_of_the_jobs(opened: Opened) -> None:
    """And is the level of a file for which none was named; the file is added to."""
    desk = opened(2)
    for _ in range(2):
        desk.types("run", "--log-file", "run.log")
    log = entries(Path("run.log").read_text(encoding="utf-8"))
    names = ["run_started", "finished", "finished", "run_finished", "run_started", "run_finished"]
    assert [entry["event"] for entry in log] == names


def test_the_environment_asks_as_the_options_do(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = opened(1)
    monkeypatch.setenv("IMAGEPIPE_LOG_LEVEL", "warning")
    monkeypatch.setenv("IMAGEPIPE_LOG_FORMAT", "json")
    monkeypatch.setenv("IMAGEPIPE_LOG_FILE", "by-environment.log")
    assert desk.types("run").code == 0
    assert Path("by-environment.log").read_text(encoding="utf-8") == ""
    assert desk.types("run", "--log-level", "info").code == 0
    log = entries(Path("by-environment.log").read_text(encoding="utf-8"))
    assert [entry["event"] for entry in log] == ["run_started", "run_finished"]


def test_json_on_standard_error_has_it_alone(opened: Opened) -> None:
    """A collector of logs reads it line by line; the result is on standard output as ever."""
    ran = opened(1).types("run", "--log-format", "json")
    assert ran.code == 0
    assert [entry["event"] for entry in entries(ran.err)] == [
        "run_started", "finished", "run_finished",
    ]  # fmt: skip
    assert "Everything is there." in ran.out


def test_lines_for_people_stand_beside_the_progress(opened: Opened) -> None:
    ran = opened(1).types("run", "--log-level", "info")
    [line] = [line for line in ran.err.splitlines() if "finished " in line and "path=" in line]
    assert "[info     ] finished" in line
    assert "path=P00001/runcrate" in line
    assert "\x1b" not in ran.err


def test_a_log_that_cannot_be_opened_costs_nothing(opened: Opened) -> None:
    desk = opened(1)
    ran = desk.types("run", "--log-file", "no/such/folder/run.log")
    assert ran.code == 2
    assert ran.err.startswith("error: no/such/folder/run.log: no such file or directory\n   help:")
    assert desk.accepted == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")
def test_a_full_disk_under_the_log_is_told_once_and_stops_nothing(opened: Opened) -> None:
    desk = opened(2)
    ran = desk.types("run", "--log-file", "/dev/full", "--log-level", "debug")
    assert ran.code == 0
    assert ran.err.count("note: the log /dev/full could not be written to the end: No space") == 1
    assert len(list(desk.images.rglob("*.png"))) == 2


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_key_that_came_as_far_as_the_log_ends_there(tmp_path: Path, form: str) -> None:
    """Texts are cleaned where they are read; this is for the day on which one was not."""
    path, key = tmp_path / "run.log", "canary-of-a-vendor"
    said = f"refused: Bearer {key}, see https://cdn.example/a.png?X-Amz-Signature=canary-signed"
    with logged(LogOptions("debug", form, path), [Secret(key)]) as log:
        log(Note(said, "house", Key("ab" * 32)))
        log(RunStarted("r", (f"{key}.yaml",), 1, {key: 1}))
        log.watch(RoundTrip(Operation.POLL, "house", None, "GET", said, None, said, 0.1))
    text = path.read_text(encoding="utf-8")
    assert text.count("see https://cdn.example/a.png?***") == 3
    assert "canary" not in text


def test_nobody_who_wants_no_log_waits_for_its_library() -> None:
    """Neither for that of logs nor for those of telemetry: a run imports none of them."""
    script = (
        "import sys; from imagepipe.cli.main import run; code = run(sys.argv[1:]);"
        "print(sorted({name.partition('.')[0] for name in sys.modules}"
        " & {'structlog', 'opentelemetry', 'requests', 'google'}), code)"
    )
    manifest = Path(__file__).resolve().parents[2] / "examples" / "ci" / "imagepipe.yaml"
    ran = subprocess.run(
        [sys.executable, "-c", script, "run", "--frozen", "--emulate", str(manifest)],
        env={name: value for name, value in os.environ.items() if not name.startswith("OTEL_")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines()[-1] == "[] 3"
