"""Runs manifests one after another, with somebody to listen, and shows what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from imagepipe import __version__
from imagepipe.app import idle
from imagepipe.app.clock import steady, utc_now
from imagepipe.app.planning import Planned
from imagepipe.app.project import Project
from imagepipe.app.report import Report
from imagepipe.app.run_options import RunOptions
from imagepipe.cli import planning, projects
from imagepipe.cli.consent import agree
from imagepipe.cli.log_options import LogOptions
from imagepipe.cli.machines import Machines, machines
from imagepipe.cli.observers import Observers, observing
from imagepipe.cli.options import Chosen, Places
from imagepipe.cli.reports import reported, worst
from imagepipe.cli.saved import restored
from imagepipe.cli.terminal import console, data, shown, tell, terminal, tint, width
from imagepipe.errors import ImagepipeError
from imagepipe.events import Event, Left, Listener
from imagepipe.render.audience import Audience
from imagepipe.render.leaving import left_text
from imagepipe.render.lines import Loudness
from imagepipe.render.ndjson import EventLines
from imagepipe.render.plain import Plain, ticking
from imagepipe.render.plan_text import bill
from imagepipe.render.status_text import Pot
from imagepipe.render.summary import RunView, summary_text
from imagepipe.wire import Watch

INTERRUPTED = (129, 130, 143)
UNWRITTEN = 2


@dataclass(frozen=True, slots=True)
class Show:
    """What people and machines see of a run. `yes`: whoever started it has agreed to pay again."""

    as_json: bool = False
    events: Path | None = None
    junit: Path | None = None
    report: Path | None = None
    quiet: bool = False
    verbose: bool = False
    yes: bool = False
    log: LogOptions = field(default_factory=LogOptions)
    otel: bool = False

    @property
    def loudness(self) -> Loudness:
        loud = Loudness.VERBOSE if self.verbose else Loudness.NORMAL
        return Loudness.QUIET if self.hushed else loud

    @property
    def hushed(self) -> bool:
        """Whether progress is left out: nobody wants it, or it would be among lines of JSON."""
        return self.quiet or self.log.only_json_on_stderr


@dataclass(slots=True)
class _Session:
    places: Places
    show: Show
    options: RunOptions
    machines: Machines = field(default_factory=Machines)
    observers: Observers = field(default_factory=Observers)
    reports: list[Report] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)

    def spent(self) -> Decimal:
        return sum((report.spent for report in self.reports), Decimal(0))


def run_all(
    given: Sequence[Path], places: Places, chosen: Chosen, options: RunOptions, show: Show
) -> int:
    """Carry out the plans of all manifests, in order; returns the exit code of the whole.

    Raises:
        ImagepipeError: after what had been done by then was shown.
    """
    given, places, chosen = restored(given, places, chosen)
    session = _Session(places, show, replace(options, again=_words(chosen, options)))
    if show.report is not None:
        from imagepipe.cli import gallery  # noqa: PLC0415 - late: pillow, 100 ms

        gallery.check(show.report)
    loaded = projects.opened(given, places)
    agree(loaded, chosen, yes=show.yes)
    with ExitStack() as stack:
        log = stack.enter_context(_event_log(show.events))
        session.observers = stack.enter_context(observing(show.log, loaded, otel=show.otel))
        session.machines = stack.enter_context(machines(show.junit))
        plans = stack.enter_context(closing(projects.plans(loaded, chosen)))
        try:
            for planned in plans:
                session.reports.append(_run_one(session, planned, log))
                if session.reports[-1].exit_code in INTERRUPTED:
                    break
        except ImagepipeError:
            if session.reports:
                _show_end(session)
            raise
        code = _show_end(session)
    if show.report is None:
        return code
    from imagepipe.cli import gallery  # noqa: PLC0415 - late: pillow, 100 ms

    return worst((code, gallery.after_run(session.projects, places, show.report, chosen.shard)))


def _run_one(session: _Session, planned: Planned, log: Sequence[Listener]) -> Report:
    show = session.show
    session.projects.append(planned.project)
    projects.show_notes(planned.notes, quiet=show.hushed)
    if planned.summary.pays and not show.hushed:
        tell("\n".join(bill(planning.view(planned, session.places), width())))
    nothing = idle.is_idle(planned, _left(session))
    with _progress(show, draws=not nothing) as drawn:
        audience = Audience(
            drawn,
            *log,
            *session.machines.listeners,
            *session.observers.listeners,
            _farewell(session, planned.project.where.manifest),
        )
        report = _carried_out(planned, _left(session), audience, session.observers.watch)
    session.machines.take(planned)
    for failure in audience.failures:
        tell(f"note: progress could not be written to the end: {failure.strerror or failure}")
    return report


def _carried_out(
    planned: Planned, options: RunOptions, listener: Listener, watch: Watch | None
) -> Report:
    if idle.is_idle(planned, options):
        return idle.run_idle(planned, listener=listener)
    from imagepipe.app import running  # noqa: PLC0415 - late: the engine and asyncio, 100 ms

    return running.run(planned, options, listener=listener, watch=watch)


def _farewell(session: _Session, manifest: Path) -> Listener:
    """Says what is in doubt when a run is made to leave; whatever was drawn is gone by then."""

    def listen(event: Event) -> None:
        if isinstance(event, Left):
            tell(left_text(event, session.places.again("pending list", manifest)))

    return listen


def _left(session: _Session) -> RunOptions:
    """The options for the next manifest: what the earlier ones spent is gone."""
    options = session.options
    if options.max_cost is None or not session.reports:
        return options
    left = max(Decimal(0), options.max_cost - session.spent())
    return replace(options, max_cost=left)


@contextmanager
def _progress(show: Show, *, draws: bool) -> Iterator[Listener]:
    """What people see on standard error: drawn in place on a terminal, lines elsewhere."""
    screen = terminal()
    lines = Plain(tell, steady(), loudness=show.loudness, color=screen.color)
    if not draws:
        yield lines
        return
    if not screen.live or show.hushed or show.log.on_stderr:
        with ticking(lines):
            yield lines
        return
    from imagepipe.render.live import Live  # noqa: PLC0415 - late: with rich

    with Live(console(screen), steady(), loudness=show.loudness) as live:
        yield live


@contextmanager
def _event_log(path: Path | None) -> Iterator[tuple[Listener, ...]]:
    """Lines of JSON into a file; `-` is standard output."""
    if path is None:
        yield ()
    elif str(path) == "-":
        yield (EventLines(lambda line: data(line.rstrip("\n")), utc_now, __version__),)
    else:
        file = path.open("w", encoding="utf-8", buffering=1)
        try:
            yield (EventLines(file.write, utc_now, __version__),)
        finally:
            # A line that could not be written is tried once more here; it has been told of.
            with suppress(OSError):
                file.close()


def _show_end(session: _Session) -> int:
    """The summary, or the object; one that somebody wanted and cannot get is an error."""
    show = session.show
    report = reported(session.reports)
    view = _view(session, report)
    summary = summary_text(view, width())
    is_written = session.machines.finish(view)
    try:
        as_json = json.dumps(report.to_json(), indent=2, ensure_ascii=False)
        data(as_json if show.as_json else tint(summary))
    except OSError as error:
        tell(f"{summary}\nerror: this could not be written to {error.filename}: {error.strerror}")
        return worst((report.exit_code, UNWRITTEN))
    return report.exit_code if is_written else worst((report.exit_code, UNWRITTEN))


def _view(session: _Session, report: Report) -> RunView:
    one = session.projects[0].where.manifest if len(session.projects) == 1 else None
    return RunView(
        jobs=report.jobs,
        total=report.total,
        spent=report.spent,
        unknown=report.unknown,
        requests=report.requests,
        seconds=report.seconds,
        exit_code=report.exit_code,
        outputs=", ".join(dict.fromkeys(shown(p.outputs) for p in session.projects)),
        failures=report.faults,
        stopped=report.stopped,
        again=_again(session, "run", one),
        pending=_again(session, "pending list", one),
        rehearsal=session.places.rehearsing,
        in_doubt=Pot(report.in_doubt.amount, report.in_doubt.unknown),
        risked=Pot(report.risked.amount, report.risked.unknown),
        kept=report.kept,
        charges=report.charges,
        pruned=report.pruned,
        reserved=Pot(report.reserved.amount, report.reserved.unknown),
    )


def _again(session: _Session, verb: str, one: Path | None) -> str:
    """The same command for one manifest; for several, which one is the reader's to say.

    Whoever selected jobs, or set a limit, must not pay for others by going on.
    """
    command = session.places.again(verb, one or Path("MANIFEST"))
    return " ".join([command, *session.options.again]) if verb == "run" else command


def _words(chosen: Chosen, options: RunOptions) -> tuple[str, ...]:
    """What is to be said again; what was forced was made, and is not forced once more."""
    words = replace(chosen, force=False).words()
    words += [] if options.max_cost is None else ["--max-cost", f"{options.max_cost:f}"]
    words += ["--allow-unknown-cost"] if options.allow_unknown_cost else []
    return tuple(words)
