"""The files that come with the program: schemas and provider specs.

In a wheel they lie inside the package, in a checkout beside it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from imagepipe.document import Document, parse

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def folder() -> Path:
    """Where specs lie. Raises FileNotFoundError if the installation is broken."""
    for candidate in (_PACKAGE / "specs", _PACKAGE.parent / "specs"):
        if (candidate / "manifest.schema.json").is_file():
            return candidate
    raise FileNotFoundError(f"the specs are missing beside {_PACKAGE}: reinstall imagepipe")


def builtin_names() -> tuple[str, ...]:
    """The names of the built-in providers, sorted."""
    return tuple(sorted(path.stem for path in (folder() / "providers").glob("*.yaml")))


def spec_document(name: str) -> Document | None:
    """A built-in provider's spec as a document, None if there is none of that name."""
    if name not in builtin_names():
        return None
    path = folder() / "providers" / f"{name}.yaml"
    return parse(path.read_bytes(), f"specs/providers/{name}.yaml")


def schema_text(name: str) -> str:
    """The JSON Schema (draft-07) of `manifest`, `provider`, `report` or `review` files."""
    return (folder() / f"{name}.schema.json").read_text(encoding="utf-8")
