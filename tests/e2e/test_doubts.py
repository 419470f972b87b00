"""What is in doubt is told alike by every command, with its money and what settles it."""

from __future__ import annotations

import shlex
from pathlib import Path

from tests.e2e.shop import Shop, accepted
from tests.emulator_process import EmulatorProcess


def test_what_a_killed_run_left_is_told_alike_and_written_down_once(tmp_path: Path) -> None:
    """By looks that write nothing, and by a run that has nothing else to do; the next writes none.

    The doubt names what it needs: when, where it was sent, what is at risk, and what to type.
    """
    with EmulatorProcess("--picture", "fixed", "--latency", "fixed:3") as emulator:
        shop = Shop.open(tmp_path, emulator, products=1, limits={"runcrate": "{}"})
        with shop.start("run") as killed:
            while not accepted(emulator):
                assert killed.poll() is None
            killed.kill()
            killed.communicate()
        before = _beside_the_ledger(shop)
        status = shop.imagepipe("status", "--json").json
        assert (status["states"], status["jobs"]["not_made"]) == ({"ambiguous": 1}, 1)
        assert (status["cost"]["in_doubt"], status["cost"]["reserved"]) == ("0.003", "0")
        listed = shop.imagepipe("pending", "list", "--json").json
        assert listed["at_risk"] == {"currency": "USD", "amount": "0.003", "unknown": 0}
        [doubt] = listed["jobs"]
        assert (doubt["state"], doubt["attempt"]) == ("ambiguous", 1)
        assert doubt["origin"] == f"{emulator.url}/runcrate/v1"
        assert doubt["request"]["prompt"] == "a red mug 1 on white"
        assert f"(process {killed.pid} on " in doubt["evidence"][0]
        assert list(doubt["commands"]) == ["resubmit", "drop"]
        assert _beside_the_ledger(shop) == before
        assert shop.imagepipe("run", "--json").json["jobs"]["ambiguous"] == 1
        settled = shop.snapshot()
        assert _beside_the_ledger(shop) != before
        assert shop.imagepipe("run", "--json").code == 4
        assert shop.snapshot() == settled
        again = shop.imagepipe(*shlex.split(doubt["commands"]["resubmit"])[1:])
        assert (again.code, accepted(emulator)) == (0, 1)


def _beside_the_ledger(shop: Shop) -> dict[str, tuple[int, bytes]]:
    """Not the ledger's own files: a killed run leaves a log, which any look may fold in."""
    return {name: file for name, file in shop.snapshot().items() if "ledger.sqlite" not in name}
