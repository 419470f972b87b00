"""What only a person can settle: submits in doubt, and pictures that were paid for and are gone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from imagepipe.app.clock import utc_now
from imagepipe.app.doubts import settles
from imagepipe.app.keys import find_key
from imagepipe.app.project import Project
from imagepipe.errors import InputError, Problem, SetupError
from imagepipe.model import Json, Key, Record, State, Ticket
from imagepipe.provider import Provider
from imagepipe.store import Attempt, Ledger, Reader, Spool, probe, this_process
from imagepipe.store.deserted import doubted, evidence, is_deserted
from imagepipe.store.lock import read_lock
from imagepipe.store.witness import refuse_missing

OPEN = (State.AMBIGUOUS, State.LOST)
REPEATABLE = (*OPEN, State.FAILED)


@dataclass(frozen=True, slots=True)
class PendingItem:
    """One key in doubt: where its picture belongs, since when, and what is known about it.

    `price` is the USD at risk, None if unknown; `origin` where the request went, empty if this
    manifest has no such provider; `request` the fields that it may be recognised by on a dashboard;
    `settles` how the next run settles it by itself, if it can; `attaches` whether a ticket can.
    """

    record: Record
    path: str
    spot: str
    since: str
    attempt: int
    evidence: tuple[str, ...]
    price: Decimal | None
    origin: str
    request: Mapping[str, str]
    settles: str | None
    attaches: bool


def pending(project: Project) -> list[PendingItem]:
    """What is in doubt or lost, oldest first; empty where there is no store. Writes nothing.

    Raises:
        StoreError: the store cannot be read.
    """
    if not project.layout.ledger.exists():
        refuse_missing(project.layout)
        return []
    look = probe(this_process())
    with Reader.open(project.layout, project.stamp) as reader:
        found = reader.by_state((*OPEN, State.INTENT))
        open_ = (one for one in found if one.state in OPEN or is_deserted(reader, one, look))
        return [_Teller(project, reader).item(record) for record in open_]


def attach(project: Project, prefix: str, text: str) -> Record:
    """Name the ticket of a doubtful submit, as the provider's dashboard shows it.

    The next run asks the provider for its picture, and pays nothing.

    Args:
        project: Whose store.
        prefix: The beginning of a key that is in doubt, lost or failed.
        text: The provider's id of the job, or `name=value,...` for all that its spec keeps.

    Raises:
        InputError: not exactly one such key begins with `prefix` (E720, E721), or the provider
            cannot be asked by such a ticket (E722), or it is that of another job (E723).
    """
    with _writable(project) as ledger:
        key = find_key(prefix, _keys(ledger, REPEATABLE))
        name = _record(ledger, key).provider
        provider = project.manifest.providers.get(name)
        if provider is None:
            hint = "use the manifest that the job belongs to"
            raise InputError(Problem("E722", f"this manifest has no provider {name}", hint=hint))
        ticket = _ticket(provider, text.strip())
        with ledger.writing():
            for owner in _owners(project, ledger, name, ticket) - {key}:
                raise InputError(_anothers(ledger, owner, ticket))
            return ledger.attach(key, ticket, utc_now())


def drop(project: Project, prefix: str) -> Record:
    """Give a key up: it counts as failed, and its money stays in doubt.

    Raises:
        InputError: not exactly one open key begins with `prefix`.
    """
    with _writable(project) as ledger:
        key = find_key(prefix, _keys(ledger, OPEN))
        ledger.drop(key, utc_now(), why="dropped by hand")
        return _record(ledger, key)


def resubmit(project: Project, prefix: str) -> Record:
    """Let the next run submit a key again, which may pay for it twice.

    Raises:
        InputError: not exactly one open or failed key begins with `prefix`.
    """
    with _writable(project) as ledger:
        key = find_key(prefix, _keys(ledger, REPEATABLE))
        ledger.resubmit(key, utc_now(), why="asked for by hand")
        return _record(ledger, key)


def _ticket(provider: Provider, text: str) -> Ticket:
    """A ticket as people write it, which a poll can be made of."""
    names = ("id", *provider.spec.reply.keep)
    hint = f"write the id, or {','.join(f'{name}=...' for name in names)}"
    head, *rest = re.split(rf"(?:^|,)\s*({'|'.join(map(re.escape, names))})=", text)
    kept = {name: value.strip() for name, value in zip(rest[::2], rest[1::2], strict=True)}
    number = kept.pop("id", "") or next(iter(kept.values()), "") or text
    if not number.isprintable() or not number or (head and rest):
        raise InputError(Problem("E722", f"this is no ticket: {text[:80]!r}", hint=hint))
    ticket = Ticket(number, kept)
    try:
        provider.poll(ticket)
    except SetupError as error:
        raise InputError(Problem("E722", str(error), hint=error.hint or hint)) from error
    return ticket


def _owners(project: Project, ledger: Ledger, name: str, ticket: Ticket) -> set[Key]:
    """The jobs at this provider, under whatever name, that ledger and lock have a ticket for."""
    instances = project.manifest.providers
    address = instances[name].base_url
    same = {name, *(one for one, found in instances.items() if found.base_url == address)}
    known = ledger.records([key for key, _ in ledger.holders(ticket.id)])
    locked = (one for one in read_lock(project.lock).entries if one.provider in same)
    return {
        *(record.key for record in known.values() if record.provider in same),
        *(one.key for one in locked if one.ticket is not None and one.ticket.id == ticket.id),
    }


def _anothers(ledger: Ledger, owner: Key, ticket: Ticket) -> Problem:
    """One picture is never two jobs': somebody would wait for the other one for ever."""
    wanted = ledger.wanted(owner)
    where = f" ({wanted.path})" if wanted is not None else ""
    message = f"ticket {ticket.id[:80]} is that of job {owner[:12]}{where} already"
    hint = "each job has a ticket of its own: look for another one on the dashboard"
    return Problem("E723", message, hint=hint)


def _writable(project: Project) -> Ledger:
    ledger = Ledger.open_or_create(project.layout, project.stamp, utc_now())
    ledger.catch_up()
    if ledger.runs(unfinished=True):
        ledger.recover(utc_now(), probe(this_process()))
    return ledger


def _keys(ledger: Ledger, states: tuple[State, ...]) -> list[Key]:
    return [record.key for record in ledger.by_state(states)]


def _record(ledger: Ledger, key: Key) -> Record:
    record = ledger.record(key)
    if record is None:
        raise AssertionError("a key that was just written is there")
    return record


@dataclass(frozen=True, slots=True)
class _Teller:
    """Puts together what ledger, spool and manifest know of a doubt."""

    project: Project
    reader: Reader

    def item(self, record: Record) -> PendingItem:
        wanted, attempt = self.reader.wanted(record.key), self.reader.latest_attempt(record.key)
        provider = self.project.manifest.providers.get(record.provider)
        canonical = self.reader.canonical(record.key) or {}
        return PendingItem(
            record=doubted(record) if record.state is State.INTENT else record,
            path=wanted.path if wanted else "",
            spot=wanted.spot if wanted else "",
            since=record.updated_at or "",
            attempt=record.attempt,
            evidence=tuple(self._evidence(record)),
            price=wanted.price if wanted else None,
            origin=provider.base_url if provider else "",
            request=_recognisable(canonical),
            settles=self._settles(record, attempt),
            attaches=provider is not None and not provider.synchronous,
        )

    def _evidence(self, record: Record) -> Iterator[str]:
        yield from (note.text for note in self.reader.notes(record.key))
        if record.state is State.INTENT and (run := self.reader.run(record.claim or "")):
            yield evidence(run, record.attempt, record.updated_at or "an unknown time")
        kept = Spool(self.project.layout.spool).path(record.key, record.attempt)
        if kept.exists():
            yield f"the reply to its submit is kept in {kept}"

    def _settles(self, record: Record, attempt: Attempt | None) -> str | None:
        if attempt is None or record.state is State.LOST:
            return None
        how = settles(self.project.manifest.providers, utc_now)
        kept = Spool(self.project.layout.spool).read(record.key, attempt.number)
        return how(record.provider, attempt, kept)


def _recognisable(canonical: Mapping[str, Json]) -> dict[str, str]:
    """Model, prompt and seed, as far as the request names them."""
    fields = canonical.get("fields")
    told = {**canonical, **fields} if isinstance(fields, dict) else canonical
    names = ("model", "prompt", "seed")
    return {name: str(told[name]) for name in names if told.get(name) is not None}
