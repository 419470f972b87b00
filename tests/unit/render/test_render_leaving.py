"""The last words of a run that is made to leave at once."""

from __future__ import annotations

from decimal import Decimal

from imagepipe.events import Left, OpenSubmit
from imagepipe.render.leaving import left_text
from tests.unit.render.values import key

SINCE = "2027-01-02T03:04:05.678Z"


def test_each_submit_without_an_answer_is_named_with_what_is_known() -> None:
    submits = (
        OpenSubmit(key(1), "acme", "a/hero", SINCE, Decimal("0.0030")),
        OpenSubmit(key(2), "acme", "b/\x1b[2Jhero", SINCE, None),
    )
    text = left_text(Left("SIGINT", submits), "imagepipe pending list")
    head, first, second, last = text.splitlines()
    assert head == "SIGINT: left at once. 2 submits had no answer yet, and may have been paid for:"
    assert first == f"  {key(1)[:12]}  a/hero at acme since {SINCE}, $0.003"
    assert second.endswith(f"at acme since {SINCE}, price unknown")
    assert "\x1b" not in second
    assert last == ("They are not sent again by themselves: `imagepipe pending list` shows them.")


def test_where_nothing_is_in_doubt_nothing_is_to_be_looked_after() -> None:
    text = left_text(Left("SIGTERM", ()), "imagepipe pending list")
    assert text.startswith("SIGTERM: left at once; no submit was without its answer")
    assert "pending" not in text
