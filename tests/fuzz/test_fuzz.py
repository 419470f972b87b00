"""What people wrote, and what nobody would write: parsers refuse it or read it, in bounds."""

from __future__ import annotations

from multiprocessing import get_context

import pytest

from tests.fuzz.campaign import Outcome, campaign
from tests.fuzz.corpus import SEEDS
from tests.fuzz.targets import TARGETS

PARTS = 10
INPUTS = {
    "yaml": 250_000, "manifest": 10_000, "csv": 200_000, "tsv": 50_000, "jsonl": 60_000,
    "json": 60_000, "template": 80_000, "path": 30_000, "where": 60_000, "slug": 150_000,
    "selector": 100_000, "review": 30_000,
}  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus_is_read_or_refused(target: str) -> None:
    """The seeds, and a few mutations of them."""
    outcome = campaign(target, len(SEEDS[target]) + 20, seed=1)
    assert outcome.findings == []
    assert outcome.kinds > 1


@pytest.mark.deep
@pytest.mark.timeout(3_600)
def test_a_million_inputs_are_read_or_refused() -> None:
    """None uncaught, none over a second of processor time or 256 MiB."""
    assert sum(INPUTS.values()) >= 1_000_000
    parts = [(t, n // PARTS, seed) for seed in range(PARTS) for t, n in INPUTS.items()]
    with get_context("spawn").Pool(2, maxtasksperchild=4) as pool:
        outcomes = []
        for number, outcome in enumerate(pool.imap_unordered(_part, parts), 1):
            outcomes.append(outcome)
            print(
                f"{number:>4} of {len(parts)}: {outcome.target}, {len(outcome.findings)} findings"
            )
    total = {target: _joined(target, outcomes) for target in INPUTS}
    for one in total.values():
        print(
            f"{one.target:>9}: {one.inputs:>9,} inputs, {one.kinds:>4} kinds, "
            f"mean {one.seconds / one.inputs * 1e6:>6.0f} us, slowest {one.slowest:.3f} s"
        )
    print(f"    total: {sum(one.inputs for one in total.values()):>9,} inputs")
    assert [finding for one in total.values() for finding in one.findings] == []


def _part(part: tuple[str, int, int]) -> Outcome:
    return campaign(*part)


def _joined(target: str, outcomes: list[Outcome]) -> Outcome:
    whole = Outcome(target)
    for one in outcomes:
        if one.target == target:
            whole.inputs += one.inputs
            whole.kinds = max(whole.kinds, one.kinds)
            whole.slowest = max(whole.slowest, one.slowest)
            whole.seconds += one.seconds
            whole.findings += one.findings
    return whole
