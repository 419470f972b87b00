"""Parquet and SQL: one SELECT over what the manifest names, and no other door."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from imagepipe.app.disk import Disk
from imagepipe.app.shipped import spec_document
from imagepipe.errors import InputError, Problem
from imagepipe.manifest import check, expand, load
from imagepipe.manifest.ports import Query
from tests.fakes.files import ONE

duckdb = pytest.importorskip("duckdb", reason="needs the extra imagepipe[duckdb]")

IMAGES = "images: {h: {prompt: \"a {{ name }} for {{ price }}, {{ colors | join(' and ') }}\"}}\n"
MAKE = """
CREATE TABLE goods AS SELECT * FROM (VALUES
  ('0012', 'mug', 1.10::DECIMAL(9,2), ['red', 'blue'], DATE '2026-01-02', true, NULL),
  ('0013', 'cup', 2.00::DECIMAL(9,2), ['green'], DATE '2026-01-03', false, 'x')
) AS t(sku, name, price, colors, made, ok, note)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a database, the same rows as Parquet, and a table of stock."""
    with duckdb.connect(tmp_path / "goods.duckdb") as made:
        made.execute(MAKE)
        made.execute(f"COPY goods TO '{tmp_path / 'goods.parquet'}'")
    (tmp_path / "stock.csv").write_text("sku,stock\n0012,007\n0013,0\n", encoding="utf-8")
    (tmp_path / "secret.csv").write_text("a\nb\n", encoding="utf-8")
    return tmp_path


JOINED = """
  from:
    database: goods.duckdb
    tables: {stock: stock.csv}
    sql: SELECT goods.* FROM goods JOIN stock USING (sku) WHERE stock = '007'"""


def planned(shop: Path, products: str) -> list[tuple[str, str]]:
    """Keys and prompts."""
    text = f"{ONE}products: {products}\n{IMAGES}"
    manifest = load(text.encode(), "m.yaml", Disk(shop), spec_document)
    assert check(manifest).problems == ()
    return [(job.product, str(job.candidates[0].values["prompt"])) for job in expand(manifest)]


BOTH = [("0012", "a mug for 1.10, red and blue"), ("0013", "a cup for 2.00, green")]


@pytest.mark.parametrize(
    ("products", "found"),
    [
        ("{from: goods.parquet}", BOTH),
        ("{from: [\"*.parquet\"], where: \"made == '2026-01-02' and ok == 'true'\"}", BOTH[:1]),
        ("{from: {sql: FROM goods ORDER BY sku, database: goods.duckdb}}", BOTH),
        (JOINED, BOTH[:1]),
        ("{from: {sql: SELECT * FROM p ORDER BY sku, tables: {p: goods.parquet}}}", BOTH),
    ],
)
def test_rows_come_from_parquet_and_sql(
    shop: Path, products: str, found: list[tuple[str, str]]
) -> None:
    """Every scalar as text, decimals as they are, lists as lists."""
    assert planned(shop, products) == found


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 1; SELECT 2", "one SELECT"),
        ("DELETE FROM goods", "one SELECT"),
        ("COPY goods TO 'x.csv'", "one SELECT"),
        ("ATTACH 'x.duckdb'", "one SELECT"),
        ("INSTALL httpfs", "one SELECT"),
        ("PRAGMA version", "one SELECT"),
        ("SET threads = 4", "one SELECT"),
        ("", "one SELECT"),
        ("SELEC", "syntax error"),
        ("SELECT * FROM read_csv('{folder}/secret.csv')", "disabled by configuration"),
        ("SELECT * FROM '{folder}/secret.csv'", "disabled by configuration"),
        ("SELECT * FROM read_text('/etc/hostname')", "disabled by configuration"),
        ("SELECT * FROM glob('/etc/*')", "disabled by configuration"),
        ("SELECT * FROM 'https://example.com/a.parquet'", "disabled by configuration"),
        ("SELECT * FROM statements", "does not exist"),
        ("SELECT getenv('HOME')", "does not exist"),
        ("SELECT nextval('s')", "does not exist"),
        ("SELECT 1 AS a, 2 AS a", 'two columns "a"'),
        ("SELECT * FROM gods", "does not exist"),
    ],
)
def test_a_query_reaches_for_nothing_else(shop: Path, sql: str, words: str) -> None:
    """Not files, the network, the environment, this program, nor anything that could change."""
    before = sorted((path.name, path.read_bytes()) for path in shop.iterdir())
    with pytest.raises(InputError) as caught:
        Disk(shop).select(Query(sql.replace("{folder}", str(shop)), "goods.duckdb"))
    (problem,) = caught.value.problems
    assert problem.code == "E209"
    assert words in problem.message
    assert "\n" not in problem.message
    assert sorted((path.name, path.read_bytes()) for path in shop.iterdir()) == before


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (Query("SELECT 1", "nothing.duckdb"), "no file nothing.duckdb"),
        (Query("SELECT 1", None, {"a": "nothing.csv"}), "no file nothing.csv"),
        (Query("SELECT 1", "stock.csv"), "failed"),
        (Query("SELECT 1", None, {"a": "goods.duckdb"}), "reads files that end in"),
        (Query("SELECT * FROM a", None, {"a": "bad.parquet"}), "failed"),
    ],
)
def test_a_file_that_a_query_cannot_read_is_told(shop: Path, query: Query, words: str) -> None:
    """By name."""
    (shop / "bad.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match=words):
        Disk(shop).select(query)


def test_a_query_is_carried_out_once(shop: Path) -> None:
    """So that both passes see the same rows, even of a query that gives others every time."""
    disk = Disk(shop)
    query = Query("SELECT uuid() AS sku")
    with disk.select(query) as first, disk.select(query) as second:
        assert first.read() == second.read()


def test_without_the_extra_the_remedy_is_said(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line to install it, beside all other problems."""
    monkeypatch.setitem(sys.modules, "duckdb", None)
    manifest = load(
        f"{ONE}products: {{from: goods.parquet}}\n{IMAGES}".encode(), "m", Disk(shop), spec_document
    )
    (problem,) = check(manifest).problems
    assert isinstance(problem, Problem)
    assert (problem.code, problem.hint) == ("E209", "pip install 'imagepipe[duckdb]'")
