"""Opening the ledger: how durable it is, whom it is opened for, and what every refusal says."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import stat
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from imagepipe.errors import StoreBusy, StoreError
from imagepipe.store import connection, schema
from imagepipe.store.connection import (
    NotForUs,
    Spoken,
    connect,
    create,
    fill,
    identity,
    open_checked,
    open_or_create,
    publish,
)
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.rows import opened
from imagepipe.store.witness import Witness, read_witness
from tests.unit.store.makers import NOW, claim, open_ledger, run

LOG = Path("/store/ledger.sqlite")


def pragma(database: sqlite3.Connection, name: str) -> object:
    return database.execute(f"PRAGMA {name}").fetchone()[0]


def made(folder: Path) -> Layout:
    layout = Layout(folder)
    create(layout, Stamp.LIVE, NOW)
    return layout


def held(folder: Path) -> list[str]:
    """The files under a folder that this process holds open (where the system tells)."""
    found = []
    for one in Path("/proc/self/fd").iterdir() if sys.platform == "linux" else ():
        try:
            target = str(one.readlink())
        except OSError:  # the listing's own
            continue
        found += [target] if target.startswith(str(folder)) else []
    return found


def test_a_writer_loses_nothing_to_a_power_cut(tmp_path: Path) -> None:
    """Every level of it: the log, the drive's cache, the fold of the log into the file."""
    with closing(connect(made(tmp_path).ledger, write=True)) as database:
        names = ("synchronous", "fullfsync", "checkpoint_fullfsync", "query_only")
        assert [pragma(database, name) for name in names] == [2, 1, 1, 0]
        assert pragma(database, "journal_mode") == "wal"
        assert pragma(database, "trusted_schema") == 0


def test_a_reader_changes_nothing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    layout = made(tmp_path)
    with closing(connect(layout.ledger, write=False)) as database:
        assert (pragma(database, "query_only"), pragma(database, "trusted_schema")) == (1, 0)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            database.execute("DELETE FROM store")
    assert [path.name for path in tmp_path.glob("ledger.sqlite*")] == ["ledger.sqlite"]


def test_what_connects_waits_and_begins_no_transaction_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For thirty seconds; and any thread may use it, though one at a time."""
    layout, asked, addresses = made(tmp_path), {}, list[str]()
    real = sqlite3.connect

    def spy(address: str, **options: object) -> sqlite3.Connection:
        asked.update(options)
        addresses.append(address)
        return real(address, **options)  # type: ignore[call-overload,no-any-return]  # as it came

    monkeypatch.setattr(sqlite3, "connect", spy)
    monkeypatch.setattr(connection, "_read_mode", lambda _path: "ro")
    for write in (True, False):
        connect(layout.ledger, write=write).close()
    assert [one.partition("?")[2] for one in addresses] == ["mode=rw", "mode=ro"]
    assert asked == {
        "uri": True,
        "timeout": 30.0,
        "isolation_level": None,
        "check_same_thread": False,
    }


@pytest.mark.parametrize("name", ["a?mode=memory", "b#c", "d%20e", "größer"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    """It becomes part of an address, in which some signs mean something."""
    with open_ledger(tmp_path / name) as ledger:
        claim(ledger, "mug")
    with open_ledger(tmp_path / name, run("r2")) as ledger:
        assert len(ledger.counts()) == 1
    assert (tmp_path / name / "ledger.sqlite").exists()


@pytest.mark.parametrize(
    ("folder", "file", "log", "expected"),
    [
        (True, True, False, "rw"),
        (True, False, False, "ro"),
        (False, True, True, "ro"),
        (False, True, False, "ro&immutable=1"),
        (False, False, False, "ro&immutable=1"),
    ],
)
def test_a_look_asks_for_no_more_than_it_may_have(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    folder: bool,
    file: bool,
    log: bool,
    expected: str,
) -> None:
    """A snapshot or a cache may be read-only; then a log that waits must not be overlooked."""
    path = tmp_path / "ledger.sqlite"
    path.touch()
    if log:
        (tmp_path / "ledger.sqlite-wal").touch()
    may = {tmp_path: folder, path: file}
    monkeypatch.setattr(os, "access", lambda one, mode: may[one] and mode == os.W_OK)
    assert connection._read_mode(path) == expected


def test_a_new_ledger_is_whole_and_known_by_its_marks(tmp_path: Path) -> None:
    layout = made(tmp_path / "deep" / "down")
    with closing(connect(layout.ledger, write=False)) as database:
        assert pragma(database, "application_id") == schema.APPLICATION_ID == 0x696D7069
        assert pragma(database, "user_version") == schema.VERSION
        found = database.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL").fetchall()
        assert sorted(row[0] for row in found) == sorted(schema.STATEMENTS)
        ((store, *rest),) = database.execute("SELECT * FROM store").fetchall()
    assert rest == ["live", NOW, 0]
    assert identity(layout.ledger) == read_witness(layout.witness) == Witness(store, 0)
    assert sorted(p.name for p in layout.root.iterdir()) == ["ledger.sqlite", "ledger.witness"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_a_ledger_is_never_open_to_others_not_even_while_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []

    def look(path: Path, *rest: object) -> None:
        modes.append(stat.S_IMODE(path.stat().st_mode))
        real(path, *rest)  # type: ignore[arg-type]  # as it came

    real = fill
    monkeypatch.setattr(connection, "fill", look)
    made(tmp_path)
    assert modes == [0o600]


def test_who_comes_second_uses_the_first_ones_ledger(tmp_path: Path) -> None:
    """Two processes start one store: neither replaces the other's, nor bears false witness."""
    layout = made(tmp_path)
    first, witness = identity(layout.ledger), read_witness(layout.witness)
    create(layout, Stamp.LIVE, NOW)
    assert identity(layout.ledger) == first
    assert read_witness(layout.witness) == witness
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ledger.sqlite", "ledger.witness"]


def test_a_store_that_cannot_be_made_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(connection, "publish", full)
    said = f"cannot create a store in {tmp_path}: No space left on device"
    with pytest.raises(StoreError) as caught:
        made(tmp_path)
    assert str(caught.value).startswith(said)
    assert "--store" in str(caught.value.hint)
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_is_made_of_rows_in_any_state(tmp_path: Path) -> None:
    """The triggers come last, and then guard the edges again."""
    path = tmp_path / "ledger.sqlite"
    path.touch()
    job = ("k", "committed", *("x",) * (len(schema.JOB_COLUMNS) - 2))
    note = ("k", NOW, None, "evidence", "text")
    fill(path, ("id", "live", NOW, 7), [("jobs", job), ("notes", note), ("notes", note)])
    with closing(connect(path, write=True)) as database:
        assert database.execute("SELECT * FROM store").fetchall() == [("id", "live", NOW, 7)]
        assert opened("jobs", database.execute("SELECT * FROM jobs").fetchone()) == job
        rows = database.execute("SELECT key, at, run, kind, text, sum FROM notes").fetchall()
        assert [opened("notes", row) for row in rows] == [note, note]
        with pytest.raises(sqlite3.IntegrityError, match="edge"):
            database.execute("UPDATE jobs SET state = 'intent'")
        with pytest.raises(sqlite3.IntegrityError, match="start"):
            database.execute("INSERT INTO jobs (key, state, sum) VALUES ('o', 'lost', x'00')")
    assert held(tmp_path) == []


def test_a_ledger_that_cannot_be_filled_is_an_error_of_the_store(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"no database at all" * 99)
    with pytest.raises(StoreError, match="is no SQLite file"):
        fill(path, ("id", "live", NOW, 0), ())
    assert held(tmp_path) == []


def test_a_name_is_given_once(tmp_path: Path) -> None:
    one, two, name = tmp_path / "one", tmp_path / "two", tmp_path / "name"
    one.write_text("one")
    two.write_text("two")
    publish(one, name)
    publish(two, name)
    assert name.read_text() == "one"


def test_a_file_system_without_links_is_renamed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As FAT; and there, too, what has the name keeps it."""

    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    one, two, name = tmp_path / "one", tmp_path / "two", tmp_path / "name"
    one.write_text("one")
    two.write_text("two")
    publish(one, name)
    assert not one.exists()
    publish(two, name)
    assert name.read_text() == "one"
    assert two.exists()


def test_a_name_is_made_durable_when_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the file, and only by who gave it."""
    steps: list[object] = []
    monkeypatch.setattr(connection, "sync_file", lambda path: steps.append(path.name[:4]))
    monkeypatch.setattr(connection, "sync_folder", steps.append)
    made(tmp_path)
    assert steps == [".tmp", tmp_path]
    made(tmp_path)
    assert steps == [".tmp", tmp_path, ".tmp"]


def test_a_folded_log_is_in_the_file_before_that_gets_its_name(tmp_path: Path) -> None:
    """Also if the connection's close, which folds it as well, does not get to it."""
    seen: list[str] = []

    def trace(text: str) -> None:
        seen.append(text)

    real = connection.connect

    def traced(path: Path, *, write: bool) -> sqlite3.Connection:
        database = real(path, write=write)
        database.set_trace_callback(trace)
        return database

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "connect", traced)
        made(tmp_path)
    end = seen.index("COMMIT")
    assert seen[end + 1] == "PRAGMA wal_checkpoint(TRUNCATE)"
    begun = seen.index("BEGIN IMMEDIATE")
    assert begun < seen.index(f"PRAGMA application_id={schema.APPLICATION_ID}") < end
    triggers = [at for at, text in enumerate(seen) if text.startswith("CREATE TRIGGER")]
    filled = next(at for at, text in enumerate(seen) if text.startswith("INSERT INTO store"))
    assert begun < filled < min(triggers) < end


Harm = Callable[[Layout], object]


def with_ledger(sql: str) -> Harm:
    def harm(layout: Layout) -> None:
        with closing(sqlite3.connect(layout.ledger, isolation_level=None)) as database:
            database.execute(sql)

    return harm


def _made_a_folder(layout: Layout) -> None:
    layout.ledger.unlink()
    layout.ledger.mkdir()


HARMS: dict[str, tuple[Harm, str, str]] = {
    "empty": (lambda one: one.ledger.write_bytes(b""), "is empty: it was cut off", "repair"),
    "a text": (lambda one: one.ledger.write_text("hello"), "is no SQLite file", "repair"),
    "almost": (
        lambda one: one.ledger.write_bytes(b"SQLite format 4\x00" + b"\0" * 99),
        "is no SQLite file",
        "repair",
    ),
    "a folder": (
        _made_a_folder,
        "cannot use .*: unable to open database file",
        "permissions",
    ),
    "foreign": (with_ledger("PRAGMA application_id=7"), "is not a ledger of imagepipe", "repair"),
    "newer": (
        with_ledger("PRAGMA user_version=2"),
        r"written by a newer imagepipe \(ledger version 2; this one knows 1\)",
        "nothing was changed",
    ),
    "older": (with_ledger("PRAGMA user_version=0"), "the tables of .* are damaged", "repair"),
    "a table more": (with_ledger("CREATE TABLE t (x)"), "the tables of .* are damaged", "repair"),
    "an index less": (with_ledger("DROP INDEX jobs_by_state"), "the tables of", "repair"),
    "no stamp": (with_ledger("DELETE FROM store"), "the tables of .* are damaged", "repair"),
    "two stamps": (
        with_ledger("INSERT INTO store SELECT * FROM store"),
        "the tables of .* are damaged",
        "repair",
    ),
    "a strange stamp": (
        with_ledger("UPDATE store SET stamp = 'dead'"),
        "the tables of .* are damaged",
        "repair",
    ),
    "emulated": (
        with_ledger("UPDATE store SET stamp = 'emulated'"),
        "is a store of emulated pictures, and this is a run for live ones; they never mix",
        "^add --emulate, or name another folder",
    ),
    "another store": (
        with_ledger("UPDATE store SET id = 'other'"),
        "is the ledger of another store",
        "repair",
    ),
}


@pytest.mark.skipif(os.name == "nt", reason="POSIX errors")
@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize("name", HARMS)
def test_what_is_not_this_stores_ledger_is_refused_and_left_alone(
    tmp_path: Path, name: str, *, write: bool
) -> None:
    """Says what is wrong and what to do next; nothing is created, replaced or held open."""
    harm, said, hint = HARMS[name]
    layout = made(tmp_path)
    harm(layout)
    before = layout.ledger.read_bytes() if layout.ledger.is_file() else None
    with pytest.raises(StoreError, match=said) as caught:
        open_checked(layout, Stamp.LIVE, write=write)
    assert re.search(hint, str(caught.value.hint))
    assert isinstance(caught.value, NotForUs) == (name in ("newer", "emulated"))
    assert before == (layout.ledger.read_bytes() if layout.ledger.is_file() else None)
    assert held(tmp_path) == []


@pytest.mark.parametrize("trouble", ["stat", "access"])
def test_a_ledger_that_may_not_be_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """Without opening it, which would take the locks from a connection beside this one."""
    layout, real = made(tmp_path), Path.stat

    def refused(path: Path, **options: bool) -> os.stat_result:
        if path == layout.ledger and trouble == "stat" and not options:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, **options)

    monkeypatch.setattr(Path, "stat", refused)
    monkeypatch.setattr(os, "access", lambda _path, mode: mode == os.W_OK)
    with pytest.raises(StoreError, match=r"cannot read .*ledger.sqlite: Permission") as caught:
        open_checked(layout, Stamp.LIVE, write=True)
    assert caught.value.hint == "check its permissions"


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
@pytest.mark.parametrize("leads", ["somewhere", "nowhere"])
def test_a_ledger_that_is_a_link_is_not_written_through(tmp_path: Path, leads: str) -> None:
    layout, other = made(tmp_path / "store"), tmp_path / "other"
    if leads == "somewhere":
        layout.ledger.rename(other)
    else:
        layout.ledger.unlink()
    layout.ledger.symlink_to(other)
    for opener in (open_or_create, lambda one, *_: open_checked(one, Stamp.LIVE, write=False)):
        with pytest.raises(StoreError, match="link"):
            opener(layout, Stamp.LIVE, NOW)
    assert other.exists() == (leads == "somewhere")


def test_an_emulated_store_is_no_place_for_live_pictures(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    create(layout, Stamp.EMULATED, NOW)
    open_checked(layout, Stamp.EMULATED, write=True).close()
    with pytest.raises(NotForUs, match="store of emulated pictures"):
        open_checked(layout, Stamp.LIVE, write=False)
    with pytest.raises(NotForUs) as caught:
        open_checked(made(tmp_path / "live"), Stamp.EMULATED, write=False)
    assert str(caught.value.hint).startswith("leave out --emulate, or")


def test_a_ledger_is_made_only_where_none_was(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "new")
    open_or_create(layout, Stamp.LIVE, NOW).close()
    first = identity(layout.ledger)
    open_or_create(layout, Stamp.LIVE, NOW).close()
    assert identity(layout.ledger) == first
    layout.ledger.unlink()
    with pytest.raises(StoreError, match=r"has ledger\.witness but no ledger\.sqlite"):
        open_or_create(layout, Stamp.LIVE, NOW)


def failure(code: int, text: str = "it said so", name: str = "") -> sqlite3.DatabaseError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    if name:
        error.sqlite_errorname = name
    return error


SAID = {
    sqlite3.SQLITE_BUSY: "another program holds /store/ledger.sqlite for more than 30 s",
    sqlite3.SQLITE_LOCKED: "another program holds",
    sqlite3.SQLITE_FULL: "no space left for /store/ledger.sqlite",
    sqlite3.SQLITE_CORRUPT: r"/store/ledger.sqlite is damaged \(it said so\)",
    sqlite3.SQLITE_NOTADB: "/store/ledger.sqlite is no SQLite file",
    sqlite3.SQLITE_READONLY: "cannot use /store/ledger.sqlite: it said so",
    sqlite3.SQLITE_CANTOPEN: "cannot use",
    sqlite3.SQLITE_PERM: "cannot use",
    sqlite3.SQLITE_IOERR: r"/store/ledger.sqlite: it said so \(SQLITE_ERROR\)",
}


@pytest.mark.parametrize("code", SAID)
@pytest.mark.parametrize("extended", [0, 5 << 8])
def test_what_sqlite_says_is_said_so_that_a_person_can_act(code: int, extended: int) -> None:
    """By its primary code, whatever the extended one adds."""
    with pytest.raises(StoreError, match=SAID[code]) as caught, Spoken(LOG):
        raise failure(code | extended)
    busy = code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    assert isinstance(caught.value, StoreBusy) == busy
    assert caught.value.hint
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)


def test_an_error_that_has_a_name_is_said_with_it() -> None:
    """For who looks it up; one that has no code at all is said as well."""
    with pytest.raises(StoreError, match=r"\(SQLITE_IOERR_FSYNC\)"), Spoken(LOG):
        raise failure(sqlite3.SQLITE_IOERR, name="SQLITE_IOERR_FSYNC")
    with pytest.raises(StoreError, match=r"oh \(SQLITE_ERROR\)"), Spoken(LOG):
        raise sqlite3.DatabaseError("oh")


@pytest.mark.parametrize("error", [sqlite3.ProgrammingError, sqlite3.IntegrityError, ValueError])
def test_a_bug_is_not_the_fault_of_the_file(error: type[Exception]) -> None:
    with pytest.raises(error, match="on purpose"), Spoken(LOG):
        raise error("on purpose")


def test_a_name_that_is_no_text_is_damage() -> None:
    with pytest.raises(StoreError, match=r"ledger.sqlite is damaged \(invalid start"), Spoken(LOG):
        b"\xff".decode()
