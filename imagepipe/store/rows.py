"""Rows of the ledger as values, sealed with a checksum and opened again. Runs no SQL.

A seal is BLAKE2b-128 over the table's name and the row's columns as JSON. A row whose seal does not
fit is never used: opening it is a `StoreError` that names the key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias, cast

from imagepipe.errors import StoreError
from imagepipe.model import (
    Digest,
    Fault,
    FaultKind,
    Json,
    Key,
    Output,
    Picture,
    Receipt,
    Record,
    State,
    Ticket,
)
from imagepipe.store.states import IN_FLIGHT

_encoder = json.JSONEncoder(separators=(",", ":"))
_pieces: Callable[[object], Iterable[str]] = _encoder.iterencode
_in_c: Any = getattr(json.encoder, "c_make_encoder", None)
if _in_c is not None:
    # The encoder that `iterencode` makes anew at every call; seals are taken of every row.
    _quoted = json.encoder.encode_basestring_ascii
    _pieces = partial(
        _in_c(None, _encoder.default, _quoted, None, ":", ",", False, False, True),
        _current_indent_level=0,
    )
_STATES = {state.value: state for state in State}
_CLAIMED = IN_FLIGHT | {State.INTENT}

Cell: TypeAlias = "None | int | str"
Row: TypeAlias = "tuple[Any, ...]"  # as sqlite3 gives it; believed only after `opened`

DAMAGED = (
    "nothing was sent. `imagepipe store verify` tells what else is damaged, and `imagepipe store "
    "repair` rebuilds the ledger from its second copy"
)


class JobRow(NamedTuple):
    """A row of `jobs`, in the order of its columns. Money and seeds are decimal text.

    A named tuple, since it is what SQLite gives and takes: tens of thousands are read for one plan.
    """

    key: str
    state: str
    provider: str
    spot: str
    path: str
    attempt: int
    nonce: str
    run: str | None
    purse: str
    reserved: str | None
    cost: str | None = None
    seed: str | None = None
    ticket: str | None = None
    blob: str | None = None
    size: int | None = None
    media_type: str | None = None
    extension: str | None = None
    width: int | None = None
    height: int | None = None
    fault: str | None = None
    created_at: str = ""
    submitted_at: str | None = None
    finished_at: str | None = None
    updated_at: str = ""


def text_of(table: str, cells: Sequence[Cell]) -> str:
    """The row as JSON: what its seal is taken of, and what the chronicle keeps."""
    return "".join(_pieces([table, *cells]))


def seal_of(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return blake2b(data, digest_size=16).digest()


def seal(table: str, cells: Sequence[Cell]) -> bytes:
    return seal_of(text_of(table, cells))


def sealed(table: str, cells: Sequence[Cell]) -> tuple[Cell | bytes, ...]:
    return (*cells, seal(table, cells))


def opened(table: str, row: Row) -> Row:
    """The row's cells, checked.

    Raises:
        StoreError: The row is not what was written.
    """
    cells = row[:-1]
    try:
        intact = seal(table, cells) == row[-1]
    except TypeError:  # a damaged header turned a text into bytes
        intact = False
    if not intact:
        raise StoreError(f"the ledger's {table} row of {cells[0]!r} is damaged", hint=DAMAGED)
    return cells


def job_row(row: Row) -> JobRow:
    return JobRow(*opened("jobs", row))


def job_cells(row: JobRow) -> tuple[Cell | bytes, ...]:
    return sealed("jobs", row)


def changed(row: JobRow, changes: Mapping[str, Cell]) -> JobRow:
    return row._replace(**changes)  # type: ignore[arg-type]  # columns by name


def record(row: JobRow) -> Record:
    return Record(
        key=Key(row.key),
        state=_STATES.get(row.state) or State(row.state),
        provider=row.provider,
        ticket=ticket_of(row.ticket),
        blob=Digest(row.blob) if row.blob else None,
        extension=row.extension,
        fault=fault_of(row.fault),
        cost=decimal_of(row.cost),
        seed=int(row.seed) if row.seed is not None else None,
        claim=row.run if row.state in _CLAIMED else None,
        attempt=row.attempt,
        updated_at=row.updated_at,
    )


def receipt(row: JobRow, canonical: Mapping[str, Json]) -> Receipt | None:
    """The provenance of a committed row's picture; None for any other row."""
    if row.state != State.COMMITTED or row.blob is None:
        return None
    return Receipt(
        key=Key(row.key),
        provider=row.provider,
        canonical=canonical,
        blob=Digest(row.blob),
        size=row.size or 0,
        picture=Picture(row.media_type or "", row.extension or "", row.width or 0, row.height or 0),
        ticket=ticket_of(row.ticket),
        cost=decimal_of(row.cost),
        seed=int(row.seed) if row.seed is not None else None,
        submitted_at=row.submitted_at or row.created_at,
        finished_at=row.finished_at or row.updated_at,
    )


def output(cells: Row) -> Output:
    _, path, spot, key, blob, digest, size, mtime_ns = cells
    return Output(path, spot, Key(key), Digest(blob), Digest(digest), size, mtime_ns)


def ticket_text(ticket: Ticket | None) -> str | None:
    if ticket is None:
        return None
    return json.dumps({"id": ticket.id, "kept": dict(ticket.kept)}, sort_keys=True)


def ticket_of(text: str | None) -> Ticket | None:
    if text is None:
        return None
    if text.startswith(_BARE[0]) and text.endswith(_BARE[1]) and "\\" not in text:
        return Ticket(text[len(_BARE[0]) : -len(_BARE[1])])  # read for every job of a plan
    value = json.loads(text)
    return Ticket(value["id"], value["kept"])


_BARE = ('{"id": "', '", "kept": {}}')
"""How `ticket_text` writes a ticket around its id, if nothing is kept with it."""


def fault_text(fault: Fault) -> str:
    return json.dumps(
        {
            "kind": fault.kind.value,
            "message": fault.message,
            "http": fault.http,
            "code": fault.code,
            "accepted": fault.accepted,
            "billed": fault.billed,
            "advice": fault.advice,
        }
    )


def fault_of(text: str | None) -> Fault | None:
    if text is None:
        return None
    value = json.loads(text)
    return Fault(
        kind=FaultKind(value["kind"]),
        message=value["message"],
        http=value["http"],
        code=value["code"],
        accepted=value["accepted"],
        billed=value["billed"],
        advice=value["advice"],
    )


def decimal_of(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def decimal_text(amount: Decimal | None) -> str | None:
    """USD as plain decimal text; None for what cannot be an amount of money.

    A vendor may report anything: a cost that is no number, negative, or beyond any invoice counts
    as unknown, so that the reserve stands in for it.
    """
    if amount is None or not amount.is_finite() or amount < 0 or amount >= 10**9:
        return None
    exponent = cast("int", amount.as_tuple().exponent)
    return format(amount, "f") if exponent >= -18 else None
