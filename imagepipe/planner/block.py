"""The jobs of one variant as an earlier plan found them, all reused: enough to count them again.

Such a block can say nothing but that there is nothing to do. It holds no key and no request, so
that nothing is ever sent, and no money spent, on its word.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Block:
    """`providers` counts its jobs by the candidate whose picture is there.

    `paths` are its outputs with their extensions, a line each; `sizes` are their bytes, `times`
    when they were changed last (nanoseconds).
    """

    recipe: str
    providers: Mapping[str, int]
    paths: str = field(repr=False)
    sizes: array[int] = field(repr=False)
    times: array[int] = field(repr=False)

    def __len__(self) -> int:
        return len(self.sizes)

    def outputs(self) -> list[str]:
        return self.paths.split("\n") if self.paths else []

    def stems(self) -> list[str]:
        """The paths without extension, as jobs have them."""
        return [path.rpartition(".")[0] for path in self.outputs()]


class BlockMaker:
    """Gathers the jobs of one variant; `spoil` says that one of them is not simply there."""

    def __init__(self, recipe: str) -> None:
        self._recipe = recipe
        self._providers: Counter[str] = Counter()
        self._paths = bytearray()
        self._sizes, self._times = array("q"), array("q")
        self._spoilt = False

    def add(self, provider: str, path: str, size: int, mtime_ns: int) -> None:
        if self._spoilt:
            return
        self._providers[provider] += 1
        self._paths += (
            f"\n{path}" if self._sizes else path
        ).encode()  # a list takes three times it
        self._sizes.append(size)
        self._times.append(mtime_ns)

    def spoil(self) -> None:
        if not self._spoilt:
            self._spoilt = True
            self._paths = bytearray()

    def block(self) -> Block | None:
        if self._spoilt:
            return None
        paths = self._paths.decode()
        return Block(self._recipe, dict(self._providers), paths, self._sizes, self._times)
