"""The transport over raw sockets: whether a paid request may have left is known, never guessed."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import AsyncIterator
from decimal import Decimal

import anyio
import pytest

from imagepipe.model import Secret
from imagepipe.net import HttpTransport
from imagepipe.wire import Answer, NotSent, Operation, Part, Reply, Request, Unanswered
from tests.net.wire_server import answering, http, resetting, serving, silent

pytestmark = pytest.mark.anyio

SECRET = "canary-key-1234"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    transport = HttpTransport()
    yield transport
    await transport.aclose()


def submit(url: str, *, timeout: float = 5.0) -> Request:
    headers: dict[str, str | Secret] = {"Authorization": Secret(f"Bearer {SECRET}")}
    body = {"prompt": "Grün", "guidance": Decimal("3.5"), "seed": 7}
    target = f"{url}/submit?signature={SECRET}"
    return Request(Operation.SUBMIT, "POST", target, headers, body, timeout=timeout)  # type: ignore[arg-type]  # a JSON body


def quiet(answer: Answer) -> Answer:
    """Whatever happened, what is said of it holds no secret."""
    if not isinstance(answer, Reply):
        assert SECRET not in answer.reason
    return answer


async def test_a_reply_comes_back_whole_and_the_request_went_as_it_was(
    transport: HttpTransport,
) -> None:
    async with serving(answering(http(200, b'{"id": 1}', "X-A: b"))) as server:
        answer = await transport.send(submit(server.url))
    assert isinstance(answer, Reply)
    assert (answer.status, answer.headers["x-a"], answer.json()) == (200, "b", {"id": 1})
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert f"authorization: bearer {SECRET}" in head.decode().lower()
    assert json.loads(body) == {"prompt": "Grün", "guidance": 3.5, "seed": 7}


async def test_a_refused_connection_was_not_sent(transport: HttpTransport) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert isinstance(quiet(await transport.send(submit(url))), NotSent)


async def test_an_unknown_host_was_not_sent(transport: HttpTransport) -> None:
    assert isinstance(quiet(await transport.send(submit("http://no.invalid"))), NotSent)


async def test_tls_that_fails_was_not_sent(transport: HttpTransport) -> None:
    async with serving(answering(b"no tls here"), read=False) as server:
        url = server.url.replace("http://", "https://")
        assert isinstance(quiet(await transport.send(submit(url))), NotSent)


async def test_a_connection_that_cannot_be_made_in_time_was_not_sent(
    transport: HttpTransport,
) -> None:
    """A full backlog: the handshake never finishes."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        answer = await transport.send(submit(f"http://127.0.0.1:{port}", timeout=0.5))
        for filler in fillers:
            filler.close()
    assert isinstance(quiet(answer), NotSent)


@pytest.mark.parametrize(
    "data",
    [b"", b"HTTP/1.1 2", b"garbage\r\n\r\n", http(200, b"{", length=100), b"\x00" * 64],
    ids=["nothing", "half a status line", "garbage", "truncated body", "zeros"],
)
async def test_a_request_without_a_whole_reply_may_have_arrived(
    transport: HttpTransport, data: bytes
) -> None:
    async with serving(answering(data)) as server:
        assert isinstance(quiet(await transport.send(submit(server.url))), Unanswered)
        assert len(server.requests) == 1


async def test_a_reset_after_the_request_may_have_arrived(transport: HttpTransport) -> None:
    async with serving(resetting) as server:
        assert isinstance(quiet(await transport.send(submit(server.url))), Unanswered)
        assert len(server.requests) == 1


async def test_silence_ends_at_the_deadline_and_may_have_arrived(transport: HttpTransport) -> None:
    async with serving(silent) as server:
        answer = await transport.send(submit(server.url, timeout=0.3))
    assert answer == Unanswered("no answer within 0.3 s")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer_and_never_followed(
    transport: HttpTransport, status: int
) -> None:
    async with serving(answering(http(200, b"{}"))) as elsewhere:
        location = f"Location: {elsewhere.url}/stolen"
        async with serving(answering(http(status, b"", location))) as server:
            answer = await transport.send(submit(server.url))
    assert isinstance(answer, Reply)
    assert (answer.status, elsewhere.requests) == (status, [])


async def test_every_submit_has_a_connection_of_its_own(transport: HttpTransport) -> None:
    """A kept one that went stale would leave a paid request in doubt."""
    async with serving(answering(http(200, b"{}", "Connection: keep-alive"))) as server:
        for _ in range(3):
            await transport.send(submit(server.url))
        assert len(server.requests) == 3


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_no_submit_is_sent_again_by_the_library(
    transport: HttpTransport, method: str
) -> None:
    """HTTP calls some methods safe to repeat; what costs money is not, whatever its method."""
    async with serving(answering(b"")) as server:
        request = Request(Operation.SUBMIT, method, f"{server.url}/submit", timeout=5.0)
        assert isinstance(quiet(await transport.send(request)), Unanswered)
        assert len(server.requests) == 1


async def test_no_cookie_is_kept(transport: HttpTransport) -> None:
    reply = http(200, b"{}", "Set-Cookie: session=1; Path=/")
    async with serving(answering(reply)) as server:
        for _ in range(2):
            await transport.send(Request(Operation.POLL, "GET", f"{server.url}/task"))
        assert not any(b"cookie" in request.lower() for request in server.requests)


async def test_a_poll_reply_without_end_is_cut_off(transport: HttpTransport) -> None:
    async with serving(answering(http(200, b"x" * 2_000_000))) as server:
        poll = Request(Operation.POLL, "GET", f"{server.url}/task")
        answer = quiet(await transport.send(poll))
    assert answer == Unanswered("the reply is larger than 1024 KiB")


async def test_a_form_goes_out_as_multipart(transport: HttpTransport) -> None:
    parts = (Part("prompt", b"a mug"), Part("image", b"\x89PNG", "a.png", "image/png"))
    async with serving(answering(http(200, b"{}"))) as server:
        request = Request(Operation.SUBMIT, "POST", server.url, form=parts)
        await transport.send(request)
    sent = server.requests[0]
    assert b'name="prompt"\r\n' in sent
    assert b'name="image"; filename="a.png"' in sent
    assert b"multipart/form-data" in sent


async def test_hundreds_of_requests_can_be_in_flight_at_once(transport: HttpTransport) -> None:
    answers: list[Answer] = []

    async def one(url: str) -> None:
        answers.append(await transport.send(submit(url, timeout=30)))

    async with serving(answering(http(200, b"{}"))) as server, anyio.create_task_group() as tasks:
        for _ in range(300):
            tasks.start_soon(one, server.url)
    assert sum(isinstance(answer, Reply) for answer in answers) == 300


async def test_a_key_that_a_reply_repeats_is_gone_before_anybody_sees_it(
    transport: HttpTransport,
) -> None:
    """Debug pages print the request's headers; replies are kept as evidence."""
    encoded = base64.b64encode(SECRET.encode()).decode().rstrip("=")
    body = f"Authorization: Bearer {SECRET} {encoded}".encode()
    async with serving(answering(http(500, body, f"X-Echo: {SECRET}"))) as server:
        answer = await transport.send(submit(server.url))
    assert isinstance(answer, Reply)
    assert answer.body == b"Authorization: *** ***"
    assert answer.headers["x-echo"] == "***"
