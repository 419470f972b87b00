"""The ledger's tables, as SQL. Knows no rows and no rules besides the state graph.

`jobs` is `WITHOUT ROWID`, so that its primary key is the data itself: no damaged index can make a
paid key look absent. Every row ends in `sum`, a checksum over its other columns, because SQLite's
own integrity check looks at structure and not at payload.
"""

from __future__ import annotations

from imagepipe.store.states import FIRST, TRANSITIONS

APPLICATION_ID = 0x696D7069
"""`impi`, in the file's header: tells a ledger from any other SQLite file."""

VERSION = 1

_EDGES = ", ".join(
    f"('{old}', '{new}')" for old, news in sorted(TRANSITIONS.items()) for new in sorted(news)
)
_STARTS = ", ".join(f"'{state}'" for state in sorted(FIRST))

JOB_COLUMNS = (
    "key",
    "state",
    "provider",
    "spot",
    "path",
    "attempt",
    "nonce",
    "run",
    "purse",
    "reserved",
    "cost",
    "seed",
    "ticket",
    "blob",
    "size",
    "media_type",
    "extension",
    "width",
    "height",
    "fault",
    "created_at",
    "submitted_at",
    "finished_at",
    "updated_at",
)
RUN_COLUMNS = (
    "id",
    "role",
    "host",
    "boot",
    "space",
    "pid",
    "born",
    "started",
    "ended",
    "purse",
    "manifests",
)
OUTPUT_COLUMNS = ("root", "path", "spot", "key", "blob", "digest", "size", "mtime_ns")
PURSE_COLUMNS = (
    "purse",
    "spent",
    "spent_unknown",
    "reserved",
    "reserved_unknown",
    "in_doubt",
    "in_doubt_unknown",
)
NOTE_COLUMNS = ("key", "at", "run", "kind", "text")
REQUEST_COLUMNS = ("key", "canonical")


def _columns(names: tuple[str, ...], *, primary: str | None = None) -> str:
    """Untyped columns: what is written is what is read, and the checksum sees the type."""
    listed = [f"{name} NOT NULL PRIMARY KEY" if name == primary else name for name in names]
    return ", ".join([*listed, "sum BLOB NOT NULL"])


STATEMENTS = (
    (
        "CREATE TABLE store (id TEXT NOT NULL, stamp TEXT NOT NULL, created_at TEXT NOT NULL, "
        "generation INTEGER NOT NULL)"
    ),
    f"CREATE TABLE runs ({_columns(RUN_COLUMNS, primary='id')}) WITHOUT ROWID",
    f"CREATE TABLE jobs ({_columns(JOB_COLUMNS, primary='key')}) WITHOUT ROWID",
    f"CREATE TABLE requests ({_columns(REQUEST_COLUMNS, primary='key')}) WITHOUT ROWID",
    # A job's earlier attempts, moved here when a person (or a rule) lets it be submitted again.
    f"CREATE TABLE attempts ({_columns(JOB_COLUMNS)}, PRIMARY KEY (key, attempt)) WITHOUT ROWID",
    f"CREATE TABLE outputs ({_columns(OUTPUT_COLUMNS)}, PRIMARY KEY (root, path)) WITHOUT ROWID",
    f"CREATE TABLE purses ({_columns(PURSE_COLUMNS, primary='purse')}) WITHOUT ROWID",
    f"CREATE TABLE notes (id INTEGER PRIMARY KEY, {_columns(NOTE_COLUMNS)})",
    "CREATE INDEX jobs_by_state ON jobs (state)",
    "CREATE INDEX jobs_by_spot ON jobs (spot)",
    "CREATE INDEX outputs_by_spot ON outputs (spot)",
    "CREATE INDEX notes_by_key ON notes (key)",
    (
        "CREATE TRIGGER jobs_start BEFORE INSERT ON jobs "
        f"WHEN NEW.state NOT IN ({_STARTS}) BEGIN SELECT RAISE(ABORT, 'imagepipe: start'); END"
    ),
    (
        "CREATE TRIGGER jobs_edge BEFORE UPDATE OF state ON jobs "
        "WHEN OLD.state IS NOT NEW.state "
        f"AND (OLD.state, NEW.state) NOT IN (VALUES {_EDGES}) "
        "BEGIN SELECT RAISE(ABORT, 'imagepipe: edge'); END"
    ),
)
