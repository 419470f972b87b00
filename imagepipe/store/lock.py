"""`<manifest>.lock`: which picture every output is, committed to Git beside the manifest.

One JSON object a line, sorted by path, so that Git can merge it line by line. Two branches that
were merged as a union (`*.yaml.lock merge=union`) may leave several lines for one path. All are
read: the line whose key is the job's counts, and of several with that key the one whose picture is
on the disk. The next run leaves that one. A partial run replaces its own paths and never shrinks
the rest.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from operator import attrgetter
from pathlib import Path

from imagepipe.errors import InputError, Place, Problem
from imagepipe.model import Digest, Json, Key, Record, State, Ticket
from imagepipe.store.confine import USUAL, refusal, refuse_links
from imagepipe.store.durable import replace_file
from imagepipe.store.rows import decimal_text

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One output. `path` is relative to the outputs' root and has its extension."""

    path: str
    output: Digest
    blob: Digest
    key: Key
    provider: str
    ticket: Ticket | None = None
    seed: int | None = None
    cost: Decimal | None = None

    @property
    def stem(self) -> str:
        return self.path.rpartition(".")[0]

    @property
    def record(self) -> Record:
        return Record(
            key=self.key,
            state=State.COMMITTED,
            provider=self.provider,
            ticket=self.ticket,
            blob=self.blob,
            extension=self.path.rpartition(".")[2],
            cost=self.cost,
            seed=self.seed,
            source="lock",
        )

    def tells_of(self, record: Record) -> bool:
        """Whether it is about this picture, or a colleague's of the same request."""
        return self.key == record.key or self.blob == record.blob


@dataclass(frozen=True, slots=True)
class Lock:
    """The entries of a lock file, sorted by path; several of one path only after a merge."""

    entries: tuple[Entry, ...] = ()

    def merged(self, entries: Iterable[Entry]) -> Lock:
        """With these entries in place of all that their paths had."""
        new = {entry.path: entry for entry in entries}
        kept = (entry for entry in self.entries if entry.path not in new)
        return Lock(in_order([*kept, *new.values()]))

    def without(self, paths: Collection[str]) -> Lock:
        return Lock(tuple(entry for entry in self.entries if entry.path not in paths))

    def several(self) -> Mapping[str, tuple[Entry, ...]]:
        """The paths that a merge left several lines of."""
        found: dict[str, list[Entry]] = {}
        for one, other in pairwise(self.entries):
            if one.path == other.path:
                found.setdefault(one.path, [one]).append(other)
        return {path: tuple(entries) for path, entries in found.items()}

    def text(self) -> str:
        return "".join(f"{line_of(entry)}\n" for entry in self.entries)


def read_lock(path: Path) -> Lock:
    """The lock file; empty if there is none.

    Raises:
        InputError: Lines of it cannot be read, or a merge was left unfinished: all of them.
        OSError: The file is there and cannot be opened.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Lock()
    return parse_lock(raw, str(path))


def parse_lock(raw: bytes, file: str) -> Lock:
    return parse_lines(io.BytesIO(raw), file)


def parse_lines(lines: Iterable[bytes], file: str) -> Lock:
    entries, problems = list[Entry](), list[Problem]()
    for number, raw in enumerate(lines, start=1):
        line = raw.decode("utf-8", "replace").removesuffix("\n")
        if not line.strip():
            continue
        found = entry_of(line)
        if isinstance(found, Entry):
            entries.append(found)
        else:
            problems.append(problem_of(found, line, Place(file, number, 1)))
            if len(problems) == MOST_PROBLEMS:
                break
    if problems:
        raise InputError(*problems)
    return Lock(in_order(entries))


def paths_named(path: Path) -> frozenset[str]:
    """The outputs that some file names, if it is a lock of ours; whatever else it is names none."""
    try:
        with path.open("rb") as file:
            if not file.read(8).startswith(b'{"path":'):
                return frozenset()
        return frozenset(entry.path for entry in read_lock(path).entries)
    except (OSError, InputError):
        return frozenset()


def write_lock(path: Path, lock: Lock, run: str) -> bool:
    """Write the file if it would change; says whether it did.

    Raises:
        Outside: It is a link.
        OSError: It could not be written; the old one is as it was.
    """
    data = lock.text().encode()
    try:
        if path.read_bytes().replace(b"\r\n", b"\n") == data:  # as Git checks it out on Windows
            return False
    except FileNotFoundError:
        if not data:
            return False
    refuse_links((path,))
    replace_file(path, data, run)
    return True


def in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """By path; only a merge leaves several of one path, and their text decides between them."""
    found = sorted(entries, key=attrgetter("path"))
    if any(one.path == other.path for one, other in pairwise(found)):
        lines = {(entry.path, line_of(entry)): entry for entry in found}  # equal ones are one
        found = [lines[name] for name in sorted(lines)]
    return tuple(found)


def line_of(entry: Entry) -> str:
    ticket: Json = None
    if entry.ticket is not None:
        kept: dict[str, Json] = dict(entry.ticket.kept)
        ticket = {"id": entry.ticket.id, "kept": kept} if kept else entry.ticket.id
    fields: dict[str, Json] = {
        "path": entry.path,
        "output": entry.output,
        "blob": entry.blob,
        "key": entry.key,
        "provider": entry.provider,
        "ticket": ticket,
        "seed": entry.seed,
        "cost": decimal_text(entry.cost),
    }
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def _conflict(line: str) -> str | None:
    if line.startswith(_MARKERS):
        return (
            "a merge of this file was left unfinished: delete the marker lines and keep "
            "the lines of both sides"
        )
    return None


_HEX = '"([0-9a-f]{64})"'
PLAIN = re.compile(
    rf'\{{"path": "({USUAL})", "output": {_HEX}, "blob": {_HEX}, "key": {_HEX}, '
    r'"provider": "([a-z0-9_-]+)"(?:, "ticket": "([A-Za-z0-9_.:-]+)")?'
    r'(?:, "seed": (0|[1-9][0-9]{0,15}))?(?:, "cost": "([0-9]{1,9}(?:\.[0-9]{1,18})?)")?\}'
    r"\r?(?:\n|\Z)"
)
"""A line as `line_of` writes nearly all of them; one that is unlike it is read as any JSON."""


def _plain(line: str) -> Entry | None:
    found = PLAIN.fullmatch(line)
    if found is None:
        return None
    path, output, blob, key, provider, ticket, seed, cost = found.groups()
    return Entry(
        path,
        Digest(output),
        Digest(output if blob == output else blob),  # one text in memory, not two
        Key(key),
        sys.intern(provider),
        None if ticket is None else Ticket(ticket),
        None if seed is None else int(seed),
        None if cost is None else Decimal(cost),
    )


def entry_of(line: str) -> Entry | str:
    """The entry in a line, or what is wrong with it."""
    if (plain := _plain(line)) is not None:
        return plain
    if (conflict := _conflict(line)) is not None:
        return conflict
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return "this line is not JSON"
    if not isinstance(value, dict):
        return "this line is not a JSON object"
    return _checked(value)


def _checked(value: Mapping[str, Json]) -> Entry | str:
    path, provider = value.get("path"), value.get("provider")
    if not isinstance(path, str) or not isinstance(provider, str):
        return "this line has no path or no provider"
    if why := refusal(path):
        return f"the path {path!r} is refused: {why}"
    hashes = [value.get(name) for name in ("output", "blob", "key")]
    if not all(isinstance(found, str) and _SHA256.fullmatch(found) for found in hashes):
        return "output, blob or key is no SHA-256 in lower-case hex"
    output, blob, key = map(str, hashes)
    ticket, seed = _ticket(value.get("ticket")), value.get("seed")
    if isinstance(ticket, str) or not (seed is None or type(seed) is int):
        return "its ticket or its seed cannot be read"
    cost = _cost(value.get("cost"))
    if isinstance(cost, str):
        return cost
    return Entry(path, Digest(output), Digest(blob), Key(key), provider, ticket, seed, cost)


def _ticket(value: Json) -> Ticket | str | None:
    match value:
        case None:
            return None
        case str():
            return Ticket(value)
        case {"id": str(name), "kept": dict(kept)} if all(
            isinstance(text, str) for text in kept.values()
        ):
            return Ticket(name, {field: str(text) for field, text in kept.items()})
        case _:
            return "not a ticket"


def _cost(value: Json) -> Decimal | str | None:
    if value is None:
        return None
    try:
        cost = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        cost = None
    return cost if decimal_text(cost) is not None and cost is not None else "its cost is no amount"


def problem_of(message: str, line: str, place: Place) -> Problem:
    return Problem(
        code="E650",
        message=message,
        place=place,
        source=line[:200],
        length=min(len(line), 200),
        hint="restore the line from Git, or delete it: its picture is then looked up in the store",
    )
