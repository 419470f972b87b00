"""An old backup of the store is put back: what was paid for since is not paid for again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.shop import Shop, accepted
from tests.emulator_process import EmulatorProcess


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the user's programs keep what they remember."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "imagepipe" / "stores"


def test_a_store_from_an_old_backup_is_not_believed(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole folder, with its second copy, and without a lock: this machine saw it come further.

    A repair holds what nothing tells of, with what it may cost; nothing is sent all the while. A
    machine that did not see it names the files that this copy knows nothing of, before it pays.
    """
    with EmulatorProcess("--picture", "fixed", "--latency", "fixed:0") as emulator:
        shop = Shop.open(tmp_path, emulator, products=1, limits={"runcrate": "{}"})
        assert shop.imagepipe("run").code == 0
        store, backup = tmp_path / ".imagepipe", tmp_path / "backup"
        shutil.copytree(store, backup)
        text = (tmp_path / "imagepipe.yaml").read_text()
        shop.write("imagepipe.yaml", text.replace("on white", "on slate"))
        rows = (tmp_path / "products.csv").read_text()
        shop.write("products.csv", f"{rows}P00002,mug 2,blue\n")
        assert (shop.imagepipe("run").code, accepted(emulator)) == (0, 3)
        shutil.rmtree(store)
        backup.rename(store)
        (tmp_path / "imagepipe.yaml.lock").unlink()
        [seen] = state.iterdir()
        assert "prompt" not in seen.read_text()
        for command in ("plan", "run", "status"):
            refused = shop.imagepipe(command)
            assert (refused.code, refused.out) == (2, ""), command
            assert "is an older copy: it knows" in refused.err
            assert "`imagepipe store repair`" in refused.err
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
            assert shop.imagepipe("plan", "--json").json["strangers"] == ["P00002/runcrate.png"]
        assert shop.imagepipe("store", "repair").code == 4
        plan = shop.imagepipe("plan", "--json").json["jobs"]
        assert (plan["new"], plan["changed"], plan["ambiguous"]) == (0, 0, 2)
        doubts = shop.imagepipe("pending", "list", "--json").json
        assert doubts["at_risk"] == {"currency": "USD", "amount": "0.006", "unknown": 0}
        assert (shop.imagepipe("run").code, accepted(emulator)) == (4, 3)


def test_a_store_that_was_thrown_away_is_begun_anew(tmp_path: Path) -> None:
    """What is remembered is of one store; another at the same place is another's matter."""
    with EmulatorProcess("--picture", "fixed", "--latency", "fixed:0") as emulator:
        shop = Shop.open(tmp_path, emulator, products=1, limits={"runcrate": "{}"})
        for _ in range(2):
            assert shop.imagepipe("run").code == 0
            shutil.rmtree(tmp_path / ".imagepipe")
            (tmp_path / "imagepipe.yaml.lock").unlink()
            shutil.rmtree(tmp_path / "images")
        assert accepted(emulator) == 2
