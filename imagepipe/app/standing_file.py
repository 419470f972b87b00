"""Keeps the file that tells others where a run stands: `status --watch`, and the page that is live.

A thread of its own writes it, at most once a second and only when something has happened, so that
the loop never waits for a disk. A file that cannot be written is no reason to end a run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from imagepipe.app.clock import steady
from imagepipe.app.project import Project
from imagepipe.app.report import Report
from imagepipe.engine.tally import Failure
from imagepipe.events import Event, Listener
from imagepipe.render.board import Board
from imagepipe.render.holds import local_time
from imagepipe.render.lines import Loudness, Speech, cause
from imagepipe.standing import Cause, Ending, Said
from imagepipe.store import this_process
from imagepipe.store.standings import Standings, Watched

EVERY = 1.0
"""Seconds between two writes at least."""

TRIES, AGAIN = 5, 0.05
"""Of the last word: how often it is tried, and the seconds between. Windows lets nobody replace a
file while another program reads it."""

LINES = 100
"""The last lines that people were told, for who looks only now and then."""

NAMED = 3
"""Jobs named for each cause of an ending."""

LISTED = 1_000
"""Causes that an ending names."""


class StandingFile:
    """A listener; what it hears is written soon after. `end` writes the last word."""

    def __init__(
        self, project: Project, again: tuple[str, ...], clock: Callable[[], float]
    ) -> None:
        self._again = again
        self._folder = Standings(project.layout.runs)
        self._manifests = (str(project.where.manifest.resolve()),)
        self._outputs = str(project.outputs.resolve())
        self._clock = clock
        self._board = Board()
        self._speech = Speech(Loudness.NORMAL, time=lambda seconds: local_time(clock() + seconds))
        self._said: list[Said] = []
        self._spoken = 0
        self._ending: Ending | None = None
        self._process = this_process()
        self._lock = threading.Lock()
        self._news, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._serve, name="standing", daemon=True)

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._board.take(event, self._clock())
            line = self._speech.line(event)
            if line is not None:
                self._spoken += 1
                self._said = [*self._said[1 - LINES :], Said(line.text, line.tone.value)]
        if not self._news.is_set():  # to set it costs more than all of this
            self._news.set()

    def start(self) -> None:
        self._thread.start()

    def end(self, report: Report | None) -> None:
        """The last word; without a report, the run ended by an error and says nothing of it."""
        if report is not None:
            self._ending = ending(report)
        self._over.set()
        self._news.set()
        self._thread.join()

    def watched(self) -> Watched:
        """What is written at this moment."""
        with self._lock:
            standing = self._board.standing(self._clock())
            said, spoken = tuple(self._said), self._spoken
        full = replace(
            standing,
            manifests=self._manifests,
            outputs=self._outputs,
            again=self._again,
            said=said,
            spoken=spoken,
            ending=self._ending,
        )
        return Watched(full, self._process)

    def _serve(self) -> None:
        with suppress(OSError):
            self._folder.prune(self._process)
        while True:
            self._news.wait()
            self._news.clear()
            if self._over.is_set():
                self._write(tries=TRIES)
                return
            self._write()
            self._over.wait(EVERY)

    def _write(self, tries: int = 1) -> None:
        """What cannot be written now is, with the next news; the last word is tried again."""
        for _ in range(tries):
            with suppress(OSError):
                self._folder.write(self.watched())
                return
            time.sleep(AGAIN)


@contextmanager
def kept(project: Project, again: tuple[str, ...] = ()) -> Iterator[StandingFile]:
    """The file of a run, until it is ended; `again` says how to go on with just that."""
    file = StandingFile(project, again, steady())
    file.start()
    try:
        yield file
    except BaseException:
        file.end(None)
        raise


def ending(report: Report) -> Ending:
    return Ending(
        exit_code=report.exit_code,
        seconds=report.seconds,
        total=report.total,
        jobs=report.jobs,
        requests=report.requests,
        spent=report.spent,
        unknown=report.unknown,
        in_doubt=(report.in_doubt.amount, report.in_doubt.unknown),
        risked=(report.risked.amount, report.risked.unknown),
        causes=causes(report.faults),
        stopped=report.stopped,
        kept=tuple(path for path, _ in report.kept),
        pruned=report.pruned,
        charges=report.charges,
        reserved=(report.reserved.amount, report.reserved.unknown),
    )


def causes(failures: Sequence[Failure]) -> tuple[Cause, ...]:
    """Jobs that ended without a picture, by reason, the most frequent first."""
    groups: dict[tuple[str, str, str], list[Failure]] = {}
    for one in failures:
        groups.setdefault((one.how, one.provider, cause(one.fault)), []).append(one)
    ordered = sorted(groups.values(), key=len, reverse=True)
    return tuple(
        Cause(
            several[0].how,
            several[0].provider,
            several[0].fault,
            len(several),
            tuple((one.key, one.path) for one in several[:NAMED]),
        )
        for several in ordered[:LISTED]
    )


def both(first: Listener, second: Listener) -> Listener:
    def listen(event: Event) -> None:
        first(event)
        second(event)

    return listen
