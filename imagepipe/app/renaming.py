"""New pictures of a plan that are old ones under another name, told from what no job makes now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from imagepipe.app.planning import Planned
from imagepipe.model import Json
from imagepipe.planner import Renamed

COMPARED = 2_000
"""Orphans that are compared with new pictures."""


def renamed(planned: Planned) -> tuple[Renamed, ...]:
    """Which new pictures of a plan are old ones under another name."""
    if not planned.seen.expects or not planned.orphans:
        return ()
    return planned.seen.renamed(_requests(planned))


def _requests(planned: Planned) -> Iterator[tuple[str, str, Mapping[str, Json]]]:
    for orphan in islice(planned.orphans, COMPARED):
        canonical = planned.known.canonical(orphan.key) if orphan.spot else None
        if canonical is not None:
            recipe, _, rest = (orphan.spot or "").partition("|")
            yield recipe, rest.partition("|")[0], canonical
