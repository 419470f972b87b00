"""What a spec declares for lost answers: what is sent, what settles a doubt, what is no proof."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imagepipe.document import check, parse
from imagepipe.errors import InputError
from imagepipe.model import Json, Key, Secret, Values
from imagepipe.provider import Doubt, Provider, Reread, Resend, Search, load_spec
from imagepipe.wire import Reply, Request

HEAD = "name: tiny\nrevision: 1\nbase_url: https://tiny.example\n"
SUBMIT = (
    "submit: {post: /jobs, json: {prompt: '${prompt}', seed: '${seed}', tag: '${job.nonce}'}}\n"
)
POLL = "poll: {get: '/jobs/${ticket.id}'}\nreply: {id: id, results: url}\n"
ONCE = "idempotency: {header: Once, ttl: 1h}\n"
LIST = "lookup: {get: /jobs, items: jobs, page: 3, match: {tag: '${job.nonce}'}}\n"
ECHO = "lookup: {get: /jobs, items: jobs, page: 3, match: {seed: '${seed}', text: '${prompt}'}}\n"
ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "specs" / "provider.schema.json").read_text())
KEY = Key("ab" * 32)
VALUES: Values = {"prompt": "a mug", "seed": 7}
THEN, SOON, LATE = (f"2026-01-02T0{hour}:04:05.000Z" for hour in (3, 3, 5))


def provider(*parts: str) -> Provider:
    return Provider("tiny", load_spec(parse("".join((HEAD, *parts)), "tiny.yaml")))


def problems(*parts: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        provider(*parts)
    return [problem.message for problem in caught.value.problems]


def submit(of: Provider, nonce: str | None) -> Request:
    return of.submit(VALUES, lambda _: b"", KEY, nonce)


def listed(*items: dict[str, Json]) -> Reply:
    return Reply(200, {"content-type": "application/json"}, json.dumps({"jobs": items}).encode())


def test_a_submit_carries_its_nonce_where_the_spec_says() -> None:
    """In the declared header, and wherever the body mentions it."""
    request = submit(provider(SUBMIT, POLL, ONCE), "n-1")
    assert request.headers["Once"] == "n-1"
    assert request.json == {"prompt": "a mug", "seed": 7, "tag": "n-1"}


def test_a_provider_that_declares_nothing_is_sent_no_nonce() -> None:
    plain = provider("submit: {post: /jobs, json: {prompt: '${prompt}'}}\n", POLL)
    assert plain.nonce("x") is None
    assert plain.recourse(Doubt("x", THEN), SOON) is None


def test_a_nonce_is_known_to_its_account_alone() -> None:
    """Another key, or another address, can tell nothing about the submit."""
    mine = provider(SUBMIT, POLL, ONCE).with_secret(Secret("one"))
    nonce = mine.nonce("x") or ""
    assert mine.knows(nonce)
    assert not mine.with_secret(Secret("two")).knows(nonce)
    assert not mine.at("https://else.example").knows(nonce)
    assert "one" not in nonce


def test_the_same_request_is_sent_again_only_while_the_vendor_remembers() -> None:
    """After the time to live, and with a clock that was set back, a doubt is held."""
    once = provider(SUBMIT, POLL, ONCE)
    doubt = Doubt(once.nonce("x") or "", THEN)
    assert once.recourse(doubt, SOON) == Resend()
    assert once.recourse(doubt, LATE) is None
    assert once.recourse(Doubt(doubt.nonce, LATE), THEN) is None


def test_a_nonce_that_was_never_sent_settles_nothing() -> None:
    """A spec that gained its declaration after the submit cannot vouch for it."""
    assert provider(SUBMIT, POLL, ONCE, LIST).recourse(Doubt("c0ffee" * 5, THEN), SOON) is None


def test_a_kept_reply_comes_first_if_it_tells_anything() -> None:
    once = provider(SUBMIT, POLL, ONCE)
    nonce = once.nonce("x") or ""
    telling = Reply(200, {}, b'{"url": "https://tiny.example/1.png"}')
    silent = Reply(200, {}, b"<html>")
    assert once.recourse(Doubt(nonce, THEN, telling), LATE) == Reread(telling)
    assert once.recourse(Doubt(nonce, THEN, silent), SOON) == Resend()


def test_a_list_settles_after_a_time_that_no_submit_outlasts() -> None:
    """By default that is 30 s, or twice as long as a submit may take."""
    slow = SUBMIT.replace("post:", "deadline: 90s, post:")
    nonce = provider(SUBMIT, POLL, LIST).nonce("x") or ""
    assert provider(SUBMIT, POLL, LIST).recourse(Doubt(nonce, THEN), LATE) == Search(120.0)
    assert provider(slow, POLL, LIST).recourse(Doubt(nonce, THEN), LATE) == Search(180.0)


@pytest.mark.parametrize(
    ("items", "tickets"),
    [
        ([{"id": "j1", "tag": "n"}, {"id": "j2", "tag": "m"}], ["j1"]),
        ([{"id": "j2", "tag": "m"}], []),
        ([{"id": "j1", "tag": "n"}, {"id": "j2", "tag": "n"}], ["j1", "j2"]),
        ([{"id": "j1", "tag": "n"}, {"id": "j2", "tag": "m"}, {"id": "j3"}], ["j1"]),
        ([{"id": "j2", "tag": "m"}, {"id": "j3"}, {"id": "j4"}], None),
        ([{"tag": "n"}], None),
    ],
    ids=["one", "none", "several", "full page with it", "full page without it", "without an id"],
)
def test_a_list_proves_only_what_it_shows(
    items: list[dict[str, Json]], tickets: list[str] | None
) -> None:
    found = provider(SUBMIT, POLL, LIST).found(VALUES, KEY, "n", listed(*items))
    assert (None if found is None else [ticket.id for ticket in found]) == tickets


def test_what_is_no_list_proves_nothing() -> None:
    own = provider(SUBMIT, POLL, LIST)
    for reply in (
        Reply(200, {}, b"<html>"),
        Reply(503, {}, b'{"jobs": []}'),
        Reply(200, {}, b"[]"),
    ):
        assert own.found(VALUES, KEY, "n", reply) is None


def test_an_echoed_seed_and_prompt_tell_a_job_as_well() -> None:
    """A job without a seed cannot be told from its twin."""
    own = provider(SUBMIT.replace(", tag: '${job.nonce}'", ""), POLL, ECHO)
    jobs = listed(
        {"id": "j1", "seed": 7, "text": "a mug"}, {"id": "j2", "seed": 8, "text": "a mug"}
    )
    found = own.found(VALUES, KEY, "n", jobs)
    assert [ticket.id for ticket in found or ()] == ["j1"]
    assert own.found({"prompt": "a mug"}, KEY, "n", jobs) is None


def test_a_declaration_that_cannot_hold_is_refused() -> None:
    bare = SUBMIT.replace(", tag: '${job.nonce}'", "")
    assert problems(bare, POLL, LIST) == [
        "no request sends job.nonce, so no job can be found by it"
    ]
    assert problems(SUBMIT, POLL) == ["job.nonce is sent, and nothing asks for it"]
    lone = LIST.replace("page: 3, ", "")
    assert problems(SUBMIT, POLL, lone) == [
        'lookup has no "page", the most jobs that the list shows'
    ]
    alike = ECHO.replace("seed: '${seed}', ", "")
    assert problems(bare, POLL, alike) == ["two jobs may look alike by this"]
    assert "a lookup finds a ticket to poll, and there is no poll" in problems(
        SUBMIT, "reply: {results: url}\n", LIST
    )
    clash = "headers: {once: x}\n"
    assert problems(bare, POLL, ONCE, clash) == [
        "Once is written as a header too; idempotency sets it"
    ]
    assert problems(bare, POLL, "idempotency: {header: Once}\n") == ['idempotency has no "ttl"']


def test_a_secret_has_no_place_in_a_list() -> None:
    """It is no part of what a list could be asked by."""
    spied = LIST.replace("get: /jobs", "get: '/jobs?k=${secret}'")
    assert "the secret belongs into a header, nowhere else" in problems(SUBMIT, POLL, spied)


@pytest.mark.parametrize("name", ["none", "once", "list", "echo", "sync"])
def test_a_spec_that_declares_it_loads_and_passes_the_schema(name: str) -> None:
    """What the program takes, an editor must not underline."""
    path = ROOT / "tests" / "crash" / "specs" / f"{name}.provider.yaml"
    document = parse(path.read_bytes(), path.name)
    assert check(document, SCHEMA) == []
    assert load_spec(document).name == f"crash-{name}"
