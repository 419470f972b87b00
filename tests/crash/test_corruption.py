"""Flipped bits in the ledger, in its second copy and in pictures: every one that matters is found.

A flip matters if it changes what anybody could read: a row, a line, a picture's bytes. Those that
fall where SQLite keeps nothing (free space, counters that it rewrites) change nothing and are drawn
again; that they changed nothing is checked each time.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from imagepipe.model import Fault, FaultKind, Output, Ticket
from imagepipe.store.blobs import Blobs
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.ledger import Ledger
from imagepipe.store.spool import Spool, Spooled
from imagepipe.store.verify import Finding, verify
from tests.unit.store.makers import (
    LATER,
    NOW,
    REFUSED,
    UNCERTAIN,
    claim,
    commit,
    key,
    look,
    open_ledger,
)

KINDS = ("ledger", "second copy", "picture", "kept reply", "witness")


def fill(folder: Path) -> None:
    """A store in which every table and every state has rows; closed, as after a good run."""
    with open_ledger(folder) as ledger:
        blobs = Blobs(Layout(folder).blobs)
        for number in range(12):
            data = f"picture {number} ".encode() * 40
            found, size = blobs.put(data, "r1")
            commit(ledger, f"mug {number}", data)
            path = f"mug-{number}.png"
            ledger.put_output("../images", Output(path, "s", key("mug"), found, found, size, 1))
        _others(ledger)
        reply = Spooled(200, {"content-type": "image/png"}, b"reply" * 50)
        Spool(Layout(folder).spool).write(key("doubt"), 1, reply, "r1")
        ledger.end_run("r1", LATER)


def _others(ledger: Ledger) -> None:
    for name in ("doubt", "bad", "gone", "again", "flying"):
        claim(ledger, name)
    ledger.ambiguous(key("doubt"), UNCERTAIN, NOW, evidence="the line went dead")
    ledger.fail(key("bad"), REFUSED, NOW)
    ledger.ticketed(key("gone"), Ticket("t1"), NOW)
    ledger.lose(key("gone"), Fault(FaultKind.MISSING, "expired", billed=True), NOW)
    ledger.ambiguous(key("again"), UNCERTAIN, NOW)
    ledger.resubmit(key("again"), NOW, why="asked for")
    ledger.ticketed(key("flying"), Ticket("t2", {"url": "https://vendor.example/t2"}), NOW)


def files(folder: Path) -> dict[str, list[Path]]:
    layout = Layout(folder)
    return {
        "ledger": [layout.ledger],
        "second copy": sorted(layout.chronicle.iterdir()),
        "picture": sorted(path for path in layout.blobs.rglob("*") if path.is_file()),
        "kept reply": sorted(layout.spool.iterdir()),
        "witness": [layout.witness],
    }


def content(ledger: Path) -> object:
    """Everything that can be read of a ledger; None if it cannot."""
    try:
        with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            db.text_factory = bytes
            names = [name.decode() for (name,) in db.execute("SELECT name FROM sqlite_master")]
            tables = [
                name for name in names if not name.startswith(("jobs_", "outputs_", "notes_"))
            ]
            rows = {name: [*db.execute(f"SELECT * FROM {name}")] for name in tables}  # noqa: S608
            whole = db.execute("PRAGMA integrity_check").fetchall()
            head = [db.execute(f"PRAGMA {name}").fetchone() for name in ("application_id",)]
            schema = [*db.execute("SELECT sql FROM sqlite_master")]
            return rows, whole, head, schema
    except (sqlite3.Error, UnicodeDecodeError):  # a table's name, too
        return None


def flips(folder: Path, rng: random.Random) -> Iterator[tuple[str, Path]]:
    """Flip one bit after another, each time in a fresh copy; yields those that matter."""
    sound = folder.parent / "sound"
    shutil.copytree(folder, sound)
    before = content(Layout(sound).ledger)
    while True:
        kind = rng.choice(KINDS)
        path = rng.choice(files(folder)[kind])
        while True:
            data = bytearray((sound / path.relative_to(folder)).read_bytes())
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            path.write_bytes(data)
            if kind != "ledger" or content(path) != before:
                break
        yield kind, path
        shutil.rmtree(folder)
        shutil.copytree(sound, folder)


def findings(folder: Path) -> list[Finding]:
    found = verify(Layout(folder), Stamp.LIVE, look, read_data=True)
    return [one for one in found if not one.note]


def campaign(tmp_path: Path, seed: int, count: int) -> tuple[Counter[str], list[str]]:
    folder = tmp_path / "store"
    fill(folder)
    assert findings(folder) == []
    drawn, missed = Counter[str](), list[str]()
    for kind, path in flips(folder, random.Random(seed)):
        drawn[kind] += 1
        found = findings(folder)
        if not found:
            missed.append(f"{kind}: {path.name}")
        assert all(one.remedy for one in found)
        if drawn.total() == count:
            break
    return drawn, missed


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    drawn, missed = campaign(tmp_path, seed=1, count=60)
    assert drawn.total() == 60
    assert missed == []


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_a_thousand_flipped_bits_are_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn, missed = campaign(tmp_path, seed=2, count=1000)
    with capsys.disabled():
        share = 100 * (1 - len(missed) / drawn.total())
        print(f"\n{drawn.total()} flips, {share:.1f} % found: {dict(drawn)}")
    assert missed == []
