"""Where the parts of a store lie under its folder. Knows names only; creates nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Stamp(StrEnum):
    """What a store is for. Pictures of an emulator never cross into a live store."""

    LIVE = "live"
    EMULATED = "emulated"


@dataclass(frozen=True, slots=True)
class Layout:
    """The folder `.imagepipe/`, or whatever `--store` names."""

    root: Path

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.sqlite"

    @property
    def witness(self) -> Path:
        return self.root / "ledger.witness"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def spool(self) -> Path:
        return self.root / "spool"

    @property
    def chronicle(self) -> Path:
        """The ledger's second copy."""
        return self.root / "chronicle"

    @property
    def parts(self) -> tuple[Path, ...]:
        """Everything that is written to, but for what is in the folders."""
        logs = (self.root / f"{self.ledger.name}{end}" for end in ("-wal", "-shm"))
        folders = (self.blobs, self.spool, self.chronicle)
        return (self.ledger, *logs, self.witness, *folders, self.lessons, self.plans, self.runs)

    @property
    def lessons(self) -> Path:
        """What runs learnt about providers; it may be deleted at any time."""
        return self.root / "lessons.sqlite"

    @property
    def plans(self) -> Path:
        """What the last plans found; it may be deleted at any time."""
        return self.root / "plans"

    @property
    def runs(self) -> Path:
        """Where each run stands, a file each; it may be deleted at any time."""
        return self.root / "runs"

    @property
    def aside(self) -> Path:
        """Where a repair puts what it replaced."""
        return self.root / "aside"
