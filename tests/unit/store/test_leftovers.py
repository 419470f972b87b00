"""Files that killed runs left unentered, told from those of people by what the store knows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imagepipe.model import Digest, Output, Ticket
from imagepipe.store.blobs import Blobs
from imagepipe.store.layout import Layout
from imagepipe.store.ledger import Ledger
from imagepipe.store.leftovers import Leftovers, announce, is_leftover, settle
from imagepipe.store.outputs import Wish
from imagepipe.store.sweep import waste
from tests.unit.store.makers import NOW, UNCERTAIN, claim, commit, digest, key, look, open_ledger

ROOT = "../images"
PATH = "mug/hero.png"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as opened:
        yield opened


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(Layout(tmp_path).blobs)


def wish(data: bytes, path: str = PATH) -> Wish:
    return Wish(path, "hero|mug|1", key("mug"), digest(data), digest(data))


def left(ledger: Ledger, blobs: Blobs, data: bytes, path: str = PATH) -> bool:
    """Both ways to ask say the same."""
    one = is_leftover(ledger, blobs, ROOT, path, digest(data))
    many = Leftovers(ledger, blobs, ROOT).has(path, len(data), lambda: digest(data))
    assert one == many
    return one


def test_a_picture_of_the_store_that_is_nobodys_is_a_runs(ledger: Ledger, blobs: Blobs) -> None:
    """Until it has a receipt; what the store has not, is a person's."""
    blobs.put(b"picture", "r1")
    assert left(ledger, blobs, b"picture")
    assert not left(ledger, blobs, b"by hand")
    commit(ledger, "mug", b"picture")
    assert not left(ledger, blobs, b"picture")


def test_a_picture_with_a_receipt_is_a_runs_where_it_was_announced(
    ledger: Ledger, blobs: Blobs
) -> None:
    """And nowhere else, and not when it is settled; an announcement is no output."""
    blobs.put(b"picture", "r1")
    blobs.put(b"painted", "r1")
    for name, data in (("mug", b"picture"), ("cup", b"painted")):
        commit(ledger, name, data)
    announce(ledger, ROOT, wish(b"picture"))
    assert left(ledger, blobs, b"picture")
    assert not left(ledger, blobs, b"painted")
    assert not left(ledger, blobs, b"picture", "cup/hero.png")
    assert ledger.output(ROOT, PATH) is None
    assert [*ledger.outputs(ROOT)] == []
    assert ledger.latest(["hero|mug|1"]) == {"hero|mug|1": key("mug")}
    settle(ledger, ROOT, PATH)
    assert not left(ledger, blobs, b"picture")
    assert [*ledger.verify()] == []


def test_what_is_recorded_already_is_not_announced(ledger: Ledger, blobs: Blobs) -> None:
    """An output that was deleted is restored without a word more."""
    blobs.put(b"picture", "r1")
    commit(ledger, "mug", b"picture")
    found = digest(b"picture")
    ledger.put_output(ROOT, Output(PATH, "hero|mug|1", key("mug"), found, found, 7, 1))
    before = ledger.change
    announce(ledger, ROOT, wish(b"picture"))
    settle(ledger, ROOT, PATH)
    assert ledger.change == before


def test_a_file_is_read_only_if_its_size_leaves_it_open(ledger: Ledger, blobs: Blobs) -> None:
    """A folder full of edited files is not read anew by every plan."""
    blobs.put(b"picture", "r1")

    def never() -> Digest | None:
        raise AssertionError("it was read")

    asked: Callable[..., bool] = Leftovers(ledger, blobs, ROOT).has
    assert not asked(PATH, 8, never)
    assert not asked(PATH, None, never)
    assert not asked(PATH, 7, lambda: None)
    assert not Leftovers(None, blobs, ROOT).has(PATH, 7, never)


def test_a_picture_without_a_name_is_kept_while_a_job_may_have_paid_for_it(
    ledger: Ledger, blobs: Blobs, tmp_path: Path
) -> None:
    """Its run was killed before the receipt; a ticket may have expired until the next one."""
    blobs.put(b"picture", "r1")
    claim(ledger, "mug")

    def waste_now() -> list[str]:
        return [one.kind for one in waste(ledger, Layout(tmp_path), (), look, time.time() + 2e5)]

    assert waste_now() == []
    ledger.ticketed(key("mug"), Ticket("t"), NOW)
    assert waste_now() == []
    ledger.lose(key("mug"), UNCERTAIN, NOW)
    assert waste_now() == []
    ledger.drop(key("mug"), NOW, why="found in the folder")
    assert waste_now() == ["picture"]
