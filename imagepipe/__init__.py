"""imagepipe: a declarative batch runner for text-to-image APIs.

The public names are resolved when they are first used, so that importing the package costs nothing.

    import imagepipe

    project = imagepipe.load("imagepipe.yaml", emulate=True)
    with imagepipe.plan(project) as planned:
        report = imagepipe.run(planned)
    print(report.jobs["generated"], "pictures,", report.spent, "USD")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imagepipe.app.api import load, plan, run, run_async
    from imagepipe.app.planning import Planned
    from imagepipe.app.project import Project
    from imagepipe.app.report import Report
    from imagepipe.app.run_options import RunOptions
    from imagepipe.errors import ImagepipeError, InputError, Problem

__version__ = "0.1.0"

_HOMES = {
    "ImagepipeError": "imagepipe.errors",
    "InputError": "imagepipe.errors",
    "Planned": "imagepipe.app.planning",
    "Problem": "imagepipe.errors",
    "Project": "imagepipe.app.project",
    "Report": "imagepipe.app.report",
    "RunOptions": "imagepipe.app.run_options",
    "load": "imagepipe.app.api",
    "plan": "imagepipe.app.api",
    "run": "imagepipe.app.api",
    "run_async": "imagepipe.app.api",
}

__all__ = [
    "ImagepipeError",
    "InputError",
    "Planned",
    "Problem",
    "Project",
    "Report",
    "RunOptions",
    "__version__",
    "load",
    "plan",
    "run",
    "run_async",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
