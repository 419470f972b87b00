"""A shop in a temporary folder: a catalogue, a manifest against an emulator, and the real program.

The manifest names the emulator as `base_url` of its providers, so that the store is a live one and
the lock file is written, as with a vendor.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.emulator_process import EmulatorProcess

PATHS = {
    "rungen": "",
    "goneural": "",
    "cometapi-runway": "",
    "runway": "",
    "runcrate": "/v1",
    "openai-images": "/v1",
}
"""What follows the host in each vendor's base URL."""

RECIPES = {
    "rungen": "{prompt: hero, provider: rungen, size: 512x512}",
    "goneural": "{prompt: hero, provider: goneural, aspect_ratio: 1:1}",
    "runcrate": "{prompt: hero, provider: runcrate, model: black-forest-labs/FLUX.1-schnell}",
    "cometapi-runway": "{prompt: hero, provider: cometapi-runway, model: gen4_image, "
    "size: 1024x1024, input_images: ['https://shop.example/ref.png']}",
    "openai-images": "{prompt: hero, provider: openai-images, model: local}",
}
"""One picture of each product at each provider."""

SECRETS = {
    "RUNGEN_API_KEY": "canary-rungen",
    "GONEURAL_API_KEY": "canary-goneural",
    "COMETAPI_API_KEY": "canary-comet",
    "RUNCRATE_API_KEY": "rc_live_canary",
    "OPENAI_API_KEY": "canary-openai",
}


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.out)
        return value


@dataclass(frozen=True)
class Shop:
    """A folder with `imagepipe.yaml` and `products.csv`."""

    folder: Path

    @classmethod
    def open(
        cls,
        folder: Path,
        emulator: EmulatorProcess,
        *,
        products: int,
        limits: dict[str, str],
        prompt: str = "a {{ color }} {{ name }} on white",
    ) -> Shop:
        """A catalogue of `products`, pictured at each provider that `limits` names."""
        shop = cls(folder)
        rows = (f"P{n:05},mug {n},red" for n in range(1, products + 1))
        shop.write("products.csv", "\n".join(["sku,name,color", *rows]) + "\n")
        instances = "\n".join(
            f"  {name}: {{base_url: '{emulator.url}/{name}{PATHS[name]}', identity: {name}, "
            f"limits: {limit}{', vars: {app_id: app}' if name == 'rungen' else ''}}}"
            for name, limit in limits.items()
        )
        images = "\n".join(f"  {name}: {RECIPES[name]}" for name in limits)
        shop.write(
            "imagepipe.yaml",
            f"version: 1\nname: shop\nmax_jobs: 1000000\nproviders:\n{instances}\n"
            f'products: {{from: products.csv}}\nprompts:\n  hero: "{prompt}"\n'
            f"images:\n{images}\n",
        )
        return shop

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The program, running; whoever starts it ends it."""
        return subprocess.Popen(
            [sys.executable, "-m", "imagepipe", *arguments],
            cwd=self.folder,
            env={**os.environ, **SECRETS, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def imagepipe(self, *arguments: str) -> Ran:
        with self.start(*arguments) as process:
            out, err = process.communicate()
        return Ran(process.returncode, out, err)

    def snapshot(self) -> dict[str, tuple[int, bytes]]:
        """Every file with its time of change and its bytes, the store's own included."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {
            path.relative_to(self.folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
            for path in files
        }


def accepted(emulator: EmulatorProcess) -> int:
    """Jobs that were accepted, and would have been paid for."""
    return sum(int(stats["accepted"]) for stats in emulator.stats().values())
