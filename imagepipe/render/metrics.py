"""A run as numbers: requests, pictures, cost, jobs in flight, and how long things take.

Request durations are the histogram that OpenTelemetry's semantic conventions name, with further
buckets, for a picture takes longer than a page; what is of imagepipe alone begins with its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from imagepipe import events
from imagepipe.events import Event
from imagepipe.model import Key
from imagepipe.render.spans import endpoint
from imagepipe.wire import Operation, RoundTrip

SECONDS = (
    0.005,
    0.01,
    0.025,
    0.05,
    0.075,
    0.1,
    0.25,
    0.5,
    0.75,
    1.0,
    2.5,
    5.0,
    7.5,
    10.0,
    20.0,
    30.0,
    60.0,
    120.0,
    300.0,
)
"""Bounds of buckets: those of the conventions, and on to where a slow picture ends."""


class Metrics:
    """A listener, and in `watch` a watcher of the wire."""

    def __init__(self, meter: Meter) -> None:
        self._requests = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._waits = meter.create_histogram(
            "imagepipe.gate.wait",
            unit="s",
            description="How long a submit waited for its turn.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._durations = meter.create_histogram(
            "imagepipe.job.duration",
            unit="s",
            description="From a job's start to its output, or to why there is none.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._jobs = meter.create_counter(
            "imagepipe.jobs", unit="{job}", description="Jobs that ended, by how."
        )
        self._cost = meter.create_counter(
            "imagepipe.cost", unit="USD", description="What the pictures of this run cost."
        )
        self._pauses = meter.create_counter(
            "imagepipe.gate.pauses",
            unit="{pause}",
            description="How often a provider asked for a pause.",
        )
        self._flying: dict[Key, str] = {}
        self._seen: set[str] = set()
        meter.create_observable_up_down_counter(
            "imagepipe.jobs.in_flight",
            callbacks=[self._in_flight],
            unit="{job}",
            description="Jobs that were submitted and have not ended.",
        )

    def __call__(self, event: Event) -> None:
        match event:
            case events.Submitting():
                self._seen.add(event.provider)
                self._flying[event.key] = event.provider
            case events.Refused():
                self._flying.pop(event.key, None)
            case events.Finished():
                self._ended(event)
                labels = {"imagepipe.provider": event.provider}
                self._durations.record(event.seconds, labels)
                if event.cost is not None and event.how == "generated":
                    self._cost.add(float(event.cost), labels)
            case events.Stopped():
                self._ended(event)
            case events.GateClosed():
                self._pauses.add(1, {"imagepipe.provider": event.provider})
            case events.RunFinished():
                self._flying.clear()
            case _:
                pass

    def watch(self, trip: RoundTrip) -> None:
        self._requests.record(trip.seconds, endpoint(trip))
        if trip.operation is Operation.SUBMIT:
            self._waits.record(trip.waited, {"imagepipe.provider": trip.provider})

    def _ended(self, event: events.Finished | events.Stopped) -> None:
        self._flying.pop(event.key, None)
        labels = {"imagepipe.provider": event.provider, "imagepipe.job.outcome": event.how}
        if isinstance(event, events.Stopped):
            labels["error.type"] = event.fault.kind.value
        self._jobs.add(1, labels)

    def _in_flight(self, _options: CallbackOptions) -> Iterable[Observation]:
        """Called on another thread: the copy is one step."""
        now = Counter(list(self._flying.values()))
        seen = sorted(set(self._seen))
        return [Observation(now[name], {"imagepipe.provider": name}) for name in seen]
