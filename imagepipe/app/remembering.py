"""What the last plan of a manifest found, as far as it holds, so that it is not worked out again.

A plan keeps, for every variant all of whose pictures are there, that this is so. The next one takes
its word if nothing that it rests on has changed: the program, every file that was read, what the
manifest says of the variant, the ledger, the lock, and each output. What is not kept is worked out.
Only `nothing to do` is remembered, and steps are always made anew: no memo can make a request.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from imagepipe import __version__
from imagepipe import manifest as manifests
from imagepipe.app import shipped
from imagepipe.app.project import Project
from imagepipe.key import SCHEME
from imagepipe.manifest import Checked, Settled, Variant
from imagepipe.model import Json, Key
from imagepipe.planner import Block, BlockMaker, Step, Verdict
from imagepipe.store import Known, Memo, Orphan, Outputs, read_memo, root_name, write_memo

WORTH = 1_000
"""Jobs from which on a plan is remembered: fewer are planned faster than they are looked up."""


def is_worth(jobs: int) -> bool:
    """Whether a plan of so many jobs is remembered."""
    return jobs >= WORTH


class Memory:
    """What is remembered of a manifest's last plan, and what is to be of this one."""

    def __init__(self, project: Project, known: Known) -> None:
        self._project = project
        self._known = known
        name = root_name(project.where.manifest, project.layout.root)
        self._path = project.layout.plans / f"{_hash(name)}.memo"
        self._world = list[Json](known.world())
        self._memo = self._read()
        if self._memo is not None:
            known.lock.trust(adds_nothing=self._memo.adds_nothing)
        self._kept = dict(self._holding())
        kept = {id(self._variants[name]) for name in self._kept}
        self._makers = {
            (variant.recipe, variant.axes): BlockMaker(variant.recipe)
            for recipe in project.manifest.recipes.values()
            for variant in recipe.variants
            if id(variant) not in kept
        }

    @cached_property
    def _variants(self) -> dict[str, Variant]:
        """By fingerprint; thousands of products in the manifest take a while to be hashed."""
        return dict(_named(manifests.variants(self._project.manifest)))

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What need not be looked at again."""
        return tuple(self._kept.values())

    @property
    def settled(self) -> Settled:
        """The same, for the check of jobs."""
        numbers = {id(self._variants[name]): len(block) for name, block in self._kept.items()}
        return Settled(numbers, self._stems)

    @property
    def is_whole(self) -> bool:
        """Whether it is the very plan that is remembered, and that one left nothing open."""
        memo = self._memo
        if memo is None or not memo.is_whole:
            return False
        return self._kept.keys() == self._variants.keys() == memo.blocks.keys()

    def orphans(self) -> tuple[Orphan, ...] | None:
        """Those that the same plan had; None if it was another one."""
        if self._memo is None or not self.is_whole:
            return None
        return tuple(
            self._known.remains.orphan(
                path, Key(key), "lock" if source == "lock" else "ledger", spot
            )
            for path, key, source, spot in self._memo.orphans
        )

    def may_be_orphans(self) -> list[str] | None:
        """The recorded outputs of jobs that are not remembered; None if nobody knows them all."""
        memo = self._memo
        if memo is None or not (memo.is_whole and memo.adds_nothing):
            return None
        left = [path for path, *_ in memo.orphans]
        for name, block in memo.blocks.items():
            left += () if name in self._kept else block.outputs()
        return left

    def see(self, step: Step) -> None:
        """Remember a job of which nothing is to be done."""
        maker = self._makers.get((step.job.recipe, step.job.axes))
        if maker is None:
            return
        stood = None
        if step.verdict is Verdict.REUSED and step.kept is None and step.record is not None:
            stood = self._known.stood.get(f"{step.job.path}.{step.record.extension}")
        if stood is None:
            maker.spoil()
        else:
            maker.add(step.candidate.provider, stood.path, stood.size, stood.mtime_ns)

    def keep(self, checked: Checked, orphans: tuple[Orphan, ...]) -> None:
        """Write down what was found, unless that is what is written already."""
        if not is_worth(checked.jobs) or self.is_whole or not self._is_plain(checked):
            return
        standing = ((at, maker.block()) for at, maker in self._makers.items())
        made = {at: block for at, block in standing if block is not None}
        if not (made or self._kept):
            return
        inputs = self._project.inputs.listed()
        if inputs is None or self._world != [*self._known.world()]:
            return  # it changed under our eyes
        blocks = dict(self._kept)
        for name, variant in self._variants.items():
            if (block := made.get((variant.recipe, variant.axes))) is not None:
                blocks[name] = block
        if blocks and not self._is_told(blocks):
            facts: dict[str, Json] = {**self._facts(), "inputs": dict(inputs)}
            found = tuple((one.path, str(one.key), str(one.source), one.spot) for one in orphans)
            is_whole = blocks.keys() == self._variants.keys()
            found = found if is_whole else ()
            adds_nothing = self._known.remains.adds_nothing()
            write_memo(self._path, Memo(facts, blocks, found, is_whole, adds_nothing))

    def _is_told(self, blocks: Mapping[str, Block]) -> bool:
        """Whether all blocks are remembered, and the rest of the plan is still open."""
        if self._memo is None or blocks.keys() == self._variants.keys():
            return False
        return all(self._memo.blocks.get(name) is block for name, block in blocks.items())

    def _is_plain(self, checked: Checked) -> bool:
        """Whether there is nothing to tell of single jobs, which is not remembered."""
        return not checked.problems and checked.notes == self._project.manifest.notes

    def _read(self) -> Memo | None:
        memo = read_memo(self._path)
        if memo is None or any(
            memo.facts.get(name) != fact for name, fact in self._facts().items()
        ):
            return None
        inputs = cast("dict[str, str]", memo.facts["inputs"])
        return memo if self._project.inputs.are_still(inputs) else None

    def _facts(self) -> dict[str, Json]:
        beside = _beside(self._project.where.manifest)
        return {
            "program": _program(),
            "scheme": SCHEME,
            "world": self._world,
            "beside": beside,
            "review": self._project.manifest.review.mark,
        }

    def _holding(self) -> Iterator[tuple[str, Block]]:
        """The blocks whose variants are still the same, and whose outputs are untouched."""
        if self._memo is None:
            return
        most = self._project.manifest.max_jobs
        if sum(map(len, self._memo.blocks.values())) > most:
            return  # it may be too many now, which is for the check to tell
        outputs = Outputs(self._project.outputs)
        for name, block in self._memo.blocks.items():
            if name in self._variants and outputs.are_untouched(
                block.outputs(), block.sizes, block.times
            ):
                yield name, block

    def _stems(self) -> Iterator[str]:
        for block in self._kept.values():
            yield from block.stems()


def _named(found: Iterable[tuple[Variant, str]]) -> Iterator[tuple[str, Variant]]:
    """Variants by fingerprint; none at all if two are alike, which is for the check to tell."""
    listed = list(found)
    if len({name for _, name in listed}) == len(listed):
        yield from ((name, variant) for variant, name in listed)


def _beside(manifest: Path) -> list[Json]:
    """Other manifests and their locks: an output that one of them names is no orphan."""
    found = (one for one in manifest.parent.iterdir() if one.suffix in (".lock", ".yaml", ".yml"))
    own = (manifest.name, f"{manifest.name}.lock")
    named = (one for one in found if one.name not in own and not one.name.endswith(".review.yaml"))
    files = (one for one in named if one.is_file())
    others = sorted((one.name, one.stat()) for one in files)
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in others]


def _program() -> str:
    """What the program is made of: its version, and the sizes and times of its files.

    Another version might make other jobs of the same manifest; so might one that is being written.
    """
    folders = [Path(__file__).resolve().parent.parent, shipped.folder()]
    templates = find_spec("jinja2")
    if templates is not None and templates.origin is not None:
        folders.append(Path(templates.origin).parent)
    stats = [*map(str, (__version__, sys.version))]
    for folder in folders:
        for at, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                if name.endswith((".py", ".yaml", ".json")):
                    found = os.stat(os.path.join(at, name))  # noqa: PTH116, PTH118 - several hundred
                    stats.append(f"{name} {found.st_size} {found.st_mtime_ns}")
    return _hash("\n".join(stats))


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
