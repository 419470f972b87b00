"""The manifest's JSON schema."""

from __future__ import annotations

from imagepipe.document import shipped_schema
from imagepipe.model import Json


def manifest_schema() -> dict[str, Json]:
    """`specs/manifest.schema.json`.

    Raises:
        FileNotFoundError: the installation is broken.
    """
    return shipped_schema("manifest")
