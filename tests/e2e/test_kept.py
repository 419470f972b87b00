"""What a person painted over is a person's: kept by every run, and reported by every command."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.e2e.shop import Shop, accepted
from tests.emulator_process import EmulatorProcess

PAINTED = b"painted over"


def test_an_edited_output_is_kept_and_reported(tmp_path: Path) -> None:
    """Beside its store, without a lock; a changed prompt does not replace it either."""
    with EmulatorProcess("--picture", "fixed", "--latency", "fixed:0") as emulator:
        shop = Shop.open(tmp_path, emulator, products=2, limits={"runcrate": "{}"})
        assert shop.imagepipe("run").code == 0
        (tmp_path / "imagepipe.yaml.lock").unlink()
        edited = next((tmp_path / "images" / "P00001").iterdir())
        edited.write_bytes(PAINTED)
        kept = [{"path": f"P00001/{edited.name}", "reason": "it was edited or made by hand"}]
        assert f"  - P00001/{edited.name}" in shop.imagepipe("run").out  # the lock is written again
        before = shop.snapshot()
        plan = shop.imagepipe("plan", "--json").json
        assert (plan["jobs"]["reused"], plan["kept"], plan["rehearsal"]) == (2, kept, False)
        assert f"  - P00001/{edited.name}" in shop.imagepipe("run").out
        assert shop.imagepipe("run", "--json").json["kept"] == kept
        assert shop.snapshot() == before
        text = (tmp_path / "imagepipe.yaml").read_text()
        shop.write("imagepipe.yaml", text.replace("on white", "on slate"))
        new = shop.imagepipe("run", "--json").json
        assert (new["jobs"]["generated"], len(new["kept"]), accepted(emulator)) == (2, 1, 4)
        settled = shop.snapshot()
        again = shop.imagepipe("run", "--json").json
        assert (again["jobs"]["reused"], again["kept"]) == (2, kept)
        assert shop.snapshot() == settled
        assert edited.read_bytes() == PAINTED


def test_a_manifest_of_which_nothing_is_left_is_not_done(tmp_path: Path) -> None:
    """`where` may leave no product by a slip: that is not called everything."""
    with EmulatorProcess("--picture", "fixed") as emulator:
        shop = Shop.open(tmp_path, emulator, products=1, limits={"runcrate": "{}"})
        text = (tmp_path / "imagepipe.yaml").read_text()
        nothing = "{from: products.csv, where: 'color == \"blue\"'}"
        shop.write("imagepipe.yaml", text.replace("{from: products.csv}", nothing))
        for command in ("plan", "run"):
            said = shop.imagepipe(command).out
            assert "Nothing was selected" in said
            assert "Everything is there" not in said


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_links_where_a_run_writes_are_refused_before_anything_is_paid_for(tmp_path: Path) -> None:
    """A lock, or a part of the store, that leads elsewhere; what it leads to is untouched."""
    precious = tmp_path / "precious"
    precious.write_text("")
    with EmulatorProcess("--picture", "fixed", "--latency", "fixed:0") as emulator:
        shop = Shop.open(tmp_path, emulator, products=1, limits={"runcrate": "{}"})
        (tmp_path / ".imagepipe").mkdir()
        for name in ("imagepipe.yaml.lock", ".imagepipe/ledger.sqlite"):
            link = tmp_path / name
            link.symlink_to(precious)
            refused = shop.imagepipe("run")
            assert (refused.code, f"{name} is a link" in refused.err) == (2, True), refused.err
            link.unlink()
        assert (accepted(emulator), precious.read_text()) == (0, "")
