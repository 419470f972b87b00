"""A run for which there is nothing to do: it is told of and reported, and starts nothing.

It needs no event loop, no socket and no store to write to, and importing these takes longer than
all the rest of it.
"""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from imagepipe.app.planning import Planned
from imagepipe.app.report import Report, report_of
from imagepipe.app.run_options import RunOptions
from imagepipe.engine import count_only
from imagepipe.events import Listener, RunFinished, RunStarted


def is_idle(planned: Planned, options: RunOptions) -> bool:
    """Whether a run would neither send, make, settle, remove nor write down anything."""
    known = planned.known
    if planned.summary.works or options.prune:
        return False
    return not (known.adopted or known.unlocked or known.unrecovered())


def run_idle(planned: Planned, *, listener: Listener) -> Report:
    """The report of a run that `is_idle`."""
    run_id, manifests = uuid4().hex[:12], (str(planned.project.where.manifest),)
    listener(started(planned, run_id))
    tally = count_only(planned.plan, listener)
    rehearsal = planned.project.where.rehearsal is not None
    report = report_of(tally, manifests, run_id, planned.summary, rehearsal=rehearsal)
    listener(RunFinished(run_id, report.seconds, report.exit_code))
    return report


def started(planned: Planned, run_id: str, max_cost: Decimal | None = None) -> RunStarted:
    """What is told first of any run."""
    work = {
        name: sum(number for verdict, number in verdicts.items() if verdict.works)
        for name, verdicts in planned.summary.by_provider.items()
    }
    manifests = (str(planned.project.where.manifest),)
    rehearsal = planned.project.where.rehearsal is not None
    return RunStarted(run_id, manifests, planned.summary.total, work, rehearsal, max_cost)
