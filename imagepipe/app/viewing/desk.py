"""What a page has to know to take decisions: where they go, who else could draw, what to type."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from imagepipe.app import shipped
from imagepipe.app.gallery import Again
from imagepipe.app.project import Project, catalogue_of
from imagepipe.model import Json
from imagepipe.provider import Provider, Settings, load_spec


def desk_of(projects: Sequence[Project], again: Callable[[Project], Again]) -> dict[str, Json]:
    """The facts for the page.

    `files` are the review files, `providers` those that can be asked for by catalogue, `retry` the
    commands that carry tries out.
    """
    return {
        "files": [project.review.name for project in projects],
        "providers": {catalogue_of(project): [*_providers(project)] for project in projects},
        "retry": [f"{again(project)('run')} --select review:retry" for project in projects],
    }


def _providers(project: Project) -> list[Json]:
    """Those of the manifest, then the built-in ones that need no setting."""
    mine = [*project.manifest.providers]
    return [*mine, *(name for name in shipped.builtin_names() if name not in mine and _ready(name))]


def _ready(name: str) -> bool:
    document = shipped.spec_document(name)
    if document is None:
        return False
    provider = Provider(name, load_spec(document), Settings())
    return not any(bad.severity == "error" for bad in provider.check())
