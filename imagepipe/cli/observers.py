"""Who watches a run beside people: the log and telemetry, each only where somebody wants it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from imagepipe.app.project import Project, secrets
from imagepipe.app.telemetry import Telemetry, is_wanted, telemetry
from imagepipe.cli.log_options import LogOptions
from imagepipe.cli.terminal import tell
from imagepipe.events import Listener
from imagepipe.model import Secret
from imagepipe.render.run_log import RunLog
from imagepipe.wire import RoundTrip, Watch


@dataclass(frozen=True, slots=True)
class Observers:
    """Listeners to events, and those who watch the wire."""

    listeners: tuple[Listener, ...] = ()
    watchers: tuple[Watch, ...] = ()

    @property
    def watch(self) -> Watch | None:
        """All of them as one; None if there are none, so that nothing is measured for nobody."""
        if not self.watchers:
            return None

        def watch(trip: RoundTrip) -> None:
            for watcher in self.watchers:
                watcher(trip)

        return watch


@contextmanager
def observing(log: LogOptions, projects: Sequence[Project], *, otel: bool) -> Iterator[Observers]:
    """As the options and the environment ask; what they complain of is told at the end.

    Raises:
        OSError: the log's file cannot be opened.
        SetupError: telemetry was asked for without its extra.
    """
    if not (log.wanted or is_wanted(wanted=otel)):
        yield Observers()
        return
    keys = tuple(dict.fromkeys(key for project in projects for key in secrets(project)))
    sent = Telemetry()
    try:
        with ExitStack() as stack:
            sent = stack.enter_context(telemetry(wanted=otel, secrets=keys))
            written = _log(log, keys, stack)
            listeners: tuple[Listener, ...] = (*sent.listeners, *written)
            yield Observers(listeners, (*sent.watchers, *(one.watch for one in written)))
    finally:
        for note in sent.notes:
            tell(f"note: {note}")


def _log(log: LogOptions, keys: tuple[Secret, ...], stack: ExitStack) -> tuple[RunLog, ...]:
    if not log.wanted:
        return ()
    from imagepipe.cli.logs import logged  # noqa: PLC0415 - late: structlog, 190 ms

    return (stack.enter_context(logged(log, keys)),)
