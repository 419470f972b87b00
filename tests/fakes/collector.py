"""A collector on loopback: takes OTLP over HTTP and decodes it by the protocol's package."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Collector:
    """What arrived. `answers` is when a request is replied to; an unset one holds it back."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    spans: list[Any] = field(default_factory=list)
    metrics: dict[str, list[Any]] = field(default_factory=dict)
    resources: list[dict[str, Any]] = field(default_factory=list)
    answers: threading.Event = field(default_factory=threading.Event)
    came: threading.Event = field(default_factory=threading.Event)
    status: int = 200

    def named(self, name: str) -> list[Any]:
        return [span for span in self.spans if span.name == name]

    def take(self, path: str, body: bytes) -> None:
        self.bodies.append(body)
        if path == "/v1/traces":
            for of in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.resources.append(attributes(of.resource))
                self.spans += [span for scope in of.scope_spans for span in scope.spans]
        else:
            for one in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                for metric in (m for scope in one.scope_metrics for m in scope.metrics):
                    self.metrics[metric.name] = list(_points(metric))


def _points(metric: Any) -> Iterator[Any]:
    yield from getattr(metric, metric.WhichOneof("data")).data_points


def attributes(of: Any) -> dict[str, Any]:
    """As plain values; of a list its first."""
    found: dict[str, Any] = {}
    for pair in of.attributes:
        kind = pair.value.WhichOneof("value")
        value = getattr(pair.value, kind)
        found[pair.key] = value.values[0].string_value if kind == "array_value" else value
    return found


@contextmanager
def collecting(*, silent: bool = False, status: int = 200) -> Iterator[Collector]:
    """A collector that answers with `status`, or takes everything and never says so."""
    collector = Collector(status=status)
    if not silent:
        collector.answers.set()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Servers of tests are silent."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            collector.came.set()
            collector.answers.wait()
            if status == 200:
                collector.take(self.path, body)
            said = f"no: {self.headers.get('Authorization')}".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that left
        collector.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield collector
        finally:
            collector.answers.set()
            server.shutdown()
            thread.join()
