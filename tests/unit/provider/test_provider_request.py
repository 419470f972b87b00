"""Requests: types kept, the unset dropped, secrets in headers alone, addresses that stay put."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from imagepipe.errors import SetupError
from imagepipe.model import ImageInput, Key, Secret, Ticket, Value
from imagepipe.provider import Provider
from imagepipe.wire import Operation, Part, Request

Shipped = Callable[..., Provider]
Written = Callable[..., Provider]
KEY = Key("ab" * 32)

SPEC = """
name: tree
revision: 1
base_url: https://api.tree.example/v2/
key_env: TREE_KEY
vars:
  team: {default: main}
headers:
  Authorization: Key ${secret}
  Idempotency-Key: ${job.key}
submit:
  post: /models/${model}/draw
  params_in: input.extra
  headers: {x-team: "team ${vars.team}"}
  json:
    fixed: {yes: no, n: 1, on: true, ratio: 1:1, nothing: null}
    kept: []
    input:
      prompt: ${prompt}
      shape: ${width}x${height}
      steps: ${steps}
      options: {guidance: "${guidance}", more: {seed: "${seed}"}}
      extra: {tile: false, deep: {a: 1}}
      refs:
        - first
        - each: input_images
          item: {uri: "${item.uri}", tag: "${item.tag}"}
        - each: image
          item: ${item.uri}
reply: {results: url}
"""


def sent(provider: Provider, **fields: Value) -> Request:
    return provider.submit(fields, lambda _: b"PNG", KEY)


def test_types_are_kept_and_the_unset_is_dropped(written: Written) -> None:
    """A whole-value name keeps its type; empty containers go, literal ones stay."""
    request = sent(written(SPEC), model="a/b c", prompt="A mug", steps=3, guidance=Decimal("3.5"))
    assert request.url == "https://api.tree.example/v2/models/a/b%20c/draw"
    assert request.json == {
        "fixed": {"yes": "no", "n": 1, "on": True, "ratio": "1:1", "nothing": None},
        "kept": [],
        "input": {
            "prompt": "A mug",
            "steps": 3,
            "options": {"guidance": 3.5},
            "extra": {"tile": False, "deep": {"a": 1}},
            "refs": ["first"],
        },
    }


def test_pictures_are_spliced_into_lists(written: Written) -> None:
    """One tree for every picture; a single one is a list of one."""
    pictures = (
        ImageInput("a.png", "file", tag="mug", media_type="image/png"),
        ImageInput("https://example.com/b.png", "url"),
    )
    request = sent(
        written(SPEC), model="m", input_images=pictures, image=ImageInput("data:,x", "data")
    )
    assert isinstance(request.json, dict)
    assert request.json["input"] == {
        "extra": {"tile": False, "deep": {"a": 1}},
        "refs": [
            "first",
            {"uri": "data:image/png;base64,UE5H", "tag": "mug"},
            {"uri": "https://example.com/b.png"},
            "data:,x",
        ],
    }


def test_params_merge_deeply_over_literals(written: Written) -> None:
    """Maps into maps; everything else replaces what was there."""
    params: Value = {"tile": True, "deep": {"b": Decimal("0.5")}, "list": [1]}
    request = sent(written(SPEC), model="m", params=params)
    assert isinstance(request.json, dict)
    assert request.json["input"] == {
        "extra": {"tile": True, "deep": {"a": 1, "b": 0.5}, "list": [1]},
        "refs": ["first"],
    }


def test_the_secret_is_a_secret_header(written: Written) -> None:
    """It prints as stars wherever the request is shown, and is absent without a key."""
    request = sent(written(SPEC), model="m")
    assert request.headers["Authorization"] == Secret("Key sk-canary")
    assert request.headers["Idempotency-Key"] == KEY
    assert request.headers["x-team"] == "team main"
    assert "sk-canary" not in repr(request)
    assert "sk-canary" not in repr(written(SPEC))
    assert "Authorization" not in sent(written(SPEC).with_secret(None), model="m").headers


def test_the_users_headers_come_after_the_specs(written: Written) -> None:
    """A gateway in between may want one more, or another; case does not make two of one."""
    provider = written(SPEC, {"headers": {"X-Gateway": "7", "AUTHORIZATION": "none"}})
    headers = sent(provider, model="m").headers
    assert headers["X-Gateway"] == "7"
    assert headers["AUTHORIZATION"] == "none"
    assert "Authorization" not in headers


FORM = """
name: form
revision: 1
base_url: https://api.form.example
submit:
  post: /edits
  form:
    prompt: ${prompt}
    n: 1
    crisp: true
    image[]: {each: input_images, item: "${item.file}"}
    mask: ${mask.file}
reply: {results: url}
"""


def test_a_form_has_parts(written: Written) -> None:
    """Texts as text, pictures as files, lists as repeated parts, also from params."""
    picture = ImageInput("dir/a secret name.png", "file", media_type="image/png")
    request = sent(
        written(FORM),
        prompt="Ein Krüglein",
        input_images=(picture, picture),
        params={"tags": ["a", "b"], "meta": {"x": Decimal("1.5")}},
    )
    assert request.json is None
    assert request.form == (
        Part("prompt", "Ein Krüglein".encode()),
        Part("n", b"1"),
        Part("crisp", b"true"),
        Part("image[]", b"PNG", "image.png", "image/png"),
        Part("image[]", b"PNG", "image.png", "image/png"),
        Part("tags", b"a"),
        Part("tags", b"b"),
        Part("meta", b'{"x": 1.5}'),
    )


@pytest.mark.parametrize(
    ("ticket", "url"),
    [
        ("a/../../b", "https://api.rungen.ai/app/x/job/a%2F..%2F..%2Fb"),
        ("a?b#c", "https://api.rungen.ai/app/x/job/a%3Fb%23c"),
        ("ä", "https://api.rungen.ai/app/x/job/%C3%A4"),
    ],
)
def test_a_ticket_stays_in_its_segment(shipped: Shipped, ticket: str, url: str) -> None:
    """Whatever id a server makes up, the request goes to the job's own address."""
    provider = shipped("rungen", vars={"app_id": "x"})
    assert provider.poll(Ticket(ticket)).url == url


@pytest.mark.parametrize("ticket", ["", ".", ".."])
def test_a_ticket_that_is_no_segment_is_refused(shipped: Shipped, ticket: str) -> None:
    """It would ask after something else, with the key."""
    with pytest.raises(SetupError, match="cannot be part of an address"):
        shipped("rungen", vars={"app_id": "x"}).poll(Ticket(ticket))


def test_a_synchronous_provider_has_no_polls(shipped: Shipped) -> None:
    """Who asks after a ticket there has the wrong provider."""
    with pytest.raises(SetupError, match="answers at once"):
        shipped("runcrate").poll(Ticket("x"))
    assert shipped("runcrate").synchronous
    assert shipped("runcrate").result(Ticket("x")) is None


def test_timeouts_are_the_specs_or_the_users(shipped: Shipped) -> None:
    """A synchronous answer takes as long as a picture; a poll does not."""
    assert sent(shipped("runcrate"), prompt="x", model="m").timeout == 120
    own = shipped("runcrate", timeouts={"submit": "5m"})
    assert sent(own, prompt="x", model="m").timeout == 300
    assert shipped("goneural").poll(Ticket("1")).timeout == 30
    assert shipped("goneural").poll(Ticket("1")).operation is Operation.POLL


def test_moving_keeps_the_identity(shipped: Shipped) -> None:
    """A rehearsal asks another origin for the same pictures: same keys, same path."""
    home = shipped("runcrate")
    moved = home.at_origin("http://127.0.0.1:9/runcrate")
    assert moved.head() == home.head()
    url = "http://127.0.0.1:9/runcrate/v1/images/generations"
    assert sent(moved, prompt="x", model="m").url == url


def test_a_server_of_ones_own_is_another_service(shipped: Shipped) -> None:
    """Its pictures are not the vendor's, unless the user says so; vars that decide are in."""
    assert shipped("runcrate").head() == {
        "provider": "runcrate",
        "revision": 1,
        "identity": "runcrate",
    }
    spec = shipped("runcrate", base_url="http://10.0.0.5/v1")
    assert Provider("house", spec.spec, spec.settings).head()["identity"] == "house"
    same = shipped("runcrate", base_url="http://10.0.0.5/v1", identity="runcrate")
    assert same.head()["identity"] == "runcrate"
    rungen = shipped("rungen", vars={"app_id": "a", "team_id": "t"})
    assert rungen.head()["vars"] == {"app_id": "a"}
