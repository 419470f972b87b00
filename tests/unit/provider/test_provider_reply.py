"""Readings beyond the shipped specs: results by look, kept addresses, costs, hostile replies."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest

from imagepipe.model import Fault, FaultKind, Json, Ticket
from imagepipe.provider import Address, Inline, Pending, Provider, Ready
from imagepipe.provider.results import results
from imagepipe.wire import Operation, Reply

Written = Callable[..., Provider]
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 24
B64 = base64.b64encode(PNG).decode()

QUEUE = """
name: queue
revision: 1
base_url: https://api.queue.example
hosts: ["*.queue.example"]
key_env: QUEUE_KEY
headers: {Authorization: "Key ${secret}"}
submit: {post: /draw, json: {prompt: "${prompt}"}}
poll: {get: "${ticket.status_url}"}
result: {get: "${ticket.response_url}"}
reply:
  id: request_id
  keep: {status_url: status_url, response_url: response_url}
  status: status
  results: images[].url
  code: error_type
  cost: {path: cost}
states: {queued: IN_QUEUE, succeeded: COMPLETED, failed: FAILED}
faults:
  - {on: [poll, result], when: error, is: failed}
  - {code: busy, is: throttled, accepted: no, wait: 60s}
"""


def reply(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    told = {"content-type": "application/json", **(headers or {})}
    return Reply(status, told, json.dumps(body).encode())


def test_a_ticket_keeps_its_addresses(written: Written) -> None:
    """They are used as they are, and with them the second request after success."""
    provider = written(QUEUE)
    urls = {
        "status_url": "https://eu.queue.example/1/status?x=1",
        "response_url": "https://api.queue.example/1",
    }
    reading = provider.read(
        Operation.SUBMIT, reply({"request_id": 1, "status": "IN_QUEUE", **urls})
    )
    assert reading == Pending(Ticket("1", urls), "IN_QUEUE")
    assert provider.poll(Ticket("1", urls)).url == urls["status_url"]
    result = provider.result(Ticket("1", urls))
    assert result is not None
    assert result.url == urls["response_url"]
    done = provider.read(Operation.POLL, reply({"status": "COMPLETED"}))
    assert done == Ready((), None)
    fetched = provider.read(Operation.RESULT, reply({"images": [{"url": "https://x.example/1"}]}))
    assert fetched == Ready((Address("https://x.example/1"),))
    empty = provider.read(Operation.RESULT, reply({"images": []}))
    assert isinstance(empty, Fault)
    assert empty.kind is FaultKind.GARBLED


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/1",
        "http://eu.queue.example/1",
        "https://eu.queue.example:8443/1",
        "https://api.queue.example@evil.example/1",
        "https://me:pw@api.queue.example/1",
        "//api.queue.example/1",
        "file:///etc/passwd",
        "https://api.queue.example.evil.example/1",
    ],
)
def test_a_foreign_address_gets_no_key(written: Written, url: str) -> None:
    """The job was accepted, so it stays in doubt; the key stays here."""
    provider = written(QUEUE)
    body: Json = {"request_id": "1", "status": "IN_QUEUE", "status_url": url}
    reading = provider.read(Operation.SUBMIT, reply(body))
    assert isinstance(reading, Fault)
    assert reading.kind is FaultKind.UNCERTAIN
    assert reading.accepted is True
    assert not provider.trusts(url)


@pytest.mark.parametrize(
    ("base", "url", "trusted"),
    [
        ("https://api.queue.example", "https://API.queue.example:443/x", True),
        ("https://api.queue.example", "https://eu.queue.example/x", True),
        ("http://127.0.0.1:8100/queue", "http://127.0.0.1:8100/anything", True),
        ("http://127.0.0.1:8100/queue", "http://127.0.0.1:8101/anything", False),
        ("https://api.queue.example", "https://queue.example/x", False),
        ("https://api.queue.example", "https://[::1/x", False),
    ],
)
def test_home_is_trusted_and_so_are_the_specs_hosts(
    written: Written,
    base: str,
    url: str,
    trusted: bool,
) -> None:
    """The origin counts as a whole: another port is another server."""
    assert written(QUEUE).at(base).trusts(url) is trusted


def test_a_rule_may_wait_and_a_2xx_may_fail(written: Written) -> None:
    """Rules come before the status, whatever the HTTP status says."""
    provider = written(QUEUE)
    busy = provider.read(Operation.SUBMIT, reply({"error_type": "busy"}, 503))
    assert isinstance(busy, Fault)
    assert (busy.kind, busy.accepted, busy.wait) == (FaultKind.THROTTLED, False, 60.0)
    late = provider.read(Operation.SUBMIT, reply({"error_type": "busy"}, 503, {"retry-after": "5"}))
    assert isinstance(late, Fault)
    assert late.wait == 5.0
    failed = provider.read(Operation.POLL, reply({"status": "COMPLETED", "error": "no", "cost": 0}))
    assert isinstance(failed, Fault)
    assert (failed.kind, failed.billed) == (FaultKind.FAILED, False)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("https://x.example/a.png", (Address("https://x.example/a.png"),)),
        (f"data:image/png;base64,{B64}", (Inline(PNG, "image/png"),)),
        ("data:image/svg+xml,%3Csvg%20a%3E", (Inline(b"<svg a>", "image/svg+xml"),)),
        (B64, (Inline(PNG),)),
        (B64.replace("=", ""), (Inline(PNG),)),
        (f"{B64[:20]}\n{B64[20:]}", (Inline(PNG),)),
        (
            [None, "", "https://x.example/1", {"a": 1}, [B64]],
            (Address("https://x.example/1"), Inline(PNG)),
        ),
        ("COMPLETED", ()),
        ("not base64 at all, surely", ()),
        ("/relative/address.png", ()),
        ("https://", ()),
        ("https://x.example/a b", ()),
        ("https://x.example/\r\nX: y", ()),
        ("data:image/png;base64,%%%", ()),
        ({}, ()),
        (3, ()),
        (None, ()),
    ],
)
def test_results_are_told_apart_by_their_look(value: Json, found: object) -> None:
    """No spec says whether its results are addresses or bytes: it shows."""
    assert results(value) == found


def test_an_image_body_is_the_picture(written: Written) -> None:
    """A provider may answer with the bytes themselves; rules on headers still come first."""
    provider = written(
        """
        name: raw
        revision: 1
        base_url: https://api.raw.example
        submit: {post: /draw, form: {prompt: "${prompt}"}}
        reply: {code: [{header: Finish-Reason}, name], seed: {header: seed}}
        faults: [{code: CONTENT_FILTERED, is: moderated}]
        """
    )
    headers = {"content-type": "image/png", "finish-reason": "SUCCESS", "seed": "42"}
    ready = provider.read(Operation.SUBMIT, Reply(200, headers, PNG))
    assert ready == Ready((Inline(PNG, "image/png"),), seed=42)
    filtered = {**headers, "finish-reason": "CONTENT_FILTERED"}
    fault = provider.read(Operation.SUBMIT, Reply(200, filtered, PNG))
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.MODERATED


COST = """
name: cost
revision: 1
base_url: https://api.cost.example
submit: {post: /draw, json: {prompt: "${prompt}"}}
reply: {results: url, cost: {path: cost, rate: 0.01}, seed: seed}
"""


@pytest.mark.parametrize(
    ("cost", "usd"),
    [
        (5, "0.05"),
        (0, "0.00"),
        (0.1, "0.001"),
        ("2.5", "0.025"),
        (None, None),
        (True, None),
        (-1, None),
        ("NaN", None),
        ("free", None),
        (1e300, None),
        ([5], None),
    ],
)
def test_a_cost_is_exact_or_unknown(written: Written, cost: Json, usd: str | None) -> None:
    """Money is decimal; what is no amount is not counted as one, nor as 0."""
    body: Json = {"url": "https://x.example/1", "cost": cost}
    reading = written(COST).read(Operation.SUBMIT, reply(body))
    assert isinstance(reading, Ready)
    assert reading.cost == (None if usd is None else Decimal(usd))


@pytest.mark.parametrize("seed", [2**63, "x", 1.5, True, None, {"a": 1}])
def test_a_seed_that_is_none_is_not_stored(written: Written, seed: Json) -> None:
    """A ledger's column holds 64 bits, and a receipt should not invent a seed."""
    reading = written(COST).read(
        Operation.SUBMIT, reply({"url": "https://x.example/1", "seed": seed})
    )
    assert isinstance(reading, Ready)
    assert reading.seed is None


def test_messages_are_fit_for_a_log(written: Written) -> None:
    """No key, no signed query, no control characters, no blob, and not too long."""
    text = f"bad key sk-canary at https://x.example/a?sig=5ca1ab1e \x1b[31m\u202e {'A' * 300} "
    fault = written(QUEUE).read(Operation.SUBMIT, reply({"error": text + "word " * 300}, 401))
    assert isinstance(fault, Fault)
    for hidden in ("sk-canary", "5ca1ab1e", "\x1b", "\u202e", "AAAA"):
        assert hidden not in fault.message
    assert "https://x.example/a?…" in fault.message
    assert len(fault.message) <= 500
    assert fault.advice == "look at the key in QUEUE_KEY"


@pytest.mark.parametrize(
    ("status", "submit", "poll"),
    [
        (301, "rejected", "garbled"),
        (400, "rejected", "garbled"),
        (401, "denied", "denied"),
        (402, "denied", "denied"),
        (403, "denied", "denied"),
        (404, "rejected", "missing"),
        (408, "uncertain", "transient"),
        (409, "uncertain", "transient"),
        (410, "rejected", "missing"),
        (422, "rejected", "garbled"),
        (425, "uncertain", "transient"),
        (429, "throttled", "throttled"),
        (500, "uncertain", "transient"),
        (503, "uncertain", "transient"),
        (524, "uncertain", "transient"),
    ],
)
def test_what_a_status_means_by_default(
    written: Written, status: int, submit: str, poll: str
) -> None:
    """On a submit whatever may have been accepted is uncertain; on a poll trying again is free."""
    provider = written(QUEUE)
    kinds = []
    for operation in (Operation.SUBMIT, Operation.POLL):
        fault = provider.read(operation, Reply(status, {}, b""))
        assert isinstance(fault, Fault)
        kinds.append(fault.kind.value)
    assert kinds == [submit, poll]


@pytest.mark.parametrize("number", ["..", ".", "", " ", "a\nb", "x" * 2001, "\ud800", None, [1]])
def test_an_id_that_cannot_be_asked_after_is_none(written: Written, number: Json) -> None:
    """The submit was accepted without a usable id: a person must look."""
    reading = written(QUEUE).read(
        Operation.SUBMIT, reply({"request_id": number, "status": "IN_QUEUE"})
    )
    assert isinstance(reading, Pending)
    assert reading.ticket is None
