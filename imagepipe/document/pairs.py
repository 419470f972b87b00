"""The texts of a map in one loop, which are nearly all of a document with thousands of products.

It reads pairs of texts that nobody has to say anything about. The first event that is anything else
is handed back, for the builder to read as it reads every event: it alone knows the mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from yaml.events import ScalarEvent

from imagepipe.document.nodes import Mapping, Mark, Plain

Event: TypeAlias = Any
"""An event as libyaml makes it: its stubs say that every field may be missing, which none is."""

is_json = re.compile(
    r"(?:true|false|null|-?(?:0|[1-9][0-9]{0,29})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,2})?)?"
).fullmatch
JSON_BEGINS = "-0123456789tfn"
"""With what JSON begins, unless it is empty: most texts are told from numbers by one look."""

NO_KEYS = ("", "<<")
UNREADABLE_KEY = "\0"
"""Stands for a key that is no text, until its value has been read and both are dropped."""

_UNUSUAL = frozenset({*NO_KEYS, UNREADABLE_KEY})


Rest: TypeAlias = "tuple[Event | None, str | None, Mark, int]"
"""Where the pairs end: at this event, with a key whose value it is and its mark, or without one;
then how many texts were read, that key among them. No class of ours, for each map has one.
"""


def read_pairs(top: Mapping, events: Iterator[Event], room: int) -> Rest:
    """Add pairs to a map that has no key without a value, as far as both are usual texts.

    Args:
        top: The map.
        events: What comes next.
        room: How many texts may be read at most.
    """
    marks, texts, mark = top.marks, 0, (1, 1)
    at: Event
    for event in events:
        if type(event) is not ScalarEvent or texts + 2 > room:
            return event, None, mark, texts
        key, at = event.value, event.start_mark
        if key in _UNUSUAL or key in top or event.tag is not None or event.anchor is not None:
            return event, None, mark, texts
        mark = (at.line + 1, at.column + 1)
        other: Event = next(events, None)
        value = other.value if type(other) is ScalarEvent else ""
        if not value or other.tag is not None or other.anchor is not None:
            return other, key, mark, texts + 1
        if other.implicit[0] and value[0] in JSON_BEGINS and is_json(value):
            value = Plain(value)
        at = other.start_mark
        top[key] = value
        marks[key] = (mark, (at.line + 1, at.column + 1))
        texts += 2
    return None, None, mark, texts
