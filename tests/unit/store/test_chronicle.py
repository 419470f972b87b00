"""The ledger's second copy: everything that was committed, in order, line by line believable."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from imagepipe.errors import StoreError
from imagepipe.model import Output, State, Ticket
from imagepipe.store import chronicle, copying
from imagepipe.store.claims import Claimed
from imagepipe.store.compare import differences
from imagepipe.store.durable import write_new
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.ledger import Ledger
from imagepipe.store.reader import Note
from imagepipe.store.replay import seals
from imagepipe.store.verify import verify
from tests.unit.store.makers import (
    LATER,
    NOW,
    UNCERTAIN,
    claim,
    commit,
    dead,
    digest,
    key,
    look,
    open_ledger,
    receipt,
    run,
)


def folder_of(root: Path) -> Path:
    return Layout(root).chronicle


def agrees(ledger: Ledger, root: Path) -> bool:
    """Whether the copy holds exactly what the ledger holds."""
    found = seals(folder_of(root))
    return found.is_whole and not [*differences(ledger.database, found)]


def cut_last_change(root: Path) -> None:
    """As a kill between a commit and its copy leaves it."""
    (path,) = chronicle.files(folder_of(root))
    whole = path.read_bytes().splitlines(keepends=True)
    last = whole[-1].split(b" ")[1]
    path.write_bytes(b"".join(line for line in whole if line.split(b" ")[1] != last))


def test_every_change_is_copied(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        commit(ledger, "mug")
        claim(ledger, "lamp")
        ledger.release(key("lamp"), "r1", NOW)
        assert agrees(ledger, tmp_path)
        assert seals(folder_of(tmp_path)).top == ledger.change


def test_what_was_rolled_back_is_not_copied(tmp_path: Path) -> None:
    """One operation of a transaction fails, the others stand."""

    def failing(ledger: Ledger) -> None:
        claim(ledger, "bad")
        raise ValueError("on purpose")

    with open_ledger(tmp_path) as ledger:
        good, bad = ledger.transact([lambda one: claim(one, "good"), failing])
        assert isinstance(good, Claimed)
        assert isinstance(bad, ValueError)
        assert agrees(ledger, tmp_path)
        assert (key("bad"),) not in seals(folder_of(tmp_path)).table("jobs")


def test_a_read_is_no_change(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        before = ledger.change
        ledger.transact([lambda one: one.counts()])
        assert ledger.change == before


def test_what_a_kill_left_out_is_copied_by_the_next_run(tmp_path: Path) -> None:
    with open_ledger(tmp_path, dead()) as ledger:
        ledger.start_run(run(), look)
        claim(ledger, "mug")
    cut_last_change(tmp_path)
    with open_ledger(tmp_path, run("r2")) as ledger:
        assert agrees(ledger, tmp_path)


def test_a_gap_that_later_runs_hide_is_noticed_when_a_dead_run_is_settled(tmp_path: Path) -> None:
    """Two runs at once: the killed one's last change is older than the other's."""
    with open_ledger(tmp_path, dead("gone")) as first, open_ledger(tmp_path, run("r2")) as second:
        claim(first, "mug", "gone")
        claim(second, "lamp", "r2")
    path = next(p for p in chronicle.files(folder_of(tmp_path)) if chronicle.owner(p) == "gone")
    whole = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole[:-3]))
    with open_ledger(tmp_path, run("r3")) as ledger:
        assert not agrees(ledger, tmp_path)
        ledger.recover(LATER, look)
        assert agrees(ledger, tmp_path)


def test_a_torn_line_of_a_dead_run_is_cut_off(tmp_path: Path) -> None:
    """A power cut may leave half a line, or zeros."""
    with open_ledger(tmp_path) as ledger:
        claim(ledger, "mug")
        ledger.end_run("r1", LATER)
    (path,) = chronicle.files(folder_of(tmp_path))
    path.write_bytes(path.read_bytes()[:-40] + b"\0" * 9)
    with open_ledger(tmp_path, run("r2")) as ledger:
        assert agrees(ledger, tmp_path)


def problems(root: Path) -> list[str]:
    found = verify(Layout(root), Stamp.LIVE, look, read_data=True)
    return [one.what for one in found if not one.note]


def test_a_line_that_a_kill_cut_short_is_no_damage(tmp_path: Path) -> None:
    """Whoever wrote it, what is missing is copied by the next; a changed line break is damage."""
    with open_ledger(tmp_path) as ledger:
        ledger.end_run("r1", LATER)
    (path,) = chronicle.files(folder_of(tmp_path))
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    assert problems(tmp_path) == []
    path.write_bytes(whole[:-1])
    assert problems(tmp_path) == []
    path.write_bytes(whole[:-1] + b"\x0b")
    assert any("damaged line" in what for what in problems(tmp_path))


def without_changes(root: Path, owner: str, *lost: int) -> None:
    """Some changes of a run are gone from its file, counted from its first."""
    path = next(p for p in chronicle.files(folder_of(root)) if chronicle.owner(p) == owner)
    whole = path.read_bytes().splitlines(keepends=True)
    numbers = sorted({line.split(b" ")[1] for line in whole}, key=int)
    gone = {numbers[one] for one in lost}
    path.write_bytes(b"".join(line for line in whole if line.split(b" ")[1] not in gone))


@pytest.mark.parametrize("lost", [(-1,), (-1, -2)])
def test_gaps_that_a_dead_run_left_are_no_damage(tmp_path: Path, lost: tuple[int, ...]) -> None:
    """A kill takes its last change, a power cut more; what it was about is in the ledger."""
    with open_ledger(tmp_path, dead("gone")) as first, open_ledger(tmp_path, run("r2")) as second:
        claim(first, "mug", "gone")
        first.ticketed(key("mug"), Ticket("t"), NOW)
        claim(second, "lamp", "r2")
    without_changes(tmp_path, "gone", *lost)
    assert problems(tmp_path) == []
    with open_ledger(tmp_path, run("r3")) as ledger:
        ledger.recover(LATER, look)
        assert agrees(ledger, tmp_path)


def test_an_output_that_was_taken_out_by_a_killed_run_is_no_damage(tmp_path: Path) -> None:
    """The next run takes it out of the copy as well. Another row's loss is damage."""
    found = digest(b"picture")
    with open_ledger(tmp_path, dead("gone")) as ledger:
        claim(ledger, "mug", "gone")
        ledger.put_output("../images", Output("a.png", "s", key("mug"), found, found, 7, 1))
        ledger.drop_output("../images", "a.png")
    without_changes(tmp_path, "gone", -1)
    assert problems(tmp_path) == []
    with open_ledger(tmp_path, run("r2")) as ledger:
        assert agrees(ledger, tmp_path)
        ledger.database.execute("DELETE FROM requests")
    assert any("the ledger lacks the requests row" in what for what in problems(tmp_path))


def test_gaps_are_no_damage_where_the_ledger_is_sound(tmp_path: Path) -> None:
    """What they held was made void since; a row of which no copy is left is damage."""
    with open_ledger(tmp_path) as ledger:
        for _ in range(3):
            claim(ledger, "mug")
            ledger.release(key("mug"), "r1", NOW)
        ledger.end_run("r1", LATER)
    without_changes(tmp_path, "r1", 2, 4)
    notes = [*verify(Layout(tmp_path), Stamp.LIVE, look, read_data=True)]
    assert [one.note for one in notes] == [True, True]
    assert all("lacks change" in one.what for one in notes)
    without_changes(tmp_path, "r1", 1)
    assert any("no such requests row" in what for what in problems(tmp_path))


def test_gaps_are_damage_where_the_ledger_is_damaged(tmp_path: Path) -> None:
    """It cannot say what they held."""
    with open_ledger(tmp_path) as ledger:
        claim(ledger, "mug")
        ledger.release(key("mug"), "r1", NOW)
        ledger.database.execute("UPDATE runs SET host = 'another'")
    without_changes(tmp_path, "r1", 1)
    assert any("lacks change" in what for what in problems(tmp_path))


def test_what_is_written_without_a_run_hides_no_gap(tmp_path: Path) -> None:
    """A person's decision may be killed between its commit and its copy, and another follow."""
    with open_ledger(tmp_path) as ledger:
        claim(ledger, "mug")
        ledger.end_run("r1", LATER)
    cut_last_change(tmp_path)
    assert problems(tmp_path) == []
    with Ledger.open_or_create(Layout(tmp_path), Stamp.LIVE, NOW) as ledger:
        ledger.catch_up()
        assert agrees(ledger, tmp_path)


def test_what_a_run_beside_a_killed_decision_hides_is_copied_by_the_next(tmp_path: Path) -> None:
    """A run goes on while a person's decision is killed before its copy: no run is dead then."""
    with open_ledger(tmp_path) as ledger:
        claim(ledger, "mug")
        with Ledger.open_or_create(Layout(tmp_path), Stamp.LIVE, NOW) as decision:
            decision.note(Note(key("mug"), NOW, None, "drop", "first"))
            decision.note(Note(key("mug"), NOW, None, "drop", "second"))
        claim(ledger, "lamp")
        ledger.end_run("r1", LATER)
    path = next(p for p in chronicle.files(folder_of(tmp_path)) if chronicle.owner(p) == "hand")
    path.write_bytes(path.read_bytes()[:-20])
    assert problems(tmp_path) == []
    with open_ledger(tmp_path, run("r2")) as ledger:
        assert seals(folder_of(tmp_path)).missing == ()
        assert [*differences(ledger.database, seals(folder_of(tmp_path)))] == []


def test_old_files_of_which_only_some_are_removed_are_no_wrong_step(tmp_path: Path) -> None:
    """A compaction that is killed while it tidies up leaves some of what it made void."""
    with open_ledger(tmp_path) as ledger:
        claim(ledger, "mug")
        ledger.ambiguous(key("mug"), UNCERTAIN, NOW)
        ledger.end_run("r1", LATER)
    with open_ledger(tmp_path, run("r2")) as ledger:
        ledger.attach(key("mug"), Ticket("t"), NOW)
        ledger.end_run("r2", LATER)
    with open_ledger(tmp_path, run("r3")) as ledger:
        ledger.commit(receipt("mug"), NOW)
        ledger.end_run("r3", LATER)
        old = ledger.rewrite_chronicle()
    next(path for path in old if chronicle.owner(path) == "r2").unlink()
    assert [*seals(folder_of(tmp_path)).wrong_steps()] == []


def test_a_rewriting_that_is_killed_is_never_ahead_of_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its file and its commit: the ledger would look like an older copy, and be refused."""

    def write_and_die(path: Path, data: bytes, *, mode: int) -> None:
        write_new(path, data, mode=mode)
        raise KeyboardInterrupt

    with open_ledger(tmp_path) as ledger:
        commit(ledger, "mug")
        ledger.end_run("r1", LATER)
        monkeypatch.setattr(copying, "write_new", write_and_die)
        monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
        with pytest.raises(KeyboardInterrupt):
            ledger.rewrite_chronicle()
    monkeypatch.undo()
    with open_ledger(tmp_path, run("r2")) as ledger:
        assert agrees(ledger, tmp_path)


def test_a_copy_that_cannot_be_written_stops_spending_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ticket of a paid job is still recorded; with space, everything is copied."""
    real = os.write

    def full(file: int, data: bytes) -> int:
        if bytes(data[:64]).count(b" ") >= 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, data)

    with open_ledger(tmp_path) as ledger:
        claim(ledger, "mug")
        monkeypatch.setattr(os, "write", full)
        ledger.ticketed(key("mug"), Ticket("t"), NOW)
        with pytest.raises(StoreError, match="No space left"):
            claim(ledger, "lamp")
        assert ledger.counts() == {State.SUBMITTED: 1}
        monkeypatch.undo()
        claim(ledger, "lamp")
        assert agrees(ledger, tmp_path)


def test_damage_in_the_middle_is_told_from_a_torn_end(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        commit(ledger, "mug")
    (path,) = chronicle.files(folder_of(tmp_path))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    (damage,) = seals(folder_of(tmp_path)).damages
    assert not damage.tail
    assert not chronicle.is_complete(folder_of(tmp_path), 10**6)


def test_a_stale_row_is_not_copied_over_a_newer_one(tmp_path: Path) -> None:
    """A ledger with a page of the past must not become the truth."""
    with open_ledger(tmp_path) as ledger:
        claim(ledger, "mug")
        old = ledger.database.execute("SELECT * FROM jobs").fetchall()
        ledger.ticketed(key("mug"), Ticket("t"), NOW)
        ledger.database.execute("DELETE FROM jobs")
        marks = ",".join("?" * len(old[0]))
        ledger.database.execute(f"INSERT INTO jobs VALUES ({marks})", old[0])  # noqa: S608
        with pytest.raises(StoreError, match="old version"):
            ledger.copy_missing(lambda _: False)


def test_writing_it_anew_leaves_one_file_with_everything(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        commit(ledger, "mug")
        ledger.end_run("r1", LATER)
        for path in ledger.rewrite_chronicle():
            path.unlink()
        assert agrees(ledger, tmp_path)
        assert len(chronicle.files(folder_of(tmp_path))) == 1
        ledger.start_run(run("r2"), look)
        assert agrees(ledger, tmp_path)
