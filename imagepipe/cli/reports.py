"""The reports of several runs as one: one object, one page, one exit code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from imagepipe.app.report import Report
from imagepipe.cli.projects import added
from imagepipe.store.money import Sum


def reported(reports: Sequence[Report]) -> Report:
    """Several runs, one after another, as one; the worst exit code counts."""
    first = reports[0]
    if len(reports) == 1:
        return first
    return replace(
        first,
        manifests=tuple(name for report in reports for name in report.manifests),
        total=sum(report.total for report in reports),
        jobs=added(report.jobs for report in reports),
        spent=sum((report.spent for report in reports), Decimal(0)),
        unknown=sum(report.unknown for report in reports),
        requests=added(report.requests for report in reports),
        seconds=sum(report.seconds for report in reports),
        faults=tuple(fault for report in reports for fault in report.faults),
        stopped={name: fault for report in reports for name, fault in report.stopped.items()},
        in_doubt=sum((report.in_doubt for report in reports), Sum()),
        reserved=sum((report.reserved for report in reports), Sum()),
        risked=sum((report.risked for report in reports), Sum()),
        kept=tuple(one for report in reports for one in report.kept),
        charges=tuple(one for report in reports for one in report.charges),
        pruned=tuple(path for report in reports for path in report.pruned),
        exit_code=worst(report.exit_code for report in reports),
    )


_WORST_FIRST = (143, 130, 129, 69, 75, 2, 4, 5, 6, 1, 3)
"""When several apply (docs/design.md, section 8)."""


def worst(codes: Iterable[int]) -> int:
    found = set(codes)
    return next((code for code in _WORST_FIRST if code in found), max(found, default=0))
