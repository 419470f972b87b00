"""A run as a trace: a span for the run, one for each job, and one for each request of a job.

Attributes of requests are those of OpenTelemetry's semantic conventions for HTTP clients; a span
is made when its request is over, with the times that it had. Texts go through the redaction.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer

from imagepipe import events
from imagepipe.events import Event
from imagepipe.model import Fault, Key
from imagepipe.redaction import Redaction
from imagepipe.render.ndjson import kind
from imagepipe.wire import RoundTrip

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.util.types import Attributes, AttributeValue

NANOSECONDS = 1_000_000_000


@dataclass(slots=True)
class _Job:
    span: Span
    attempt: int = 1


@dataclass(slots=True)
class Spans:
    """A listener, and in `watch` a watcher of the wire. `parent` is the context of a run's span."""

    tracer: Tracer
    redaction: Redaction
    parent: Context | None = None
    _run: Span = trace.INVALID_SPAN
    _jobs: dict[Key, _Job] = field(default_factory=dict)

    def __call__(self, event: Event) -> None:
        match event:
            case events.RunStarted():
                self._begin(event)
            case events.Submitting():
                self._job(event.key, event.provider, event.path).attempt = event.attempt
            case events.Refused():
                job = self._job(event.key, event.provider, event.path)
                job.span.add_event("refused", self._told(event.fault))
            case events.Finished():
                self._finished(event)
            case events.Stopped():
                self._stopped(event)
            case events.RunFinished():
                self._end(event)
            case events.GateClosed() | events.Note() | events.Draining() | events.ProviderStopped():
                self._run.add_event(kind(event), self._facts(event))
            case _:
                pass

    def watch(self, trip: RoundTrip) -> None:
        now = time.time_ns()
        begun = now - int(trip.seconds * NANOSECONDS)
        job = self._job(trip.key, trip.provider, None, begun) if trip.key else None
        parent = trace.set_span_in_context(job.span if job else self._run, self.parent)
        attributes = _request(trip, job.attempt if job else 1)
        span = self.tracer.start_span(
            trip.operation.value, parent, SpanKind.CLIENT, attributes, start_time=begun
        )
        if not trip.ok:
            span.set_status(StatusCode.ERROR, self.redaction.text(trip.error or ""))
        span.end(now)

    def _begin(self, event: events.RunStarted) -> None:
        self._run = self.tracer.start_span(
            "imagepipe run",
            self.parent,
            attributes={
                "imagepipe.run.id": event.run,
                "imagepipe.manifest": [self.redaction.text(name) for name in event.manifests],
                "imagepipe.jobs": event.total,
                "imagepipe.jobs.work": sum(event.work.values()),
            },
        )

    def _job(self, key: Key, provider: str, path: str | None, begun: int | None = None) -> _Job:
        job = self._jobs.get(key)
        if job is None:
            parent = trace.set_span_in_context(self._run, self.parent)
            attributes = {"imagepipe.job.key": key, "imagepipe.provider": provider}
            span = self.tracer.start_span(
                "imagepipe job", parent, attributes=attributes, start_time=begun
            )
            job = self._jobs[key] = _Job(span)
        if path is not None:
            job.span.set_attribute("imagepipe.job.path", self.redaction.text(path))
        return job

    def _finished(self, event: events.Finished) -> None:
        begun = time.time_ns() - int(event.seconds * NANOSECONDS)
        span = self._job(event.key, event.provider, event.path, begun).span
        span.set_attribute("imagepipe.job.outcome", event.how)
        if event.cost is not None:
            span.set_attribute("imagepipe.cost", float(event.cost))
        self._close(event.key)

    def _stopped(self, event: events.Stopped) -> None:
        span = self._job(event.key, event.provider, event.path).span
        span.set_attributes({"imagepipe.job.outcome": event.how, **_fault(event.fault)})
        if event.how != "skipped":
            span.set_status(StatusCode.ERROR, self.redaction.text(event.fault.message))
        self._close(event.key)

    def _close(self, key: Key) -> None:
        self._jobs.pop(key).span.end()

    def _end(self, event: events.RunFinished) -> None:
        self._run.set_attribute("imagepipe.exit_code", event.exit_code)
        if event.exit_code:
            self._run.set_status(StatusCode.ERROR, f"exit code {event.exit_code}")
        self.close()

    def close(self) -> None:
        """End what has not ended: jobs that are left for the next run, a run that broke off."""
        for job in self._jobs.values():
            job.span.set_attribute("imagepipe.job.outcome", "left")
            job.span.end()
        self._jobs.clear()
        if self._run.is_recording():
            self._run.end()
        self._run = trace.INVALID_SPAN

    def _facts(
        self, event: events.GateClosed | events.Note | events.Draining | events.ProviderStopped
    ) -> Attributes:
        match event:
            case events.GateClosed(provider=name, seconds=seconds, reason=reason):
                said = self.redaction.text(reason)
                return {"imagepipe.provider": name, "seconds": seconds, "reason": said}
            case events.Note(message=message):
                return {"message": self.redaction.text(message)}
            case events.Draining(signal=signal, in_flight=in_flight):
                return {"signal": signal, "in_flight": in_flight}
            case events.ProviderStopped(provider=name, fault=fault):
                return {"imagepipe.provider": name, **self._told(fault)}

    def _told(self, fault: Fault) -> dict[str, AttributeValue]:
        return {"message": self.redaction.text(fault.message), **_fault(fault)}


def endpoint(trip: RoundTrip) -> dict[str, AttributeValue]:
    """Where a request went and how it ended: few values, so that a metric can have them, too."""
    parts = urlsplit(trip.url)
    found: dict[str, AttributeValue] = {
        "http.request.method": trip.method,
        "url.scheme": parts.scheme,
        "server.address": parts.hostname or "",
        "server.port": parts.port or (443 if parts.scheme == "https" else 80),
        "imagepipe.provider": trip.provider,
        "imagepipe.operation": trip.operation.value,
    }
    if trip.status is not None:
        found["http.response.status_code"] = trip.status
    if not trip.ok:
        found["error.type"] = str(trip.status) if trip.status else "no_response"
    return found


def _request(trip: RoundTrip, attempt: int) -> dict[str, AttributeValue]:
    found = endpoint(trip) | {"url.full": trip.url, "http.response.body.size": trip.size}
    if attempt > 1 and trip.operation == "submit":
        found["http.request.resend_count"] = attempt - 1
    if trip.waited:
        found["imagepipe.gate.wait"] = trip.waited
    return found


def _fault(fault: Fault) -> dict[str, AttributeValue]:
    found: dict[str, AttributeValue] = {"error.type": fault.kind.value}
    if fault.http is not None:
        found["http.response.status_code"] = fault.http
    return found
