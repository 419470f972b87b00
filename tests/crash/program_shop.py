"""A shop around the program: its manifest, its tree, what can be commanded, and what must hold.

The claims compare the ledger with the vendor's books; they know nothing of how the program works.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from imagepipe import manifest as manifests
from imagepipe.app import pending
from imagepipe.app.planning import make_plan
from imagepipe.app.project import Project, Where, open_project
from imagepipe.app.run_options import RunOptions
from imagepipe.app.running import run_async
from imagepipe.app.store_care import sweep, verify_store
from imagepipe.model import Key, Record, State
from imagepipe.store import Blobs, Money, Reader
from tests.crash.program_inside import Line, in_virtual_time
from tests.crash.program_vendor import Fate, Vendor

SPECS = Path(__file__).parent / "specs"
PRICE = Decimal("0.01")
IN_FLIGHT = 2
CLASSES = {"no help": "none", "idempotency": "once", "lookup": "list", "synchronous": "sync"}

_ENDS = """\
faults:
- {on: poll, when: "why == 'charged'", is: failed, billed: yes}
- {on: poll, when: "why == 'refunded'", is: failed, billed: no}
"""


@dataclass
class Shop:
    """`words` are what the products' prompts say; equal words are one request."""

    folder: Path
    offer: str
    on_ambiguous: str
    unbilled: int
    budget: Decimal | None
    words: dict[str, str]
    keys: dict[str, Key] = field(default_factory=dict)
    loaded: dict[str, Project] = field(default_factory=dict)
    project: Project = field(init=False)

    def write(self) -> None:
        """The manifest as it is wanted now, and the spec beside it."""
        spec = CLASSES[self.offer]
        text = (SPECS / f"{spec}.provider.yaml").read_text(encoding="utf-8")
        ends = "" if self.offer == "synchronous" else _ENDS
        (self.folder / "lab.provider.yaml").write_text(text + ends, encoding="utf-8")
        rows = "".join(f"  - {{sku: {sku}, word: {word}}}\n" for sku, word in self.words.items())
        limit = "" if self.budget is None else f"max_cost: '{self.budget}', "
        text = (
            "version: 1\nname: shop\nproviders:\n  lab: {uses: ./lab.provider.yaml, identity: lab, "
            f"base_url: 'https://lab.example', limits: {{in_flight: {IN_FLIGHT}}}}}\n"
            f"products:\n{rows}images:\n"
            "  hero: {prompt: 'a {{ word }} mug', seed: 7, provider: lab, path: '{{ sku }}'}\n"
            f"budget: {{{limit}on_ambiguous: {self.on_ambiguous}, "
            f"resubmit_unbilled: {self.unbilled}}}\n"
        )
        self.where.manifest.write_text(text, encoding="utf-8")
        if text not in self.loaded:
            self.loaded[text] = open_project(self.where)
        self.project = self.loaded[text]
        for job in manifests.expand(self.project.manifest):
            self.keys[f"a {self.words[job.path]} mug"] = job.key

    @property
    def where(self) -> Where:
        return Where(self.folder / "imagepipe.yaml")

    def tree(self) -> dict[str, tuple[bytes, int]]:
        """Every file with its bytes and its time, but for what SQLite shares between readers."""
        found = (path for path in sorted(self.folder.rglob("*")) if path.is_file())
        return {
            str(path.relative_to(self.folder)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in found
            if not path.name.endswith(("-shm", "-wal"))
        }

    def reader(self) -> Reader | None:
        """The ledger, if there is one by now."""
        layout = self.project.layout
        return Reader.open(layout, self.project.stamp) if layout.ledger.exists() else None


# What can be commanded; each is the life of a process.


def run(shop: Shop, select: str | None) -> Callable[[Line], str]:
    def body(line: Line) -> str:
        codes: list[int] = []

        async def job() -> None:
            with make_plan(shop.project, select=select) as planned:
                codes.append((await run_async(planned, RunOptions())).exit_code)

        in_virtual_time(line, job)
        return f"exit {codes[0]}"

    return body


def tidy(shop: Shop) -> Callable[[Line], str]:
    def body(_line: Line) -> str:
        return f"{len(sweep(shop.project, dry=False).waste)} removed"

    return body


def decide(shop: Shop, choice: str, key: Key, ticket: str) -> Callable[[Line], str]:
    """A person settles a doubt: `pending resubmit`, `drop`, or `attach`."""

    def body(_line: Line) -> str:
        project = shop.project
        match choice:
            case "resubmit":
                pending.resubmit(project, key)
            case "drop":
                pending.drop(project, key)
            case _:
                pending.attach(project, key, ticket)
        return choice

    return body


# What must hold.

HELD = frozenset(State) - {State.PLANNED, State.BLOCKED}
"""States of an attempt that may have been accepted."""


@dataclass(frozen=True)
class Standing:
    """What the ledger says of one key: every attempt, the current one last."""

    prompt: str
    attempts: tuple[Record, ...]
    repeats: int
    by_hand: int

    @property
    def now(self) -> Record:
        return self.attempts[-1]

    @property
    def held(self) -> list[Record]:
        """The attempts that account for a job at the vendor."""
        return [one for one in self.attempts if one.state in HELD and not _refused(one)]


def standings(shop: Shop, reader: Reader) -> Iterator[Standing]:
    for prompt, key in shop.keys.items():
        record = reader.record(key)
        if record is None:
            continue
        asked = [note for note in reader.notes(key) if note.kind == "resubmit"]
        by_hand = sum(note.run is None for note in asked)
        attempts = (*reader.history(key), record)
        yield Standing(prompt, attempts, len(asked), by_hand)


def claim_paid_once(one: Standing, shop: Shop, vendor: Vendor) -> None:
    """A job is accepted once, and once more for each time that somebody allowed it."""
    made = vendor.accepted(one.prompt)
    refunded = sum(job.fate is Fate.REFUNDED for job in made)
    allowed = 1 + one.repeats + min(refunded, shop.unbilled)
    assert len(made) <= allowed, f"{one.prompt}: accepted {len(made)} times, {allowed} allowed"


def claim_nothing_forgotten(one: Standing, vendor: Vendor) -> None:
    """Whatever was accepted is an attempt that the ledger holds, by its ticket if it had one."""
    made = vendor.accepted(one.prompt)
    tickets = {attempt.ticket.id for attempt in one.held if attempt.ticket is not None}
    untold = [job.id for job in made if job.id not in tickets]
    blank = [attempt for attempt in one.held if attempt.ticket is None]
    assert len(untold) <= len(blank), f"{one.prompt}: {untold} forgotten, known is {one.attempts}"
    assert tickets <= {job.id for job in made}, f"{one.prompt}: strange tickets {tickets}"


def claim_evidence(one: Standing, vendor: Vendor, blobs: Blobs) -> None:
    """What has no picture says why; what has one has the vendor's, whole."""
    if one.now.state in (State.AMBIGUOUS, State.LOST, State.FAILED):
        assert one.now.fault is not None, f"{one.prompt} is {one.now.state} without a fault"
    for attempt in one.attempts:
        if attempt.state is State.COMMITTED:
            assert attempt.blob in vendor.pictures(one.prompt), f"{one.prompt}: a strange picture"
            assert blobs.intact(attempt.blob), f"{one.prompt}: its picture is damaged"


def claim_money(money: Money, found: list[Standing], vendor: Vendor) -> None:
    """All that was billed is in a pot; what is not called a doubt was really accepted."""
    billed = sum(job.fate is not Fate.REFUNDED for job in vendor.jobs) * PRICE
    assert billed <= money.at_risk, f"billed {billed}, known is {money}"
    intents = sum(one.now.state is State.INTENT for one in found)
    sure = (money.spent + money.reserved).amount - intents * PRICE
    assert sure <= len(vendor.jobs) * PRICE, f"{sure} taken for accepted of {len(vendor.jobs)}"


def claim_sound(project: Project) -> None:
    """`store verify --read-data` finds nothing."""
    found = [one.what for one in verify_store(project, read_data=True).problems]
    assert found == [], found


def _refused(one: Record) -> bool:
    return one.state is State.FAILED and one.fault is not None and one.fault.accepted is False


def remove(path: Path) -> None:
    shutil.rmtree(path)
