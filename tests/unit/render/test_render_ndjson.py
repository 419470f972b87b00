"""The event log for machines."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, get_args

import pytest
from jsonschema import Draft7Validator

from imagepipe import events
from imagepipe.model import FaultKind, Secret
from imagepipe.render.event_schema import event_schema
from imagepipe.render.ndjson import VERSION, EventLines, kind
from tests.unit.render.values import fault, finished, key, stopped

EVERY = (
    events.RunStarted("r1", ("m.yaml",), 2, {"acme": 2}),
    events.Limited("acme", Decimal(60), None),
    events.Submitting(key(1), "acme", "a/b", 1, Decimal("0.04")),
    events.Refused(key(1), "acme", "a/b", 1, fault("slow down")),
    events.Waiting(key(1), "acme", "a/b", "money"),
    events.Submitted(key(1), "acme", "a/b", None),
    events.Polled(key(1), "acme", "RUNNING"),
    events.Downloaded(key(1), "acme", 12),
    finished(1, cost=Decimal("0.0030")),
    stopped(2, why=fault("no", http=400, accepted=False, kind=FaultKind.MODERATED)),
    events.GateClosed("acme", 1.23456, "HTTP 429"),
    events.ProviderStopped("acme", fault()),
    events.Note("hm"),
    events.Draining("SIGINT", 1),
    events.Left("SIGINT", (events.OpenSubmit(key(1), "acme", "a/b", "2027", Decimal("0.1")),)),
    events.RunFinished("r1", 2.5, 0),
)


def log(*happened: events.Event) -> list[dict[str, Any]]:
    written: list[str] = []
    listener = EventLines(written.append, lambda: "2027-01-02T03:04:05.678Z", "0.1.0")
    for event in happened:
        listener(event)
    assert all(line.endswith("\n") and "\n" not in line[:-1] for line in written)
    return [json.loads(line) for line in written]


def test_the_first_line_names_the_version() -> None:
    """A reader knows what it reads before it reads it."""
    assert log() == [
        {
            "type": "version",
            "time": "2027-01-02T03:04:05.678Z",
            "version": VERSION,
            "program": "0.1.0",
        }
    ]


def test_every_kind_of_event_has_its_line() -> None:
    """None is forgotten when one is added, and all have a type and a UTC time."""
    assert {type(event) for event in EVERY} == set(get_args(events.Event))
    lines = log(*EVERY)[1:]
    assert [line["type"] for line in lines] == [kind(event) for event in EVERY]
    assert {line["time"] for line in lines} == {"2027-01-02T03:04:05.678Z"}


def test_money_is_a_decimal_text_and_unknown_is_null() -> None:
    """No float ever holds money."""
    known, unknown = log(finished(1, cost=Decimal("0.0030")), finished(2, cost=None))[1:]
    assert known["cost"] == "0.003"
    assert unknown["cost"] is None


def test_a_fault_is_an_object_with_its_kind() -> None:
    """The whole classification, for whoever counts failures."""
    (line,) = log(next(one for one in EVERY if isinstance(one, events.Stopped)))[1:]
    assert line["fault"]["kind"] == "moderated"
    assert line["fault"]["accepted"] is False
    assert line["how"] == "failed"


def test_a_secret_in_an_event_is_a_bug_and_not_a_line() -> None:
    """What has no JSON form by rule is refused; a key can never be written as text."""
    sly = events.Note("x", Secret("sk-live-123"))  # type: ignore[arg-type]  # the slip itself
    with pytest.raises(TypeError) as caught:
        log(sly)
    assert "sk-live-123" not in str(caught.value)


def test_every_line_is_as_the_schema_says() -> None:
    schema = event_schema()
    Draft7Validator.check_schema(schema)
    validator = Draft7Validator(schema)
    for line in log(*EVERY):
        validator.validate(line)
        (entry,) = [one for one in schema["oneOf"] if one["title"] == line["type"]]  # type: ignore[union-attr,index,call-overload]  # a schema is any JSON
        assert list(entry["properties"]) == list(line)  # type: ignore[index,call-overload,arg-type]  # likewise


def test_a_line_that_lacks_a_field_is_told() -> None:
    line = log(events.RunFinished("r1", 2.5, 0))[-1]
    validator = Draft7Validator(event_schema())
    assert not validator.is_valid({name: line[name] for name in line if name != "exit_code"})
    assert not validator.is_valid({**line, "exit_code": "0"})
    assert validator.is_valid({**line, "from a later version": 1})
