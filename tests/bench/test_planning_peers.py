"""Nothing to do, beside build systems that know nothing of money: make, doit, DVC, Snakemake.

`pytest -m bench -s tests/bench/test_planning_peers.py`; programs that are not on the PATH, nor in
the folder that IMAGEPIPE_PEERS names, are left out by name. For those of Python:

    uv venv peers && uv pip install -p peers/bin/python doit dvc snakemake
    IMAGEPIPE_PEERS=peers/bin pytest -m bench -s tests/bench/test_planning_peers.py

Each does the same work: so many outputs, all of them made, each from an input of its own (a line of
a list here, a small file there; DVC has one stage for all). The first plan of imagepipe and the
bare script, which find all of it to be made, are beside them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.measured import bare, best, command, imagepipe, load
from tests.fakes.shops import finish, write_shop

JOBS = 10_000

Peer = Callable[[Path, str], tuple[str, ...]]


def names() -> list[str]:
    return [f"SKU-{number:07}" for number in range(JOBS)]


def make(folder: Path, program: str) -> tuple[str, ...]:
    outputs = " ".join(f"out/{name}.png" for name in names())
    (folder / "Makefile").write_text(f"all: {outputs}\nout/%.png: in/%.txt\n\tcp $< $@\n")
    return program, "-s"


def doit(folder: Path, program: str) -> tuple[str, ...]:
    (folder / "dodo.py").write_text(
        f"def task_picture():\n    for n in range({JOBS}):\n        name = f'SKU-{{n:07}}'\n"
        "        yield {'name': name, 'file_dep': [f'in/{name}.txt'], "
        "'targets': [f'out/{name}.png'], 'actions': [f'cp in/{name}.txt out/{name}.png']}\n"
    )
    return program, "-v0"


def snakemake(folder: Path, program: str) -> tuple[str, ...]:
    (folder / "Snakefile").write_text(
        f"rule all:\n    input: [f'out/SKU-{{n:07}}.png' for n in range({JOBS})]\n"
        "rule picture:\n    input: 'in/{name}.txt'\n    output: 'out/{name}.png'\n"
        "    shell: 'cp {input} {output}'\n"
    )
    return program, "-q", "--cores", "1", "-n", "--rerun-triggers", "mtime"


def dvc(folder: Path, program: str) -> tuple[str, ...]:
    (folder / "dvc.yaml").write_text(
        "stages:\n  pictures:\n    cmd: 'true'\n    deps: [in]\n    outs:\n"
        "    - out: {cache: false, persist: true}\n"
    )
    command(folder, program, "init", "--no-scm", "-q")
    command(folder, program, "repro", "-q")
    return program, "repro", "-q"


PEERS: dict[str, Peer] = {"make": make, "doit": doit, "snakemake": snakemake, "dvc": dvc}


def found(name: str) -> str | None:
    folder = os.environ.get("IMAGEPIPE_PEERS", "")
    return shutil.which(name, path=os.pathsep.join([folder, os.environ["PATH"]]))


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_nothing_to_do_beside_build_systems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whole processes, in one run."""
    with capsys.disabled():
        print(f"\nnothing to do, {JOBS:,} outputs, {load()}; CPU, and on the clock")
        shop = tmp_path / "shop"
        manifest = write_shop(shop, JOBS)
        first = best([imagepipe(shop, "plan") for _ in range(2)])
        finish(manifest)
        imagepipe(shop, "plan")
        plan = best([imagepipe(shop, "plan") for _ in range(3)])
        run = best([imagepipe(shop, "run") for _ in range(3)])
        script = best([bare(shop) for _ in range(3)])
        ours = plan.cpu

        def tell(name: str, cpu: float, seconds: float) -> None:
            print(f"  {name:<16} {cpu:7.2f} s {seconds:7.2f} s  {cpu / ours:5.1f} x", flush=True)

        tell("imagepipe plan", plan.cpu, plan.seconds)
        tell("imagepipe run", run.cpu, run.seconds)
        tell("  first plan", first.cpu, first.seconds)
        tell("  bare script", script.cpu, script.seconds)
        for name, peer in PEERS.items():
            program = found(name)
            if program is None:
                print(f"  {name:<16} left out: it is not installed")
            else:
                tell(name, *_nothing_to_do(tmp_path / name, peer, program))


def _nothing_to_do(folder: Path, peer: Peer, program: str) -> tuple[float, float]:
    for part in ("in", "out"):
        (folder / part).mkdir(parents=True)
        for name in names():
            end = "txt" if part == "in" else "png"
            (folder / part / f"{name}.{end}").write_text(name)
    args = peer(folder, program)
    if peer is doit:
        command(folder, *args)
    return command(folder, *args)
