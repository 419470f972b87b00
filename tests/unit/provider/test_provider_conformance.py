"""The conformance check itself: it must fail for what it is there to find."""

from __future__ import annotations

import textwrap

import pytest

from imagepipe.document import Document, parse
from imagepipe.errors import InputError, Problem
from imagepipe.provider.conformance import check
from imagepipe.provider.transcript import load_transcript

SPEC = """
name: tiny
revision: 1
base_url: https://api.tiny.example
submit:
  post: /draw
  json: {prompt: "${prompt}", seed: "${seed}", steps: "${steps}"}
poll: {get: "/jobs/${ticket.id}"}
reply:
  id: id || job.id
  status: status
  results: url
states: {queued: wait, succeeded: done}
faults:
  - {code: BAD*, is: rejected}
"""

STORY = """
source: https://tiny.example/docs
exchanges:
  - submit: {prompt: A mug, seed: 7}
    request:
      post: https://api.tiny.example/draw
      json: {prompt: A mug, seed: 7}
    reply: {json: {id: j1, status: wait}}
    reading: {pending: wait, ticket: j1}
  - poll: j1
    request: {get: "https://api.tiny.example/jobs/j1"}
    replies:
      - reply: {json: {job: {id: j1}, status: done, url: "https://x.example/1.png"}}
        reading: {ready: ["https://x.example/1.png"], ticket: j1}
"""


def doc(text: str, file: str = "story.yaml") -> Document:
    return parse(textwrap.dedent(text), file)


def errors(spec: str, story: str) -> list[Problem]:
    return [one for one in check(doc(spec, "spec.yaml"), [doc(story)]) if one.severity == "error"]


WHOLE = SPEC.replace("faults:\n  - {code: BAD*, is: rejected}\n", "")


def test_a_spec_that_is_wholly_shown_passes() -> None:
    """Nothing to report, not even a note."""
    assert check(doc(WHOLE, "spec.yaml"), [doc(STORY)]) == []


def test_an_unreached_rule_is_named() -> None:
    """A glob that never matches looks like a rule that is never needed."""
    (problem,) = errors(SPEC.replace("results: url", "results: url\n  code: 'id'"), STORY)
    assert problem.code == "E524"
    assert "code: BAD*, is: rejected" in problem.message
    assert problem.place is not None
    assert problem.place.file == "spec.yaml"


def test_an_unreached_source_is_named() -> None:
    """A wrong header name or path is only seen in this way."""
    (problem,) = errors(
        WHOLE.replace("results: url", "results: url\n  seed: {header: x-sed}"), STORY
    )
    assert problem.code == "E524"
    assert "reply.seed" in problem.message


def test_an_unreached_alternative_is_a_note() -> None:
    """It may be what another document shows."""
    found = check(doc(WHOLE.replace("job.id", "job.id || other"), "spec.yaml"), [doc(STORY)])
    assert [(one.severity, one.code) for one in found] == [("note", "E525")]
    assert found[0].message.endswith("reply.id: other")


def test_an_operation_that_nothing_makes_is_an_error() -> None:
    """A request that was never compared may be wrong in every part."""
    spec = WHOLE.replace("reply:\n", "preflight: {get: /me, ok: ready}\nreply:\n")
    (problem,) = errors(spec, STORY)
    assert "preflight" in problem.message


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("seed: 7}\n    reply", 'seed: "7"}\n    reply', "int, not str"),
        ("seed: 7}\n    reply", "seed: 8}\n    reply", "is 7; the transcript has 8"),
        ("seed: 7}\n    reply", "seed: 7, n: 1}\n    reply", "json.n is not sent"),
        ("{prompt: A mug, seed: 7}\n    reply", "{prompt: A mug}\n    reply", "sent as well"),
        ("/draw", "/drawn", "api.tiny.example/draw"),
        ("pending: wait,", "pending: later,", "the transcript has 'later'"),
        ("{pending: wait, ticket: j1}", "{pending: wait}", "ticket"),
        ("{pending: wait, ticket: j1}", "{fault: rejected}", "fault"),
        ('1.png"], ticket', '2.png"], ticket', "1.png"),
        ("seed: 7}\n    request", 'seed: 7, image: "https://x.example"}\n    request', "E401"),
    ],
)
def test_a_wrong_request_or_reading_is_told(old: str, new: str, says: str) -> None:
    """Field by field, with types, at the line of the transcript."""
    assert old in STORY
    problems = errors(WHOLE, STORY.replace(old, new, 1))
    assert any(says in problem.message for problem in problems), problems
    assert all(problem.place and problem.place.file == "story.yaml" for problem in problems)


@pytest.mark.parametrize(
    "story",
    [
        "exchanges: [{submit: {}, poll: x}]",
        "exchanges: [{submit: {promt: x}}]",
        "exchanges: [{submit: {image: nowhere.png}}]",
        "exchanges: [{submit: {}, repply: {}}]",
        "exchanges: [{submit: {}, replies: [{reply: {}}]}]",
        "exchange: []",
        "exchanges: []\nfiles: {a.png: {media_type: image/png, base64: '%'}}",
    ],
)
def test_a_transcript_with_slips_is_refused(story: str) -> None:
    """A misspelt key in a test would otherwise test nothing."""
    with pytest.raises(InputError):
        load_transcript(doc(story))
