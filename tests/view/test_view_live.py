"""What a page hears: decisions of other windows and of editors, runs, and what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from imagepipe.review import Decision, Retry
from tests.view.viewed import MANIFEST, Shop, View, approved, decision, entries

pytestmark = pytest.mark.timeout(120)

HERO, LAMP = "MUG-01/hero", "LAMP-02/hero"


@pytest.fixture
def client(undecided: View) -> Iterator[httpx2.Client]:
    with undecided.client() as found:
        yield found


@contextmanager
def following(client: httpx2.Client) -> Iterator[Iterator[dict[str, Any]]]:
    """The news from now on."""
    since = client.get("data").json()["version"]
    with client.stream("GET", f"events?since={since}", timeout=30) as stream:
        lines = stream.iter_lines()
        yield (json.loads(line[6:]) for line in lines if line.startswith("data: "))


def _decide(client: httpx2.Client, *changes: dict[str, Any]) -> httpx2.Response:
    return client.post("decisions", json={"changes": list(changes)})


def test_a_decision_is_a_line_in_the_file(undecided: View, client: httpx2.Client) -> None:
    """With the digest of the picture; told back with what undoes it."""
    one = entries(client)[HERO]
    reply = _decide(client, approved(one)).json()
    entry = undecided.shop.review().entries[HERO]
    assert (entry.decision, entry.picture) == (Decision.APPROVED, one["image"]["digest"])
    assert reply["pictures"][0]["review"]["held"] == "approved"
    assert reply["undo"] == [{"id": one["id"], "now": None}]
    back = decision(reply["pictures"][0], reply["undo"][0]["now"])
    assert _decide(client, back).status_code == 200
    assert undecided.shop.review().entries == {}


def test_another_window_hears_of_it(undecided: View, client: httpx2.Client) -> None:
    """And so it does of what a person writes into the file."""
    with following(client) as news:
        one = entries(client)[HERO]
        _decide(client, approved(one))
        (told,) = next(news)["pictures"]
        assert (told["id"], told["review"]["held"]) == (one["id"], "approved")
        text = undecided.shop.decisions.read_text(encoding="utf-8")
        undecided.shop.decisions.write_text(text.replace("approved", "rejected"), encoding="utf-8")
        (told,) = next(news)["pictures"]
        assert told["review"]["held"] == "rejected"


def test_a_decision_on_what_was_not_seen_is_told(undecided: View, client: httpx2.Client) -> None:
    """Two windows: the second one's is not saved, nor the rest of the same request."""
    seen = entries(client)
    picture = f"sha256:{seen[HERO]['image']['digest']}"
    note = {"decision": "rejected", "picture": picture, "note": "dark"}
    assert _decide(client, decision(seen[HERO], note)).status_code == 200
    reply = _decide(client, approved(seen[LAMP]), approved(seen[HERO]))
    assert reply.status_code == 409
    (there,) = reply.json()["conflict"]
    assert (there["review"]["held"], there["review"]["note"]) == ("rejected", "dark")
    assert list(undecided.shop.review().entries) == [HERO]
    again = approved(seen[HERO]) | {"seen": there["review"]["revision"]}
    assert _decide(client, again).status_code == 200


def test_what_the_page_left_out_stays_in_the_file(undecided: View, client: httpx2.Client) -> None:
    """A prompt that lost a piece of an address on its way would be made, and paid for, again."""
    one = entries(client)[HERO]
    asked = Retry(seed=7, prompt="a mug as on https://shop.example/mug?sig=abc, but red")
    note = "see https://shop.example/why?token=1"
    told = {"decision": "retry", "note": note, "retry": {"seed": 7, "prompt": asked.prompt}}
    assert _decide(client, decision(one, told)).status_code == 200
    shown = entries(client)[HERO]
    assert "sig" not in json.dumps(shown)
    now = {**approved(one)["now"], "note": shown["review"]["note"]}
    now["retry"] = shown["review"]["retry"]
    assert _decide(client, decision(shown, now)).status_code == 200
    entry = undecided.shop.review().entries[HERO]
    assert (entry.decision, entry.note, entry.retry) == (Decision.APPROVED, note, asked)
    assert entries(client)[HERO]["key"] == shown["key"]


def test_another_try_gets_another_seed(undecided: View, client: httpx2.Client) -> None:
    """Or another take, where the provider takes none; what cannot be made is refused at once."""
    seen = entries(client)
    new = {"decision": "retry", "retry": {"seed": "new"}}
    lamp, scene = seen[LAMP], seen["LAMP-02/scene"]
    told = _decide(client, decision(lamp, new), decision(scene, new)).json()["pictures"]
    found = undecided.shop.review().entries
    retry = found[LAMP].retry
    assert retry is not None
    assert retry.seed not in (None, lamp["seed"])
    assert retry.take is None
    assert found["LAMP-02/scene"].retry in (Retry(take=2), found["LAMP-02/scene"].retry)
    assert {one["status"] for one in told} == {"changed"}
    bad = {"decision": "retry", "retry": {"provider": "nobody"}}
    refused = _decide(client, decision(seen[HERO], bad))
    assert refused.status_code == 422
    assert 'no provider "nobody"' in refused.json()["error"]
    assert HERO not in undecided.shop.review().entries


def test_a_run_of_another_process_is_followed(undecided: View, client: httpx2.Client) -> None:
    """While it is at work, and to its end; its pictures come to the page as they are made."""
    one = entries(client)[HERO]
    _decide(client, decision(one, {"decision": "retry", "retry": {"seed": 77}}))
    with following(client) as news:
        with undecided.shop.start("run", "--emulate", "--select", "review:retry", "-q") as run:
            heard: list[dict[str, Any]] = []
            statuses: set[str] = set()
            for told in news:
                heard.append(told)
                statuses |= {one["status"] for one in told["pictures"] or ()}
                if "done" in statuses and not told["runs"]:
                    break
            assert run.wait(30) == 0
        assert any(told["runs"] == 1 for told in heard)
        done = entries(client)[HERO]
        assert done["image"]["digest"] != one["image"]["digest"]
        assert [past["image"]["digest"] for past in done["earlier"]][:1] == [one["image"]["digest"]]
        assert (done["seed"], done["review"]["held"]) == (77, "pending")


def test_what_is_wrong_is_told_and_mended(undecided: View, client: httpx2.Client) -> None:
    """The page keeps what it has; decisions wait until the file can be read."""
    seen = entries(client)
    with following(client) as news:
        undecided.shop.decisions.write_text("version: 1\npictures: {a/b: {decision: aproved}}\n")
        told = next(news)
        assert "aproved" in told["trouble"]
        assert told["pictures"] == []
        refused = _decide(client, approved(seen[HERO]))
        assert refused.status_code == 422
        assert "aproved" in undecided.shop.decisions.read_text()
        undecided.shop.decisions.unlink()
        assert next(told for told in news if not told["trouble"])["version"] > told["version"]


def test_a_new_product_comes_to_the_page(undecided: View, client: httpx2.Client) -> None:
    """Then all is asked for again."""
    more = MANIFEST.replace("images:\n", "    - {sku: BAG-04, name: Bag, color: green}\nimages:\n")
    try:
        with following(client) as news:
            undecided.shop.manifest.write_text(more, encoding="utf-8")
            assert next(news)["pictures"] is None
            assert "BAG-04/hero" in entries(client)
    finally:
        undecided.shop.manifest.write_text(MANIFEST, encoding="utf-8")


def test_several_manifests_have_a_file_each(undecided: View) -> None:
    """On one page."""
    shop: Shop = undecided.shop
    other = shop.folder / "other.yaml"
    other.write_text(MANIFEST.replace("name: demo", "name: other"), encoding="utf-8")
    words = ("imagepipe.yaml", "other.yaml", "--emulate", "--no-open")
    with View(shop, words) as both, both.client() as person:
        found = person.get("data").json()["all"]
        mugs = [one for one in found if one["spot"] == "hero|MUG-01|1" and one["image"]]
        assert len(mugs) == 2
        assert _decide(person, *map(approved, mugs)).status_code == 200
    assert (shop.folder / "other.yaml.emulated.review.yaml").exists()
    assert list(shop.review().entries) == [HERO]
    other.unlink()


def test_manifests_of_one_name_are_told_apart(undecided: View) -> None:
    """Two folders have an imagepipe.yaml each: what is decided goes to the one that is shown."""
    shop = undecided.shop
    other = shop.folder / "twin.yaml"
    other.write_text(MANIFEST, encoding="utf-8")
    theirs = shop.folder / "twin.yaml.emulated.review.yaml"
    try:
        words = ("imagepipe.yaml", "twin.yaml", "--emulate", "--no-open")
        with View(shop, words) as both, both.client() as person:
            found = person.get("data").json()["all"]
            assert len(found) == 12
            mine, twin = (one for one in found if one["spot"] == "hero|MUG-01|1")
            assert mine["catalogue"] == "demo (imagepipe.yaml)"
            assert _decide(person, approved(mine)).status_code == 200
            assert list(shop.review().entries) == [HERO]
            assert not theirs.exists()
            bad = decision(twin, {"decision": "retry", "retry": {"provider": "nobody"}})
            (lamp, _) = (one for one in found if one["spot"] == "hero|LAMP-02|1")
            assert _decide(person, approved(lamp), bad).status_code == 422
            assert list(shop.review().entries) == [HERO]
    finally:
        other.unlink()
