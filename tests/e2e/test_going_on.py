"""What a run says to do next does no more than what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imagepipe.cli.main import run as typed
from tests.e2e.shop import Shop
from tests.e2e.typed import Desk
from tests.emulator_process import EmulatorProcess


@pytest.fixture(scope="module")
def refusing() -> Iterator[EmulatorProcess]:
    """It refuses every prompt."""
    options = ("--picture", "fixed", "--quirk", "openai-images:moderated=all")
    with EmulatorProcess(*options) as process:
        yield process


def test_the_command_to_go_on_with_selects_and_allows_the_same(
    refusing: EmulatorProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever selected one product, or set a limit, must not pay for all by pasting it."""
    shop = Shop.open(tmp_path, refusing, products=3, limits={"openai-images": "{in_flight: 1}"})
    monkeypatch.chdir(shop.folder)
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    given = ["--select", "product:P00001", "--max-cost", "2.50", "--allow-unknown-cost"]
    again = "imagepipe run --select product:P00001 --max-cost 2.50 --allow-unknown-cost"
    assert typed(["run", *given]) == 1
    told = capsys.readouterr().out
    assert told.splitlines()[-1] == f"    {again}"
    assert typed(["status", "--watch"]) == 1
    assert capsys.readouterr().out == told
    assert typed(["run", *given, "--force", "--yes"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == f"    {again}"


def test_what_was_frozen_stays_frozen_for_the_next_manifest(opened: Callable[[int], Desk]) -> None:
    """Also with a cost limit, of which each manifest has what the earlier ones left."""
    desk = opened(2)
    text = (desk.shop.folder / "imagepipe.yaml").read_text(encoding="utf-8")
    desk.shop.write("second.yaml", text.replace("name: shop", "name: second"))
    ran = desk.types("run", "--frozen", "--max-cost", "5", "imagepipe.yaml", "second.yaml")
    assert ran.code == 3
    assert desk.accepted == 0
