"""What runs learnt is kept for the next one, and costs nothing when it is lost."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from imagepipe.model import Json
from imagepipe.store import Layout, Lessons, lessons


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Layout(tmp_path).lessons


def test_what_is_written_is_read_by_the_next_run(path: Path) -> None:
    values: dict[str, Json] = {"rate": 0.5, "cells": [0.0, 1.5], "note": None, "name": "a/b é"}
    Lessons(path).write("limits of runway", values)
    assert Lessons(path).read("limits of runway") == values
    assert Lessons(path).read("limits of another") == {}


def test_values_are_replaced_by_name_and_others_stay(path: Path) -> None:
    Lessons(path).write("a", {"one": 1, "two": 2})
    Lessons(path).write("a", {"two": 3})
    assert Lessons(path).read("a") == {"one": 1, "two": 3}


def test_reading_and_writing_nothing_leave_no_file(path: Path) -> None:
    assert Lessons(path).read("a") == {}
    Lessons(path).write("a", {})
    assert list(path.parent.iterdir()) == []


def test_reading_changes_no_byte_and_no_time(path: Path) -> None:
    Lessons(path).write("a", {"one": 1})
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    assert Lessons(path).read("a") == {"one": 1}
    assert Lessons(path).is_sound()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert list(path.parent.iterdir()) == [path]


def test_only_the_owner_may_read_it(path: Path) -> None:
    Lessons(path).write("a", {"one": 1})
    assert path.stat().st_mode & 0o077 == 0


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE lessons (text)")


BROKEN = {
    "empty": lambda path: path.write_bytes(b""),
    "no database": lambda path: path.write_bytes(b"no database\n" * 1000),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "overwritten": lambda path: path.write_bytes(path.read_bytes()[:100] + b"\xff" * 20_000),
    "foreign": foreign,
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_file_reads_as_nothing_and_is_started_anew(path: Path, how: str) -> None:
    if how != "foreign":
        Lessons(path).write("a", {str(n): "x" * 100 for n in range(100)})
    BROKEN[how](path)
    assert Lessons(path).read("a") == {}
    assert Lessons(path).is_sound() == (how == "empty")
    Lessons(path).write("a", {"one": 1})
    assert Lessons(path).read("a") == {"one": 1}
    assert Lessons(path).is_sound()


def test_a_value_that_is_no_json_is_skipped(path: Path) -> None:
    Lessons(path).write("a", {"one": 1, "two": 2, "three": 3})
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("UPDATE lessons SET value = '{' WHERE name = 'one'")
        database.execute("UPDATE lessons SET value = ? WHERE name = 'two'", ("[" * 100_000,))
    assert Lessons(path).read("a") == {"three": 3}


def test_a_text_that_is_no_text_spoils_no_run(path: Path) -> None:
    Lessons(path).write("a", {"one": 1})
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("UPDATE lessons SET value = CAST(x'ff' AS TEXT)")
    assert Lessons(path).read("a") == {}
    Lessons(path).write("a", {"one": 2})
    assert Lessons(path).read("a") == {"one": 2}


def test_a_folder_that_is_not_there_or_a_held_file_costs_only_the_lesson(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Lessons(path.parent / "gone" / path.name).write("a", {"one": 1})
    monkeypatch.setattr(lessons, "PATIENCE", 0.0)
    Lessons(path).write("a", {"one": 1})
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        Lessons(path).write("a", {"one": 2})
        assert Lessons(path).is_sound()
        holder.execute("ROLLBACK")
    assert Lessons(path).read("a") == {"one": 1}


def test_what_has_no_finite_json_is_refused_before_anything_is_written(path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        Lessons(path).write("a", {"one": 1, "two": float("nan")})
    with pytest.raises(TypeError, match="Decimal"):
        Lessons(path).write("a", {"one": Decimal(1)})
    assert not path.exists()


def test_the_oldest_values_go_when_there_are_too_many(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lessons, "MOST", 3)
    for name in "abcd":
        Lessons(path).write("s", {name: name})
    Lessons(path).write("s", {"b": "again"})
    assert Lessons(path).read("s") == {"c": "c", "d": "d", "b": "again"}


def test_runs_that_write_at_once_keep_what_each_has_learnt(path: Path) -> None:
    def learn(number: int) -> None:
        for turn in range(5):
            Lessons(path).write("s", {f"{number}": turn})

    runs = [threading.Thread(target=learn, args=(number,)) for number in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert Lessons(path).read("s") == {str(number): 4 for number in range(4)}
