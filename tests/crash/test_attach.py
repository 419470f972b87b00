"""A person finds a doubtful job on the provider's dashboard: its ticket is enough."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.shop import Shop, accepted
from tests.emulator_process import EmulatorProcess


def test_an_attached_ticket_brings_the_picture_and_pays_nothing(tmp_path: Path) -> None:
    """The answer to the only submit is lost; its id is typed in, and the next run polls it."""
    with EmulatorProcess("--picture", "fixed", "--quirk", "drop-after-accept=1") as emulator:
        shop = Shop.open(tmp_path, emulator, products=1, limits={"goneural": "{}"})
        first = shop.imagepipe("run", "--json")
        assert (first.code, first.json["jobs"]["ambiguous"]) == (4, 1)
        key, ticket = first.json["faults"][0]["key"], emulator.jobs()[0]["id"]
        attached = shop.imagepipe("pending", "attach", key[:12], ticket)
        assert (attached.code, attached.err) == (0, "")
        again = shop.imagepipe("run", "--json")
        assert (again.code, again.json["jobs"]["resumed"], accepted(emulator)) == (0, 1, 1)
        assert len(list((tmp_path / "images").rglob("*.png"))) == 1


def test_what_is_no_ticket_is_refused_with_what_to_write(tmp_path: Path) -> None:
    """A slip changes nothing: the job stays in doubt."""
    with EmulatorProcess("--picture", "fixed", "--quirk", "drop-after-accept=1") as emulator:
        limits = {"goneural": "{}", "runcrate": "{}"}
        shop = Shop.open(tmp_path, emulator, products=1, limits=limits)
        faults = shop.imagepipe("run", "--json").json["faults"]
        keys = {fault["provider"]: fault["key"][:12] for fault in faults}
        for ticket in ("..", "nonsense,id=7"):
            refused = shop.imagepipe("pending", "attach", keys["goneural"], ticket)
            assert (refused.code, "E722" in refused.err) == (2, True)
            assert "write the id" in refused.err
        refused = shop.imagepipe("pending", "attach", keys["runcrate"], "j-1")
        assert (refused.code, "answers at once" in refused.err) == (2, True)
        assert shop.imagepipe("pending", "list").out.startswith("2 jobs in doubt")


def test_a_ticket_that_another_job_has_is_refused(tmp_path: Path) -> None:
    """One picture would be two products', whether the ledger tells of it or the lock alone."""
    with EmulatorProcess("--picture", "fixed", "--quirk", "drop-after-accept=1") as emulator:
        shop = Shop.open(tmp_path, emulator, products=2, limits={"goneural": "{in_flight: 1}"})
        key = shop.imagepipe("run", "--json").json["faults"][0]["key"][:12]
        lost, made = (job["id"] for job in emulator.jobs())
        lock = (tmp_path / "imagepipe.yaml.lock").read_text()
        for ticket, text in ((made, ""), (lost, lock.replace(made, lost))):
            shop.write("imagepipe.yaml.lock", text)
            refused = shop.imagepipe("pending", "attach", key, ticket)
            assert (refused.code, "E723" in refused.err) == (2, True), refused.err
            assert "each job has a ticket of its own" in refused.err
        shop.write("imagepipe.yaml.lock", lock)
        assert shop.imagepipe("pending", "attach", key, lost).code == 0
        assert shop.imagepipe("run").code == 0
        assert accepted(emulator) == 2
