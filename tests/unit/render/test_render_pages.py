"""Pages about doubt, the store, one picture, and providers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from imagepipe.app.shipped import builtin_names, spec_document
from imagepipe.model import State
from imagepipe.planner import Verdict
from imagepipe.provider import load_spec
from imagepipe.provider.spec import Limits, Spec
from imagepipe.render.explain_text import explain_text
from imagepipe.render.pending_text import Doubt, pending_text
from imagepipe.render.providers_text import limits_text, list_text, show_text
from imagepipe.render.status_text import Jobs, PastRun, Pot, StatusView, status_text
from imagepipe.render.text import cells
from tests.unit.render.values import ESCAPE, key, step


def spec(name: str) -> Spec:
    document = spec_document(name)
    assert document is not None
    return load_spec(document)


SPECS = [spec(name) for name in builtin_names()]


def test_a_doubt_shows_evidence_money_and_the_commands() -> None:
    """All that a person needs to look it up and to decide, with commands to be copied whole."""
    commands = {
        "attach": "imagepipe pending attach 000000000000 TICKET",
        "drop": "imagepipe pending drop 000000000000",
    }
    doubt = Doubt(
        key(5),
        State.AMBIGUOUS,
        "runway",
        "MUG/hero",
        "2027-01-02",
        (ESCAPE,),
        Decimal("0.05"),
        commands,
        attempt=2,
        origin="https://api.example",
        request={"model": "gen4_image", "prompt": "a mug"},
    )
    unpriced = replace(doubt, price=None, state=State.LOST, commands={})
    assert pending_text([doubt, unpriced], 80).splitlines() == [
        "2 jobs in doubt, $0.05 and an unknown price for 1 picture at risk:",
        "",
        "000000000000  MUG/hero",
        "    ambiguous at runway (https://api.example) since 2027-01-02, attempt 2, $0.05",
        "      at risk",
        "    model gen4_image; prompt a mug",
        "    no answer came to its submit: the provider may have made and billed it",
        "    red next",
        "    imagepipe pending attach 000000000000 TICKET",
        "    imagepipe pending drop 000000000000",
        "",
        "000000000000  MUG/hero",
        "    lost at runway (https://api.example) since 2027-01-02, attempt 2, price",
        "      unknown",
        "    model gen4_image; prompt a mug",
        "    it was paid for, and its picture is gone",
        "    red next",
        "",
        "Look into the provider's dashboard or bill first; then",
        "attach: its ticket, from the provider's dashboard: the next run fetches it,",
        "unpaid",
        "drop: give it up: it counts as failed",
    ]


def test_nothing_in_doubt_is_one_sentence() -> None:
    """No table of nothing."""
    assert pending_text([], 80) == "Nothing is in doubt."


def test_status_counts_states_money_and_runs() -> None:
    """In doubt is told apart from spent; a run that died is told apart from one at work."""
    view = StatusView(
        store=".imagepipe",
        states={State.COMMITTED: 1_200, State.AMBIGUOUS: 1},
        outputs=1_190,
        outputs_root="images",
        spent=Pot(Decimal("3.6"), 2),
        reserved=Pot(),
        in_doubt=Pot(Decimal("0.08")),
        saved=Pot(Decimal("3.5")),
        jobs=Jobs(1_250, 1_200),
        runs=[
            PastRun("aaa", "2027-01-02T03:04:05Z", None, ("m.yaml",), "box", 77, alive=True),
            PastRun("bbb", "2027-01-01T03:04:05Z", None, ("m.yaml",), "box", 66, alive=False),
        ],
    )
    assert status_text(view, 80).splitlines() == [
        ".imagepipe:",
        "  1,200  pictures are in the store",
        "      1  ambiguous, in doubt: they may have been paid for",
        "",
        "1,190 output files under images",
        "The manifest has 1,250 jobs; 50 not yet made.",
        "Spent $3.60 and an unknown price for 2 pictures; in doubt $0.08.",
        "Saved by reuse on every further run: $3.50.",
        "",
        "Last runs:",
        "  aaa  2027-01-02 03:04 UTC  at work (process 77 on box)  m.yaml",
        "  bbb  2027-01-01 03:04 UTC  did not end                  m.yaml",
        "",
        "Next: imagepipe pending list",
    ]


def test_a_store_that_was_never_used_points_to_the_first_run() -> None:
    """No row of zeros."""
    view = StatusView("s", {}, 0, "images", Pot(), Pot(), Pot(), jobs=Jobs(1, 0))
    assert status_text(view, 80).splitlines() == [
        "s: no run has been made yet. The manifest has 1 job; 1 not yet made.",
        "",
        "Next: imagepipe run",
    ]


def test_an_explanation_walks_the_key_and_shows_what_changed() -> None:
    """Verdict with reason, old and new, and every part of the key in full."""
    walk = [("fields.prompt", '"A ' + "very " * 40 + 'long prompt"'), ("index", "1")]
    changes = [("fields.prompt", '"old"', '"new"'), ("fields.seed", None, "7")]
    page = explain_text(step(Verdict.CHANGED, "prompt changed"), walk, changes, 80)
    assert "  verdict   changed: prompt changed" in page
    assert "  recipe    hero, at imagepipe.yaml:12:3" in page
    assert '    - "old"\n    + "new"\n  fields.seed\n    + 7' in page
    assert page.count("very") == 40
    assert all(cells(line) <= 80 for line in page.splitlines())


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_providers_page_names_every_field_price_and_unknown(spec: Spec) -> None:
    """What the spec says is on the page, and what it says is unknown too."""
    page = show_text(spec, 80)
    flat = " ".join(page.split())
    assert all(" ".join(text.split()) in flat for text in spec.unknown)
    assert all(f"  {name}" in page for name in spec.takes if name in ("prompt", "model", "seed"))
    for row in spec.price.rows:
        amount = f"{row.amount:f}"
        assert (f"{amount} credit" if row.credits else f"${amount}") in page
        assert f"as of {row.as_of}: {row.source}" in flat
    assert spec.price.rows or "unknown: no price is published" in page
    assert (spec.key_env or "") in page


def test_the_list_has_a_line_for_every_provider() -> None:
    """Name, key, limits, price; and where to read on."""
    page = list_text(SPECS, 80)
    assert all(any(line.startswith(name) for line in page.splitlines()) for name in builtin_names())
    assert all(cells(line) <= 80 for line in page.splitlines())


def test_limits_that_nobody_published_are_unknown() -> None:
    """Never 0, never blank."""
    assert limits_text(Limits()) == "unknown"
    assert limits_text(Limits(Decimal(60), 8)) == "60 a minute, 8 at a time"
