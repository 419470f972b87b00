"""The events and requests of a run as entries of a log: a level, a name, and fields.

Names of entries are those of the event stream, and `request` for what went over the wire. Every
entry has the run, and where it is about a job its key (12 characters), path and provider. It knows
no logging library: `write` takes what it says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from imagepipe import events
from imagepipe.events import Event
from imagepipe.model import Fault, Key
from imagepipe.render.ndjson import kind
from imagepipe.wire import RoundTrip

Field: TypeAlias = "str | int | float | None | dict[str, int] | list[str]"
Fields: TypeAlias = "dict[str, Field]"
Write: TypeAlias = Callable[[str, str, Fields], None]
"""Level, name and fields of an entry."""

SHORT = 12
"""Characters of a key, as other pages show it and `pending` takes it."""


@dataclass(slots=True)
class _Underway:
    """What later entries about a job say of it, too."""

    path: str = ""
    attempt: int | None = None


@dataclass(slots=True)
class RunLog:
    """A listener, and in `watch` a watcher of the wire."""

    write: Write
    _run: str = ""
    _jobs: dict[Key, _Underway] = field(default_factory=dict)

    def __call__(self, event: Event) -> None:
        match event:
            case events.RunStarted():
                self._run = event.run
                self._jobs.clear()
            case events.Submitting():
                self._jobs[event.key] = _Underway(event.path, event.attempt)
            case _:
                pass
        level, fields = _entry(event)
        self.write(level, kind(event), self._about(getattr(event, "key", None)) | fields)
        if isinstance(event, events.Finished | events.Stopped):
            self._jobs.pop(event.key, None)

    def watch(self, trip: RoundTrip) -> None:
        """Requests are for whoever looks closely; one that failed is for everybody."""
        fields: Fields = {
            "provider": trip.provider,
            "operation": trip.operation.value,
            "method": trip.method,
            "url": trip.url,
            "status": trip.status,
            "error": trip.error,
            "seconds": round(trip.seconds, 3),
            "bytes": trip.size,
            "waited": round(trip.waited, 3) or None,
        }
        self.write("debug" if trip.ok else "warning", "request", self._about(trip.key) | fields)

    def _about(self, key: Key | None) -> Fields:
        fields: Fields = {"run": self._run}
        if key is None:
            return fields
        job = self._jobs.get(key, _Underway())
        return {**fields, "key": key[:SHORT], "path": job.path or None, "attempt": job.attempt}


def _entry(event: Event) -> tuple[str, Fields]:
    match event:
        case events.RunStarted():
            manifests = list(event.manifests)
            return "info", {"manifests": manifests, "jobs": event.total, "work": dict(event.work)}
        case events.Submitting():
            again = event.attempt > 1
            return "info" if again else "debug", {"provider": event.provider}
        case events.Submitted():
            return "debug", {"provider": event.provider, "ticket": event.ticket}
        case events.Refused():
            return "info", {"provider": event.provider, **_fault(event.fault)}
        case events.Waiting():
            return "debug", {"provider": event.provider, "what": event.what}
        case events.Limited():
            rpm = _money(event.rpm)
            return "debug", {"provider": event.provider, "rpm": rpm, "in_flight": event.in_flight}
        case events.Polled():
            return "debug", {"provider": event.provider, "status": event.status}
        case events.Downloaded():
            return "debug", {"provider": event.provider, "bytes": event.size}
        case events.Finished():
            return "info", _finished(event)
        case events.Stopped():
            level = "info" if event.how == "skipped" else "error"
            fields = {"provider": event.provider, "path": event.path, "how": event.how}
            return level, {**fields, **_fault(event.fault)}
        case events.GateClosed():
            seconds = round(event.seconds, 3)
            return "warning", {
                "provider": event.provider,
                "seconds": seconds,
                "reason": event.reason,
            }
        case events.ProviderStopped():
            return "error", {"provider": event.provider, **_fault(event.fault)}
        case events.Note():
            return "info", {"provider": event.provider, "message": event.message}
        case _:
            return _ending(event)


def _ending(event: Event) -> tuple[str, Fields]:
    match event:
        case events.Draining():
            return "warning", {"signal": event.signal, "in_flight": event.in_flight}
        case events.Left():
            keys = [one.key[:SHORT] for one in event.in_doubt]
            return "error", {"signal": event.signal, "in_doubt": keys}
        case events.RunFinished():
            seconds = round(event.seconds, 3)
            return "info", {"seconds": seconds, "exit_code": event.exit_code}
        case _:
            return "info", {}


def _finished(event: events.Finished) -> Fields:
    return {
        "provider": event.provider,
        "path": event.path,
        "how": event.how,
        "cost": _money(event.cost),
        "seconds": round(event.seconds, 3),
    }


def _fault(fault: Fault) -> Fields:
    return {
        "fault": fault.kind.value,
        "status": fault.http,
        "code": fault.code,
        "message": fault.message,
    }


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")
