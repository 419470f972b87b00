"""What runs learnt about providers, for the next run: a small file that may be deleted at any time.

It is no part of what is promised: never backed up, sealed or repaired. Whatever is wrong with it
reads as nothing learnt and is written anew. It knows neither what the values mean nor who uses
them.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from imagepipe.model import Json

PATIENCE = 2.0
"""Seconds that another run may hold the file before this one does without it."""

MOST = 10_000
"""Values that are kept; those that were written longest ago go first."""

_TABLE = (
    "CREATE TABLE IF NOT EXISTS lessons "
    "(subject TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (subject, name))"
)
_PUT = "INSERT OR REPLACE INTO lessons VALUES (?, ?, ?)"
_PRUNE = "DELETE FROM lessons WHERE rowid <= (SELECT max(rowid) FROM lessons) - ?"

_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
"""The file is none of ours. A disk that is full, or a folder for reading only, is no reason."""


class Lessons:
    """Values by subject and name. Several runs may write: of each value, the last one stays."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, subject: str) -> dict[str, Json]:
        """What is kept of a subject; nothing where there is no file, or none that can be read.

        It neither makes nor changes a file.
        """
        found: dict[str, Json] = {}
        if not self._path.is_file():
            return found
        with suppress(sqlite3.Error, OSError), closing(self._open("rw")) as database:
            rows = database.execute("SELECT name, value FROM lessons WHERE subject = ?", (subject,))
            for name, value in rows:
                with suppress(ValueError, TypeError, RecursionError):
                    found[str(name)] = json.loads(value)
        return found

    def write(self, subject: str, values: Mapping[str, Json]) -> None:
        """Keep the values; others of the subject stay. What cannot be kept is forgotten.

        Raises:
            ValueError: A number is not finite.
            TypeError: A value is none that JSON has; a `Decimal` is none.
        """
        rows = [(subject, name, _text(value)) for name, value in values.items()]
        if not rows:
            return
        with suppress(sqlite3.Error, OSError):
            try:
                self._put(rows)
            except sqlite3.Error as error:
                if _code(error) not in _BROKEN:
                    raise
                self._forget()
                self._put(rows)

    def is_sound(self) -> bool:
        """Whether the file can be read, if there is one, and more than its name."""
        if not self._path.is_file() or self._path.stat().st_size == 0:
            return True
        try:
            with closing(self._open("rw")) as database:
                (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
                database.execute("SELECT name, value FROM lessons LIMIT 1").fetchone()
        except (sqlite3.Error, OSError) as error:
            return isinstance(error, sqlite3.Error) and _code(error) not in _BROKEN
        return bool(found == "ok")

    def _put(self, rows: list[tuple[str, str, str]]) -> None:
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(self._open("rw")) as database, _transaction(database):
            database.execute(_TABLE)
            database.executemany(_PUT, rows)
            database.execute(_PRUNE, (MOST,))

    def _open(self, mode: str) -> sqlite3.Connection:
        uri = f"{self._path.resolve().as_uri()}?mode={mode}"
        database = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None)
        database.execute("PRAGMA trusted_schema=OFF")
        # A lesson is worth no wait for the disk: what a power cut spoils is learnt again.
        database.execute("PRAGMA synchronous=OFF")
        return database

    def _forget(self) -> None:
        for end in ("-journal", "-wal", "-shm", ""):
            self._path.with_name(self._path.name + end).unlink(missing_ok=True)


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _text(value: Json) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _code(error: sqlite3.Error) -> int:
    """A text that is not UTF-8 is refused without a code."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF
