"""The providers of a run, ready to be asked: with their keys, or pointed at the emulator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import ceil
from urllib.parse import urlsplit

from imagepipe.app.planning import Planned
from imagepipe.app.project import Project, Rehearsal, environment, secret
from imagepipe.app.rehearsal import emulator
from imagepipe.app.shipped import builtin_names
from imagepipe.engine import watching
from imagepipe.errors import InputError, Problem
from imagepipe.events import Listener, Note, ProviderStopped
from imagepipe.model import Fault, FaultKind, Secret
from imagepipe.provider import NO_LIMITS, Limits, Provider
from imagepipe.wire import Operation, Reply, Transport, Watch

QUICK_POLL = 0.1
"""Seconds between two polls of a job in a quick rehearsal."""

QUICK_IN_FLIGHT = 16
"""Jobs in flight in a quick rehearsal, in which no limit has to be found."""

QUICK = ("--latency", "uniform:0.2:0.9")
LIFELIKE = ("--latency", "lifelike")


@contextmanager
def ready(planned: Planned, options: Sequence[str] = ()) -> Iterator[Mapping[str, Provider]]:
    """The providers of a plan by name, for as long as the run lasts.

    Args:
        planned: Whose providers.
        options: Further options of the emulator, for a rehearsal.

    Raises:
        InputError: keys are missing (all of them), or a provider cannot be rehearsed.
        SetupError: the emulator did not start.
    """
    project = planned.project
    if project.where.rehearsal is None:
        yield _with_keys(planned)
        return
    _check_rehearsable(planned)
    quick = project.where.rehearsal is Rehearsal.QUICK
    state = project.layout.root / "emulator.jsonl"
    log = project.layout.root / "emulator.log"
    command = [*(QUICK if quick else LIFELIKE), *_limits(project), "--state", str(state)]
    with emulator([*command, *options], log) as url:
        yield {
            name: _rehearsing(provider, f"{url}/{provider.spec.name}", quick=quick)
            for name, provider in project.manifest.providers.items()
        }


def private_hosts(providers: Mapping[str, Provider]) -> frozenset[str]:
    """`host:port` of each base URL that the user, or a rehearsal, set."""
    found = set()
    for provider in providers.values():
        if provider.moved_to or provider.settings.base_url:
            parts = urlsplit(provider.base_url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            found.add(f"{(parts.hostname or '').lower()}:{port}")
    return frozenset(found)


def rehearsed_at(providers: Mapping[str, Provider]) -> str | None:
    """An address of the emulator that the providers were moved to; None in a live run."""
    return next((one.moved_to for one in providers.values() if one.moved_to), None)


async def preflight(
    planned: Planned,
    providers: Mapping[str, Provider],
    transport: Transport,
    listener: Listener,
    watch: Watch | None = None,
) -> dict[str, Fault]:
    """Ask each provider that allows it whether it is ready; returns those that are surely not.

    What is no proper answer stops nobody.
    """
    stopped: dict[str, Fault] = {}
    for name in _asked(planned):
        request = providers[name].preflight()
        if request is None:
            continue
        answer = await watching.sent(transport.send(request), watch, request, name)
        if not isinstance(answer, Reply):
            listener(Note(f"{name} could not be asked whether it is ready: {answer.reason}", name))
            continue
        match providers[name].read(Operation.PREFLIGHT, answer):
            case Fault(kind=FaultKind.DENIED) as fault:
                stopped[name] = fault
                listener(ProviderStopped(name, fault))
            case Fault(message=message):
                listener(Note(f"{name}: {message}", name))
    return stopped


def _asked(planned: Planned) -> list[str]:
    """The providers that a plan will send requests to."""
    return [
        name
        for name, verdicts in planned.summary.by_provider.items()
        if any(number for verdict, number in verdicts.items() if verdict.asks_provider)
    ]


def _with_keys(planned: Planned) -> dict[str, Provider]:
    project = planned.project
    variables = environment(project.folder)
    providers = {
        name: provider.with_secret(secret(provider.key_env, variables))
        for name, provider in project.manifest.providers.items()
    }
    missing = [
        providers[name]
        for name in _asked(planned)
        if providers[name].needs_secret and providers[name].secret is None
    ]
    if missing:
        raise InputError(*(_missing_key(provider) for provider in missing))
    return providers


def _missing_key(provider: Provider) -> Problem:
    return Problem(
        "E703",
        f"{provider.name} needs a key, and {provider.key_env} is not set",
        hint=f"put {provider.key_env} into the environment or into a `.env` beside the manifest; "
        "to rehearse without keys, add --emulate",
    )


def _check_rehearsable(planned: Planned) -> None:
    """The emulator speaks for the built-in providers only."""
    known = builtin_names()
    strangers = [
        name
        for name in _asked(planned)
        if planned.project.manifest.providers[name].spec.name not in known
    ]
    if strangers:
        hint = "leave its images out with --exclude provider:NAME, or run without --emulate"
        raise InputError(
            *(Problem("E702", f"the emulator cannot play {name}", hint=hint) for name in strangers)
        )


def _limits(project: Project) -> Iterator[str]:
    """In a lifelike rehearsal the emulator enforces what is declared."""
    if project.where.rehearsal is not Rehearsal.REAL:
        return
    for provider in project.manifest.providers.values():
        name, limits = provider.spec.name, provider.limits
        if limits.rpm is not None:
            yield from ("--rpm", f"{name}:{ceil(limits.rpm)}")
        if limits.in_flight is not None:
            yield from ("--in-flight", f"{name}:{limits.in_flight}")


def _rehearsing(provider: Provider, origin: str, *, quick: bool) -> Provider:
    moved = provider.at_origin(origin).with_secret(Secret("rc_live_rehearsal"))
    if not quick:
        return moved
    schedule = replace(moved.spec.schedule, every=QUICK_POLL)
    return replace(
        moved,
        spec=replace(moved.spec, schedule=schedule, limits=NO_LIMITS),
        settings=replace(moved.settings, limits=Limits(in_flight=QUICK_IN_FLIGHT)),
    )
