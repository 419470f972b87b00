"""A budget under eight processes, some of them killed: never over by a cent, and what fits is used.

The emulator is the witness of what was billed, the ledger's second copy of what was spent, reserved
and in doubt after every single change.
"""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from imagepipe.store import Layout, Reader, Stamp
from imagepipe.store.chronicle import Line, files, lines
from imagepipe.store.money import Money, money_of
from imagepipe.store.rows import JobRow
from tests.crash.forker import Forker, Order
from tests.crash.test_kill_classes import KILLED, SPECS
from tests.emulator_process import EmulatorProcess

EIGHT, IN_FLIGHT = 8, 4
PRICE = Decimal("0.03")
"""What the spec says that a picture costs, and what is reserved."""


@dataclass(frozen=True)
class Bill:
    """What eight runs came to, in USD. `most` was at risk at a time, `left` is what a run could
    still have reserved."""

    limit: Decimal
    billed: Decimal
    most: Decimal
    spent: Decimal
    in_doubt: Decimal
    left: Decimal
    accepted: int
    duplicates: int
    killed: int
    purses: int
    codes: tuple[int, ...]


def write_shop(shop: Path, url: str, products: int, charges: list[str]) -> None:
    """Pictures that cost `PRICE` by the list, and by the bill what `charges` say, in turns."""
    shop.mkdir(parents=True)
    shutil.copy(SPECS / "charge.provider.yaml", shop)
    rows = "\n".join(
        f"  - {{sku: P{n:05}, charge: '{charges[n % len(charges)]}'}}" for n in range(products)
    )
    (shop / "imagepipe.yaml").write_text(
        "version: 1\nname: shop\nproviders:\n  lab: {uses: ./charge.provider.yaml, "
        f"base_url: '{url}/crash-tasks', identity: lab, limits: {{in_flight: {IN_FLIGHT}}}}}\n"
        f"products:\n{rows}\nimages:\n"
        '  hero: {prompt: "a mug, {{ sku }} for {{ charge }}", provider: lab, path: "{{ sku }}"}\n',
        encoding="utf-8",
    )


def eight(
    shop: Path,
    emulator: EmulatorProcess,
    forker: Forker,
    rng: random.Random,
    *,
    limit: Decimal,
    kills: int = 0,
) -> Bill:
    """Eight shards at once, each of which could be paid for; together they could not."""
    dying = set(rng.sample(range(EIGHT), kills))
    orders = [
        Order(
            ("run", "--json", "--shard", f"{number + 1}/{EIGHT}", "--max-cost", str(limit)),
            after=rng.uniform(0.3, 2.5) if number in dying else None,
            out=f"{number}.json",
        )
        for number in range(EIGHT)
    ]
    codes = forker.run_all(shop, orders)
    assert forker.run(shop, "pending", "list") == 0  # the dead are declared so
    layout = Layout(shop / ".imagepipe")
    with Reader.open(layout, Stamp.LIVE) as reader:
        purses = {run.purse for run in reader.runs() if run.manifests}
        money = reader.money()
    stats = emulator.stats("crash-tasks")
    return Bill(
        limit=limit,
        billed=Decimal(stats["cost"]["known"]),
        most=most_at_risk(layout),
        spent=money.spent.amount,
        in_doubt=money.in_doubt.amount,
        left=limit - money.at_risk,
        accepted=int(stats["accepted"]),
        duplicates=int(stats["duplicates"]),
        killed=codes.count(KILLED),
        purses=len(purses),
        codes=tuple(codes),
    )


def most_at_risk(layout: Layout) -> Decimal:
    """The most that was spent, reserved or in doubt after any change of any row."""
    found = [line for path in files(layout.chronicle) for _, _, line in lines(path) if line]
    jobs: dict[str, Money] = {}
    now, most = Money(), Decimal(0)
    for line in sorted(found, key=lambda line: (line.change, line.number)):
        row = _job(line)
        if row is not None:
            now = now - jobs.get(row.key, Money()) + money_of(row)
            jobs[row.key] = money_of(row)
            most = max(most, now.at_risk)
    return most


def _job(line: Line) -> JobRow | None:
    table, *cells = json.loads(line.text)
    return JobRow(*cells) if table == "jobs" else None


def round_of_eight(
    folder: Path, *, seed: int, products: int, charges: list[str], limit: str, kills: int = 0
) -> Bill:
    with EmulatorProcess("--picture", "fixed", "--seed", str(seed)) as emulator, Forker() as forker:
        write_shop(folder, emulator.url, products, charges)
        rng = random.Random(seed)
        return eight(folder, emulator, forker, rng, limit=Decimal(limit), kills=kills)


def claim(bill: Bill) -> None:
    """All eight shared a purse; it was never over, and nothing that fits was left."""
    assert bill.purses == 1
    assert bill.duplicates == 0
    assert bill.billed <= bill.limit
    assert bill.most <= bill.limit
    assert Decimal(0) <= bill.left < PRICE
    assert set(bill.codes) <= {0, 6, KILLED, *({4} if bill.killed else ())}
    assert 6 in bill.codes


def test_eight_runs_spend_a_budget_to_the_last_picture_that_fits(tmp_path: Path) -> None:
    """The provider charges less than its list says, and what is freed so is used."""
    bill = round_of_eight(
        tmp_path / "shop", seed=1, products=64, charges=["0.01", "0.02", "0.03"], limit="0.50"
    )
    claim(bill)
    assert bill.billed == bill.spent


@pytest.mark.deep
def test_charges_above_the_price_end_the_spending(tmp_path: Path) -> None:
    """Nobody can reserve what the list does not say: only jobs in flight can go beyond it."""
    bill = round_of_eight(
        tmp_path / "shop", seed=1, products=160, charges=["0.05"], limit="0.90", kills=0
    )
    over = (Decimal("0.05") - PRICE) * EIGHT * IN_FLIGHT
    assert bill.billed == bill.spent <= bill.limit + over
    assert (bill.duplicates, bill.purses) == (0, 1)
    assert 6 in bill.codes


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kills", [0, 3])
@pytest.mark.parametrize(
    "charges",
    [["0.03"], ["0.01", "0.02", "0.03"], ["0.0001", "0.0299"]],
    ids=["list", "less", "odd"],
)
def test_budgets_under_eight_runs(
    tmp_path: Path, charges: list[str], kills: int, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in range(5):
        bill = round_of_eight(
            tmp_path / str(seed),
            seed=seed,
            products=240,
            charges=charges,
            limit="1.50",
            kills=kills,
        )
        with capsys.disabled():
            print(f"\ncharged {'/'.join(charges)}, {kills} of eight killed: {bill}")
        claim(bill)
