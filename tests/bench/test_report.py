"""A report of 10,000 pictures in a real browser, beside one of 500: to the first picture, and while
it is scrolled from the top to the end.

`pytest -m bench -s tests/bench/test_report.py` prints the table. Bounds are asserted as ratios: a
grid that drew all its pictures would be twenty times as slow with twenty times as many.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image as Pillow
from playwright.sync_api import Browser, CDPSession

from imagepipe.report import folder as folders
from imagepipe.report.copies import Source
from imagepipe.report.gallery import Commands, Entry, Gallery, Image, Status, identity
from tests.report.browsing import LAPTOP, chromium

pytestmark = [pytest.mark.bench, pytest.mark.needs("chromium"), pytest.mark.timeout(900)]

SIZES = (500, 10_000)
DISTINCT = 400
"""Pictures that are really drawn, each of its own colour; they come again and again."""

RECIPES = ("hero", "wide", "portrait", "detail")


@dataclass(frozen=True, slots=True)
class Seen:
    """Milliseconds, by the clock or of the page's main thread (`cpu`), and tiles at once.

    `first` is until the first thumbnail, `ready` until all can be filtered, `longest` and `slow`
    (of a hundred, the longest but one) are between two frames.
    """

    page_mib: float
    ready: float
    ready_cpu: float
    first: float
    longest: float
    slow: float
    frame_cpu: float
    frames: int
    search: float
    tiles: int


def _entry(number: int, digests: list[str]) -> Entry:
    product, recipe = f"SKU-{number // len(RECIPES):05}", RECIPES[number % len(RECIPES)]
    spot = f"{recipe}|{product}|1"
    return Entry(
        id=identity("shop", spot),
        catalogue="shop",
        spot=spot,
        number=number,
        product=product,
        recipe=recipe,
        axes={},
        index=1,
        tags=("summer",) if number % 3 else ("winter",),
        path=f"{product}/{recipe}.png",
        status=Status.FAILED if number % 97 == 5 else Status.DONE,
        reason="its picture is there",
        key=hashlib.sha256(spot.encode()).hexdigest(),
        provider=("runcrate", "goneural", "rungen")[number % 3],
        commands=Commands(f"imagepipe run --select 'product:{product}'", "imagepipe explain x"),
        model="black-forest-labs/FLUX.1-schnell",
        prompt=f"A stoneware mug number {number}, glazed by hand, on a wooden table in the morning "
        "light of a kitchen, product photograph, shallow depth of field, soft shadow, 50 mm",
        negative_prompt="text, watermark, people",
        parameters={"aspect_ratio": "1:1", "steps": 28, "guidance": "3.5"},
        seed=number,
        cost=Decimal("0.003"),
        submitted_at="2026-11-28T03:16:36.932Z",
        finished_at="2026-11-28T03:16:40.315Z",
        seconds=1 + number % 17 / 3,
        attempts=1,
        image=Image(digests[number % DISTINCT], "png", 1024, 1024, 1_400_000),
    )


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """One of each size, with the same pictures."""
    folder = tmp_path_factory.mktemp("bench")
    sources = {}
    for number in range(DISTINCT):
        path = folder / f"{number}.png"
        tile = Pillow.effect_noise((400, 400), 30).convert("RGB")
        tint = Pillow.new("RGB", tile.size, (number % 255, number * 7 % 255, 90))
        Pillow.blend(tile, tint, 0.6).save(path)
        sources[hashlib.sha256(path.read_bytes()).hexdigest()] = Source(path)
    made = {}
    for many in SIZES:
        entries = tuple(_entry(number, [*sources]) for number in range(many))
        gallery = Gallery("shop", ("shop.yaml",), False, "2026-11-28T04:00:00Z", "bench", entries)
        made[many] = folder / f"report-{many}"
        folders.write(gallery, sources, made[many])
    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def test_ten_thousand_pictures_open_and_scroll(
    browser: Browser, reports: dict[int, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The first picture soon; frames that cost no more than with 500."""
    _look(browser, reports[SIZES[0]])  # warm
    few, many = (_look(browser, reports[size]) for size in SIZES)
    with capsys.disabled():
        print(f"\n{'pictures':>9} {' '.join(f'{name:>9}' for name in few.__slots__)}")
        for size, seen in zip(SIZES, (few, many), strict=True):
            row = (f"{getattr(seen, name):9.1f}" for name in few.__slots__)
            print(f"{size:>9} {' '.join(row)}")
    assert many.tiles <= 2 * few.tiles
    assert many.frame_cpu <= 2 * few.frame_cpu
    assert many.ready_cpu <= 10 * few.ready_cpu


def _look(browser: Browser, report: Path) -> Seen:
    with closing(browser.new_context(viewport=LAPTOP)) as context:
        page = context.new_page()
        metrics = context.new_cdp_session(page)
        metrics.send("Performance.enable")
        began = time.perf_counter()
        page.goto((report / "index.html").as_uri())
        page.wait_for_selector("#statuses button")
        ready, ready_cpu = (time.perf_counter() - began) * 1000, _thread(metrics)
        first = page.evaluate(_FIRST)
        before = _thread(metrics)
        frames = page.evaluate(_SCROLL)
        scrolled = _thread(metrics) - before
        search = page.evaluate(_SEARCH)
    ordered = sorted(frames["gaps"])
    return Seen(
        page_mib=(report / "index.html").stat().st_size / 2**20,
        ready=ready,
        ready_cpu=ready_cpu,
        first=first,
        longest=ordered[-1],
        slow=ordered[int(len(ordered) * 0.99)],
        frame_cpu=scrolled / len(ordered),
        frames=len(ordered),
        search=search,
        tiles=frames["tiles"],
    )


def _thread(metrics: CDPSession) -> float:
    """CPU milliseconds of the page's main thread so far."""
    told = metrics.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in told if one["name"] == "ThreadTime")) * 1000


_FIRST = """async () => {
  const image = document.querySelector(".tile img");
  await image.decode();
  const [entry] = performance.getEntriesByName(image.src);
  return entry?.responseEnd || performance.now();
}"""
"""From the navigation until the first thumbnail is loaded."""

_SCROLL = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const gaps = [];
  let tiles = 0;
  const end = document.documentElement.scrollHeight;
  const step = Math.max(240, end / 600);
  let before = await frame();
  for (let top = 0; top < end; top += step) {
    scrollTo(0, top);
    const now = await frame();
    gaps.push(now - before);
    before = now;
    tiles = Math.max(tiles, document.querySelectorAll(".tile").length);
  }
  scrollTo(0, 0);
  await frame();
  return { gaps, tiles };
}"""
"""A fling through everything, in 600 steps at most; the times between frames."""

_SEARCH = """async () => {
  const field = document.querySelector("#search");
  const began = performance.now();
  field.value = "kitchen 99";
  field.dispatchEvent(new Event("input"));
  while (!/ of /.test(document.querySelector("#found").textContent)) {
    await new Promise((soon) => setTimeout(soon, 1));
  }
  return performance.now() - began;
}"""
"""From the last key until the found pictures are told, with the pause for further keys."""
