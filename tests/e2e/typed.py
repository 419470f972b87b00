"""Commands as a user types them, carried out in this process: quick, and with all that is real."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from imagepipe.cli.main import run
from tests.e2e.shop import SECRETS, Ran, Shop
from tests.emulator_process import EmulatorProcess


@dataclass(frozen=True)
class Desk:
    """A person's desk: a shop as the current folder, and a vendor to send to."""

    shop: Shop
    emulator: EmulatorProcess
    streams: pytest.CaptureFixture[str]

    def types(self, *arguments: str) -> Ran:
        self.streams.readouterr()
        code = run(arguments)
        out, err = self.streams.readouterr()
        return Ran(code, out, err)

    def edits(self, old: str, new: str, name: str = "imagepipe.yaml") -> None:
        path = self.shop.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    @property
    def accepted(self) -> int:
        """Pictures that the vendor was asked for, and would bill."""
        return sum(int(stats["accepted"]) for stats in self.emulator.stats().values())

    @property
    def images(self) -> Path:
        return self.shop.folder / "images"

    @property
    def lock(self) -> Path:
        return self.shop.folder / "imagepipe.yaml.lock"


def desk(
    emulator: EmulatorProcess,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    streams: pytest.CaptureFixture[str],
    *,
    products: int = 2,
    limits: str = "{}",
) -> Desk:
    """A shop of so many products at Runcrate, which bills $0.003 a picture."""
    emulator.reset()
    shop = Shop.open(folder, emulator, products=products, limits={"runcrate": limits})
    monkeypatch.chdir(folder)
    for name, value in {**SECRETS, "NO_COLOR": "1", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    return Desk(shop, emulator, streams)
