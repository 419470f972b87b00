"""Shops of any size to plan: a manifest, its products, and a store in which all is done.

The store is written through the store's own code, as a run writes it; only the pictures' bytes are
the same for all, and their blobs are not kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from operator import attrgetter
from pathlib import Path

from imagepipe.app.planning import make_plan
from imagepipe.app.project import Where, open_project
from imagepipe.key import canonical_json
from imagepipe.model import Digest, Ticket
from imagepipe.planner import Step
from imagepipe.store import Entry
from imagepipe.store.connection import fill
from imagepipe.store.lock import Lock, write_lock
from imagepipe.store.rows import Cell, JobRow, decimal_text, ticket_text

NOW = "2027-01-02T03:04:05Z"
COLUMNS = ("sku", "name", "color", "material", "stock")
BLOB = Digest("0" * 64)
ADJECTIVES = ("sleek", "plain", "bright", "old", "small", "heavy", "fine", "round", "tall", "soft")

HEAD = """\
version: 1
name: bench
max_jobs: 10000000
products: {from: products.%s, key: sku, where: "stock | int > 0"}
prompts:
"""


def rows(number: int) -> Iterator[tuple[str, ...]]:
    for n in range(number):
        yield f"SKU-{n:07}", f"Mug {n}", f"red {n % 97}", "stoneware", f"{n % 90 + 1}"


def write_shop(folder: Path, products: int, *, recipes: int = 1, kind: str = "csv") -> Path:
    """Write a manifest and its products; returns the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"products.{kind}").open("w") as file:
        if kind == "csv":
            file.write(f"{','.join(COLUMNS)}\n")
            file.writelines(f"{','.join(row)}\n" for row in rows(products))
        else:
            file.writelines(
                f"{json.dumps(dict(zip(COLUMNS, row, strict=True)))}\n" for row in rows(products)
            )
    names = [f"i{number}" for number in range(recipes)]
    prompts = [
        f'  {name}: "A {word} {{{{ color }}}} {{{{ name }}}} made of {{{{ material }}}}, white"\n'
        for name, word in zip(names, ADJECTIVES, strict=False)
    ]
    entry = "provider: runcrate, model: black-forest-labs/FLUX.1-schnell"
    images = [f"  {name}: {{prompt: {name}, {entry}}}\n" for name in names]
    manifest = folder / "imagepipe.yaml"
    manifest.write_text("".join([HEAD % kind, *prompts, "images:\n", *images]))
    return manifest


def finish(manifest: Path, *, lock: bool = True) -> None:
    """Make all of a manifest's pictures without asking anybody."""
    project = open_project(Where(manifest))
    layout = project.layout
    entries: list[Entry] = []
    with make_plan(project) as planned:
        root, steps = planned.known.root, planned.plan.steps()
        layout.root.mkdir(exist_ok=True)
        layout.ledger.touch()
        made = _made(project.outputs, root, steps, entries)
        fill(layout.ledger, ("bench", project.stamp.value, NOW, 1), made)
    if lock:
        write_lock(project.lock, Lock(tuple(sorted(entries, key=attrgetter("path")))), "r")


def _made(
    outputs: Path, root: str, steps: Iterator[Step], entries: list[Entry]
) -> Iterator[tuple[str, Sequence[Cell]]]:
    """The rows of a run that made everything; each output is written on the way."""
    for step in steps:
        job, candidate = step.job, step.candidate
        name = f"{job.path}.png"
        path = outputs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"picture")
        found, ticket = path.stat(), Ticket(f"t-{candidate.key[:8]}")
        cost = decimal_text(candidate.price)
        row = JobRow(
            candidate.key, "committed", candidate.provider, job.spot, job.path, 1, "nonce", "r",
            "", cost, cost, "7", ticket_text(ticket), BLOB, 7, "image/png", "png", 64, 64, None,
            NOW, NOW, NOW, NOW,
        )  # fmt: skip
        entries.append(
            Entry(name, BLOB, BLOB, candidate.key, candidate.provider, ticket, 7, candidate.price)
        )
        yield "requests", (candidate.key, canonical_json(candidate.canonical))
        yield "jobs", row
        cells = (root, name, job.spot, candidate.key, BLOB, BLOB, found.st_size, found.st_mtime_ns)
        yield "outputs", cells
