"""Every quirk does what its line in the table says, and nothing else does it.

Claims are registered by name; a test fails when a quirk of the table has none.
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from imagepipe.emulator import QUIRKS
from tests.emulator.running import BODIES, POLLS, Running, address, running, status

Claim = Callable[[Running, str], None]

CLAIMS: dict[str, tuple[str, Claim]] = {}
"""By quirk: its amount as text, and what must be so for each provider it applies to."""


def claim(*names: str, amount: str = "") -> Callable[[Claim], Claim]:
    def register(check: Claim) -> Claim:
        for name in names:
            CLAIMS[name] = (amount, check)
        return check

    return register


def _refused(emulator: Running, provider: str, code: int) -> httpx2.Response:
    """The first submit is refused and nothing accepted; the second passes."""
    reply = emulator.submit(provider)
    assert reply.status_code == code
    assert emulator.stats(provider)["accepted"] == 0
    assert emulator.submit(provider).status_code == 200
    return reply


def _dropped(emulator: Running, provider: str) -> None:
    with pytest.raises(httpx2.TransportError):
        emulator.submit(provider)


def _wait(name: str) -> Claim:
    """How each of the 429s says how long."""

    def check(emulator: Running, provider: str) -> None:
        reply = _refused(emulator, provider, 429)
        headers = reply.headers
        match name:
            case "429-retry-after":
                assert headers["retry-after"] == "1"
            case "429-300s":
                assert headers["retry-after"] == "300"
            case "429-http-date":
                date = email.utils.parsedate_to_datetime(headers["retry-after"]).timestamp()
                assert 0 < date - time.time() < 5
            case "429-reset-epoch":
                assert 0 <= int(headers["x-ratelimit-reset"]) - int(time.time()) < 5
            case "429-body":
                assert reply.json()["retry_after"] == 1
            case "429-prose":
                assert "resets in ~1s" in reply.text
            case _:
                assert "daily limit" in reply.text

    return check


for _name in ("429-retry-after", "429-300s", "429-http-date", "429-reset-epoch", "429-body",
              "429-prose", "429-daily"):  # fmt: skip
    CLAIMS[_name] = ("1", _wait(_name))


@claim("429", "402", "500", "502", "503", "504", amount="1")
def _plain(emulator: Running, provider: str) -> None:
    reply = emulator.submit(provider)
    assert reply.status_code in {429, 402, 500, 502, 503, 504}
    assert emulator.stats(provider)["accepted"] == 0
    assert "error" in reply.json() or "message" in reply.json()
    assert emulator.submit(provider).status_code == 200


@claim("bad-key", amount="1")
def _bad_key(emulator: Running, provider: str) -> None:
    _refused(emulator, provider, 403 if provider == "rungen" else 401)


@claim("moved", amount="1")
def _moved(emulator: Running, provider: str) -> None:
    assert _refused(emulator, provider, 301).headers["location"].startswith("/")


@claim("html", amount="1")
def _html(emulator: Running, provider: str) -> None:
    reply = _refused(emulator, provider, 200)
    assert reply.headers["content-type"].startswith("text/html")


@claim("drop-before-accept", amount="1")
def _drop_before(emulator: Running, provider: str) -> None:
    _dropped(emulator, provider)
    assert emulator.stats(provider)["accepted"] == 0


@claim("drop-after-accept", amount="1")
def _drop_after(emulator: Running, provider: str) -> None:
    _dropped(emulator, provider)
    assert emulator.stats(provider)["accepted"] == 1
    assert emulator.submit(provider).status_code == 200
    assert emulator.stats(provider)["duplicates"] == 1


@claim("500-after-accept", amount="1")
def _lost_500(emulator: Running, provider: str) -> None:
    assert emulator.submit(provider).status_code == 500
    assert emulator.stats(provider)["accepted"] == 1


@claim("524", amount="1")
def _lost_524(emulator: Running, provider: str) -> None:
    assert emulator.submit(provider).status_code == 524
    assert emulator.stats(provider)["accepted"] == 1


@claim("garbled-after-accept", amount="1")
def _garbled(emulator: Running, provider: str) -> None:
    reply = emulator.submit(provider)
    assert reply.status_code == 200
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|delimiter"):
        reply.json()
    assert emulator.stats(provider)["accepted"] == 1


@claim("no-id", amount="1")
def _no_id(emulator: Running, provider: str) -> None:
    assert emulator.submit(provider).json() == {"message": "accepted"}
    assert emulator.stats(provider)["accepted"] == 1


@claim("403-waf", amount="1")
def _waf(emulator: Running, provider: str) -> None:
    assert "<html>" in _refused(emulator, provider, 403).text


@claim("500-invalid-request", amount="1")
def _invalid(emulator: Running, provider: str) -> None:
    assert _refused(emulator, provider, 500).json()["error"]["code"] == "invalid_request"


@claim("moderated", amount="1")
def _moderated(emulator: Running, provider: str) -> None:
    assert _refused(emulator, provider, 400).json()["error"]["code"] == "moderation_blocked"


@claim("insufficient-quota", amount="1")
def _quota(emulator: Running, provider: str) -> None:
    assert _refused(emulator, provider, 429).json()["error"]["code"] == "insufficient_quota"


@claim("download-500", amount="1")
def _download_500(emulator: Running, provider: str) -> None:
    url = emulator.result(provider)
    assert emulator.download(url).status_code == 500
    assert emulator.download(url).status_code == 200


@claim("download-truncated", amount="1")
def _truncated(emulator: Running, provider: str) -> None:
    url = emulator.result(provider)
    with pytest.raises(httpx2.RemoteProtocolError):
        emulator.download(url)
    assert len(emulator.download(url).content) == 8_192


@claim("download-empty", amount="1")
def _empty(emulator: Running, provider: str) -> None:
    reply = emulator.download(emulator.result(provider))
    assert (reply.status_code, reply.content) == (200, b"")


@claim("download-html", amount="1")
def _download_html(emulator: Running, provider: str) -> None:
    reply = emulator.download(emulator.result(provider))
    assert (reply.status_code, reply.headers["content-type"][:9]) == (200, "text/html")


@claim("download-type", amount="1")
def _download_type(emulator: Running, provider: str) -> None:
    reply = emulator.download(emulator.result(provider))
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.content.startswith(b"\x89PNG")


@claim("rejects-authorization")
def _rejects(emulator: Running, provider: str) -> None:
    url = emulator.result(provider)
    assert emulator.download(url, Authorization="Bearer k").status_code == 400
    assert emulator.download(url, **{"x-api-key": "k"}).status_code == 400
    assert emulator.download(url).status_code == 200


@claim("poll-429", "poll-500", amount="1")
def _poll_error(emulator: Running, provider: str) -> None:
    ticket = emulator.ticket(provider)
    assert emulator.poll(provider, ticket).status_code in {429, 500}
    assert emulator.poll(provider, ticket).status_code == 200


@claim("poll-html", amount="1")
def _poll_html(emulator: Running, provider: str) -> None:
    ticket = emulator.ticket(provider)
    assert "<html>" in emulator.poll(provider, ticket).text
    assert _words(emulator, provider, ticket, 1) == [DONE[provider]]


@claim("poll-drop", amount="1")
def _poll_drop(emulator: Running, provider: str) -> None:
    ticket = emulator.ticket(provider)
    with pytest.raises(httpx2.TransportError):
        emulator.poll(provider, ticket)
    assert _words(emulator, provider, ticket, 1) == [DONE[provider]]


DONE = {
    "rungen": "COMPLETED",
    "goneural": "succeeded",
    "cometapi-runway": "SUCCEEDED",
    "runway": "SUCCEEDED",
}
FAILED = {name: "failed" if name == "goneural" else "FAILED" for name in POLLS}


def _words(emulator: Running, provider: str, ticket: str, polls: int) -> list[str]:
    return [status(provider, emulator.poll(provider, ticket).json()) for _ in range(polls)]


@claim("queued", amount="2")
def _queued(emulator: Running, provider: str) -> None:
    word = {"rungen": "QUEUED", "goneural": "queued"}.get(provider, "PENDING")
    seen = _words(emulator, provider, emulator.ticket(provider), 3)
    assert seen == [word, word, DONE[provider]]


@claim("running", amount="2")
def _running(emulator: Running, provider: str) -> None:
    word = "in_progress" if provider == "goneural" else "RUNNING"
    seen = _words(emulator, provider, emulator.ticket(provider), 3)
    assert seen == [word, word, DONE[provider]]


@claim("throttled", amount="2")
def _throttled(emulator: Running, provider: str) -> None:
    seen = _words(emulator, provider, emulator.ticket(provider), 3)
    assert seen == ["THROTTLED", "THROTTLED", "SUCCEEDED"]


@claim("unknown-status", amount="1")
def _unknown(emulator: Running, provider: str) -> None:
    first, second = _words(emulator, provider, emulator.ticket(provider), 2)
    assert first.upper().startswith("WARMING")
    assert second == DONE[provider]


@claim("not-found", "task-not-exist", amount="2")
def _not_found(emulator: Running, provider: str) -> None:
    ticket = emulator.ticket(provider)
    replies = [emulator.poll(provider, ticket) for _ in range(3)]
    assert [reply.is_success for reply in replies] == [False, False, True]
    assert ("task_not_exist" in replies[0].text) == (provider == "cometapi-runway")
    assert replies[0].status_code == (400 if provider == "cometapi-runway" else 404)


@claim("empty-result", amount="1")
def _empty_result(emulator: Running, provider: str) -> None:
    ticket = emulator.ticket(provider)
    first, second = (emulator.poll(provider, ticket).json() for _ in range(2))
    assert status(provider, first) == DONE[provider]
    assert "/_pictures/" not in str(first)
    assert address(second)


@claim("expired-url", amount="1")
def _expired(emulator: Running, provider: str) -> None:
    ticket = emulator.ticket(provider)
    first, second = (address(emulator.poll(provider, ticket).json()) for _ in range(2))
    assert emulator.download(first).status_code == 403
    assert emulator.download(second).status_code == 200


@claim("fail", amount="1")
def _fail(emulator: Running, provider: str) -> None:
    first, second = (emulator.ticket(provider) for _ in range(2))
    assert _words(emulator, provider, first, 1) == [FAILED[provider]]
    assert _words(emulator, provider, second, 1) == [DONE[provider]]


@claim("cancelled", amount="1")
def _cancelled(emulator: Running, provider: str) -> None:
    word = {"rungen": "CANCELED", "goneural": "failed"}.get(provider, "CANCELLED")
    assert _words(emulator, provider, emulator.ticket(provider), 1) == [word]


@claim("forever", amount="1")
def _forever(emulator: Running, provider: str) -> None:
    word = "in_progress" if provider == "goneural" else "RUNNING"
    assert _words(emulator, provider, emulator.ticket(provider), 3) == [word] * 3


def _code(code: str | None, *, charged: bool) -> Claim:
    def check(emulator: Running, provider: str) -> None:
        task = emulator.poll(provider, emulator.ticket(provider)).json()
        assert (task["status"], task.get("failureCode")) == ("FAILED", code)
        assert (task["cost"]["credits"] > 0) == charged
        assert task["failure"]

    return check


for _quirk, _expected, _charged in (
    ("fail-safety-input", "SAFETY.INPUT.TEXT", True),
    ("fail-safety-output", "SAFETY.OUTPUT.IMAGE", True),
    ("fail-safety-prompt", "INPUT_PREPROCESSING.SAFETY.TEXT", True),
    ("fail-third-party", "INPUT_PREPROCESSING.SAFETY.THIRD_PARTY", False),
    ("fail-bad-output", "INTERNAL.BAD_OUTPUT.CODE01", False),
    ("fail-preprocessing", "INPUT_PREPROCESSING.INTERNAL", False),
    ("fail-unavailable", "THIRD_PARTY.UNAVAILABLE", False),
    ("fail-asset", "ASSET.INVALID", False),
    ("fail-validation", "THIRD_PARTY.INPUT_VALIDATION", False),
    ("fail-no-code", None, False),
):
    CLAIMS[_quirk] = ("", _code(_expected, charged=_charged))


@claim("data-id")
def _data_id(emulator: Running, provider: str) -> None:
    reply = emulator.submit(provider).json()
    assert reply == {"data": {"id": reply["data"]["id"]}}


@claim("in-queue")
def _in_queue(emulator: Running, provider: str) -> None:
    assert emulator.submit(provider).json()["status"] == "IN_QUEUE"


@claim("app-stopped")
def _stopped(emulator: Running, provider: str) -> None:
    assert emulator.http.get(f"/{provider}/app/my-app").json()["status"] == "STOPPED"


@claim("filler-output")
def _filler(emulator: Running, provider: str) -> None:
    task = emulator.submit(provider).json()
    assert task["status"] == "queued"
    assert "/_pictures/" in task["output"]["image"]
    assert task["refunded"] is True
    assert task["finishedAt"]


@claim("empty-list")
def _empty_list(emulator: Running, provider: str) -> None:
    assert emulator.submit(provider).json()["output"] == []


@claim("subscription-object")
def _subscription(emulator: Running, provider: str) -> None:
    assert set(emulator.http.get(f"/{provider}/v1/billing").json()["subscription"]) == {
        "id",
        "name",
    }


@claim("wrapped-submit")
def _wrapped_submit(emulator: Running, provider: str) -> None:
    reply = emulator.submit(provider).json()
    assert (reply["code"], set(reply["data"])) == ("success", {"task_id"})


@claim("wrapped")
def _wrapped(emulator: Running, provider: str) -> None:
    ticket = emulator.ticket(provider)
    data = emulator.poll(provider, ticket).json()["data"]
    assert (data["task_id"], data["status"], data["progress"]) == (ticket, "SUCCESS", "100%")
    assert data["data"]["status"] == "SUCCEEDED"


@claim("mixed")
def _mixed(emulator: Running, provider: str) -> None:
    ticket = emulator.ticket(provider)
    assert _words(emulator, provider, ticket, 3) == ["SUCCESS", "SUCCEEDED", "SUCCESS"]


@claim("reference-images-empty")
def _no_references(emulator: Running, provider: str) -> None:
    assert "reference_images_empty" in emulator.submit(provider).text
    body = BODIES[provider] | {"referenceImages": [{"uri": "https://example.com/a.png"}]}
    assert emulator.submit(provider, body).status_code == 200


@claim("data-uri")
def _data_uri(emulator: Running, provider: str) -> None:
    url = emulator.submit(provider).json()["data"][0]["url"]
    assert url.startswith("data:image/png;base64,")


@claim("base64")
def _base64(emulator: Running, provider: str) -> None:
    assert set(emulator.submit(provider).json()["data"][0]) == {"b64_json"}


@claim("need-key")
def _need_key(emulator: Running, provider: str) -> None:
    path = f"{emulator.url}/{provider}/v1/images/generations"
    assert httpx2.post(path, json=BODIES[provider]).status_code == 401
    assert emulator.submit(provider).status_code == 200


WRONG: dict[str, list[dict[str, Any]]] = {
    "rungen": [{"input": {"prompt": "p", "width": "1024"}}],
    "goneural": [
        {"prompt": "p" * 501, "ratio": "1:1 square 1024x1024"},
        {"prompt": "p", "ratio": "1:1"},
        {"prompt": "p", "ratio": "1:1 square 1024x1024", "seed": "x"},
    ],
    "cometapi-runway": [
        {"model": "gen4_aleph", "promptText": "Your prompt here."},
        {"model": "gen4_image", "promptText": "p", "ratio": "1024:1024"},
    ],
    "runway": [
        {"model": "gen4_aleph", "promptText": "p", "ratio": "1024:1024"},
        {"model": "gen4_image", "promptText": "p", "ratio": "1:1"},
        {"model": "gen4_image_turbo", "promptText": "p", "ratio": "1024:1024"},
        {"model": "gen4_image", "promptText": "\U0001f600" * 501, "ratio": "1024:1024"},
    ],
    "runcrate": [
        {"model": "m", "prompt": "p", "width": 128},
        {"model": "m", "prompt": "p", "num_inference_steps": 101},
        {"model": "m", "prompt": "p", "aspect_ratio": "7:3"},
        {"model": "black-forest-labs/FLUX.1-canny", "prompt": "p"},
        {"model": "m", "prompt": "p", "input_images": ["https://example.com/a.png"] * 9},
    ],
    "openai-images": [{"model": "m", "prompt": "p" * 32_001}],
}


@claim("strict")
def _strict(emulator: Running, provider: str) -> None:
    for body in WRONG[provider]:
        assert emulator.submit(provider, body).status_code == 400, body
    assert emulator.stats(provider)["accepted"] == 0


PAIRED = {"no-refund", "failures-free", "failures-billed", "slow"}
"""Tested with another quirk, or in virtual time, below and in test_time.py."""


def test_every_quirk_is_claimed() -> None:
    assert set(CLAIMS) | PAIRED == set(QUIRKS)


@pytest.mark.parametrize("name", CLAIMS)
def test_a_quirk_does_what_it_says(name: str) -> None:
    """For every provider that it applies to, with nothing else switched on."""
    amount, check = CLAIMS[name]
    quirk = f"{name}={amount}" if amount else name
    with running(quirk=quirk) as emulator:
        for provider in QUIRKS[name].providers or tuple(BODIES):
            check(emulator, provider)


def test_without_quirks_nothing_is_refused() -> None:
    """The other half of every claim: what a quirk does is not done by default."""
    with running() as emulator:
        for provider in BODIES:
            for body in WRONG[provider]:
                assert emulator.submit(provider, body).status_code == 200
            assert emulator.download(emulator.result(provider)).status_code == 200


def test_a_quirk_of_one_provider_leaves_the_others_alone() -> None:
    with running(quirk="runcrate:503") as emulator:
        assert emulator.submit("runcrate").status_code == 503
        assert emulator.submit("openai-images").status_code == 200


def test_failures_are_refunded_unless_a_quirk_says_otherwise() -> None:
    """GoNeural's `refunded`, Runway's `cost.credits`."""
    with running(quirk="fail") as emulator:
        assert emulator.poll("goneural", emulator.ticket("goneural")).json()["refunded"] is True
        task = emulator.poll("runway", emulator.ticket("runway")).json()
        assert task["cost"] == {"credits": 0}
    with running(quirk=["fail", "no-refund", "failures-billed"]) as emulator:
        assert emulator.poll("goneural", emulator.ticket("goneural")).json()["refunded"] is False
        task = emulator.poll("runway", emulator.ticket("runway")).json()
        assert task["cost"] == {"credits": 5}
    with running(quirk=["fail-safety-input", "failures-free"]) as emulator:
        task = emulator.poll("runway", emulator.ticket("runway")).json()
        assert task["cost"] == {"credits": 0}


def test_chance_hits_the_same_requests_in_any_order() -> None:
    """What a probability hits depends on the seed and the request, not on who comes first."""

    def hit(numbers: list[int], seed: str) -> set[int]:
        with running(quirk="runcrate:503=0.4", seed=seed) as emulator:
            body = BODIES["runcrate"]
            return {
                number
                for number in numbers
                if emulator.submit("runcrate", body | {"prompt": f"mug {number}"}).is_error
            }

    forwards = hit(list(range(30)), "1")
    assert forwards == hit(list(reversed(range(30))), "1")
    assert 3 <= len(forwards) <= 22
    assert forwards != hit(list(range(30)), "2")
