"""The lock file: one line an output, readable after any merge, never shrunk by a partial run."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagepipe.errors import InputError
from imagepipe.model import State, Ticket
from imagepipe.store.confine import Outside
from imagepipe.store.lock import (
    Entry,
    Lock,
    parse_lock,
    read_lock,
    write_lock,
)
from imagepipe.store.lock_merge import update_lock
from tests.unit.store.makers import CENT, digest, key

MUG = Entry("mug/hero.png", digest(b"m"), digest(b"m"), key("mug"), "p", Ticket("t1"), 7, CENT)
CUP = Entry("cup/hero.webp", digest(b"c"), digest(b"c"), key("cup"), "p", None, None, None)


def test_a_line_says_what_an_output_is(tmp_path: Path) -> None:
    """Sorted by path, one JSON object each, nothing that is unknown."""
    path = tmp_path / "catalog.yaml.lock"
    assert write_lock(path, Lock().merged([MUG, CUP]), "r1")
    first, second = map(json.loads, path.read_text().splitlines())
    assert first == {
        "path": "cup/hero.webp",
        "output": digest(b"c"),
        "blob": digest(b"c"),
        "key": key("cup"),
        "provider": "p",
    }
    assert (second["ticket"], second["seed"], second["cost"]) == ("t1", 7, "0.01")
    assert read_lock(path).entries == (CUP, MUG)


def test_unchanged_content_is_not_written(tmp_path: Path) -> None:
    """The file's time stays, also where Git checked it out with Windows line ends."""
    path = tmp_path / "c.lock"
    assert not write_lock(path, Lock(), "r1")
    assert not path.exists()
    write_lock(path, Lock((MUG,)), "r1")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_lock(path).entries == (MUG,)
    assert not update_lock(path, [MUG], "r1")
    assert b"\r\n" in path.read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_lock_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """Neither written through nor replaced, wherever it leads."""
    path, precious = tmp_path / "c.lock", tmp_path / "precious"
    precious.write_text("")
    path.symlink_to(precious)
    with pytest.raises(Outside, match="is a link"):
        update_lock(path, [MUG], "r1")
    assert (path.is_symlink(), precious.read_text()) == (True, "")


def test_a_partial_run_replaces_its_own_paths_only(tmp_path: Path) -> None:
    """The rest stays as it is."""
    path = tmp_path / "c.lock"
    update_lock(path, [MUG, CUP], "r1")
    newer = replace(MUG, key=key("new mug"), blob=digest(b"n"), output=digest(b"n"))
    assert update_lock(path, [newer], "r2")
    assert read_lock(path).entries == (CUP, newer)
    assert read_lock(path).without(["cup/hero.webp"]).entries == (newer,)


def test_a_union_of_two_branches_is_read_whole() -> None:
    """Both lines of a path are known until a run writes it; equal lines are one."""
    other = replace(MUG, key=key("their mug"), blob=digest(b"o"), output=digest(b"o"))
    text = Lock((MUG, CUP)).text() + Lock((other, CUP)).text()
    lock = parse_lock(text.encode(), "c.lock")
    assert len(lock.entries) == 3
    assert all(entry in lock.entries for entry in (MUG, CUP, other))
    assert [one for one in lock.entries if one.key == key("their mug")] == [other]
    assert lock.merged([MUG]).entries == (CUP, MUG)


def test_an_unfinished_merge_is_shown_with_its_lines() -> None:
    """All markers at once, with file and line."""
    text = f"<<<<<<< ours\n{Lock((MUG,)).text()}=======\n>>>>>>> theirs\n"
    with pytest.raises(InputError) as caught:
        parse_lock(text.encode(), "c.lock")
    places = [str(problem.place) for problem in caught.value.problems]
    assert places == ["c.lock:1:1", "c.lock:3:1", "c.lock:4:1"]
    assert "merge" in caught.value.problems[0].message


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"not json", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b"{}", "no path"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (Lock((MUG,)).text().replace("mug/hero.png", "../../secret.png").encode(), "refused"),
        (Lock((MUG,)).text().replace(key("mug"), "K").encode(), "no SHA-256"),
        (Lock((MUG,)).text().replace('"0.01"', '"-3"').encode(), "no amount"),
        (Lock((MUG,)).text().replace('"0.01"', '"a lot"').encode(), "no amount"),
        (Lock((MUG,)).text().replace('"t1"', "[5]").encode(), "ticket"),
        (Lock((MUG,)).text().replace(": 7", ": true").encode(), "seed"),
    ],
)
def test_a_line_that_cannot_be_read_is_shown(line: bytes, says: str) -> None:
    """A lock file is input: others commit it."""
    with pytest.raises(InputError, match=says) as caught:
        parse_lock(Lock((CUP,)).text().encode() + line, "c.lock")
    assert str(caught.value.problems[0].place) == "c.lock:2:1"


def test_a_ticket_keeps_what_its_provider_needs() -> None:
    """A fresh clone can fetch again what is lost."""
    entry = replace(MUG, ticket=Ticket("t", {"url": "https://x/1"}), cost=Decimal("0.10"))
    assert parse_lock(Lock((entry,)).text().encode(), "f").entries == (entry,)
    record = entry.record
    assert (record.state, record.source, record.extension) == (State.COMMITTED, "lock", "png")


TEXTS = st.lists(st.sampled_from("abcdeé"), unique=True)


@given(old=TEXTS, new=TEXTS, sorts=st.booleans())
def test_line_by_line_or_as_a_whole_a_merge_gives_the_same(
    old: list[str], new: list[str], *, sorts: bool
) -> None:
    """Whatever the order of both."""
    before = [replace(MUG, path=f"{name}.png") for name in (sorted(old) if sorts else old)]
    after = [replace(CUP, path=f"{name}.png") for name in (sorted(new) if sorts else new)]
    with tempfile.TemporaryDirectory() as folder:
        path, whole = Path(folder, "a.lock"), Path(folder, "b.lock")
        if before:
            path.write_text(Lock(tuple(before)).text(), encoding="utf-8")
        expected = write_lock(whole, Lock(tuple(before)).merged(after), "r")
        wrote = update_lock(path, after, "r")
        assert read_lock(path).entries == read_lock(whole).entries
        assert path.exists() == expected
        assert not update_lock(path, after, "r")
        assert wrote or before == after or not after
        assert (
            sorted(found.name for found in Path(folder).iterdir())
            == ["a.lock", "b.lock"][: 2 if expected else 0]
        )
