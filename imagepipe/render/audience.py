"""Several listeners as one. One that cannot write any more is left out; the run goes on.

A full disk or a closed pipe under a progress display must never end a run that has paid for
pictures. What was wrong is kept, and said at the end.
"""

from __future__ import annotations

from imagepipe.events import Event, Listener


class Audience:
    """A listener that passes every event on, in order."""

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = list(listeners)
        self.failures: list[OSError] = []

    def __call__(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except OSError as error:
                self._listeners.remove(listener)
                self.failures.append(error)
