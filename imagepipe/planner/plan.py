"""A plan: the verdicts on all jobs of a manifest, streamed, and their sum.

A plan holds no requests and no prompts. Its summary is made in one pass; its steps are made anew
whenever they are asked for, a batch at a time, so that a million jobs need little more than one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from heapq import heappush, heappushpop
from itertools import chain, islice

from imagepipe.marks import Marks
from imagepipe.model import Job, Key
from imagepipe.planner.block import Block
from imagepipe.planner.judge import Known, Policy, Step, Verdict, is_refusal, judge
from imagepipe.planner.select import Sample, Selection, rank

BATCH = 500
"""Keys looked up in one question to the ledger."""

Jobs = Callable[[str | None], Iterator[Job]]
"""The jobs of a manifest in their order; of one provider only, if it is named."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a plan comes to. `estimate` is USD over the priced jobs, `unpriced` counts the rest.

    Of the failed jobs, `refused` were turned down for what they ask; `kept` are the paths of files
    that are a person's, and stay where pictures would be; `strangers` those of files of which
    nothing is known where pictures are to be paid for.
    """

    total: int
    verdicts: dict[Verdict, int]
    by_provider: dict[str, dict[Verdict, int]]
    by_recipe: dict[tuple[str, str], dict[Verdict, int]]
    estimate: Decimal
    unpriced: int
    skipped: int = 0
    refused: int = 0
    kept: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()

    def count(self, *verdicts: Verdict) -> int:
        return sum(self.verdicts.get(verdict, 0) for verdict in verdicts)

    @property
    def pays(self) -> int:
        return sum(n for verdict, n in self.verdicts.items() if verdict.pays)

    @property
    def works(self) -> int:
        return sum(n for verdict, n in self.verdicts.items() if verdict.works)

    @property
    def asks(self) -> int:
        """Jobs for which requests would be sent."""
        return sum(n for verdict, n in self.verdicts.items() if verdict.asks_provider)


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a manifest against what was known when each batch of them is asked for."""

    jobs: Jobs
    known: Known
    selection: Selection
    policy: Policy
    summary: Summary
    chosen: frozenset[Key] | None = None

    def steps(self, provider: str | None = None) -> Iterator[Step]:
        """All steps in order; with `provider`, those of jobs whose first candidate it is."""
        for step in _judged(self.jobs(provider), self.known, self.selection, self.policy, Marks()):
            if self.chosen is None or not step.verdict.works or step.job.key in self.chosen:
                yield step


@dataclass(slots=True)
class _Sum:
    counts: Counter[tuple[str, str, Verdict]] = field(default_factory=Counter)
    estimate: Decimal = Decimal(0)
    unpriced: int = 0
    skipped: int = 0
    refused: int = 0
    kept: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    chosen: set[Key] = field(default_factory=set)

    def add(self, step: Step) -> None:
        self.counts[step.job.recipe, step.candidate.provider, step.verdict] += 1
        if step.kept is not None:
            self.kept.append(step.kept)
        if step.stranger is not None:
            self.strangers.append(step.stranger)
        if step.verdict is Verdict.FAILED and step.record is not None:
            self.refused += is_refusal(step.record.fault)
        if step.verdict.pays:
            if step.candidate.price is None:
                self.unpriced += 1
            else:
                self.estimate += step.candidate.price

    def settle(self, block: Block) -> None:
        for name, number in block.providers.items():
            self.counts[block.recipe, name, Verdict.REUSED] += number

    def summary(self) -> Summary:
        verdicts = Counter[Verdict]()
        by_provider: dict[str, dict[Verdict, int]] = {}
        by_recipe: dict[tuple[str, str], dict[Verdict, int]] = {}
        for (recipe, name, verdict), number in self.counts.items():
            verdicts[verdict] += number
            for counts in (
                by_provider.setdefault(name, {}),
                by_recipe.setdefault((recipe, name), {}),
            ):
                counts[verdict] = counts.get(verdict, 0) + number
        return Summary(
            verdicts.total(),
            dict(verdicts),
            by_provider,
            by_recipe,
            self.estimate,
            self.unpriced,
            self.skipped,
            self.refused,
            tuple(self.kept),
            tuple(self.strangers),
        )


class _Draw:
    """The lowest ranks of so many jobs as were looked at, and nothing else of them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._highest_first: list[int] = []

    def look(self, job: Job) -> None:
        if len(self._highest_first) < self._size:
            heappush(self._highest_first, -rank(job))
        else:
            heappushpop(self._highest_first, -rank(job))

    def drawn(self) -> Sample:
        return Sample(self._size, -self._highest_first[0] if self._highest_first else -1)


class _Hashes:
    """Hashes of paths, eight bytes each."""

    def __init__(self, hashes: Iterable[int]) -> None:
        self._sorted = array("q", sorted(hashes))

    def __contains__(self, found: int) -> bool:
        at = bisect_left(self._sorted, found)
        return at < len(self._sorted) and self._sorted[at] == found


class Survey:
    """The first pass: sees every job once, judges them in batches, and sums up.

    A sample is drawn from all jobs before any is judged: those that are in it are made once more.
    """

    def __init__(
        self,
        known: Known,
        *,
        selection: Selection | None = None,
        policy: Policy | None = None,
        limit: int | None = None,
        watch: Callable[[Step], None] = lambda _step: None,
    ) -> None:
        """Begin.

        Args:
            known: What is known of keys and outputs.
            selection: Which jobs the command is about; all, by default.
            policy: What a person allows.
            limit: At most so many jobs are worked on, the first ones; the rest is skipped.
            watch: Sees every step, for a listing.
        """
        self._known = known
        self._selection, self._policy = selection or Selection(), policy or Policy()
        self._limit, self._watch = limit, watch
        self._batch: list[Job] = []
        self._paying = Marks()
        self._sum = _Sum()
        self._hashes = array("q")
        self._blocks: list[Block] = []
        self._seen: _Hashes | None = None
        self._settled: _Hashes | None = None
        sample = self._selection.sample
        self._draw = None if sample is None else _Draw(sample.size)

    def settle(self, block: Block) -> None:
        """Count the jobs of a block, none of which needs to be seen."""
        self._sum.settle(block)
        self._blocks.append(block)

    def see(self, job: Job) -> None:
        self._hashes.append(hash(job.path))
        self._batch.append(job)
        if len(self._batch) == BATCH:
            self._flush()

    def makes(self, path: str) -> bool:
        """Whether a job of the manifest writes this path (without its extension)."""
        found = hash(path)
        if self._seen is None:
            self._seen = _Hashes(self._hashes)
            self._hashes = array("q")
        if found in self._seen:
            return True
        if self._settled is None:  # late: of an edited prompt's pictures nobody asks for others
            settled = (map(hash, block.stems()) for block in self._blocks)
            self._settled = _Hashes(chain.from_iterable(settled))
        return found in self._settled

    def plan(self, jobs: Jobs) -> Plan:
        """The plan; `jobs` makes the jobs again whenever steps are asked for."""
        self._flush()
        if self._draw is not None:
            self._selection = replace(self._selection, sample=self._draw.drawn())
            self._judge(jobs(None))
        self._paying = Marks()  # whoever asks for steps judges them anew
        chosen = None if self._limit is None else frozenset(self._sum.chosen)
        return Plan(jobs, self._known, self._selection, self._policy, self._sum.summary(), chosen)

    def _flush(self) -> None:
        batch, self._batch = self._batch, []
        if self._draw is None:
            self._judge(batch)
            return
        records = self._known.records([c.key for job in batch for c in job.candidates])
        for job in batch:
            if self._selection.names(job, records):
                self._draw.look(job)

    def _judge(self, jobs: Iterable[Job]) -> None:
        for step in _judged(jobs, self._known, self._selection, self._policy, self._paying):
            if self._limit is not None and step.verdict.works:
                chosen = self._sum.chosen
                if len(chosen) >= self._limit and step.job.key not in chosen:
                    self._sum.skipped += 1
                    continue
                chosen.add(step.job.key)
            self._sum.add(step)
            self._watch(step)


def _judged(
    jobs: Iterable[Job],
    known: Known,
    selection: Selection,
    policy: Policy,
    paying: Marks,
) -> Iterator[Step]:
    """Verdicts in batches; `paying` marks the requests that an earlier job of the plan makes."""
    stream = iter(jobs)
    while batch := list(islice(stream, BATCH)):
        if selection:
            records = known.records([c.key for job in batch for c in job.candidates])
            batch = [job for job in batch if selection.takes(job, records)]
        for step in judge(batch, known, policy):
            yield _shared(step, paying)


def _shared(step: Step, paying: Marks) -> Step:
    """Two jobs that make the same request need one picture: the second waits for the first's."""
    if not step.verdict.pays and step.verdict is not Verdict.RESUMABLE:
        return step
    if not _is_first(step.candidate.key, paying):
        reason = "the same request as an earlier job of this plan: one picture serves both"
        return Step(step.job, step.candidate, Verdict.SHARED, reason, step.record)
    return step


def _is_first(key: Key, paying: Marks) -> bool:
    """Whether no job had this key before; 120 bits of it tell it from all others."""
    return paying.claim(int(key[:15], 16), int(key[15:30], 16))
