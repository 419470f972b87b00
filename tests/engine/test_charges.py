"""A provider that charges otherwise than its price table says: told, counted, kept in a budget."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from imagepipe import events
from imagepipe.charges import Charges, Learnt
from imagepipe.engine import Terms
from imagepipe.manifest import Manifest
from imagepipe.model import Json, State
from imagepipe.store import Limit
from imagepipe.wire import Answer, Reply
from tests.engine.conftest import World
from tests.fakes.vendor import Vendor, reply

pytestmark = pytest.mark.anyio

SPEC = """\
name: acme
revision: 1
base_url: https://api.acme.example
submit: {post: /jobs, json: {input: {prompt: "${prompt}"}}}
poll: {get: "/jobs/${ticket.id}", every: 1s}
reply:
  id: job_id
  status: data.status
  results: data.result.images[].image
  cost: {path: data.credits, rate: 0.01}
states: {running: [RUNNING], succeeded: [COMPLETED], failed: [FAILED]}
price: [{credits: 5}]
"""


@dataclass
class Dear(Vendor):
    """Finished jobs tell what they cost, in credits."""

    credits: Json = 5

    def _poll(self, ticket: str) -> Answer:
        answer = super()._poll(ticket)
        if isinstance(answer, Reply) and b"RUNNING" not in answer.body:
            body = answer.json()
            assert isinstance(body, dict)
            assert isinstance(body["data"], dict)
            body["data"]["credits"] = self.credits
            return reply(200, body)
        return answer


def shop(world: World, jobs: int, price: Json, limits: str = "{}") -> Manifest:
    world.vendor = Dear(credits=price)
    (world.folder / "acme.yaml").write_text(SPEC)
    rows = "".join(f"- {{sku: P{n}}}\n" for n in range(1, jobs + 1))
    text = f"version: 1\nproviders: {{acme: {{uses: ./acme.yaml, limits: {limits}}}}}\n"
    text += f"products:\n{rows}images: {{h: {{prompt: 'a {{{{ sku }}}}', provider: acme}}}}\n"
    return world.manifest(text)


def notes(world: World) -> list[str]:
    return [event.message for event in world.events if isinstance(event, events.Note)]


async def test_what_is_charged_as_estimated_is_no_news(world: World) -> None:
    tally = await world.run(shop(world, 4, 5))
    (charge,) = tally.charges
    assert (charge.pictures, charge.charged, charge.estimated) == (4, Decimal("0.20"), tally.spent)
    assert notes(world) == []


async def test_a_drift_is_told_once_and_ends_nothing(world: World) -> None:
    """Every picture is paid for as the provider says, and is there."""
    tally = await world.run(shop(world, 6, 8))
    assert (tally.jobs["generated"], tally.spent, tally.exit_code) == (6, Decimal("0.48"), 0)
    (note,) = notes(world)
    assert "acme charged 0.08 USD for a picture that was estimated at 0.05 USD" in note


async def test_a_budget_holds_though_prices_drift(world: World) -> None:
    """After the first bill every further picture is reckoned with at what it costs."""
    manifest = shop(world, 10, 10, limits="{in_flight: 1}")
    tally = await world.run(manifest, terms=Terms(Limit(Decimal("0.50"))))
    assert (tally.jobs["generated"], tally.spent) == (5, Decimal("0.50"))
    assert (tally.jobs["blocked"], tally.exit_code) == (5, 6)
    assert len(world.vendor.accepted) == 5


async def test_an_earlier_runs_bill_is_reckoned_with_from_the_start(world: World) -> None:
    """So that not even what is in flight at the first bill breaks the budget."""
    manifest = shop(world, 10, 10, limits="{in_flight: 10}")
    world.charges = Charges((Learnt("acme", (), Decimal("0.10"), 3),))
    tally = await world.run(manifest, terms=Terms(Limit(Decimal("0.50"))))
    assert (tally.jobs["generated"], tally.spent) == (5, Decimal("0.50"))


@pytest.mark.parametrize(("in_flight", "spent"), [(4, "0.50"), (8, "0.80")])
async def test_what_is_in_flight_at_the_first_bill_is_finished(
    world: World, in_flight: int, spent: str
) -> None:
    """The limit is passed only by what was in flight before anybody could know, and is finished."""
    manifest = shop(world, 10, 10, limits=f"{{in_flight: {in_flight}}}")
    tally = await world.run(manifest, terms=Terms(Limit(Decimal("0.50"))))
    assert tally.spent == Decimal(spent)
    made = [one for one in world.records() if one.state is State.COMMITTED]
    assert len(made) == len(world.vendor.accepted)


async def test_a_failure_that_was_charged_counts(world: World) -> None:
    """A moderated picture costs as much as any."""
    manifest = shop(world, 1, 9)
    world.vendor.fail["a P1"] = "FAILED"
    tally = await world.run(manifest)
    (charge,) = tally.charges
    assert (tally.jobs["failed"], charge.charged, tally.spent) == (
        1,
        Decimal("0.09"),
        charge.charged,
    )


@pytest.mark.parametrize("price", [None, "?", -1, "NaN", True, {}, 10**15])
async def test_what_is_no_amount_is_charged_nowhere(world: World, price: Json) -> None:
    """The estimate stands in for it, and nothing drifts."""
    tally = await world.run(shop(world, 1, price))
    assert list(tally.charges) == []
    assert tally.spent == Decimal("0.05")
