"""Tells whoever watches the wire of every request, and costs nothing where nobody does."""

from __future__ import annotations

from collections.abc import Awaitable
from urllib.parse import urlsplit

from imagepipe.exchange import NotFetched
from imagepipe.gate.clock import current_time
from imagepipe.model import Candidate, Key
from imagepipe.wire import (
    Answer,
    Downloaded,
    NotSent,
    Operation,
    Reply,
    Request,
    RoundTrip,
    Unanswered,
    Watch,
)


async def sent(
    sending: Awaitable[Answer],
    watch: Watch | None,
    request: Request,
    provider: str,
    *,
    key: Key | None = None,
    waited: float = 0.0,
) -> Answer:
    """The answer to a request that is being sent; `waited` are seconds at the gate before."""
    if watch is None:
        return await sending
    begun = current_time()
    answer = await sending
    seconds = current_time() - begun
    status, error, size = _outcome(answer)
    origin, path = _split(request.url)
    watch(
        RoundTrip(
            request.operation,
            provider,
            key,
            request.method,
            origin + path,
            status,
            error,
            seconds,
            size,
            waited,
        )
    )
    return answer


async def fetched(
    fetching: Awaitable[Downloaded | NotFetched],
    watch: Watch | None,
    url: str,
    candidate: Candidate,
) -> Downloaded | NotFetched:
    """The picture that is being fetched from `url`."""
    if watch is None:
        return await fetching
    begun = current_time()
    outcome = await fetching
    seconds = current_time() - begun
    watch(
        RoundTrip(
            Operation.DOWNLOAD,
            candidate.provider,
            candidate.key,
            "GET",
            _split(url)[0],
            200 if isinstance(outcome, Downloaded) else None,
            None if isinstance(outcome, Downloaded) else outcome.reason,
            seconds,
            outcome.size if isinstance(outcome, Downloaded) else 0,
        )
    )
    return outcome


def _outcome(answer: Answer) -> tuple[int | None, str | None, int]:
    """Status, why there is none, and bytes."""
    match answer:
        case Reply(status=status, body=body):
            return status, None, len(body)
        case NotSent(reason=reason) | Unanswered(reason=reason):
            return None, reason, 0


def _split(url: str) -> tuple[str, str]:
    """Scheme, host and port, without a login; and the path."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", parts.path
