"""A rehearsal that was left in the middle loses nothing: its next emulator knows its pictures."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from imagepipe.app.rehearsal import rebased
from imagepipe.store import Layout
from tests.e2e.shop import Shop

PRODUCTS = 6

MANIFEST = f"""\
version: 1
name: rehearsal
products: [{", ".join(f"{{sku: P{n}, name: mug {n}}}" for n in range(PRODUCTS))}]
prompts: {{hero: "a {{{{ name }}}} on white"}}
images:
  answered: {{prompt: hero, provider: runcrate, model: black-forest-labs/FLUX.1-schnell}}
  queued: {{prompt: hero, provider: goneural, aspect_ratio: 1:1}}
"""


def test_addresses_of_an_earlier_emulator_lead_to_the_present_one() -> None:
    """Its own alone: whatever else a reply names is left as it is."""
    old, home = "http://127.0.0.1:4711/runcrate/files/a.png?sig=1", "http://127.0.0.1:8000/x"
    assert rebased(old, home) == "http://127.0.0.1:8000/runcrate/files/a.png?sig=1"
    assert rebased("https://cdn.example/a.png", home) == "https://cdn.example/a.png"


def test_a_rehearsal_that_was_left_twice_over_goes_on_without_loss(tmp_path: Path) -> None:
    """Killed as soon as a paid reply is on the disk: that reply names a port that is gone."""
    shop = Shop(tmp_path)
    shop.write("imagepipe.yaml", MANIFEST)
    spool = Layout(tmp_path / ".imagepipe" / "emulated").spool
    with shop.start("run", "--emulate", "-q") as run:
        while not (kept := _stopped_with_replies(run, spool)):
            assert run.poll() is None
        run.kill()
        run.communicate()
    again = shop.imagepipe("run", "--emulate", "--json")
    jobs = again.json["jobs"]
    assert (jobs["failed"], jobs["lost"]) == (0, 0), again.out
    assert jobs["resumed"] >= len(kept)
    assert again.json["rehearsal"] is True
    assert (
        jobs["ambiguous"] + len(list((tmp_path / "images-emulated").rglob("*.png"))) == 2 * PRODUCTS
    )


def _stopped_with_replies(run: subprocess.Popen[str], spool: Path) -> list[Path]:
    """The kept replies at a moment at which the run stands still; it goes on if there are none."""
    if not any(spool.glob("*.reply")):
        return []
    os.kill(run.pid, signal.SIGSTOP)
    kept = list(spool.glob("*.reply"))
    if not kept:
        os.kill(run.pid, signal.SIGCONT)
    return kept
