"""What a retry asks for is part of the request: of the key, of the plan and of what is selected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from imagepipe.app.shipped import builtin_names, spec_document
from imagepipe.errors import InputError
from imagepipe.manifest import Manifest, check, expand, load
from imagepipe.model import Digest, Job, Record, State
from imagepipe.planner import Previous, Selection, Verdict, parse_selection
from imagepipe.review import Decision, Entry, Retry, Review, edited, read
from tests.fakes.files import BASE, MemoryFiles
from tests.unit.test_planner import Known, verdict

IMAGES = 'images:\n  hero: {prompt: "a {{ name }}"}\n  side: {prompt: "{{ name }} aside"}\n'
FILE = "m.yaml.review.yaml"
PLACE = "MUG-1/hero"
BLOB, OTHER = Digest("ab" * 32), Digest("cd" * 32)


def _manifest(entries: dict[str, Entry], text: str = BASE + IMAGES) -> Manifest:
    review = read(edited(None, Review(FILE), entries).encode(), FILE)
    files = MemoryFiles({})
    return load(
        text.encode(), "m.yaml", files, spec_document, builtin=builtin_names(), review=review
    )


def _job(entries: dict[str, Entry], path: str = PLACE) -> Job:
    manifest = _manifest(entries)
    assert check(manifest).problems == ()
    return next(job for job in expand(manifest) if job.path == path)


def _asked(**retry: Any) -> dict[str, Entry]:
    return {PLACE: Entry(Decision.RETRY, BLOB, None, Retry(**retry))}


@pytest.mark.parametrize(
    ("retry", "field", "value", "told"),
    [
        ({"seed": 123}, "seed", 123, "new seed 123"),
        ({"prompt": "a {{ mug }}"}, "prompt", "a {{ mug }}", "edited prompt"),
        ({"provider": "goneural"}, "prompt", None, "provider goneural"),
        ({"take": 2}, "seed", None, "take 2"),
    ],
)
def test_a_retry_is_another_request(
    retry: dict[str, Any], field: str, value: object, told: str
) -> None:
    """With a key of its own, at the same place; the prompt is the text itself, and no template."""
    plain, tried = _job({}), _job(_asked(**retry))
    assert tried.key != plain.key
    assert (tried.spot, tried.path) == (plain.spot, plain.path)
    assert (plain.retry, tried.retry) == (None, told)
    values = tried.candidates[0].values
    assert values.get(field) == (plain.candidates[0].values[field] if value is None else value)


def test_a_retry_concerns_no_other_picture() -> None:
    """Nor does a decision or a note change a request."""
    plain, decided = _job({}, "MUG-1/side"), _job(_asked(seed=1), "MUG-1/side")
    assert plain == decided
    assert _job({PLACE: Entry(Decision.APPROVED, BLOB)}) == _job({})


def test_another_provider_draws_the_same_shape_and_has_no_fallback() -> None:
    """As a fallback would: what the recipe writes for its own provider may be dropped."""
    hero = '{prompt: "a {{ name }}", aspect_ratio: "1:1", fallback: [goneural]}'
    text = BASE + f"images: {{hero: {hero}}}\n"
    manifest = _manifest(_asked(provider="goneural"), text)
    assert check(manifest).problems == ()
    (moved,) = [job for job in expand(manifest) if job.path == PLACE]
    assert [one.provider for one in moved.candidates] == ["goneural"]
    assert {job.provider for job in expand(manifest, provider="goneural")} == {"goneural"}
    assert PLACE not in [job.path for job in expand(manifest, provider="runcrate")]
    every = [*expand(manifest, provider="goneural"), *expand(manifest, provider="runcrate")]
    assert sorted(job.path for job in every) == sorted(job.path for job in expand(manifest))


def test_a_provider_that_is_not_there_is_told_in_the_review_file() -> None:
    """With its place and what was meant."""
    with pytest.raises(InputError) as caught:
        _manifest(_asked(provider="gonural"))
    (problem,) = caught.value.problems
    assert problem.code == "E112"
    assert problem.place is not None
    assert problem.place.file == FILE
    assert 'did you mean "goneural"?' in problem.message


def test_a_provider_that_lacks_a_setting_is_told_where_it_is_asked_for() -> None:
    """The manifest has no line of it."""
    with pytest.raises(InputError) as caught:
        _manifest(_asked(provider="rungen"))
    [problem] = caught.value.problems
    assert problem.code == "E410"
    assert problem.place is not None
    assert problem.place.file == FILE
    assert problem.source == '      provider: "rungen"'


def test_what_a_provider_does_not_take_is_told_in_the_review_file() -> None:
    """It is the review that has to be changed."""
    base = BASE.replace(
        "runcrate, model: black-forest-labs/FLUX.1-schnell", "runway, model: gen4_image"
    )
    text = f'{base}images: {{hero: {{prompt: "a {{{{ name }}}}"}}}}\n'
    found = check(_manifest(_asked(seed=5, negative_prompt="text"), text)).problems
    assert [(one.code, one.place.file) for one in found if one.place] == [("E401", FILE)]


def test_a_plan_says_that_a_retry_was_asked() -> None:
    """And what for; once it is there, it is there."""
    plain, tried = _job({}), _job(_asked(seed=123))
    before = {tried.spot: Previous(plain.key, plain.candidates[0].canonical)}
    step = verdict(tried, Known(before=before))
    assert (step.verdict, step.reason) == (Verdict.CHANGED, "retry asked: new seed 123")
    assert verdict(tried, Known()).verdict is Verdict.NEW
    done = Record(tried.key, State.COMMITTED, "runcrate", blob=BLOB, extension="png")
    assert verdict(tried, Known({tried.key: done})).verdict is Verdict.REUSED


@pytest.mark.parametrize(
    ("entry", "blob", "terms"),
    [
        (None, BLOB, {"pending"}),
        (Entry(Decision.APPROVED, BLOB), BLOB, {"approved"}),
        (Entry(Decision.APPROVED, OTHER), BLOB, {"pending"}),
        (Entry(Decision.REJECTED, BLOB), BLOB, {"rejected"}),
        (Entry(Decision.RETRY, OTHER, None, Retry(seed=1)), None, {"retry"}),
        (Entry(Decision.RETRY, OTHER, None, Retry(seed=1)), BLOB, {"retry", "pending"}),
    ],
)
def test_jobs_are_selected_by_what_was_decided(
    entry: Entry | None, blob: Digest | None, terms: set[str]
) -> None:
    """A stale decision is none; a retry is selected after it was made, too, and costs nothing."""
    wanted = replace(_job({}), path=PLACE)
    review = Review(FILE, {} if entry is None else {PLACE: entry})
    state = State.COMMITTED if blob else State.PLANNED
    records = {wanted.key: Record(wanted.key, state, "runcrate", blob=blob, extension="png")}

    def takes(term: str) -> bool:
        chosen: Selection = parse_selection(f"review:{term}", review=review)
        return chosen.takes(wanted, records)

    assert {term for term in ("approved", "rejected", "retry", "pending") if takes(term)} == terms
    assert takes("undecided") == takes("pending")


def test_an_unknown_decision_is_told() -> None:
    """With those that there are."""
    with pytest.raises(InputError) as caught:
        parse_selection("review:aproved")
    assert caught.value.problems[0].code == "E711"
    assert "approved" in str(caught.value.problems[0].hint)
