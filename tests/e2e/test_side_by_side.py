"""The forms in which a run is seen agree with each other, in numbers and in words."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.e2e.side_by_side import Forms, played

pytestmark = [pytest.mark.needs("tmux"), pytest.mark.needs("chromium")]

JOBS = "8 jobs in SECONDS: 7 generated, 1 failed."
MONEY = "Spent $0.012 and an unknown price for 3 pictures. Requests: 8 submits, 4 downloads."
PATH = "P00001/openai-images"
MESSAGE = "Your request was rejected by the safety system. safety_violations=[violence]"
CAUSE = f"{MESSAGE} (moderated, HTTP 400, moderation_blocked)"
STEP = (
    "1 job was refused, and the same request would be again: change the prompt (or what the "
    "reason names), then:"
)


def flat(text: str) -> str:
    """Without line breaks, times and what Markdown needs."""
    text = re.sub(r"\\([\\`*_{}\[\]<>#|~!&])", r"\1", text)
    return re.sub(r" in [\d.]+ s:", " in SECONDS:", " ".join(text.split()))


def test_one_run_is_told_alike_in_all_its_forms(tmp_path: Path) -> None:
    """Terminal, log, JUnit, GitHub's page and the report: one run that is played once."""
    forms = played(tmp_path)
    ends_agree(forms)
    failures_agree(forms)
    counts_agree(forms)


def ends_agree(forms: Forms) -> None:
    """What became of the jobs, what it cost, why one failed, and the command to go on with."""
    ends = (forms.terminal, forms.log, forms.github)
    for text in ends:
        for words in (JOBS, MONEY, PATH, CAUSE, STEP):
            assert words in flat(text)
        assert re.search(r"^ +imagepipe run$", text, re.MULTILINE)
    told = {tuple(re.findall(r"8 jobs in ([\d.]+ s):", text)) for text in ends}
    assert [len(times) for times in told] == [1]


def failures_agree(forms: Forms) -> None:
    """A failure is told as it comes, above the board and in the log, and where the picture is."""
    said = f"failed {PATH} (openai-images): {CAUSE}"
    assert said in flat(forms.board)
    assert said in flat(forms.log).partition(" jobs in ")[0]
    (case,) = [case for case in ET.fromstring(forms.junit).iter("testcase") if len(case)]  # noqa: S314 - our own
    assert case.get("name") == PATH
    assert case[0].tag == "failure"
    assert f"failed at openai-images: {CAUSE}" in flat(case[0].text or "")
    assert MESSAGE in flat(forms.page)


def counts_agree(forms: Forms) -> None:
    """Eight jobs, seven pictures, one failure, and three prices that nobody knows."""
    row = next(line.split() for line in forms.board.splitlines() if line.startswith("all "))
    done, total = map(int, row[1].split("/"))
    assert done + int(row[2]) + int(row[3]) == total == 8
    assert "3 of unknown price" in flat(forms.board)
    root = ET.fromstring(forms.junit)  # noqa: S314 - our own
    counts = [root.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["8", "1", "0", "0"]
    assert "| jobs | generated | failed |\n|---|---|---|\n| 8 | 7 | 1 |" in forms.github
    for words in ("All 8", "Done 7", "Failed 1", "7 of 8", "$0.012", "3 of unknown price"):
        assert words in flat(forms.page)
