"""Carries a plan out with real adapters: keys, sockets, the store and, in a rehearsal, an emulator.

A plan without work starts nothing and writes nothing, but that a fresh clone remembers which of
its outputs it has checked, that what a dead run left is written down once, and that the lock is
brought up to date if it could not be before.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from uuid import uuid4

import anyio
from anyio import to_thread

from imagepipe.app import accounts, budgets, standing_file
from imagepipe.app.clock import utc_now
from imagepipe.app.collector import few_full_collections
from imagepipe.app.dead_runs import recover
from imagepipe.app.disk import check_writable
from imagepipe.app.idle import started
from imagepipe.app.learning import charges, latencies, limits
from imagepipe.app.lockfile import settle, update
from imagepipe.app.loop import new_loop
from imagepipe.app.one_core import OneCore
from imagepipe.app.planning import Planned, look_again
from imagepipe.app.rehearsal import Rebased
from imagepipe.app.report import Report, report_of
from imagepipe.app.run_options import RunOptions
from imagepipe.app.signals import listening
from imagepipe.app.threads import Threads
from imagepipe.engine import Control, Ports, Tally, Terms, count_only, execute, hold_back
from imagepipe.engine.ports import Fetch
from imagepipe.errors import WouldChange
from imagepipe.events import Listener, RunFinished
from imagepipe.provider import Provider
from imagepipe.store import Blobs, Ledger, Outputs, Run, Spool, probe, this_process
from imagepipe.store.confine import refuse_links
from imagepipe.store.layout import Layout
from imagepipe.wire import Transport, Watch


def ignore(_event: object) -> None:
    """A listener for whoever does not want to know."""


def run(
    planned: Planned,
    options: RunOptions | None = None,
    *,
    listener: Listener = ignore,
    watch: Watch | None = None,
) -> Report:
    """Carry a plan out, with signal handlers: the first Ctrl-C drains, the second leaves.

    `listener` is told what happens, `watch` of every request when it is over.

    Raises:
        SetupError: a key is missing, or the budget does not cover the plan: nothing was spent.
        StoreError: the store cannot be written.
    """
    given = planned, options or RunOptions(), listener, watch
    return anyio.run(_with_signals, *given, backend_options={"loop_factory": new_loop})


async def run_async(
    planned: Planned,
    options: RunOptions | None = None,
    *,
    listener: Listener = ignore,
    control: Control | None = None,
    watch: Watch | None = None,
    own_thread: bool = False,
) -> Report:
    """Carry a plan out in a running event loop (asyncio); see `run`.

    `own_thread`: the thread of the loop has nothing else to do, and may be kept on one core.
    """
    options, control = options or RunOptions(), control or Control()
    run_id = uuid4().hex[:12]
    if not planned.summary.works or (options.frozen and planned.summary.asks):
        tally = _idle(planned, options, listener, run_id)
        return _reported(planned, options, listener, run_id, tally)
    _check_places(planned)  # said before anything is paid for
    with standing_file.kept(planned.project, options.again) as file:
        audience = control.listener = standing_file.both(listener, file)
        given = planned, options, audience, control, run_id
        tally, echoed = await _work(*given, watch=watch, own_thread=own_thread)
        with Threads() as offload:
            await offload(partial(look_again, planned, echoed=echoed))
        report = _reported(planned, options, audience, run_id, tally)
        file.end(report)
    return report


def _idle(planned: Planned, options: RunOptions, listener: Listener, run_id: str) -> Tally:
    """A run that asks nobody: there is nothing to do, or it may do nothing."""
    listener(started(planned, run_id))
    if options.frozen and planned.summary.asks:
        return hold_back(planned.plan, listener)
    tally = count_only(planned.plan, listener)
    _write_down(planned, run_id, listener)
    return tally


def _reported(
    planned: Planned, options: RunOptions, listener: Listener, run_id: str, tally: Tally
) -> Report:
    rehearsal = planned.project.where.rehearsal is not None
    manifests = (str(planned.project.where.manifest),)
    report = report_of(tally, manifests, run_id, planned.summary, rehearsal=rehearsal)
    if options.frozen and planned.summary.asks:
        report = replace(report, exit_code=_held_back(tally))
    if options.prune and report.exit_code == 0:
        from imagepipe.app import pruning  # noqa: PLC0415 - late: brings pillow, 100 ms

        report = pruning.after_run(planned, run_id, report, listener)
    listener(RunFinished(run_id, report.seconds, report.exit_code))
    return report


def _check_places(planned: Planned) -> None:
    """Whether a run may write where it will have to.

    Raises:
        SetupError: nothing can be written there.
    """
    project = planned.project
    check_writable(project.outputs, "pictures", "name another with --out")
    if project.where.rehearsal is None:
        refuse_links((project.lock,))
        folder = "put the manifest into a folder of your own"
        check_writable(project.lock.parent, project.lock.name, folder)


def _for_pictures(layout: Layout) -> tuple[Blobs, Spool]:
    """Where what is paid for goes first, if it can be written there.

    Raises:
        SetupError: it cannot.
    """
    for part in (layout.blobs, layout.spool):
        check_writable(part, "what is paid for", "name another with --store")
    return Blobs(layout.blobs), Spool(layout.spool)


def _held_back(tally: Tally) -> int:
    """What is in doubt, and what failed before, comes first (docs/design.md, section 8)."""
    if tally.jobs["ambiguous"] or tally.jobs["lost"]:
        return 4
    return 1 if tally.jobs["failed"] else WouldChange.exit_code


async def _with_signals(
    planned: Planned, options: RunOptions, listener: Listener, watch: Watch | None
) -> Report:
    control = Control()
    async with listening(control, listener):
        return await run_async(
            planned, options, listener=listener, control=control, watch=watch, own_thread=True
        )


async def _work(
    planned: Planned,
    options: RunOptions,
    listener: Listener,
    control: Control,
    run_id: str,
    *,
    watch: Watch | None,
    own_thread: bool,
) -> tuple[Tally, bool]:
    """What became of the jobs, and whether the lock has nothing now that the ledger has not."""
    project = planned.project
    limit = budgets.limit(planned, options.max_cost, allow_unknown=options.allow_unknown_cost)
    async with AsyncExitStack() as stack:
        providers = stack.enter_context(accounts.ready(planned, options.emulator))
        ledger = stack.enter_context(_ledger(planned))
        stack.enter_context(_begun(planned, ledger, run_id))
        blobs, spool = _for_pictures(project.layout)
        outputs = Outputs(project.outputs)
        recover(ledger, blobs, spool, outputs, listener)
        transport, downloader = await _wires(providers, stack, trust_env=options.trust_env)
        ports = Ports(
            transport=transport,
            downloader=downloader,
            ledger=ledger,
            blobs=blobs,
            spool=spool,
            look=probe(this_process()),
            outputs=outputs,
            root=planned.known.root,
            trusted=planned.known.trusted,
            load=project.disk.load,
            listener=listener,
            offload=stack.enter_context(Threads()),
            now=utc_now,
            chance=random.random,
            run=run_id,
            polls=stack.enter_context(latencies(project)),
            limits=stack.enter_context(limits(project)),
            charges=stack.enter_context(charges(project)),
            watch=watch,
        )
        listener(started(planned, run_id, limit.max_cost if limit else None))
        stopped = await accounts.preflight(planned, providers, transport, listener, watch)
        terms = Terms(limit, project.manifest.budget.resubmit_unbilled)
        try:
            with few_full_collections(), _together(own_thread=own_thread):
                tally = await execute(
                    planned.plan, providers, ports, terms=terms, control=control, stopped=stopped
                )
        finally:
            with anyio.CancelScope(shield=True):
                echoed = await ports.offload(_write_lock, planned, ledger, run_id)
        await _see_reserved(tally, ports)
        return tally, echoed


def _ledger(planned: Planned) -> Ledger:
    return Ledger.open_or_create(planned.project.layout, planned.project.stamp, utc_now())


def _together(*, own_thread: bool) -> AbstractContextManager[None]:
    return OneCore(asyncio.get_running_loop()) if own_thread else nullcontext()


async def _see_reserved(tally: Tally, ports: Ports) -> None:
    """What jobs hold that an interrupted run leaves in flight."""
    if tally.signal is not None:
        tally.reserved = await ports.offload(ports.ledger.reserved)


def _write_lock(planned: Planned, ledger: Ledger, run_id: str) -> bool:
    """What the run has come to, for the next one and for others; see `lockfile.update`."""
    _remember(planned, ledger)
    return update(planned, ledger, run_id)


async def _wires(
    providers: Mapping[str, Provider], stack: AsyncExitStack, *, trust_env: bool
) -> tuple[Transport, Fetch]:
    """What requests and downloads go through, closed with the stack."""
    from imagepipe import net  # noqa: PLC0415 - late: aiohttp, 150 ms

    await to_thread.run_sync(net.tls_context)
    transport = net.HttpTransport(trust_env=trust_env)
    stack.push_async_callback(transport.aclose)
    downloader = net.Downloader(
        private_hosts=accounts.private_hosts(providers), trust_env=trust_env
    )
    stack.push_async_callback(downloader.aclose)
    rehearsed = accounts.rehearsed_at(providers)
    return transport, downloader if rehearsed is None else Rebased(downloader, rehearsed)


@contextmanager
def _begun(planned: Planned, ledger: Ledger, run_id: str) -> Iterator[None]:
    """A run that the ledger knows of, until it is over."""
    me, manifest = this_process(), str(planned.project.where.manifest.resolve())
    ledger.start_run(Run(run_id, me, utc_now(), (manifest,)), probe(me))
    try:
        yield
    finally:
        ledger.end_run(run_id, utc_now())


def _write_down(planned: Planned, run_id: str, listener: Listener) -> None:
    """What a run without work has seen for the first time: the next one finds nothing to write."""
    known = planned.known
    if known.adopted:
        with _ledger(planned) as ledger:
            ledger.catch_up()
            _remember(planned, ledger)
            settle(planned, ledger, run_id)
    if known.unrecovered():
        _settle(planned, run_id, listener)
    elif known.unlocked:
        with _ledger(planned) as ledger:
            update(planned, ledger, run_id)


def _remember(planned: Planned, ledger: Ledger) -> None:
    """Enter into the ledger which files were read and found to be right."""
    known = planned.known
    if known.adopted:
        with ledger.writing():
            for output in known.adopted:
                ledger.put_output(known.root, output)


def _settle(planned: Planned, run_id: str, listener: Listener) -> None:
    """What dead runs left."""
    project = planned.project
    blobs, spool = Blobs(project.layout.blobs), Spool(project.layout.spool)
    with (
        _ledger(planned) as ledger,
        _begun(planned, ledger, run_id),
    ):
        recover(ledger, blobs, spool, Outputs(project.outputs), listener)
        update(planned, ledger, run_id)
