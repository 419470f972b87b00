"""The pictures of the documentation, as the program makes them today.

`python -m tests.docs_site.pictures` writes them; a test makes them anew and compares.
Terminals are SVG and need nothing else; pages are screenshots of the quickstart's report, taken by
the Chromium of this machine.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser, Page, ViewportSize, expect

import imagepipe
from tests.docs_site.stage import ROOT
from tests.docs_site.terminal import plan_svg, run_svg
from tests.report import shop
from tests.report.browsing import await_pictures, chromium, opened
from tests.view.viewed import Shop, View

ASSETS = ROOT / "docs" / "assets"

LARGEST = 150_000
"""Bytes of a picture in the repository."""

_QUALITY = 80

PRODUCTS = 4
"""Of the quickstart: as many as a window shows."""

ALIKE, SAME = (2.0, 60.0), (1.0, 15.0)
"""Of 255, how far pictures may be apart on the whole and in the worst spot: to show the same page
on another day and another machine, and to be no news at all."""

SPOT = 40
"""Pixels of a side."""


@dataclass(frozen=True)
class Shot:
    """A screenshot: which window, which part of the page."""

    name: str
    window: ViewportSize
    scheme: str
    at: str = ""
    keys: tuple[str, ...] = ()


SHOTS = (
    Shot("report-laptop-light", {"width": 1280, "height": 800}, "light"),
    Shot("report-before-after", {"width": 1280, "height": 800}, "dark", keys=("Enter", "b")),
    Shot("report-phone-dark", {"width": 390, "height": 780}, "dark"),
)

VIEWS = ("view-laptop-light.webp", "view-another-try.webp")
DECIDING: ViewportSize = {"width": 1280, "height": 800}


def terminals() -> dict[str, str]:
    """Each SVG by its name."""
    with TemporaryDirectory() as place:
        printed = _planned(Path(place) / "quickstart")
    return {"terminal-run.svg": run_svg(), "terminal-plan.svg": plan_svg(printed)}


def difference(one: Image.Image, other: Image.Image) -> tuple[float, float]:
    """How far two pictures are apart, of 255: on the whole, and in the spot where they are most.

    Different sizes are different pictures.
    """
    if one.size != other.size:
        return 255.0, 255.0
    spots = ImageChops.difference(one.convert("L"), other.convert("L")).resize(
        (one.width // SPOT, one.height // SPOT), Image.Resampling.BOX
    )
    return ImageStat.Stat(spots).mean[0], float(spots.getextrema()[1])  # type: ignore[arg-type]  # of one band


def within(found: tuple[float, float], bounds: tuple[float, float]) -> bool:
    return found[0] < bounds[0] and found[1] < bounds[1]


def screenshots(folder: Path) -> dict[str, Image.Image]:
    """Each screenshot by its file's name, of a catalogue that is rehearsed in `folder`."""
    manifest = _quickstart(folder / "quickstart")
    _edit(manifest)
    shop.run(manifest, "product:MUG-01 image:hero")
    _edit(manifest, back=True)
    shop.run(manifest)
    out = folder / "report"
    shop.report(manifest, out)
    _decide(Shop(manifest.parent))
    with chromium() as browser, View(Shop(manifest.parent)) as view:
        taken = {f"{shot.name}.webp": _taken(browser, out, shot) for shot in SHOTS}
        return taken | dict(_deciding(browser, view))


def _taken(browser: Browser, report: Path, shot: Shot) -> Image.Image:
    options = {"viewport": shot.window, "color_scheme": shot.scheme, "reduced_motion": "reduce"}
    with opened(browser, report, shot.at, **options) as page:
        await_pictures(page)
        with _pressed(page, shot.keys):
            return _image(page)


def _image(page: Page) -> Image.Image:
    """With times of one length: on a phone a longer one takes another line, and all moves down."""
    time = page.locator(".figures div", has_text="Time to a picture").locator("dd")
    for part, text in (("strong", "640 ms"), ("span", "median; 95 % within 930 ms")):
        time.locator(part).evaluate("(place, text) => { place.textContent = text }", text)
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


def _deciding(browser: Browser, view: View) -> Iterator[tuple[str, Image.Image]]:
    """The page that decides: what was decided so far, and another try being asked for."""
    page = browser.new_page(viewport=DECIDING, reduced_motion="reduce")
    page.goto(view.link)
    expect(page.locator(".tile .decision").first).to_be_visible()
    await_pictures(page)
    yield VIEWS[0], _image(page)
    page.locator(".tile").nth(2).click()
    page.keyboard.press("t")
    page.locator(".ask").get_by_label("Another seed").uncheck()
    page.locator(".ask").get_by_label("Prompt").fill("A white stoneware mug on a sunlit sill")
    page.locator(".ask").get_by_label("Why (may stay empty)").fill("too dark")
    await_pictures(page)
    yield VIEWS[1], _image(page)
    page.close()


def _decide(shop: Shop) -> None:
    """Some pictures are right, one is to be tried again, one is not."""
    said = {
        "MUG-01/hero": "decision: approved",
        "MUG-02/hero": "decision: approved",
        "MUG-01/wide": "decision: rejected, note: the handle is cut off",
        "BAG-01/hero": "decision: retry, note: too pale, retry: {seed: 20261128}",
    }
    lines = [
        f"  {path}: {{{entry}, picture: 'sha256:{shop.digest(path)}'}}"
        for path, entry in sorted(said.items())
    ]
    text = "\n".join(["version: 1", "pictures:", *lines, ""])
    shop.decisions.write_text(text, encoding="utf-8")


@contextmanager
def _pressed(page: Page, keys: tuple[str, ...]) -> Iterator[None]:
    """On the first picture."""
    if keys:
        page.locator(".tile").first.focus()
    for key in keys:
        page.keyboard.press(key)
    await_pictures(page)
    yield


def _quickstart(folder: Path) -> Path:
    left = shutil.ignore_patterns(".imagepipe", "*-emulated")
    shutil.copytree(ROOT / "examples" / "quickstart", folder, ignore=left)
    products = folder / "products.csv"
    rows = products.read_text(encoding="utf-8").splitlines(keepends=True)
    products.write_text("".join(rows[: 1 + PRODUCTS]), encoding="utf-8")
    return folder / "imagepipe.yaml"


def _edit(manifest: Path, *, back: bool = False) -> None:
    """Another light, as the README has it."""
    words = ("soft studio", "hard studio")
    old, new = reversed(words) if back else words
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace(old, new), encoding="utf-8")


def _planned(folder: Path) -> str:
    """What a plan prints after a prompt was edited, with colours."""
    manifest = _quickstart(folder)
    project = imagepipe.load(manifest, emulate=True)
    with imagepipe.plan(project, select="product:MUG-*") as planned:
        imagepipe.run(planned)
    _edit(manifest)
    command = [sys.executable, "-m", "imagepipe", "plan", "--emulate", "--select", "product:MUG-*"]
    ran = subprocess.run(
        command,
        cwd=folder,
        env={"FORCE_COLOR": "1", "COLUMNS": "80", "TERM": "xterm-256color"},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


def _keep(image: Image.Image, path: Path) -> None:
    """Write it, unless what is there shows the same: a minute that passed is no news."""
    if path.exists():
        with Image.open(path) as kept:
            if within(difference(kept, image), SAME):
                return
    image.save(path, quality=_QUALITY, method=6)


if __name__ == "__main__":
    ASSETS.mkdir(exist_ok=True)
    for name, svg in terminals().items():
        (ASSETS / name).write_text(svg, encoding="utf-8")
    with TemporaryDirectory() as place:
        for name, image in screenshots(Path(place)).items():
            _keep(image, ASSETS / name)
    print(*sorted(path.name for path in ASSETS.iterdir()), sep="\n")
