"""What the planner is told: ledger, lock and files together, and nothing made by asking."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from imagepipe.errors import StoreError
from imagepipe.model import Fault, FaultKind, Output, Record, State
from imagepipe.planner import Previous, Standing
from imagepipe.store.blobs import Blobs
from imagepipe.store.claims import Claimed, Held
from imagepipe.store.known import Known
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.ledger import Ledger
from imagepipe.store.lock import Entry
from imagepipe.store.lock_merge import update_lock
from imagepipe.store.orphans import Orphan
from tests.unit.store.makers import (
    LATER,
    NOW,
    UNCERTAIN,
    canonical,
    claim,
    commit,
    digest,
    job,
    key,
    open_ledger,
)

Opener = Callable[[], Known]


@pytest.fixture
def known(tmp_path: Path) -> Opener:
    def look() -> Known:
        layout = Layout(tmp_path / "store")
        return Known.open(layout, Stamp.LIVE, tmp_path / "c.lock", tmp_path / "images")

    return look


def entry(name: str, data: bytes = b"picture", *, spot: str | None = None) -> Entry:
    found = digest(data)
    return Entry(f"{spot or name}/hero.png", found, found, key(name), "p")


def put_file(folder: Path, name: str, data: bytes = b"picture") -> None:
    path = folder / "images" / name / "hero.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def stands(known: Known, name: str, *, spot: str | None = None) -> Standing:
    wanted = job(name, spot=spot)
    return known.standing([(wanted, known.records([wanted.key])[wanted.key])])[0]


def test_a_fresh_clone_adopts_what_its_lock_names(known: Opener, tmp_path: Path) -> None:
    """Without a store, and without making one."""
    update_lock(tmp_path / "c.lock", [entry("mug")], "r1")
    put_file(tmp_path, "mug")
    with known() as found:
        record = found.records([key("mug"), key("cup")])
        assert record == {key("mug"): entry("mug").record}
        assert stands(found, "mug") is Standing.RIGHT
        adopted = [(output.path, output.spot, output.size) for output in found.adopted]
        assert adopted == [("mug/hero.png", "hero|mug|1", 7)]
    assert not (tmp_path / "store").exists()


def test_an_adopted_file_is_hashed_once(
    known: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a run has entered it, its name and record are enough."""
    update_lock(tmp_path / "c.lock", [entry("mug")], "r1")
    put_file(tmp_path, "mug")
    with known() as found, open_ledger(tmp_path / "store") as ledger:
        stands(found, "mug")
        ledger.put_output(found.root, found.adopted[0])
    monkeypatch.setattr("imagepipe.store.outputs.Outputs.look", None)
    with known() as found:
        assert stands(found, "mug") is Standing.RIGHT
        assert found.adopted == []


def test_a_file_that_differs_from_its_lock_is_not_adopted(known: Opener, tmp_path: Path) -> None:
    """It was edited; a missing one is missing."""
    update_lock(tmp_path / "c.lock", [entry("mug"), entry("cup")], "r1")
    put_file(tmp_path, "mug", b"retouched")
    with known() as found:
        assert stands(found, "mug") is Standing.EDITED
        assert stands(found, "cup") is Standing.MISSING
        assert found.adopted == []


def recorded(tmp_path: Path, name: str, data: bytes) -> None:
    """The picture of `name` in the ledger, and its output as a run wrote it."""
    put_file(tmp_path, "mug", data)
    found = (tmp_path / "images/mug/hero.png").stat()
    with (
        open_ledger(tmp_path / "store") as ledger,
        Known.open(Layout(tmp_path / "store"), Stamp.LIVE, None, tmp_path / "images") as known,
    ):
        commit(ledger, name, data)
        blob = digest(data)
        output = Output(
            "mug/hero.png", "hero|mug|1", key(name), blob, blob, len(data), found.st_mtime_ns
        )
        ledger.put_output(known.root, output)


def test_an_output_edited_beside_its_store_is_told(known: Opener, tmp_path: Path) -> None:
    """By size without reading it, by bytes if the size is the same; a new time alone is none."""
    recorded(tmp_path, "mug", b"picture")
    path = tmp_path / "images/mug/hero.png"
    with known() as found:
        assert stands(found, "mug") is Standing.RIGHT
    for data in (b"painted over", b"PICTURE"):
        path.write_bytes(data)
        os.utime(path, ns=(1, 1))
        with known() as found:
            assert stands(found, "mug") is Standing.EDITED
    path.write_bytes(b"picture")
    os.utime(path, ns=(2, 2))
    with known() as found:
        assert stands(found, "mug") is Standing.RIGHT
        assert [output.mtime_ns for output in found.adopted] == [2]


def test_a_file_that_neither_ledger_nor_lock_knows_is_a_stranger(
    known: Opener, tmp_path: Path
) -> None:
    """What a run wrote is none, and what was written over it is one."""
    recorded(tmp_path, "mug", b"picture")
    put_file(tmp_path, "cup")
    put_file(tmp_path, "jug")
    update_lock(tmp_path / "c.lock", [entry("jug")], "r1")
    jobs = [job(name) for name in ("mug", "cup", "jug", "pot")]
    with known() as found:
        assert found.strangers(jobs) == {"hero|cup|1": "cup/hero.png"}
    put_file(tmp_path, "mug", b"newer")
    with known() as found:
        assert set(found.strangers(jobs)) == {"hero|cup|1", "hero|mug|1"}


@pytest.mark.parametrize("others", [(), ("cup", "jug")])
def test_what_is_known_of_a_job_already_makes_no_other_strangers(
    known: Opener, tmp_path: Path, others: tuple[str, ...]
) -> None:
    """Of jobs whose recorded files were read a moment ago, for what was there before them."""
    recorded(tmp_path, "mug", b"picture")
    put_file(tmp_path, "cup")
    mug, *rest = (job(name) for name in ("mug", *others))

    def strange() -> dict[str, str]:
        with known() as found:
            unasked = found.strangers([mug, *rest])
            found.previous([mug])
            assert found.strangers([mug, *rest]) == unasked
            return unasked

    cup = {"hero|cup|1": "cup/hero.png"} if others else {}
    assert strange() == cup
    (tmp_path / "images/mug/hero.webp").write_bytes(b"a person's")
    assert strange() == {**cup, "hero|mug|1": "mug/hero.webp"}
    (tmp_path / "images/mug/hero.webp").unlink()
    put_file(tmp_path, "mug", b"painted over")
    assert strange() == {**cup, "hero|mug|1": "mug/hero.png"}


def test_what_a_person_put_there_is_kept_whatever_is_asked_for(
    known: Opener, tmp_path: Path
) -> None:
    """A new picture does not replace it, and no rerun tries to."""
    recorded(tmp_path, "old prompt", b"picture")
    with Ledger.open_or_create(Layout(tmp_path / "store"), Stamp.LIVE, NOW) as ledger:
        commit(ledger, "new prompt", b"newer")
    with known() as found:
        assert stands(found, "new prompt", spot="mug") is Standing.OTHER
    (tmp_path / "images/mug/hero.png").write_bytes(b"painted over")
    with known() as found:
        assert stands(found, "new prompt", spot="mug") is Standing.EDITED


def test_a_lock_of_another_branch_makes_no_edit_of_what_a_run_wrote(
    known: Opener, tmp_path: Path
) -> None:
    """The manifest and its lock went back to an earlier commit, and the pictures are not in Git."""
    recorded(tmp_path, "new prompt", b"newer")
    with Ledger.open_or_create(Layout(tmp_path / "store"), Stamp.LIVE, NOW) as ledger:
        commit(ledger, "old prompt", b"picture")
    update_lock(tmp_path / "c.lock", [entry("old prompt", spot="mug")], "r1")
    with known() as found:
        assert stands(found, "old prompt", spot="mug") is Standing.OTHER
    put_file(tmp_path, "mug", b"painted over")
    with known() as found:
        assert stands(found, "old prompt", spot="mug") is Standing.EDITED


def test_a_folder_at_an_outputs_path_is_kept_and_not_restored(
    known: Opener, tmp_path: Path
) -> None:
    """Nothing is to be done for it, so that a rerun comes to rest."""
    with open_ledger(tmp_path / "store") as ledger:
        commit(ledger, "mug")
    with known() as found:
        assert stands(found, "mug") is Standing.MISSING
    (tmp_path / "images/mug/hero.png").mkdir(parents=True)
    with known() as found:
        assert stands(found, "mug") is Standing.EDITED


@pytest.mark.parametrize(
    ("name", "data", "behind"),
    [("mug", b"picture", False), ("mug", b"colleague's", False), ("cup", b"older", True)],
)
def test_a_lock_that_does_not_tell_of_an_output_is_behind(
    known: Opener, tmp_path: Path, name: str, data: bytes, *, behind: bool
) -> None:
    """A colleague's word about the same request is left to stand."""
    recorded(tmp_path, "mug", b"picture")
    with known() as found:
        assert stands(found, "mug") is Standing.RIGHT
        assert found.unlocked
    update_lock(tmp_path / "c.lock", [entry(name, data, spot="mug")], "r1")
    with known() as found:
        assert stands(found, "mug") is Standing.RIGHT
        assert found.unlocked == behind


def test_a_picture_of_an_earlier_prompt_is_another(known: Opener, tmp_path: Path) -> None:
    """The file is there, but it is not the one that this key made."""
    put_file(tmp_path, "mug")
    with open_ledger(tmp_path / "store") as ledger, known() as found:
        for name, data in (("old prompt", b"picture"), ("new prompt", b"newer")):
            commit(ledger, name, data)
        blob = digest(b"picture")
        output = Output("mug/hero.png", "hero|mug|1", key("old prompt"), blob, blob, 7, 1)
        ledger.put_output(found.root, output)
        assert stands(found, "old prompt", spot="mug") is Standing.RIGHT
        assert stands(found, "new prompt", spot="mug") is Standing.OTHER
        assert not found.has_blob(found.records([key("new prompt")])[key("new prompt")])
        Blobs(tmp_path / "store" / "blobs").put(b"newer", "r1")
        assert found.has_blob(found.records([key("new prompt")])[key("new prompt")])


def test_the_ledger_is_asked_before_the_lock(known: Opener, tmp_path: Path) -> None:
    """What is in flight here is not answered from a lock line."""
    update_lock(tmp_path / "c.lock", [entry("mug")], "r1")
    put_file(tmp_path, "mug")
    with open_ledger(tmp_path / "store") as ledger, known() as found:
        claim(ledger, "mug")
        assert record(found, "mug").state is State.INTENT


def test_what_a_colleague_committed_ends_a_doubt(known: Opener, tmp_path: Path) -> None:
    """If the picture is really there; a bare lock line does not."""
    update_lock(tmp_path / "c.lock", [entry("mug")], "r1")
    with open_ledger(tmp_path / "store") as ledger:
        claim(ledger, "mug")
        ledger.ambiguous(key("mug"), UNCERTAIN, NOW)
    with known() as found:
        assert record(found, "mug").state is State.AMBIGUOUS
    put_file(tmp_path, "mug")
    with known() as found:
        assert record(found, "mug").source == "lock"


def test_what_a_person_asked_for_again_is_not_answered_from_the_lock(
    known: Opener, tmp_path: Path
) -> None:
    """A forced key is planned, whatever the lock says."""
    update_lock(tmp_path / "c.lock", [entry("mug")], "r1")
    put_file(tmp_path, "mug")
    with open_ledger(tmp_path / "store") as ledger:
        commit(ledger, "mug")
        ledger.resubmit(key("mug"), LATER, why="ugly", forced=True)
    with known() as found:
        assert record(found, "mug").state is State.PLANNED


def test_what_was_there_before_is_known_by_spot(known: Opener, tmp_path: Path) -> None:
    """From the ledger with its request, from the lock without."""
    update_lock(tmp_path / "c.lock", [entry("old cup", spot="cup")], "r1")
    with open_ledger(tmp_path / "store") as ledger:
        wanted = job("old mug", spot="mug")
        ledger.claim(wanted.candidates[0], wanted, "r1", NOW)
    with known() as found:
        jobs = [job(f"new {spot}", spot=spot) for spot in ("mug", "cup", "plate")]
        assert found.previous(jobs) == {
            "hero|mug|1": Previous(key("old mug"), canonical("old mug")),
            "hero|cup|1": Previous(key("old cup"), None),
        }


def test_outputs_that_no_job_makes_are_orphans(known: Opener, tmp_path: Path) -> None:
    """Of the ledger and of the lock, each once."""
    put_file(tmp_path, "mug")
    update_lock(tmp_path / "c.lock", [entry("mug"), entry("cup"), entry("kept")], "r1")
    with open_ledger(tmp_path / "store") as ledger, known() as found:
        blob = digest(b"picture")
        output = Output("mug/hero.png", "hero|mug|1", key("mug"), blob, blob, 7, 1)
        ledger.put_output(found.root, output)
        ledger.put_output("elsewhere", replace(output, path="far/hero.png"))
        assert set(found.remains.orphans(lambda stem: stem == "kept/hero")) == {
            Orphan("mug/hero.png", key("mug"), "ledger", present=True, spot="hero|mug|1"),
            Orphan("cup/hero.png", key("cup"), "lock", present=False),
        }


def test_a_lost_ledger_is_said_while_planning(known: Opener, tmp_path: Path) -> None:
    """Not planned over as if it were new."""
    Blobs(tmp_path / "store" / "blobs").put(b"picture", "r1")
    with pytest.raises(StoreError, match=r"no ledger\.sqlite"):
        known()


def test_a_failure_stays_known(known: Opener, tmp_path: Path) -> None:
    """With its fault, for the plan's reason."""
    fault = Fault(FaultKind.MODERATED, "no", code="SAFETY", billed=True)
    with open_ledger(tmp_path / "store") as ledger:
        claim(ledger, "mug")
        ledger.fail(key("mug"), fault, NOW)
    with known() as found:
        assert record(found, "mug").fault == fault


def test_earlier_attempts_are_counted_by_how_they_ended(known: Opener, tmp_path: Path) -> None:
    """A refusal is no unbilled failure, and what was in doubt was risked."""
    unbilled = Fault(FaultKind.FAILED, "overloaded", accepted=True, billed=False)
    with open_ledger(tmp_path / "store") as ledger:
        claim(ledger, "mug")
        ledger.release(key("mug"), "r1", NOW)
        for _ in range(2):
            claimed = ledger.claim(job("mug").candidates[0], job("mug"), "r1", NOW, unbilled=1)
            assert isinstance(claimed, Claimed)
            ledger.fail(key("mug"), unbilled, NOW)
        refused = ledger.claim(job("mug").candidates[0], job("mug"), "r1", NOW, unbilled=1)
        assert isinstance(refused, Held)
        claim(ledger, "cup")
        ledger.ambiguous(key("cup"), UNCERTAIN, NOW)
        ledger.resubmit(key("cup"), NOW, why="by hand")
    with known() as found:
        mug, cup = record(found, "mug"), record(found, "cup")
    assert (mug.attempt, mug.unbilled, mug.risked) == (3, 1, 0)
    assert (cup.attempt, cup.unbilled, cup.risked) == (1, 0, 1)


def record(known: Known, name: str) -> Record:
    return known.records([key(name)])[key(name)]
