"""From what the app answers to what a page needs."""

from __future__ import annotations

from pathlib import Path

from imagepipe.app.checking import Checkup
from imagepipe.app.plan_report import VERSION, money
from imagepipe.app.prices import Compared
from imagepipe.app.project import Project, catalogue_of
from imagepipe.app.status import Ahead, Status
from imagepipe.charges import case_text
from imagepipe.cli.options import Places
from imagepipe.cli.terminal import shown
from imagepipe.engine.tally import Failure
from imagepipe.model import Json
from imagepipe.render.check_text import CheckView
from imagepipe.render.status_text import Charged, Jobs, PastRun, Pot, StatusView
from imagepipe.render.summary import RunView
from imagepipe.standing import Cause, Ending, Standing
from imagepipe.store import Run
from imagepipe.store.money import Sum


def status_view(status: Status, project: Project, places: Places) -> StatusView:
    manifest = project.where.manifest
    alive = {run.id for run in status.running}
    return StatusView(
        store=shown(project.layout.root),
        states=status.states,
        outputs=status.outputs,
        outputs_root=shown(project.outputs),
        spent=_pot(status.money.spent),
        reserved=_pot(status.money.reserved),
        in_doubt=_pot(status.money.in_doubt),
        saved=_pot(status.ahead.saved) if status.ahead else Pot(),
        jobs=Jobs(status.ahead.total, status.ahead.made) if status.ahead else None,
        charged=[_charged(one) for one in status.charged],
        runs=[_past(run, alive=run.id in alive) for run in status.runs],
        run=places.again("run", manifest),
        pending=places.again("pending list", manifest),
        watch=f"{places.again('status', manifest)} --watch",
        rehearsal=places.rehearsing,
    )


def status_json(status: Status, project: Project, places: Places) -> dict[str, Json]:
    """The object that `status --json` prints; `jobs` is null if the manifest is wrong."""
    alive, money_ = {run.id for run in status.running}, status.money
    pots = {"spent": money_.spent, "reserved": money_.reserved, "in_doubt": money_.in_doubt}
    if status.ahead is not None:
        pots["saved"] = status.ahead.saved
    cost: dict[str, Json] = {"currency": "USD"}
    for name, pot in pots.items():
        cost |= {name: money(pot.amount), f"{name}_unknown": pot.unknown}
    return {
        "version": VERSION,
        "manifests": [str(project.where.manifest)],
        "rehearsal": places.rehearsing,
        "store": str(project.layout.root),
        "states": {state.value: count for state, count in status.states.items()},
        "jobs": _jobs_json(status.ahead),
        "outputs": status.outputs,
        "cost": cost,
        "charged": [_charged_json(one) for one in status.charged],
        "runs": [_run_json(run, alive=run.id in alive) for run in status.runs],
    }


def ended_view(ending: Ending, standing: Standing, *, again: str, pending: str) -> RunView:
    """The summary of a run that another process carried out."""
    return RunView(
        jobs=ending.jobs,
        total=ending.total,
        spent=ending.spent,
        unknown=ending.unknown,
        requests=ending.requests,
        seconds=ending.seconds,
        exit_code=ending.exit_code,
        outputs=shown(Path(standing.outputs)),
        failures=tuple(one for cause in ending.causes for one in _failures(cause)),
        stopped=ending.stopped,
        again=again,
        pending=pending,
        rehearsal=standing.rehearsal,
        in_doubt=Pot(*ending.in_doubt),
        risked=Pot(*ending.risked),
        kept=tuple((path, "") for path in ending.kept),
        charges=ending.charges,
        pruned=ending.pruned,
        reserved=Pot(*ending.reserved),
    )


def _failures(cause: Cause) -> list[Failure]:
    """As many as there were; those that are not named are as the last one that is."""
    named = [
        Failure(key, path, cause.provider, cause.how, cause.fault) for key, path in cause.named
    ]
    return named + named[-1:] * (cause.jobs - len(named))


def check_view(checkup: Checkup, project: Project, places: Places) -> CheckView:
    manifest = project.where.manifest
    return CheckView(
        name=f"{catalogue_of(project)} ({manifest})",
        total=checkup.total,
        agreeing=checkup.total - checkup.disagreeing,
        findings=checkup.findings,
        run=places.again("run", manifest),
        plan=f"{places.again('plan', manifest)} -v",
        prune=f"{places.again('run', manifest)} --prune",
    )


def _jobs_json(ahead: Ahead | None) -> dict[str, Json] | None:
    if ahead is None:
        return None
    return {"total": ahead.total, "made": ahead.made, "not_made": ahead.total - ahead.made}


def _run_json(run: Run, *, alive: bool) -> dict[str, Json]:
    return {
        "run": run.id,
        "started": run.started,
        "ended": run.ended,
        "at_work": alive,
        "manifests": list(run.manifests),
        "host": run.process.host,
        "pid": run.process.pid,
    }


def _charged(one: Compared) -> Charged:
    learnt = one.learnt
    return Charged(
        learnt.provider, case_text(learnt.case), learnt.pictures, learnt.each, one.estimate
    )


def _charged_json(one: Compared) -> dict[str, Json]:
    """USD a picture; `estimate` is null if nobody knows it."""
    learnt = one.learnt
    return {
        "provider": learnt.provider,
        "case": {name: text for name, text in learnt.case if not name.startswith("?")},
        "pictures": learnt.pictures,
        "each": money(learnt.each),
        "estimate": None if one.estimate is None else money(one.estimate),
    }


def _pot(amount: Sum) -> Pot:
    return Pot(amount.amount, amount.unknown)


def _past(run: Run, *, alive: bool) -> PastRun:
    process = run.process
    return PastRun(
        run.id, run.started, run.ended, run.manifests, process.host, process.pid, alive=alive
    )
