"""How long it takes to find and tell 1,000 errors, of every kind and in every form.

`pytest -m bench tests/bench/test_errors.py` prints the table. Times are of the processor; the bound
is on the ratio to the same shop without a mistake, checked in the same process.
"""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imagepipe.cli.main import run

ERRORS = 1_000
ROUNDS = 5
MOST = 10
"""Times what the shop without a mistake takes, for the worst kind in the worst form."""

HEAD = "version: 1\ndefaults: {provider: goneural, aspect_ratio: 1:1}\nmax_jobs: 100000\n"
ONE = 'images: {x: {prompt: "a {{ name }}"}}\n'
ROWS = [f"M-{n},mug {n},{n}" for n in range(ERRORS)]


def recipes(entry: Callable[[int], str]) -> str:
    return "images:\n" + "".join(f"  x{n}: {entry(n)}\n" for n in range(ERRORS))


def table(row: Callable[[int], str]) -> str:
    return "sku,name,stock\n" + "".join(f"{row(n)}\n" for n in range(ERRORS))


SOUND = (HEAD + "products: {from: p.csv}\n" + ONE, table(ROWS.__getitem__))
SOUND_RECIPES = (HEAD + recipes(lambda n: f'{{prompt: "a mug, number {n}"}}'), "")

KINDS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "one slip in 1,000 recipes": (
        (HEAD + recipes(lambda n: f'{{promt: "a mug, number {n}"}}'), ""),
        SOUND_RECIPES,
    ),
    "1,000 different slips": (
        (HEAD + recipes(lambda n: f'{{prompt: "a mug, number {n}", key{n}: 1}}'), ""),
        SOUND_RECIPES,
    ),
    "1,000 prompts that are not there": (
        (HEAD + recipes(lambda n: f"{{prompt: p{n}}}"), ""),
        SOUND_RECIPES,
    ),
    "1,000 undefined names": (
        (HEAD + recipes(lambda n: f'{{prompt: "a {{{{ name{n} }}}} mug"}}'), ""),
        (HEAD + recipes(lambda n: f'{{prompt: "a {{{{ image }}}} mug, number {n}"}}'), ""),
    ),
    "1,000 short rows": ((SOUND[0], table(lambda n: f"M-{n},mug")), SOUND),
    "1,000 empty fields": ((SOUND[0], table(lambda n: f"M-{n},,3")), SOUND),
    "1,000 keys that are there twice": ((SOUND[0], table(lambda n: f"M-{n % 2},mug,3")), SOUND),
    "1,000 prompts too long": ((SOUND[0], table(lambda n: f"M-{n},{'m' * 600},3")), SOUND),
    "1,000 jobs for one file": (
        (SOUND[0].replace('"}}', '", path: x}}'), SOUND[1]),
        SOUND,
    ),
}  # fmt: skip


def taken(shop: tuple[str, str], form: str, expected: int) -> Iterator[float]:
    """Seconds of the processor that each of several checks takes."""
    Path("imagepipe.yaml").write_text(shop[0], encoding="utf-8")
    Path("p.csv").write_text(shop[1], encoding="utf-8")
    for _ in range(ROUNDS):
        out, errors = io.StringIO(), io.StringIO()
        began = time.process_time()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            code = run(["validate", "--output-format", form])
        yield time.process_time() - began
        assert code == (2 if expected else 0), errors.getvalue()[:500]
        if form == "json" and expected:
            problems = json.loads(out.getvalue())["problems"]
            assert sum(max(1, len(one["shared_by"])) for one in problems) >= expected


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_a_thousand_errors_are_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Finding and telling costs no more than a few times what a sound shop costs."""
    monkeypatch.chdir(tmp_path)
    list(taken(SOUND, "full", 0))  # imports are not what is measured
    lines, every, worst = [], list[float](), 0.0
    for kind, (wrong, sound) in KINDS.items():
        base = min(taken(sound, "full", 0))
        cells = []
        for form in ("full", "concise", "json", "github"):
            times = list(taken(wrong, form, ERRORS - 2))
            every += times
            worst = max(worst, min(times) / base)
            cells.append(f"{form} {min(times) * 1e3:5.0f} ms")
        lines.append(f"{kind:>34}: {', '.join(cells)}; sound {base * 1e3:5.0f} ms")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
        print(f"mean {sum(every) / len(every) * 1e3:.0f} ms, worst {max(every) * 1e3:.0f} ms")
        print(f"worst ratio to a sound shop: {worst:.1f}")
    assert worst <= MOST
