"""The engine in virtual time: the clock jumps to the next deadline, the ledger writes inline."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trio.testing

from imagepipe import manifest as manifests
from imagepipe.admission import Memory
from imagepipe.app import shipped
from imagepipe.app.disk import Disk
from imagepipe.app.doubts import settles
from imagepipe.charges import Charges
from imagepipe.engine import Control, Ports, Tally, Terms, execute, inline
from imagepipe.events import Event
from imagepipe.manifest import Manifest
from imagepipe.model import Record, Secret, State
from imagepipe.planner import Plan, Policy, Selection, Survey, parse_selection
from imagepipe.polling import Polls
from imagepipe.store import (
    Blobs,
    Known,
    Layout,
    Ledger,
    Outputs,
    Run,
    Spool,
    Stamp,
    probe,
    root_name,
    this_process,
)
from tests.fakes.vendor import Vendor

NOW = "2026-01-02T03:04:05.000Z"


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


@dataclass
class World:
    """A manifest, a store and a vendor; `run` plans and carries out, as often as it is called."""

    folder: Path
    vendor: Vendor = field(default_factory=Vendor)
    events: list[Event] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    control: Control = field(default_factory=Control)
    now: str = NOW
    limits: Memory = field(default_factory=Memory)
    polls: Polls | None = None
    charges: Charges | None = None

    @property
    def layout(self) -> Layout:
        return Layout(self.folder / ".imagepipe")

    @property
    def outputs(self) -> Path:
        return self.folder / "images"

    def manifest(self, text: str) -> Manifest:
        disk = Disk(self.folder)
        return manifests.load(text.encode(), "imagepipe.yaml", disk, shipped.spec_document)

    @contextmanager
    def planned(
        self, manifest: Manifest, select: str | None = None, policy: Policy | None = None
    ) -> Iterator[Plan]:
        look = probe(this_process())
        lock = self.folder / "imagepipe.yaml.lock"
        selection = parse_selection(select) if select else Selection()
        policy = policy or Policy(retry_failed=selection.asks_failed)
        how = settles(manifest.providers, lambda: self.now)
        with Known.open(self.layout, Stamp.LIVE, lock, self.outputs, look, settles=how) as known:
            survey = Survey(known, selection=selection, policy=policy)
            checked = manifests.check(manifest, survey.see)
            assert not checked.problems
            yield survey.plan(lambda provider: manifests.expand(manifest, provider=provider))

    async def run(
        self,
        manifest: Manifest,
        *,
        select: str | None = None,
        terms: Terms | None = None,
        policy: Policy | None = None,
        meddle: Callable[[Ledger], None] = lambda _ledger: None,
    ) -> Tally:
        me = this_process()
        run = f"run{next(self.ids)}"
        with (
            self.planned(manifest, select, policy) as plan,
            Ledger.open_or_create(self.layout, Stamp.LIVE, NOW) as ledger,
        ):
            ledger.start_run(Run(run, me, NOW, ("imagepipe.yaml",), purse=run), probe(me))
            ledger.recover(self.now, probe(me))
            meddle(ledger)
            self.vendor.before_submit = lambda _request: self._witness(ledger)
            secret = Secret("test-key")
            try:
                return await execute(
                    plan,
                    {name: p.with_secret(secret) for name, p in manifest.providers.items()},
                    self._ports(ledger, run),
                    terms=terms,
                    control=self.control,
                )
            finally:
                ledger.end_run(run, NOW)

    def records(self) -> list[Record]:
        with Ledger.open_or_create(self.layout, Stamp.LIVE, NOW) as ledger:
            return ledger.by_state(list(State))

    def _witness(self, ledger: Ledger) -> None:
        """When a submit leaves, its intent is in the ledger, or the doubt that it repeats."""
        counts = ledger.counts()
        assert counts.get(State.INTENT, 0) + counts.get(State.AMBIGUOUS, 0) >= 1

    def _ports(self, ledger: Ledger, run: str) -> Ports:
        return Ports(
            transport=self.vendor,
            downloader=self.vendor,
            ledger=ledger,
            blobs=Blobs(self.layout.blobs),
            spool=Spool(self.layout.spool),
            look=probe(this_process()),
            outputs=Outputs(self.outputs),
            root=root_name(self.outputs, self.layout.root),
            trusted=lambda _path: (),
            load=lambda _image: b"",
            listener=self.events.append,
            offload=inline,
            now=lambda: self.now,
            chance=lambda: 0.5,
            run=run,
            limits=self.limits,
            polls=self.polls or Polls(),
            charges=self.charges or Charges(),
        )


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def catalogue(jobs: int, *, limits: str = "{}", extra: str = "") -> str:
    """A manifest of `jobs` products at one RunGen app."""
    products = "\n".join(f"  - {{sku: P{n}}}" for n in range(1, jobs + 1))
    return (
        f"version: 1\nname: t\nproviders:\n  rungen: {{vars: {{app_id: a}}, limits: {limits}}}\n"
        f"products:\n{products}\n"
        f'images:\n  hero: {{prompt: "a {{{{ sku }}}}", provider: rungen}}\n{extra}'
    )
