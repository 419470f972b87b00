"""Traces and metrics as a collector gets them over OTLP; one that is dead harms nobody."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from imagepipe.app import telemetry
from tests.e2e import typed
from tests.e2e.typed import Desk
from tests.emulator_process import EmulatorProcess
from tests.fakes.collector import Collector, attributes, collecting

ROOT = Path(__file__).resolve().parents[2]
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
NOT_ALL = "note: not all telemetry reached its collector ({}); the run is not affected"

Opened = Callable[[int], Desk]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("OTEL_", "TRACE"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as found:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.url)
        yield found


def test_a_run_is_a_trace_below_that_of_its_ci_job(
    opened: Opened, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CI job, run, job, request: each the parent of the next, at the times that they had."""
    monkeypatch.setenv("TRACEPARENT", f"00-{TRACE}-{PARENT}-01")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "spring-catalog")
    desk = opened(2)
    ran = desk.types("run")
    assert ran.code == 0
    assert "note:" not in ran.err
    [run] = collector.named("imagepipe run")
    assert (run.trace_id.hex(), run.parent_span_id.hex()) == (TRACE, PARENT)
    jobs = collector.named("imagepipe job")
    assert {job.parent_span_id for job in jobs} == {run.span_id}
    assert {attributes(job)["imagepipe.job.path"] for job in jobs} == {
        "P00001/runcrate", "P00002/runcrate",
    }  # fmt: skip
    for name in ("submit", "download"):
        spans = collector.named(name)
        assert {span.parent_span_id for span in spans} == {job.span_id for job in jobs}
    times = {job.span_id: (job.start_time_unix_nano, job.end_time_unix_nano) for job in jobs}
    for span in (*collector.named("submit"), *collector.named("download")):
        begun, ended = times[span.parent_span_id]
        assert span.start_time_unix_nano <= span.end_time_unix_nano <= ended
        assert span.end_time_unix_nano >= begun
    assert {one["service.name"] for one in collector.resources} == {"spring-catalog"}


def test_requests_are_told_as_the_conventions_for_http_clients_say(
    opened: Opened, collector: Collector
) -> None:
    desk = opened(1)
    desk.types("run")
    [submit], [download] = collector.named("submit"), collector.named("download")
    said = attributes(submit)
    assert submit.kind == submit.SPAN_KIND_CLIENT
    assert (said["http.request.method"], said["http.response.status_code"]) == ("POST", 200)
    assert said["server.address"] == "127.0.0.1"
    assert f":{said['server.port']}" in desk.emulator.url
    assert said["url.full"] == f"{desk.emulator.url}/runcrate/v1/images/generations"
    assert attributes(download)["url.full"] == desk.emulator.url


def test_metrics_count_what_the_run_counts(opened: Opened, collector: Collector) -> None:
    opened(3).types("run")
    requests = collector.metrics["http.client.request.duration"]
    counts = {attributes(point)["imagepipe.operation"]: point.count for point in requests}
    assert counts == {"submit": 3, "download": 3}
    [jobs] = collector.metrics["imagepipe.jobs"]
    assert (jobs.as_int, attributes(jobs)["imagepipe.job.outcome"]) == (3, "generated")
    [cost] = collector.metrics["imagepipe.cost"]
    assert cost.as_double == pytest.approx(0.009)
    [flying] = collector.metrics["imagepipe.jobs.in_flight"]
    assert flying.as_int == 0
    [waits] = collector.metrics["imagepipe.gate.wait"]
    assert waits.count == 3


def test_every_metric_is_on_the_page_with_its_unit() -> None:
    page = (ROOT / "docs" / "logs.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `([\w.]+)`(?: \(histogram\))? \| (\S+) \|", page, re.MULTILINE))
    source = (ROOT / "imagepipe" / "render" / "metrics.py").read_text(encoding="utf-8")
    made = re.findall(r'create_\w+\(\s*"([\w.]+)".*?unit="([^"]+)"', source, re.DOTALL)
    assert told == dict(made)


def test_a_rerun_is_a_trace_of_one_span(opened: Opened, collector: Collector) -> None:
    desk = opened(2)
    desk.types("run", "-q")
    collector.spans.clear()
    desk.types("run", "-q")
    assert [span.name for span in collector.spans] == ["imagepipe run"]


def test_what_failed_is_an_error_with_its_kind(
    collector: Collector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with EmulatorProcess("--picture", "fixed", "--quirk", "bad-key") as strict:
        desk = typed.desk(strict, tmp_path, monkeypatch, capsys, products=1)
        assert desk.types("run").code == 5
    [job], [submit] = collector.named("imagepipe job"), collector.named("submit")
    assert job.status.code == submit.status.code == job.status.STATUS_CODE_ERROR
    assert attributes(job)["error.type"] == "denied"
    assert attributes(submit)["error.type"] == "401"


def test_a_submit_that_was_refused_and_sent_again_is_told_as_both(
    collector: Collector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with EmulatorProcess("--picture", "fixed", "--quirk", "429-retry-after=1") as busy:
        desk = typed.desk(busy, tmp_path, monkeypatch, capsys, products=1)
        assert desk.types("run").code == 0
    [job], submits = collector.named("imagepipe job"), collector.named("submit")
    assert [event.name for event in job.events] == ["refused"]
    assert attributes(job.events[0])["error.type"] == "throttled"
    told = [attributes(span) for span in sorted(submits, key=lambda one: one.start_time_unix_nano)]
    assert [one["http.response.status_code"] for one in told] == [429, 200]
    assert [one.get("http.request.resend_count") for one in told] == [None, 1]
    assert told[1]["imagepipe.gate.wait"] > 0
    [pauses] = collector.metrics["imagepipe.gate.pauses"]
    assert pauses.as_int == 1


@pytest.mark.parametrize("value", ["true", "TRUE"])
def test_it_can_be_ruled_out(
    opened: Opened, collector: Collector, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", value)
    assert opened(1).types("run", "--otel").code == 0
    assert collector.bodies == []


def test_one_signal_can_be_left_out_and_what_is_not_spoken_is_told(
    opened: Opened, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    ran = opened(1).types("run")
    assert collector.spans == []
    assert collector.metrics
    assert "note: OTEL_EXPORTER_OTLP_PROTOCOL is not http/protobuf, which is what is spoken" in (
        ran.err
    )


def test_nonsense_in_the_variables_stops_no_run(
    opened: Opened, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert collector.url
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")
    assert opened(1).types("run").code == 0


def test_a_collector_that_is_not_there_costs_a_note(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting() as gone:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", gone.url)
    desk = opened(2)
    ran = desk.types("run")
    assert ran.code == 0
    assert len(list(desk.images.rglob("*.png"))) == 2
    assert ran.err.splitlines()[-1] == NOT_ALL.format(gone.url)


def test_what_a_collector_says_is_repeated_nowhere(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers with the header that it was sent, as debugging proxies do."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20canary-collector")
    with collecting(status=400) as refusing:
        login = refusing.url.replace("//", "//me:canary-collector@")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", login)
        ran = opened(1).types("run")
    assert ran.code == 0
    assert ran.err.splitlines()[-1] == NOT_ALL.format(refusing.url)
    assert "canary-collector" not in ran.err + ran.out


def test_a_collector_that_never_answers_is_not_waited_for(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command is over while the collector still holds what it was sent."""
    monkeypatch.setattr(telemetry, "FLUSH_SECONDS", 0.1)
    with collecting(silent=True) as silent:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", silent.url)
        desk = opened(2)
        ran = desk.types("run")
        assert silent.came.is_set()
        assert not silent.answers.is_set()
    assert ran.code == 0
    assert len(list(desk.images.rglob("*.png"))) == 2
    assert ran.err.splitlines()[-1] == NOT_ALL.format(silent.url)


WITHOUT = (
    "import sys; sys.modules['opentelemetry'] = None;"
    "from imagepipe.cli.main import run; sys.exit(run(sys.argv[1:]))"
)


@pytest.mark.parametrize(
    ("options", "variables", "code", "said"),
    [
        (("--otel",), {}, 2, "error: --otel needs the extra `otel`, which is not installed"),
        ((), {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, 0, "note: no telemetry:"),
    ],
)
def test_without_the_extra_a_person_gets_an_error_and_an_environment_a_note(
    opened: Opened, options: tuple[str, ...], variables: dict[str, Any], code: int, said: str
) -> None:
    """Who sets a variable for all jobs of a CI server has not asked imagepipe for anything."""
    desk = opened(1)
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT, "run", *options],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stderr
    assert said in ran.stderr
    assert "imagepipe[otel]" in ran.stderr
    assert desk.accepted == (1 if code == 0 else 0)
