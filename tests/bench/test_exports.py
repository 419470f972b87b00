"""From a Shopify export to a first plan, beside the same catalogue as a plain table.

`pytest -m bench -s tests/bench/test_exports.py` prints seconds and CPU of `init --from` and `plan`.
What is asserted is a ratio of CPU in one run: joining rows costs little beside planning.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bench.measured import imagepipe

ROWS = 5_000
PER_PRODUCT = 4
"""Rows of a product: three variants and one more picture."""

HTML = "<p>A <strong>relaxed</strong> shirt of linen &amp; shell buttons.</p><ul><li>Dyed</li></ul>"


def export(path: Path, rows: int) -> int:
    """Write an export with the columns of the sample; returns how many products it has."""
    sample = Path(__file__).parents[2] / "examples" / "shopify" / "products_export_1.csv"
    with sample.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, header, restval="")
        table.writeheader()
        for number in range(rows):
            table.writerow(_row(*divmod(number, PER_PRODUCT)))
    return -(-rows // PER_PRODUCT)


def _row(product: int, place: int) -> dict[str, str]:
    cdn = f"https://cdn.example.com/{product}-{place}.jpg"
    row = {"Handle": f"shirt-{product}", "Image Src": cdn, "Image Position": str(place + 1)}
    if place == 0:
        row |= {"Title": f"Linen Shirt {product}", "Body (HTML)": HTML, "Vendor": "Nordlys"}
        row |= {"Tags": "linen, summer", "Option1 Name": "Color", "Status": "active"}
    if place < PER_PRODUCT - 1:
        row |= {"Option1 Value": ("Sage", "Sand", "Blue")[place], "Variant Price": "79.00"}
        row |= {"Variant SKU": f"LS-{product}-{place}", "Variant Inventory Qty": "3"}
    return row


def plain(path: Path, products: int) -> None:
    """The same catalogue as a table with a row for each product."""
    rows = (f"shirt-{n},Linen Shirt {n},Sage and Sand,Nordlys,active" for n in range(products))
    path.write_text("\n".join(["handle,title,color,vendor,status", *rows]), encoding="utf-8")


@pytest.mark.bench
@pytest.mark.timeout(300)
def test_an_export_is_planned_in_seconds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`init --from`, then `plan`, of 5,000 rows."""
    shop, table = tmp_path / "shop", tmp_path / "table"
    shop.mkdir()
    table.mkdir()
    products = export(shop / "products_export.csv", ROWS)
    plain(table / "products.csv", products)
    steps: list[tuple[str, Path, Sequence[str]]] = [
        (f"init --from, {ROWS:,} rows", shop, ("init", "--from", "products_export.csv")),
        (f"plan, {products:,} products", shop, ("plan", "--json")),
        ("init --from, a plain table", table, ("init", "--from", "products.csv")),
        (f"plan, {products:,} products", table, ("plan", "--json")),
    ]
    costs = [imagepipe(folder, *arguments) for _, folder, arguments in steps]
    with capsys.disabled():
        print()
        for (name, folder, _), cost in zip(steps, costs, strict=True):
            told = f"{cost.seconds:5.2f} s, CPU {cost.cpu:5.2f} s, peak {cost.peak:5.1f} MiB"
            print(f"{folder.name:5}  {name:28}  {told}")
        first = costs[0].seconds + costs[1].seconds
        print(f"from the export to its plan: {first:.2f} s")
    assert json.loads(costs[1].out)["jobs"]["new"] == products
    assert json.loads(costs[3].out)["jobs"]["new"] == products
    assert costs[1].cpu <= 2 * costs[3].cpu
