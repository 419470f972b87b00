"""Every documented way to say "not yet", read without a clock."""

from __future__ import annotations

import pytest

from imagepipe.model import Json
from imagepipe.provider import waits
from imagepipe.wire import Reply

NOW = "Sun, 22 Nov 2026 10:00:00 GMT"
NOW_EPOCH = 1_795_341_600


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (30, 30.0),
        (0.5, 0.5),
        (0, 0.0),
        ("7", 7.0),
        ("250ms", 0.25),
        ("55s", 55.0),
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("1h5m", 3900.0),
        ("2 minutes and 3 seconds", 123.0),
        ("Request was throttled. Your rate limit resets in ~30s.", 30.0),
        ("try again in 1.5 seconds, or in 9 minutes if you must", 1.5),
        (NOW_EPOCH + 12, 12.0),
        (str(NOW_EPOCH + 12), 12.0),
        ((NOW_EPOCH + 12) * 1000, 12.0),
        (NOW_EPOCH - 5, 0.0),
        ("Sun, 22 Nov 2026 10:01:00 GMT", 60.0),
        ("Sun, 22 Nov 2026 09:59:00 GMT", 0.0),
        (10**8, 86_400.0),
        (-1, None),
        (True, None),
        (None, None),
        ([30], None),
        ("soon", None),
        ("3 monkeys", None),
        (float("nan"), None),
        (float("inf"), None),
        (10**40, None),
    ],
)
def test_a_value_is_read_as_a_wait(value: Json, seconds: float | None) -> None:
    """Seconds, moments, durations, dates and prose; nothing else is a wait."""
    found = waits.seconds(value, NOW)
    assert found == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize("value", [NOW_EPOCH, str(NOW_EPOCH), "Sun, 22 Nov 2026 10:01:00 GMT"])
def test_a_moment_without_the_servers_date_is_no_wait(value: Json) -> None:
    """There is no clock here, and ours may be wrong."""
    assert waits.seconds(value, None) is None
    assert waits.seconds(value, "yesterday") is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "Sun, 22 Nov 2026 10:00:30 GMT"}, 30.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "later"}, None),
        ({"retry-after": "-3"}, None),
        ({}, None),
    ],
)
def test_retry_after_in_each_of_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, a date against the reply's own Date, or milliseconds."""
    assert waits.from_headers(Reply(429, {"date": NOW, **headers}, b"")) == seconds
