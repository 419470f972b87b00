"""A catalogue that has been rehearsed until it had something of everything to show."""

from __future__ import annotations

from pathlib import Path

import imagepipe
from imagepipe.app import reporting
from imagepipe.app.project import Project
from imagepipe.app.reporting import Made
from imagepipe.cli.gallery import commands
from imagepipe.cli.options import Places

MANIFEST = """\
version: 1
name: demo
providers: {rungen: {vars: {app_id: my-app}}}
defaults: {provider: runcrate, model: black-forest-labs/FLUX.1-schnell}
products:
  key: sku
  items:
    - {sku: MUG-01, name: Stoneware Mug, color: speckled white}
    - {sku: LAMP-02, name: Desk Lamp, color: brass}
    - {sku: '<img src=x onerror=alert(1)>', name: '</script><script>alert(2)</script>', color: red}
prompts:
  studio: "A {{ color }} {{ name }}, product photo, SETTING"
  scene: "{{ name }} in {{ color }}, {{ place }}, golden hour"
images:
  hero: {prompt: studio, aspect_ratio: 1:1, count: 3, tags: [summer, shop]}
  scene:
    prompt: scene
    provider: goneural
    tags: [summer]
    matrix: {place: [a forest trail, a city street], aspect_ratio: ["16:9"]}
  portrait: {prompt: "{{ name }}, portrait", provider: rungen, size: 768x1024}
budget: {max_cost: "20.00", allow_unknown_cost: true}
"""

SETTINGS = ("white background", "grey seamless background", "a marble plate")
"""Of the studio prompt, one after another: pictures of the mug have all three."""

FAILS = ("--quirk", "rungen:fail=1")
"""What goes wrong in the first run."""


def write(folder: Path, setting: str) -> Path:
    path = folder / "imagepipe.yaml"
    path.write_text(MANIFEST.replace("SETTING", setting), encoding="utf-8")
    return path


def rehearse(folder: Path) -> Path:
    """Three runs; between them the prompt is edited, and only the mug is drawn anew."""
    path = write(folder, SETTINGS[0])
    run(path, None, *FAILS)
    for setting in SETTINGS[1:]:
        run(write(folder, setting), "product:MUG-01 image:hero")
    return path


def run(manifest: Path, select: str | None = None, *emulator: str) -> None:
    project = imagepipe.load(manifest, emulate=True)
    with imagepipe.plan(project, select=select) as planned:
        imagepipe.run(planned, imagepipe.RunOptions(emulator=emulator))


def report(manifest: Path, out: Path, *, shard: str | None = None, previews: bool = False) -> Made:
    """What `imagepipe report --emulate` writes."""
    places = Places(emulate=True)
    project: Project = places.open(manifest)
    return reporting.make([project], out, commands(places), shard=shard, previews=previews)
