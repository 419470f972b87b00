"""A ledger made again: whole where its second copy is whole, and never payable where it is not."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from imagepipe.errors import StoreBusy, StoreError
from imagepipe.model import Digest, Key, Output, Record, State, Ticket
from imagepipe.store import chronicle
from imagepipe.store.blobs import Blobs
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.ledger import Ledger
from imagepipe.store.liveness import this_process
from imagepipe.store.reader import Reader
from imagepipe.store.rebuild import Suspect
from imagepipe.store.repair import Repaired, Sources, repair
from imagepipe.store.runs import Run
from imagepipe.store.spool import Spool, Spooled
from imagepipe.store.verify import verify
from tests.unit.store.makers import (
    CENT,
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
    run,
)

ME = Run("care", this_process(), LATER, role="maintenance")


def mend(
    folder: Path,
    suspects: Iterable[Suspect] = (),
    find: dict[Digest, Path] | None = None,
    *,
    hold_unknown: bool = False,
) -> Repaired:
    sources = Sources((), lambda: suspects, (find or {}).get)
    return repair(Layout(folder), Stamp.LIVE, ME, look, sources, hold_unknown=hold_unknown)


def records(folder: Path) -> dict[Key, Record]:
    with Reader.open(Layout(folder), Stamp.LIVE) as reader:
        return {record.key: record for record in reader.by_state(State)}


def sound(folder: Path) -> bool:
    found = verify(Layout(folder), Stamp.LIVE, look, read_data=True)
    return [one for one in found if not one.note] == []


def lived(folder: Path) -> dict[Key, Record]:
    """A store in which much happened; its last run is over."""
    data = b"picture"
    with open_ledger(folder, dead("r1")) as ledger:
        Blobs(Layout(folder).blobs).put(data, "r1")
        commit(ledger, "mug", data)
        found = digest(data)
        ledger.put_output("../images", Output("a.png", "s", key("mug"), found, found, 7, 1))
        ledger.put_output("../images", Output("b.png", "s", key("mug"), found, found, 7, 1))
        ledger.drop_output("../images", "b.png")
        claim(ledger, "lamp")
        ledger.ticketed(key("lamp"), Ticket("t7", {"url": "u"}), NOW)
        claim(ledger, "bag")
        ledger.ambiguous(key("bag"), UNCERTAIN, NOW, evidence="half a reply")
        claim(ledger, "cup")
        ledger.release(key("cup"), "r1", NOW)
        ledger.end_run("r1", LATER)
        ledger.recover(LATER, look)
    return records(folder)


def lose_ledger(folder: Path) -> None:
    for path in folder.glob("ledger.sqlite*"):
        path.unlink()


def test_a_sound_store_is_left_as_it_is(tmp_path: Path) -> None:
    before = lived(tmp_path)
    done = mend(tmp_path)
    assert (done.rebuilt, done.recopied, done.aside) == (None, False, None)
    assert records(tmp_path) == before


def test_a_lost_ledger_comes_back_whole(tmp_path: Path) -> None:
    """Receipts, tickets in flight, doubts, evidence, outputs, money: nothing is missing."""
    before = lived(tmp_path)
    with Reader.open(Layout(tmp_path), Stamp.LIVE) as reader:
        money, notes, receipt = reader.money(), reader.notes(), reader.receipt(key("mug"))
    lose_ledger(tmp_path)
    done = mend(tmp_path)
    assert done.rebuilt is not None
    assert done.rebuilt.whole
    assert records(tmp_path) == before
    with Reader.open(Layout(tmp_path), Stamp.LIVE) as reader:
        assert (reader.money(), reader.notes()) == (money, notes)
        assert reader.receipt(key("mug")) == receipt
        assert [one.path for one in reader.outputs("../images")] == ["a.png"]
    assert sound(tmp_path)


@pytest.mark.parametrize("damage", [b"", b"noise" * 999, b"SQLite format 3\x00" + b"\xff" * 9999])
def test_a_ledger_that_is_noise_is_kept_aside(tmp_path: Path, damage: bytes) -> None:
    before = lived(tmp_path)
    lose_ledger(tmp_path)
    (tmp_path / "ledger.sqlite").write_bytes(damage)
    done = mend(tmp_path)
    assert records(tmp_path) == before
    assert done.aside is not None
    assert (done.aside / "ledger.sqlite").read_bytes() == damage


def test_a_damaged_row_comes_back_from_the_copy(tmp_path: Path) -> None:
    before = lived(tmp_path)
    with open_ledger(tmp_path, run("r2")) as ledger:
        ledger.database.execute("UPDATE jobs SET cost = '9' WHERE state = 'committed'")
        ledger.end_run("r2", LATER)
    assert not sound(tmp_path)
    mend(tmp_path)
    assert records(tmp_path) == before
    assert sound(tmp_path)


def test_an_older_ledger_is_brought_up_to_date(tmp_path: Path) -> None:
    """A backup put back, or a write-ahead log deleted: what came later is in the copy."""
    open_ledger(tmp_path, dead("r1")).close()
    shutil.copy(tmp_path / "ledger.sqlite", tmp_path / "backup")
    with open_ledger(tmp_path, dead("r2")) as ledger:
        claim(ledger, "mug", "r2")
        ledger.ticketed(key("mug"), Ticket("t"), NOW)
    (tmp_path / "backup").replace(tmp_path / "ledger.sqlite")
    with pytest.raises(StoreError, match="older copy"):
        Ledger.open_or_create(Layout(tmp_path), Stamp.LIVE, NOW)
    mend(tmp_path)
    assert records(tmp_path)[key("mug")].ticket == Ticket("t")


def test_an_intent_of_a_dead_run_is_in_doubt_afterwards(tmp_path: Path) -> None:
    with open_ledger(tmp_path, dead()) as ledger:
        claim(ledger, "mug", "gone")
    lose_ledger(tmp_path)
    assert mend(tmp_path).in_doubt == (key("mug"),)


def test_what_may_have_been_claimed_in_a_missing_change_is_in_doubt(tmp_path: Path) -> None:
    """Planned is only what is proven to be the last word; the witness knows of later ones."""
    lived(tmp_path)
    lose_ledger(tmp_path)
    (path,) = chronicle.files(Layout(tmp_path).chronicle)
    whole = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole[:-2]))  # the end of the run, and what came of it
    unknown = Suspect(key("vase"), "p", "s", "vase", CENT)
    done = mend(tmp_path, [unknown])
    assert done.rebuilt is not None
    assert not done.rebuilt.whole
    found = records(tmp_path)
    assert found[key("cup")].state is State.AMBIGUOUS
    assert found[key("vase")].state is State.AMBIGUOUS
    assert found[key("mug")].state is State.COMMITTED
    assert found[key("lamp")].state is State.SUBMITTED
    assert sound(tmp_path)


def test_nothing_is_planned_when_only_pictures_are_left(tmp_path: Path) -> None:
    lived(tmp_path)
    lose_ledger(tmp_path)
    shutil.rmtree(tmp_path / "chronicle")
    (tmp_path / "ledger.witness").unlink()
    done = mend(tmp_path, [Suspect(key("mug"), "p", "s", "mug", CENT)])
    assert done.in_doubt == (key("mug"),)


def test_a_kept_reply_speaks_for_its_key(tmp_path: Path) -> None:
    """Nothing else knows the key, and yet it was submitted."""
    lived(tmp_path)
    lose_ledger(tmp_path)
    Spool(tmp_path / "spool").write(key("vase"), 1, Spooled(200, {}, b"x"), "r1")
    mend(tmp_path)
    assert records(tmp_path)[key("vase")].state is State.AMBIGUOUS


def test_other_manifests_can_be_held_as_well(tmp_path: Path) -> None:
    """A second repair, for what a store is asked for by another manifest."""
    lived(tmp_path)
    unknown = Suspect(key("vase"), "p", "s", "vase", CENT)
    assert key("vase") in mend(tmp_path, [unknown], hold_unknown=True).in_doubt


def test_a_live_run_keeps_repair_out(tmp_path: Path) -> None:
    """With its ledger, and without."""
    with open_ledger(tmp_path) as ledger:
        claim(ledger, "mug")
        with pytest.raises(StoreBusy):
            mend(tmp_path)
        lose_ledger(tmp_path)
        with pytest.raises(StoreBusy):
            mend(tmp_path)


def test_a_missing_picture_is_taken_back_from_its_output(tmp_path: Path) -> None:
    lived(tmp_path)
    found = digest(b"picture")
    Blobs(Layout(tmp_path).blobs).path(found).unlink()
    output = tmp_path / "a.png"
    output.write_bytes(b"picture")
    assert mend(tmp_path, find={found: output}).taken_back == (found,)
    assert sound(tmp_path)


def test_a_picture_that_is_gone_is_fetched_again_by_its_ticket(tmp_path: Path) -> None:
    """Asking a provider for what was paid is free; only without a ticket is it lost."""
    lived(tmp_path)
    blob = Blobs(Layout(tmp_path).blobs).path(digest(b"picture"))
    blob.write_bytes(b"damaged")
    done = mend(tmp_path)
    assert done.resumed == (key("mug"),)
    assert records(tmp_path)[key("mug")].state is State.SUBMITTED
    assert done.aside is not None
    assert (done.aside / blob.name).read_bytes() == b"damaged"
    assert sound(tmp_path)


def test_a_damaged_copy_is_written_anew_from_a_sound_ledger(tmp_path: Path) -> None:
    before = lived(tmp_path)
    (path,) = chronicle.files(Layout(tmp_path).chronicle)
    path.write_bytes(path.read_bytes().replace(b"committed", b"c0mmitted"))
    done = mend(tmp_path)
    assert (done.rebuilt, done.recopied) == (None, True)
    assert records(tmp_path) == before
    assert sound(tmp_path)


def test_both_halves_damaged_in_different_places_make_a_whole(tmp_path: Path) -> None:
    """A row that one has lost, the other has."""
    before = lived(tmp_path)
    with open_ledger(tmp_path, run("r2")) as ledger:
        ledger.database.execute("UPDATE jobs SET cost = '9' WHERE state = 'committed'")
        ledger.end_run("r2", LATER)
    path = next(p for p in chronicle.files(Layout(tmp_path).chronicle) if p.name[:2] == "r1")
    path.write_bytes(path.read_bytes().replace(b'"ambiguous"', b'"ambigu0us"'))
    mend(tmp_path)
    found = records(tmp_path)
    assert found[key("mug")] == before[key("mug")]
    assert found[key("bag")].state is State.AMBIGUOUS
    assert found[key("lamp")] == before[key("lamp")]
