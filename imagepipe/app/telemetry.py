"""Traces and metrics over OTLP, as the standard variables of OpenTelemetry ask for them.

The extra `otel` brings the libraries; nothing of them is imported where nobody asks. They send on
threads of their own, so that a collector that is slow, dead or silent holds nothing up; what has
not left at the end has a few seconds to.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from imagepipe import __version__
from imagepipe.errors import SetupError
from imagepipe.events import Listener
from imagepipe.model import Secret
from imagepipe.redaction import Redaction
from imagepipe.wire import Watch

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

FLUSH_SECONDS, GRACE_SECONDS = 5.0, 1.0
"""How long a process waits at its end for a collector, and for one that has failed already."""

ENDPOINTS = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
)

DEFAULT_ENDPOINT = "http://localhost:4318"

PROTOCOL = "http/protobuf"


@dataclass(slots=True)
class Telemetry:
    """Who listens to a run, and after `close` what went wrong, if anything did."""

    listeners: tuple[Listener, ...] = ()
    watchers: tuple[Watch, ...] = ()
    notes: list[str] = field(default_factory=list)


def is_wanted(*, wanted: bool) -> bool:
    """Whether a person (`wanted`) or the environment asks, and has not ruled telemetry out."""
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    return wanted or any(os.environ.get(name) for name in ENDPOINTS)


@contextmanager
def telemetry(*, wanted: bool, secrets: Sequence[Secret]) -> Iterator[Telemetry]:
    """Listeners that report to a collector, if the environment (or, `wanted`, a person) asks.

    Whatever happens to the collector, the run goes on; `notes` say at the end that not all of it
    arrived.

    Raises:
        SetupError: a person asked, and the extra is not installed.
    """
    variables = os.environ
    if not is_wanted(wanted=wanted):
        yield Telemetry()
        return
    if not _is_installed():
        if wanted:
            hint = "install it with `pip install 'imagepipe[otel]'`, or leave --otel out"
            raise SetupError("--otel needs the extra `otel`, which is not installed", hint=hint)
        named = next(name for name in ENDPOINTS if variables.get(name))
        yield Telemetry(notes=[_MISSING.format(named=named)])
        return
    with _listening(Redaction(secrets), variables) as found:
        yield found


_MISSING = (
    "no telemetry: {named} is set, but the extra `otel` is not installed "
    "(pip install 'imagepipe[otel]', or OTEL_SDK_DISABLED=true)"
)


_LOST = "not all telemetry reached its collector ({collector}); the run is not affected"


def _is_installed() -> bool:
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False


@contextmanager
def _listening(redaction: Redaction, variables: Mapping[str, str]) -> Iterator[Telemetry]:
    from imagepipe.render.metrics import Metrics  # noqa: PLC0415 - late: the extra, 300 ms
    from imagepipe.render.spans import Spans  # noqa: PLC0415 - late: the extra, 300 ms

    found = Telemetry(notes=list(_unmet(variables)))
    complaints = _Complaints()
    logger = logging.getLogger("opentelemetry")
    logger.addHandler(complaints)
    propagates, logger.propagate = logger.propagate, False
    try:
        traces, meters = _providers(variables)
    except (ValueError, OSError) as error:  # a port that is no number, a certificate that is gone
        found.notes.append(f"no telemetry: the OTEL_* variables cannot be used ({_kind(error)})")
        traces = meters = None
    spans = None
    if traces is not None:
        spans = Spans(traces.get_tracer("imagepipe", __version__), redaction, _parent(variables))
        found.listeners += (spans,)
        found.watchers += (spans.watch,)
    if meters is not None:
        metrics = Metrics(meters.get_meter("imagepipe", __version__))
        found.listeners += (metrics,)
        found.watchers += (metrics.watch,)
    try:
        yield found
    finally:
        if spans is not None:
            spans.close()
        is_flushed = _flush(complaints, traces, meters)
        if complaints.any or not is_flushed:
            found.notes.append(_LOST.format(collector=_collector(variables)))
        logger.propagate = propagates
        logger.removeHandler(complaints)


def _collector(variables: Mapping[str, str]) -> str:
    """Where it is sent first of all, without a login, a path or a query."""
    named = (variables[name] for name in reversed(ENDPOINTS) if variables.get(name))
    parts = urlsplit(next(named, DEFAULT_ENDPOINT))
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _kind(error: Exception) -> str:
    """Without the text, which may quote a header."""
    return type(error).__name__


class _Complaints(logging.Handler):
    """Takes what the libraries say, which may quote a collector's reply; remembers that it was."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.any = False

    def emit(self, _record: logging.LogRecord) -> None:
        self.any = True


def _providers(
    variables: Mapping[str, str],
) -> tuple[TracerProvider | None, MeterProvider | None]:
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - late: the extra

    name = variables.get("OTEL_SERVICE_NAME") or "imagepipe"
    resource = Resource.create({"service.version": __version__, "service.name": name})
    wants = {signal: _exporter(variables, signal) == "otlp" for signal in ("TRACES", "METRICS")}
    traces = _traces(resource) if wants["TRACES"] else None
    return traces, _meters(resource) if wants["METRICS"] else None


def _traces(resource: Resource) -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - late
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - late: the extra
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - late

    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _meters(resource: Resource) -> MeterProvider:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415 - late
        OTLPMetricExporter,
    )
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 - late: the extra
    from opentelemetry.sdk.metrics.export import (  # noqa: PLC0415 - late: the extra
        PeriodicExportingMetricReader,
    )

    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    return MeterProvider([reader], resource=resource, shutdown_on_exit=False)


def _parent(variables: Mapping[str, str]) -> Context:
    """What a CI server says that this process is a part of: TRACEPARENT and TRACESTATE."""
    from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415 - late: the extra
        TraceContextTextMapPropagator,
    )

    carrier = {
        name.lower(): variables[name] for name in ("TRACEPARENT", "TRACESTATE") if name in variables
    }
    return TraceContextTextMapPropagator().extract(carrier)


def _exporter(variables: Mapping[str, str], signal: str) -> str:
    return variables.get(f"OTEL_{signal}_EXPORTER", "").strip().lower() or "otlp"


def _unmet(variables: Mapping[str, str]) -> Iterator[str]:
    """What the environment asks for and is not done."""
    for signal in ("TRACES", "METRICS"):
        if _exporter(variables, signal) not in ("otlp", "none"):
            yield f"OTEL_{signal}_EXPORTER can be otlp or none; nothing is sent of these"
    names = ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
    for name in (*names, "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"):
        if variables.get(name, PROTOCOL).strip().lower() != PROTOCOL:
            yield f"{name} is not {PROTOCOL}, which is what is spoken (usually at port 4318)"


def _flush(complaints: _Complaints, *providers: TracerProvider | MeterProvider | None) -> bool:
    """Send what is left, for as long as a process may wait; False if that was not enough."""
    senders = [
        Thread(target=provider.shutdown, name="telemetry", daemon=True)
        for provider in providers
        if provider is not None
    ]
    for sender in senders:
        sender.start()
    begun = time.monotonic()
    while alive := [sender for sender in senders if sender.is_alive()]:
        bound = GRACE_SECONDS if complaints.any else FLUSH_SECONDS
        if time.monotonic() - begun > bound:
            return False
        alive[0].join(0.02)
    return True
