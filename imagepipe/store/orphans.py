"""Outputs of earlier runs that no job makes any more. They are kept, and told of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from imagepipe.model import Key
from imagepipe.store.lock_file import LockFile
from imagepipe.store.reader import Reader
from imagepipe.store.tree import Tree


@dataclass(frozen=True, slots=True)
class Orphan:
    """An output of an earlier run that no job makes any more."""

    path: str
    key: Key
    source: Literal["ledger", "lock"]
    present: bool


def orphans(
    reader: Reader | None, lock: LockFile, root: str, tree: Tree, is_made: Callable[[str], bool]
) -> Iterator[Orphan]:
    """Recorded outputs that no job makes; `is_made` is asked with paths without extension."""
    seen: set[str] = set()
    if reader:
        alone = [path for path in reader.output_paths(root) if not is_made(path.rpartition(".")[0])]
        for output in sorted(reader.outputs_at(root, alone).values(), key=attrgetter("path")):
            seen.add(output.path)
            yield Orphan(output.path, output.key, "ledger", tree.has(output.path))
    for entry in lock.entries:
        if entry.path not in seen and not is_made(entry.stem):
            yield Orphan(entry.path, entry.key, "lock", tree.has(entry.path))
