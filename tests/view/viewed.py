"""A rehearsed shop and `imagepipe view` of it: the real program in a process of its own."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from imagepipe.model import Digest
from imagepipe.review import Review, read

MANIFEST = """\
version: 1
name: demo
defaults: {provider: runcrate, model: black-forest-labs/FLUX.1-schnell}
products:
  key: sku
  items:
    - {sku: MUG-01, name: Stoneware Mug, color: speckled white}
    - {sku: LAMP-02, name: Desk Lamp, color: brass}
    - {sku: '<img src=x onerror=alert(1)>', name: '</script><script>alert(2)</script>', color: red}
images:
  hero: {prompt: "A {{ color }} {{ name }}, product photo", tags: [shop]}
  scene: {prompt: "{{ name }} in {{ color }} on a trail", provider: goneural, aspect_ratio: "1:1"}
budget: {max_cost: "20.00", allow_unknown_cost: true}
"""

ENVIRONMENT = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100", "CI": "1"}


@dataclass(frozen=True)
class Shop:
    """A folder with a manifest."""

    folder: Path

    @classmethod
    def rehearsed(cls, folder: Path, manifest: str = MANIFEST) -> Self:
        shop = cls(folder)
        shop.manifest.write_text(manifest, encoding="utf-8")
        assert shop.types("run", "--emulate", "-q").returncode == 0
        return shop

    @property
    def manifest(self) -> Path:
        return self.folder / "imagepipe.yaml"

    @property
    def decisions(self) -> Path:
        return self.folder / "imagepipe.yaml.emulated.review.yaml"

    def review(self) -> Review:
        if not self.decisions.exists():
            return Review()
        return read(self.decisions.read_bytes(), self.decisions.name)

    def digest(self, path: str) -> Digest:
        data = (self.folder / "images-emulated" / f"{path}.png").read_bytes()
        return Digest(hashlib.sha256(data).hexdigest())

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "imagepipe", *words],
            cwd=self.folder,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def types(self, *words: str) -> subprocess.CompletedProcess[str]:
        with self.start(*words) as process:
            out, errors = process.communicate()
        return subprocess.CompletedProcess(words, process.returncode, out, errors)


@dataclass
class View:
    """`with View(shop) as view: ... view.link`: ended by Ctrl-C, as a person would."""

    shop: Shop
    words: tuple[str, ...] = ("--emulate", "--no-open")
    link: str = ""
    code: int | None = None
    said: str = ""
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        self._process = self.shop.start("view", *self.words)
        assert self._process.stdout is not None
        self.link = self._process.stdout.readline().strip()
        if not self.link:
            _, self.said = self._process.communicate()
            raise AssertionError(self.said)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        process = self._process
        if process is not None and self.code is None:
            process.send_signal(signal.SIGINT)
            _, self.said = process.communicate(timeout=30)
            self.code = process.returncode

    @property
    def base(self) -> str:
        return self.link.partition("#")[0]

    @property
    def origin(self) -> str:
        return "/".join(self.link.split("/")[:3])

    @property
    def token(self) -> str:
        return self.link.partition("#token=")[2]

    @contextmanager
    def client(self, *, let_in: bool = True) -> Iterator[httpx2.Client]:
        """A client with the cookie of a person who opened the link."""
        with httpx2.Client(base_url=self.base, headers={"origin": self.origin}) as client:
            if let_in:
                reply = client.post("session", json={"token": self.token})
                assert reply.status_code == 204
            yield client


def entries(client: httpx2.Client) -> dict[str, dict[str, Any]]:
    """All pictures by product and recipe."""
    told = client.get("data").json()["all"]
    return {f"{one['product']}/{one['recipe']}": one for one in told}


def decision(entry: dict[str, Any], now: dict[str, Any] | None) -> dict[str, Any]:
    """A change as the page sends it."""
    seen = entry["review"]["revision"] if entry["review"] else ""
    return {"id": entry["id"], "seen": seen, "now": now}


def approved(entry: dict[str, Any]) -> dict[str, Any]:
    return decision(
        entry, {"decision": "approved", "picture": f"sha256:{entry['image']['digest']}"}
    )
