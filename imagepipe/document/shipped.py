"""The JSON schemas of the program: in a wheel inside the package, in a checkout beside it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from imagepipe.model import Json

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def shipped_schema(name: str) -> dict[str, Json]:
    """`specs/<name>.schema.json`.

    Raises:
        FileNotFoundError: the installation is broken.
    """
    for folder in (_PACKAGE / "specs", _PACKAGE.parent / "specs"):
        path = folder / f"{name}.schema.json"
        if path.is_file():
            schema: dict[str, Json] = json.loads(path.read_text(encoding="utf-8"))
            return schema
    raise FileNotFoundError(f"specs/{name}.schema.json is missing beside {_PACKAGE}")
