"""What every rule code means, from the file that comes with the program."""

from __future__ import annotations

import re
from functools import cache

from imagepipe.app.shipped import folder
from imagepipe.document import Mapping, parse
from imagepipe.errors import Rule

_CODE = re.compile(r"[eE]\d{3}")


@cache
def rules() -> dict[str, Rule]:
    """All of them by code, in order."""
    path = folder() / "rules.yaml"
    root = parse(path.read_bytes(), "specs/rules.yaml").root
    entries = root.items() if isinstance(root, Mapping) else ()
    return {
        code: Rule(code, **{name: str(text) for name, text in entry.items()})
        for code, entry in entries
        if isinstance(entry, Mapping)
    }


def is_code(text: str) -> bool:
    """Whether it looks like a rule's code, known or not."""
    return _CODE.fullmatch(text.strip()) is not None


def rule(code: str) -> Rule | None:
    """The rule, None if there is none of that code."""
    return rules().get(code.strip().upper())
