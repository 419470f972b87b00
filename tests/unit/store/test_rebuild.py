"""A ledger made again: the same store, one change later, and nothing in it that is only hoped."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from imagepipe.errors import StoreBusy
from imagepipe.model import State
from imagepipe.store import chronicle
from imagepipe.store import rebuild as rebuilding
from imagepipe.store.compare import differences
from imagepipe.store.connection import NotForUs, create
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.ledger import Ledger
from imagepipe.store.liveness import Life
from imagepipe.store.money import Money, Sum
from imagepipe.store.reader import Reader
from imagepipe.store.rebuild import Rebuilt, Suspect, rebuild
from imagepipe.store.replay import seals, texts
from imagepipe.store.rows import JobRow
from imagepipe.store.spool import Spool, Spooled
from imagepipe.store.witness import Witness, read_witness, write_witness
from tests.unit.store.makers import (
    CENT,
    LATER,
    NOW,
    claim,
    digest,
    key,
    open_ledger,
    run,
)
from tests.unit.store.mending import DOUBT, ME, dead, lived, row, stored


def again(
    layout: Layout,
    *,
    stamp: Stamp = Stamp.LIVE,
    vouched: Sequence[JobRow] = (),
    suspects: Sequence[Suspect] = (),
) -> Rebuilt:
    aside = layout.aside / "x"
    return rebuild(layout, stamp, ME, dead, aside, vouched=vouched, suspects=lambda: suspects)


def gone(layout: Layout, *, ledger: bool = True, copy: bool = False, witness: bool = False) -> None:
    for path in layout.root.glob("ledger.sqlite*") if ledger else ():
        path.unlink()
    for path in chronicle.files(layout.chronicle) if copy else ():
        path.unlink()
    if witness:
        layout.witness.unlink()


def identity(layout: Layout) -> tuple[str, str, str, int]:
    with Reader.open(layout, Stamp.LIVE) as reader:
        store, stamp, made, change = reader.fetch("SELECT * FROM store")[0]
    return store, stamp, made, change


def test_a_ledger_made_again_is_the_same_store_one_change_later(tmp_path: Path) -> None:
    """With every row, and with a copy and a witness that agree; nothing else is left behind."""
    layout = lived(tmp_path)
    before, (*store, change) = stored(layout), identity(layout)
    gone(layout)
    assert again(layout) == Rebuilt(3, whole=True, doubted=())
    assert stored(layout) == before
    assert identity(layout) == (*store, change + 1)
    assert read_witness(layout.witness) == Witness(store[0], change + 1)
    with Ledger.open_or_create(layout, Stamp.LIVE, NOW) as ledger:
        assert [*ledger.verify()] == []
        assert ledger.is_copied()
        copy_ = seals(layout.chronicle)
        assert [*differences(ledger.database, copy_)] == []
        assert [*copy_.table("store")] == [tuple(store)]
        assert ledger.money("r1") == Money(spent=Sum(CENT), in_doubt=Sum(2 * CENT))
    names = {path.name.split(".")[0] for path in layout.root.iterdir()}
    assert names == {"ledger", "chronicle", "aside"}
    (copy,) = chronicle.files(layout.chronicle)
    assert chronicle.owner(copy) == "all"
    for path, mode in ((copy, 0o600), (layout.ledger, 0o600), (layout.aside / "x", 0o700)):
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_what_is_replaced_is_kept_aside(tmp_path: Path) -> None:
    """The ledger with its log, and the files of the copy."""
    layout = lived(tmp_path)
    for end in ("-wal", "-shm"):
        layout.ledger.with_name(f"ledger.sqlite{end}").write_bytes(b"noise")
    layout.ledger.write_bytes(b"noise")
    (copy,) = chronicle.files(layout.chronicle)
    again(layout)
    aside = {path.name for path in (layout.aside / "x").iterdir()}
    assert {copy.name, "ledger.sqlite"} <= aside
    assert not layout.ledger.with_name("ledger.sqlite-wal").exists()


def test_a_copy_that_is_gone_is_made_in_a_folder_of_the_users_own(tmp_path: Path) -> None:
    layout = lived(tmp_path)
    gone(layout, copy=True, witness=True)
    layout.chronicle.rmdir()
    again(layout)
    assert stat.S_IMODE(layout.chronicle.stat().st_mode) == 0o700


def test_a_repair_that_cannot_write_leaves_no_half_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = lived(tmp_path)
    gone(layout)

    def full(*_: object, **__: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(rebuilding, "write_new", full)
    with pytest.raises(OSError, match="no space"):
        again(layout)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chronicle", "ledger.witness"]
    assert [chronicle.owner(path) for path in chronicle.files(layout.chronicle)] == ["r1"]


@pytest.mark.parametrize("left", ["copy", "ledger", "witness", "nothing"])
def test_which_store_it_was_is_told_by_what_is_left(tmp_path: Path, left: str) -> None:
    layout = lived(tmp_path)
    store, stamp, made, change = identity(layout)
    gone(
        layout,
        ledger=left != "ledger",
        copy=left != "copy",
        witness=left in ("copy", "nothing", "ledger"),
    )
    done = again(layout)
    assert (done.jobs, done.whole) == (3 if left in ("copy", "ledger") else 0, left == "copy")
    found = identity(layout)
    if left == "nothing":
        assert found[0] != store
        assert found[1:] == ("live", LATER, 1)
    elif left == "witness":
        assert found == (store, "live", LATER, change + 1)
    else:
        assert found[:3] == (store, stamp, made)


def test_a_ledger_of_another_store_says_nothing(tmp_path: Path) -> None:
    """Copied there by hand: its rows are not ours, and its name is not."""
    other = lived(tmp_path / "other")
    layout = lived(tmp_path / "mine")
    store = identity(layout)[0]
    gone(layout, copy=True)
    other.ledger.replace(layout.ledger)
    assert again(layout).jobs == 0
    assert identity(layout)[0] == store


def test_the_copys_word_is_taken_before_the_others(tmp_path: Path) -> None:
    layout = lived(tmp_path)
    store = identity(layout)[0]
    gone(layout)
    write_witness(layout.witness, Witness("other", 1000))
    again(layout)
    assert identity(layout)[0] == store


@pytest.mark.parametrize(
    ("made", "asked", "hint"),
    [
        (Stamp.LIVE, Stamp.EMULATED, "leave out --emulate"),
        (Stamp.EMULATED, Stamp.LIVE, "add --emulate"),
    ],
)
def test_a_store_is_not_mended_into_the_other_kind(
    tmp_path: Path, made: Stamp, asked: Stamp, hint: str
) -> None:
    layout = Layout(tmp_path)
    create(layout, made, NOW)
    with pytest.raises(NotForUs, match=f"this is a store of {made} pictures") as caught:
        again(layout, stamp=asked)
    assert caught.value.hint == hint


def test_a_run_that_only_the_copy_knows_keeps_repair_out(tmp_path: Path) -> None:
    with open_ledger(tmp_path, run("r1")) as ledger:
        claim(ledger, "mug")
    layout = Layout(tmp_path)
    gone(layout)
    with pytest.raises(StoreBusy, match="in use by run r1"):
        rebuild(
            layout,
            Stamp.LIVE,
            ME,
            lambda _: Life.UNPROVABLE,
            layout.aside,
            vouched=(),
            suspects=list,
        )
    assert not layout.ledger.exists()


def test_what_the_lock_file_vouches_for_is_entered_where_nothing_is_known(tmp_path: Path) -> None:
    layout = lived(tmp_path)
    gone(layout)
    vase = row("vase", "committed", blob=digest(b"v"), created_at=NOW)
    again(layout, vouched=[vase, row("cup", "committed", blob=digest(b"c"))])
    with Reader.open(layout, Stamp.LIVE) as reader:
        states = {name: reader.record(key(name)) for name in ("vase", "cup")}
    assert {name: found and found.state for name, found in states.items()} == {
        "vase": State.COMMITTED,
        "cup": State.AMBIGUOUS,
    }


def test_who_may_have_been_submitted_in_a_lost_change_is_held_with_its_price(
    tmp_path: Path,
) -> None:
    """A kept reply tells of its very attempt; a request of the manifest is as new."""
    layout = lived(tmp_path)
    gone(layout)
    write_witness(layout.witness, Witness(str(_store_of(layout)), 1000))
    spool = Spool(layout.spool)
    for name in ("jar", "mug"):
        spool.write(key(name), 3, Spooled(200, {}, b"x"), "r1")
    suspects = [Suspect(key(name), "p", "spot", "path", CENT) for name in ("vase", "mug")]
    found = again(layout, suspects=suspects)
    assert not found.whole
    assert {key("vase"), key("jar")} <= {*found.doubted}
    assert key("mug") not in found.doubted
    with Ledger.open_or_create(layout, Stamp.LIVE, NOW) as ledger:
        vase, jar = ledger.row(key("vase")), ledger.row(key("jar"))
        assert vase == JobRow(
            *(key("vase"), "ambiguous", "p", "spot", "path", 1, vase.nonce, None, "", "0.01"),
            fault=DOUBT,
            created_at=LATER,
            updated_at=LATER,
        )
        assert jar == JobRow(
            *(key("jar"), "ambiguous", "unknown", "", "", 3, jar.nonce, None, "", None),
            fault=DOUBT,
            created_at=LATER,
            updated_at=LATER,
        )
        assert len({vase.nonce, jar.nonce}) == 2
        assert ledger.change == 1001


def _store_of(layout: Layout) -> str:
    ((store, _, _),) = texts(layout.chronicle).table("store")
    return store


def test_nobody_is_suspected_while_nothing_is_missing(tmp_path: Path) -> None:
    layout = lived(tmp_path)
    gone(layout)
    found = again(layout, suspects=[Suspect(key("vase"), "p", "s", "x", CENT)])
    assert found == Rebuilt(3, whole=True, doubted=())
