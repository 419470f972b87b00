"""What is wrong with a field of a recipe at a provider, as a value, and whose constraint says so.

How a constraint is checked is in `checks`; how sizes are matched in `shape`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from imagepipe.model import Json
from imagepipe.provider.spec import Constraint


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong (or, as a note, doubtful) with one field of a recipe at one provider.

    `rule` is the constraint's key that is broken (`max`), which together with the field is the
    same for all values that break it; `item` is the number of the picture in its field. Of a
    `secret` field the value is not shown: it may be a key that was written down.
    """

    code: str
    field: str
    message: str
    hint: str | None = None
    severity: Literal["error", "note"] = "error"
    secret: bool = False
    rule: str = ""
    item: int | None = None


NOT_TAKEN = "E401"
MISSING = "E402"
OUT_OF_RANGE = "E403"
NOT_LISTED = "E404"
MISSHAPEN = "E405"
NO_SUCH_SIZE = "E406"
CLASH = "E407"
NEEDS_BYTES = "E408"
BAD_ADDRESS = "E409"
SETTING = "E410"

Check: TypeAlias = Callable[["Json | Sequence[object]"], "Violation | None"]
"""None if all is well with a value."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose constraint on what: `field` as the recipe calls it, `provider`, and where to read."""

    field: str
    provider: str
    see: str | None = None
    say: str | None = None

    def under(self, constraint: Constraint) -> Subject:
        """The same subject with what the constraint has to say, and its own source."""
        return replace(self, see=constraint.source or self.see, say=constraint.say)

    def violation(
        self,
        code: str,
        message: str,
        hint: str | None = None,
        note: str | None = None,
        *,
        rule: str = "",
    ) -> Violation:
        """The violation; with a `note`, only a note, which says why it is let through."""
        told = f"{message} ({note})" if note is not None else message
        severity: Literal["error", "note"] = "error" if note is None else "note"
        return Violation(code, self.field, told, self.advice(hint), severity, rule=rule)

    def advice(self, hint: str | None) -> str | None:
        """A hint with what the constraint has to say, and where to read about it."""
        see = f"see {self.see}" if self.see else None
        return "; ".join(part for part in (hint, self.say, see) if part) or None


def missing(subject: Subject, constraint: Constraint) -> Violation:
    """The violation of `required`."""
    what = "an input picture" if subject.field in _PICTURES else _SAID.get(subject.field)
    message = f"{subject.provider} needs {what or subject.field}, and the recipe gives none"
    doubt = constraint.doubt("required")
    return subject.under(constraint).violation(MISSING, message, None, doubt, rule="required")


_PICTURES = ("image", "input_images")
_SAID = {
    "prompt": "a prompt",
    "model": "a model",
    "size": "a size or aspect_ratio",
    "control_image": "a control_image",
    "mask": "a mask",
}
