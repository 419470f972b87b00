"""Laws of the provider layer: no reply breaks it, no value escapes its place in a request."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st

from imagepipe.document import parse
from imagepipe.model import Fault, FaultKind, Json, Key, Secret, Ticket, Value
from imagepipe.provider import Pending, Provider, Ready, load_spec, settings_from
from imagepipe.provider.sizes import about_a_megapixel, find, nearest, row
from imagepipe.wire import Operation, Reply

SPECS = Path(__file__).parents[2] / "specs" / "providers"
CANARY = "sk-canary-0123456789"
ENTRY: dict[str, Json] = {"vars": {"app_id": "a"}}
SHIPPED = [
    Provider(
        path.stem,
        load_spec(parse(path.read_bytes(), path.name)),
        settings_from(ENTRY if path.stem == "rungen" else {}),
        secret=Secret(CANARY),
    )
    for path in sorted(SPECS.glob("*.yaml"))
]
PROVIDERS = st.sampled_from(SHIPPED)
OPERATIONS = st.sampled_from(list(Operation))
STATUSES = st.sampled_from([200, 201, 202, 204, 301, 400, 401, 404, 408, 429, 500, 503, 524, 599])

NAMES = (
    "id job_id data status result images image output url b64_json error message code failureCode "
    "cost credits refunded creditUsed task_id seed"
)
WORDS = st.sampled_from(NAMES.split())
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.sampled_from(["COMPLETED", "succeeded", "https://x.example/1", "..", "SAFETY.X", CANARY])
)
BODIES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "retry-after", "date", "x-ratelimit-reset", "retry-after-ms"]),
    st.text(max_size=40) | st.sampled_from(["image/png", "application/json", "3", "-1"]),
)


@given(PROVIDERS, OPERATIONS, STATUSES, HEADERS, BODIES)
@settings(max_examples=400, deadline=None)
def test_any_json_has_a_reading(
    provider: Provider, operation: Operation, status: int, headers: dict[str, str], body: object
) -> None:
    """A reading is total, tells no secret, and a bad submit is never called free to repeat."""
    reading = provider.read(operation, Reply(status, headers, json.dumps(body).encode()))
    assert isinstance(reading, Pending | Ready | Fault)
    if isinstance(reading, Fault):
        assert CANARY not in reading.message
        if operation is Operation.SUBMIT and status in (200, 408, 500, 524):
            assert reading.accepted is not False or reading.kind is FaultKind.REJECTED
    wait = getattr(reading, "wait", None)
    assert wait is None or 0 <= wait <= 86_400
    if isinstance(reading, Ready) and reading.cost is not None:
        assert reading.cost >= 0


@given(PROVIDERS, OPERATIONS, STATUSES, st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_have_a_reading(
    provider: Provider, operation: Operation, status: int, body: bytes
) -> None:
    """Half a reply, HTML, a bomb of brackets: a fault at worst."""
    for data in (body, b"[" * 5_000 + body, b'{"id":' * 3_000 + body):
        assert isinstance(
            provider.read(operation, Reply(status, {}, data)), Pending | Ready | Fault
        )


@given(st.text(min_size=1, max_size=40))
@settings(max_examples=300, deadline=None)
def test_a_ticket_never_leaves_its_address(number: str) -> None:
    """Either the ticket is refused when it is read, or it is one segment of the address."""
    rungen = next(one for one in SHIPPED if one.name == "rungen")
    reading = rungen.read(Operation.SUBMIT, Reply(200, {}, json.dumps({"job_id": number}).encode()))
    if not isinstance(reading, Pending) or reading.ticket is None:
        return
    parts = urlsplit(rungen.poll(Ticket(reading.ticket.id)).url)
    assert parts.netloc == "api.rungen.ai"
    assert parts.path.startswith("/app/a/job/")
    assert parts.path.count("/") == 4
    assert not parts.query
    assert not parts.fragment


FIELDS: st.SearchStrategy[dict[str, Value]] = st.fixed_dictionaries(
    {"prompt": st.text(max_size=600)},
    optional={
        "model": st.sampled_from(["gen4_image", "gpt_image_2", "x/FLUX.2-pro", "..", "x/canny"]),
        "negative_prompt": st.text(max_size=20),
        "aspect_ratio": st.sampled_from(["16:9", "1:1", "5:4", "0:1", "wide", "99999:1"]),
        "size": st.sampled_from(["1024x1024", "1344:768", "1x1", "auto", "999999x999999"]),
        "fit": st.sampled_from(["exact", "nearest"]),
        "seed": st.integers(min_value=0, max_value=2**32),
        "steps": st.integers(min_value=-5, max_value=500),
        "params": st.dictionaries(
            st.sampled_from(["n", "ratio", "stream", "input", "size", "x"]), BODIES, max_size=3
        ),
    },
)


@given(PROVIDERS, FIELDS, st.booleans())
@settings(max_examples=400, deadline=None)
def test_what_resolves_can_be_sent(
    provider: Provider,
    fields: dict[str, Value],
    written: bool,
) -> None:
    """Resolving is total; what it calls sound becomes a request, and the same one again."""
    names = frozenset(fields) if written else frozenset({"prompt"})
    resolution = provider.resolve(fields, names)
    assert provider.resolve(fields, names) == resolution
    assert resolution.values.keys() <= {*fields, "width", "height", "size", "aspect_ratio"}
    if resolution.is_sound:
        request = provider.submit(resolution.values, lambda _: b"", Key("0" * 64))
        assert CANARY not in repr(request.headers)
        assert CANARY not in request.url
        json.dumps(request.json)


SIDES = st.integers(min_value=1, max_value=4096)


@given(st.lists(st.tuples(SIDES, SIDES), min_size=1, max_size=6), SIDES, SIDES)
def test_what_is_found_is_also_nearest(
    listed: list[tuple[int, int]], width: int, height: int
) -> None:
    """An exact row is at no distance, so `fit: nearest` never takes a worse shape."""
    rows = [row(f"{w}x{h}") for w, h in listed]
    wanted = f"{width}x{height}"
    exact, near = find(rows, wanted), nearest(rows, wanted)
    if exact is not None and exact.pixels is not None and near is not None and near.pixels:
        assert near.pixels[0] * exact.pixels[1] == near.pixels[1] * exact.pixels[0]


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 8, 16, 32]))
def test_a_made_up_size_keeps_the_grid_and_the_area(width: int, height: int, grid: int) -> None:
    """About a megapixel, in the asked shape, on the vendor's grid."""
    made = about_a_megapixel(f"{width}:{height}", grid)
    assert made is not None
    assert made[0] % grid == made[1] % grid == 0
    assert 0.8 < made[0] * made[1] / 2**20 < 1.2
