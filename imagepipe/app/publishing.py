"""Requests as a report may show them, and the commands that repeat them.

An address may be signed: what is behind its `?` or before its `@` is left out, wherever it stands.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TypeVar

from imagepipe import key as keys
from imagepipe.model import Candidate, ImageInput, Job, Json, Record, State
from imagepipe.report.gallery import Change, Decided
from imagepipe.review import Decision, Entry, Retry, fields_of, verdict

_QUERY = re.compile(r"""(https?://[^\s?#"'<>]+)[?#][^\s"'<>]*""", re.IGNORECASE)
_LOGIN = re.compile(r"(https?://)[^\s/@]+@", re.IGNORECASE)
_DATA = re.compile(r"data:([\w/+.-]*)[^\s\"']{40,}", re.IGNORECASE)

_SHORTENED = re.compile(r"https?://\S+\?…|data:[\w/+.-]*…", re.IGNORECASE)

T = TypeVar("T")

_SHOWN_APART = frozenset({"prompt", "negative_prompt", "model", "seed"})
_NOT_A_WORD = re.compile(r"[\s,\x00-\x1f\x7f]+")


def published(text: str | None) -> str | None:
    """A text without what an address may be signed with, and without inline data."""
    if text is None:
        return None
    return _DATA.sub(r"data:\1…", _QUERY.sub(r"\1?…", _LOGIN.sub(r"\1", text)))


def parameters(candidate: Candidate) -> dict[str, Json]:
    """What was asked for besides prompts, model and seed; pictures by the names people gave."""
    request = json.loads(keys.canonical_json(candidate.canonical))
    found = {**request.get("fields", {}), **request.get("vars", {})}
    for name, value in candidate.values.items():
        if isinstance(value, (ImageInput, tuple)):
            found[name] = _pictures(value)
    return {name: _clean(value) for name, value in found.items() if name not in _SHOWN_APART}


def told_changes(old: Mapping[str, Json], new: Mapping[str, Json]) -> tuple[Change, ...]:
    """What leads from one request to another, by the names of a manifest."""
    return tuple(
        Change(name.removeprefix("fields."), _told(was), _told(now))
        for name, was, now in keys.differences(old, new)
    )


def decided(entry: Entry | None, record: Record | None) -> Decided | None:
    """What people decided on a job's picture, which `record` tells of."""
    if entry is None:
        return None
    done = record is not None and record.state is State.COMMITTED
    blob = record.blob if record is not None and done else None
    told = fields_of(entry).get("retry")
    asked = told if isinstance(told, dict) else {}
    judged = entry.decision in (Decision.APPROVED, Decision.REJECTED)
    return Decided(
        held=verdict(entry, blob),
        stale=judged and not entry.is_about(blob),
        decision=entry.decision,
        picture=entry.picture,
        note=published(entry.note),
        retry={name: _clean(value) for name, value in asked.items()} or None,
        revision=revision(entry),
    )


def revision(entry: Entry | None) -> str:
    """12 hex digits that change with what the review file says of a picture; empty if nothing."""
    if entry is None:
        return ""
    text = keys.canonical_json(fields_of(entry))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def as_written(now: Entry, before: Entry | None) -> Entry:
    """An entry as a page sends it, with what the file says where the page had left something out.

    What a page was shown without what addresses are signed with comes back so, and is not meant: a
    prompt that lost a piece would be another request, and paid for.
    """
    if before is None:
        return now
    note = _meant(now.note, before.note)
    if now.retry is None or before.retry is None:
        return replace(now, note=note)
    was = asdict(before.retry)
    told = {name: _meant(value, was[name]) for name, value in asdict(now.retry).items()}
    return replace(now, note=note, retry=Retry(**told))


def is_shortened(text: str | None) -> bool:
    """Whether something was left out of a text before it was shown."""
    return text is not None and _SHORTENED.search(text) is not None


def _meant(told: T, was: T) -> T:
    return was if isinstance(was, str) and told == published(was) else told


def select_command(run: str, job: Job, *terms: str) -> str:
    """`run` for this product and recipe alone. What `--select` takes for a separator is a `*`."""
    names = {"product": job.product, "image": job.recipe}
    words = [f"{kind}:{_NOT_A_WORD.sub('*', name)}" for kind, name in names.items() if name]
    return f"{run} --select {shlex.quote(' '.join([*words, *terms]))}"


def _pictures(value: ImageInput | tuple[ImageInput, ...]) -> Json:
    if isinstance(value, tuple):
        return [_pictures(one) for one in value]
    source = value.source
    if value.kind == "data":
        source = f"data:{value.media_type or ''}, {value.size or 0} bytes"
    return f"{source} ({value.tag})" if value.tag else source


def _clean(value: Json) -> Json:
    match value:
        case str():
            return published(value)
        case list():
            return [_clean(one) for one in value]
        case dict():
            return {name: _clean(one) for name, one in value.items()}
        case _:
            return value


def _told(canonical: str | None) -> str | None:
    """A leaf of a canonical request for people: a text without its quotes."""
    if canonical is None:
        return None
    value = json.loads(canonical)
    return published(value if isinstance(value, str) else canonical)
