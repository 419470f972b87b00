"""A spec against its transcripts: are the requests right, are the replies read right, is all used?

Pure, and for anybody's spec: documents in, problems out. A request is compared field by field with
its types. A source or rule that no transcript reaches is an error, because a path that is spelt
wrong looks just like one that is never needed; an `||` branch or a status word is a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from imagepipe.document import Document
from imagepipe.errors import ImagepipeError, InputError, Problem
from imagepipe.model import Json, Key, Secret
from imagepipe.provider.coverage import Coverage
from imagepipe.provider.load import load_spec
from imagepipe.provider.provider import Provider
from imagepipe.provider.reply import Pending, Reading, Ready
from imagepipe.provider.request import as_json
from imagepipe.provider.results import Address, Inline, data_uri
from imagepipe.provider.scalars import yes_or_no
from imagepipe.provider.transcript import Exchange, Outcome, Transcript, load_transcript
from imagepipe.wire import Operation, Part, Request

SECRET = "SECRET"  # noqa: S105 - what transcripts write where a key stands
JOB_KEY = Key("0" * 64)
WRONG_REQUEST = "E521"
WRONG_READING = "E522"
WRONG_NOTES = "E523"


def check(spec: Document, transcripts: Iterable[Document]) -> list[Problem]:
    """Everything wrong with a spec by its transcripts, and as notes what they leave untried.

    Raises:
        InputError: the spec itself cannot be read.
    """
    known = load_spec(spec)
    coverage = Coverage(spec, known)
    problems: list[Problem] = []
    for document in transcripts:
        try:
            transcript = load_transcript(document)
        except InputError as error:
            problems += error.problems
            continue
        provider = Provider(known.name, known, transcript.settings, secret=Secret(SECRET))
        for exchange in transcript.exchanges:
            problems += _exchange(provider, transcript, exchange, coverage)
    return [*problems, *coverage.unreached()]


def _exchange(
    provider: Provider, transcript: Transcript, exchange: Exchange, coverage: Coverage
) -> Iterator[Problem]:
    document = transcript.document
    for wrong in provider.check():
        yield document.problem("E520", wrong.message, ("settings",), hint=wrong.hint)
    try:
        request, notes = _asked(provider, transcript, exchange)
    except ImagepipeError as error:
        yield document.problem(WRONG_REQUEST, str(error), exchange.path)
        return
    coverage.asked(exchange)
    if notes != list(exchange.notes):
        message = f"resolving gives {_listed(notes)}, and notes says {_listed(exchange.notes)}"
        yield document.problem(WRONG_NOTES, message, exchange.path)
    if request is not None and exchange.request is not None:
        for path, message in differences(exchange.request, _told_request(request)):
            yield document.problem(WRONG_REQUEST, message, (*exchange.path, "request", *path))
    for outcome in exchange.outcomes:
        reading = provider.read(exchange.operation, outcome.reply)
        coverage.answered(exchange.operation, outcome.reply, reading)
        yield from _reading(document, outcome, reading)


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(codes) or "no notes"


def _asked(
    provider: Provider, transcript: Transcript, exchange: Exchange
) -> tuple[Request | None, list[str]]:
    """The request of an exchange, and the codes of what resolving noted."""
    match exchange.operation:
        case Operation.SUBMIT:
            resolution = provider.resolve(exchange.fields, frozenset(exchange.fields))
            codes = [
                violation.code if violation.severity == "note" else f"error {violation.code}"
                for violation in resolution.violations
            ]
            return provider.submit(resolution.values, transcript.load, JOB_KEY), codes
        case Operation.PREFLIGHT:
            return provider.preflight(), []
        case operation:
            if exchange.ticket is None:
                raise AssertionError("polls and results are read with their ticket")
            is_poll = operation is Operation.POLL
            ask = provider.poll if is_poll else provider.result
            return ask(exchange.ticket), []


def _told_request(request: Request) -> dict[str, Json]:
    """A request in the form in which transcripts write it."""
    headers: dict[str, Json] = {
        name: value.reveal() if isinstance(value, Secret) else value
        for name, value in request.headers.items()
    }
    told: dict[str, Json] = {request.method.lower(): request.url}
    if headers:
        told["headers"] = headers
    if request.form is not None:
        told["form"] = [_told_part(part) for part in request.form]
    elif request.json is not None:
        told["json"] = request.json
    return told


def _told_part(part: Part) -> dict[str, Json]:
    told: dict[str, Json] = {"name": part.name}
    if part.filename is None:
        return {**told, "text": part.data.decode()}
    return {**told, "filename": part.filename, "media_type": part.media_type}


def differences(
    wanted: Json | Mapping[str, Json],
    got: Json | Mapping[str, Json],
    path: tuple[str | int, ...] = (),
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where two JSON values differ, in value or in type: (path, what is wrong)."""
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        for name in [*wanted, *(name for name in got if name not in wanted)]:
            here = (*path, name)
            if name not in got:
                yield here, f"{_dotted(here)} is not sent"
            elif name not in wanted:
                yield path, f"{_dotted(here)} is sent as well: {got[name]!r}"
            else:
                yield from differences(wanted[name], got[name], here)
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for index, (one, other) in enumerate(zip(wanted, got, strict=True)):
            yield from differences(one, other, (*path, index))
    else:
        expected = as_json(wanted) if isinstance(wanted, Decimal) else wanted
        if type(expected) is not type(got) or expected != got:
            kinds = (type(expected).__name__, type(got).__name__)
            typed = f" ({kinds[1]}, not {kinds[0]})" if kinds[0] != kinds[1] else ""
            yield path, f"{_dotted(path)} is {got!r}{typed}; the transcript has {expected!r}"


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path)) or "it"


_WORDS = ("accepted", "billed", "running")
_IF_GIVEN = ("http", "code", "advice")
_PARTS = ("message", "note", "advice")
"""Of these texts a part is enough in a transcript."""


def _reading(document: Document, outcome: Outcome, reading: Reading) -> Iterator[Problem]:
    told = _told_reading(reading)
    wanted = {name: _value(name, value) for name, value in outcome.reading.items()}
    path = (*outcome.path, "reading")
    for name in dict.fromkeys((*wanted, *told)):
        one, other = wanted.get(name), told.get(name)
        if name not in wanted and (name in _IF_GIVEN or name == "message"):
            continue
        if name in _PARTS and isinstance(one, str) and isinstance(other, str) and one in other:
            continue
        for inner, message in differences(one, other, (name,)):
            yield document.problem(WRONG_READING, message, (*path, *inner))


def _value(name: str, value: Json) -> Json:
    """What a transcript's text means in its place."""
    if name in _WORDS and isinstance(value, str):
        return yes_or_no(value)
    if name == "ticket" and not isinstance(value, dict):
        return {"id": str(value)}
    if name == "ticket" and isinstance(value, dict):
        return {key: str(one) for key, one in value.items()}
    if name == "wait" and isinstance(value, int | Decimal):
        return float(value)
    if name == "cost":
        return str(value)
    if name == "ready" and isinstance(value, list):
        return [_inline_text(one) for one in value]
    return value


def _inline_text(value: Json) -> Json:
    """A picture in a reply, as a transcript shows it: by its data URI's bytes, or its address."""
    inline = data_uri(value) if isinstance(value, str) else None
    return value if inline is None else _told_inline(inline)


def _told_inline(inline: Inline) -> str:
    return f"{inline.media_type or ''};{inline.data.hex()}"


def _told_reading(reading: Reading) -> dict[str, Json]:
    """A reading in the form in which transcripts write it; what is unknown is left out."""
    told: dict[str, Json]
    match reading:
        case Pending(ticket, status, running, wait, note):
            told = {"pending": status, "running": running or None, "wait": wait, "note": note}
        case Ready(results, ticket, cost, seed):
            shown: list[Json] = [
                one.url if isinstance(one, Address) else _told_inline(one) for one in results
            ]
            told = {"ready": shown, "cost": None if cost is None else f"{cost:f}", "seed": seed}
        case fault:
            ticket = None
            told = {"fault": fault.kind.value, "http": fault.http, "code": fault.code}
            told |= {"accepted": fault.accepted, "billed": fault.billed, "wait": fault.wait}
            told |= {"message": fault.message, "advice": fault.advice}
    if ticket is not None:
        told["ticket"] = {"id": ticket.id, **ticket.kept}
    return {name: value for name, value in told.items() if value is not None}
