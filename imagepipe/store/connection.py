"""Opening the ledger's file: created whole or not at all, checked before it is believed.

Whatever SQLite reports becomes a `StoreError` that says what to do. A file that is empty, foreign,
newer or damaged is never replaced.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from uuid import uuid4

from imagepipe.errors import StoreBusy, StoreError
from imagepipe.store import schema
from imagepipe.store.confine import refuse_links
from imagepipe.store.durable import make_folder, sync_file, sync_folder, temporary_name
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.rows import DAMAGED, Cell, Row, sealed
from imagepipe.store.witness import Witness, refuse_missing, refuse_older, seen, write_witness

BUSY_SECONDS = 30.0

_READING = ("trusted_schema=OFF", "query_only=ON")
_WRITING = (
    "trusted_schema=OFF",
    "synchronous=FULL",
    "fullfsync=ON",  # macOS: through the drive's cache as well
    "checkpoint_fullfsync=ON",
)


class NotForUs(StoreError):
    """A ledger that is sound, as far as can be told: a newer program's, or of the other stamp."""


class Spoken:
    """Turns SQLite's errors into the ones that a person can act on.

    Entered around every statement, so that it is no generator; stateless, so that one serves all.

    Raises:
        StoreBusy: Another program holds the file for longer than `BUSY_SECONDS`.
        StoreError: Everything else that is wrong with the file or the disk.
    """

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        match error:
            case sqlite3.ProgrammingError() | sqlite3.IntegrityError():
                pass  # a bug, or a refused transition: not the file's fault
            case sqlite3.DatabaseError():
                raise _said(self._path, error) from error
            case UnicodeDecodeError():  # of a name in the schema
                message = f"{self._path} is damaged ({error.reason})"
                raise StoreError(message, hint=DAMAGED) from error
            case _:
                pass


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """A connection with every commit on the disk before it returns.

    `synchronous=FULL` is not negotiable: with NORMAL, a power cut forgets paid jobs.
    """
    uri = f"{path.resolve().as_uri()}?mode={'rw' if write else _read_mode(path)}"
    database = sqlite3.connect(
        uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        for setting in _WRITING if write else _READING:
            database.execute(f"PRAGMA {setting}")
    except BaseException:  # the first statement finds out whether it is a database at all
        database.close()
        raise
    return database


def create(layout: Layout, stamp: Stamp, now: str) -> None:
    """Make an empty ledger, unless another process just did.

    It is built under another name and linked into place, so that a cut leaves none or a whole one.

    Raises:
        StoreError: The folder cannot be written, or it has lost its ledger.
    """
    try:
        make_folder(layout.root)
        temporary = layout.root / temporary_name("ledger")
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            store = _fill(temporary, stamp, now)
            publish(temporary, layout.ledger)
        finally:
            temporary.unlink(missing_ok=True)
        if store == identity(layout.ledger).store:
            write_witness(layout.witness, Witness(store, 0))
    except OSError as error:
        raise StoreError(
            f"cannot create a store in {layout.root}: {error.strerror}",
            hint="check the folder's permissions and the free space, or name another with --store",
        ) from error


def open_checked(layout: Layout, stamp: Stamp, *, write: bool) -> sqlite3.Connection:
    """Open an existing ledger, after looking whether it is one, and the right one.

    Raises:
        StoreError: It is empty, foreign, newer, damaged, older than its witness, or of the other
            stamp.
    """
    refuse_links(layout.parts)
    path, known = layout.ledger, seen(layout)
    _refuse_strange_file(path)
    with Spoken(path):
        database = connect(path, write=write)
        try:
            _refuse_strange_database(path, database, stamp)
            row = database.execute("SELECT id, generation FROM store").fetchone()
            refuse_older(layout, Witness(*row), known)
        except BaseException:
            database.close()
            raise
    return database


def open_or_create(layout: Layout, stamp: Stamp, now: str) -> sqlite3.Connection:
    if not layout.ledger.exists():
        refuse_links(layout.parts)  # one that leads nowhere does not exist, either
        refuse_missing(layout)
        create(layout, stamp, now)
    return open_checked(layout, stamp, write=True)


def identity(path: Path) -> Witness:
    with Spoken(path), closing(connect(path, write=False)) as database:
        return Witness(*database.execute("SELECT id, generation FROM store").fetchone())


def _fill(path: Path, stamp: Stamp, now: str) -> str:
    store = uuid4().hex
    fill(path, (store, stamp.value, now, 0), ())
    return store


def fill(path: Path, store: Row, rows: Iterable[tuple[str, Sequence[Cell]]]) -> None:
    """Make a ledger of an empty file: the store's own row, then rows by table, unsealed.

    The triggers come last, for rows that are made again enter in any state.
    """
    with Spoken(path.parent), closing(connect(path, write=True)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("BEGIN IMMEDIATE")
        database.execute(f"PRAGMA application_id={schema.APPLICATION_ID}")
        database.execute(f"PRAGMA user_version={schema.VERSION}")
        late = [text for text in schema.STATEMENTS if text.startswith("CREATE TRIGGER")]
        for statement in schema.STATEMENTS:
            if statement not in late:
                database.execute(statement)
        database.execute("INSERT INTO store VALUES (?, ?, ?, ?)", store)
        for table, cells in rows:
            values = sealed(table, cells)
            into = f"{table} (key, at, run, kind, text, sum)" if table == "notes" else table
            database.execute(f"INSERT INTO {into} VALUES ({','.join('?' * len(values))})", values)  # noqa: S608 - tables of the schema
        for statement in late:
            database.execute(statement)
        database.execute("COMMIT")
        # Closing folds the write-ahead log into the file, too, but does not tell if that failed.
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sync_file(path)


def publish(temporary: Path, path: Path) -> None:
    """Give the file its name, if nobody has it: a link never replaces."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links (FAT): the name was free a moment ago
        if path.exists():
            return
        temporary.rename(path)
    sync_folder(path.parent)


def _read_mode(path: Path) -> str:
    """`rw` so that a look leaves nothing behind: closing, a last `ro` connection cannot remove the
    log and its shared memory, which it had to create. `query_only` forbids it to change anything.

    A read-only folder (CI caches, snapshots) cannot hold the shared memory of the log. `immutable`
    is right only where no log is waiting: it would be ignored.
    """
    if os.access(path.parent, os.W_OK):
        return "rw" if os.access(path, os.W_OK) else "ro"
    log = path.with_name(path.name + "-wal")
    return "ro" if log.exists() else "ro&immutable=1"


def _refuse_strange_file(path: Path) -> None:
    """Looked at from outside. POSIX gives up a process's locks on a file when any descriptor of it
    is closed: whoever opened the ledger to read its head would take the locks from a connection
    that is open beside it, and the next program to end would remove the log under its commits.
    """
    try:
        size, readable = path.stat().st_size, os.access(path, os.R_OK)
    except OSError as error:
        raise _unreadable(path, error.strerror) from error
    if not readable:
        raise _unreadable(path, os.strerror(errno.EACCES))
    if not size:
        raise StoreError(
            f"{path} is empty: it was cut off, or made by another program", hint=_RESTORE
        )


def _unreadable(path: Path, why: str | None) -> StoreError:
    return StoreError(f"cannot read {path}: {why}", hint="check its permissions")


_RESTORE = (
    "`imagepipe store repair` keeps it aside and rebuilds the ledger from its second copy; or "
    "restore it from a backup"
)


def _refuse_strange_database(path: Path, database: sqlite3.Connection, stamp: Stamp) -> None:
    if _pragma(database, "application_id") != schema.APPLICATION_ID:
        raise StoreError(f"{path} is not a ledger of imagepipe", hint=_RESTORE)
    version = _pragma(database, "user_version")
    if version > schema.VERSION:
        raise NotForUs(
            f"{path} was written by a newer imagepipe (ledger version {version}; this one knows "
            f"{schema.VERSION})",
            hint="install the newer version again; nothing was changed",
        )
    found = [row[0] for row in database.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL")]
    if version < schema.VERSION or sorted(found) != sorted(schema.STATEMENTS):
        raise StoreError(f"the tables of {path} are damaged", hint=DAMAGED)
    _refuse_other_stamp(path, database, stamp)


def _refuse_other_stamp(path: Path, database: sqlite3.Connection, stamp: Stamp) -> None:
    found = [str(row[0]) for row in database.execute("SELECT stamp FROM store")]
    if found == [stamp.value]:
        return
    if found not in ([Stamp.LIVE.value], [Stamp.EMULATED.value]):
        raise StoreError(f"the tables of {path} are damaged", hint=DAMAGED)
    other = "add --emulate" if found == [Stamp.EMULATED.value] else "leave out --emulate"
    raise NotForUs(
        f"{path.parent} is a store of {found[0]} pictures, and this is a run for {stamp.value} "
        "ones; they never mix",
        hint=f"{other}, or name another folder with --store",
    )


def _pragma(database: sqlite3.Connection, name: str) -> int:
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])


def _said(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreBusy(
                f"another program holds {path} for more than {BUSY_SECONDS:.0f} s",
                hint="wait for it (a backup tool?), then run again; nothing was sent meanwhile",
            )
        case sqlite3.SQLITE_FULL:
            return StoreError(
                f"no space left for {path}", hint="free some space, then run again: it goes on"
            )
        case sqlite3.SQLITE_NOTADB:
            return StoreError(f"{path} is no SQLite file", hint=_RESTORE)
        case sqlite3.SQLITE_CORRUPT:
            return StoreError(f"{path} is damaged ({error})", hint=DAMAGED)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return StoreError(
                f"cannot use {path}: {error}",
                hint="check the permissions of the file and folder; on a disk that cannot be "
                f"written, copy the store with its {path.name}-wal to one that can, and name it "
                "with --store",
            )
        case _:
            name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
            return StoreError(
                f"{path}: {error} ({name})",
                hint="check the disk, its free space and any quota, then run again: it goes on",
            )
