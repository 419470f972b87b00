"""`init --from`: a manifest for products that are there, which plan takes at once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from imagepipe.cli.main import run

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples"
Streams = pytest.CaptureFixture[str]

GAPS = [{"No": "1", "Full Name": "Red mug", "colour": "red"},
        {"No": "2", "Full Name": "Cup", "photo": "https://a.example/2.jpg"}]  # fmt: skip
SOURCES: dict[str, tuple[str | bytes, int]] = {
    "products_export.csv": ((EXAMPLES / "shopify" / "products_export_1.csv").read_bytes(), 3),
    "new_template.csv": ((EXAMPLES / "shopify" / "products_export_2.csv").read_bytes(), 2),
    "wc-product-export.csv": (
        (EXAMPLES / "woocommerce" / "wc-product-export.csv").read_bytes(),
        5,
    ),
    "feed.xml": ((EXAMPLES / "google-merchant" / "feed.xml").read_bytes(), 2),
    "feed.tsv": ((EXAMPLES / "google-merchant" / "feed.tsv").read_bytes(), 1),
    "plain.csv": ("sku,name,color,stock\nM,mug,red,1\nC,cup,,0\n", 2),
    "semicolons.csv": ("\ufeffArt. Nr.;Bezeichnung\r\n0012;Tasse\r\n0013;Krug, groß\r\n", 2),
    "taken.csv": (
        "product,image,in\nmug,https://a.example/m.png,x\ncup,https://a.example/c.png,y\n",
        2,
    ),
    "odd name's.csv": ("id,name\n1,a mug\n", 1),
    "gaps.json": (json.dumps(GAPS), 2),
    "lines.jsonl": ("\n".join(json.dumps(row) for row in GAPS), 2),
    "list.yaml": ("- {sku: M, name: mug}\n", 1),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", SOURCES)
def test_a_plan_works_at_once(name: str, folder: Path, capsys: Streams) -> None:
    """Of every kind of source, gaps and all; so does the example with the shop's own picture."""
    data, count = SOURCES[name]
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    assert run(["init", "--from", name]) == 0
    assert capsys.readouterr().out.startswith(f"read  {name}: ")
    assert run(["plan", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["jobs"]["new"] == count
    manifest = folder / "imagepipe.yaml"
    text = manifest.read_text(encoding="utf-8")
    shown = re.sub(r"(?m)^  # (?=lifestyle:|  )", "  ", text)
    if shown != text:
        manifest.write_text(shown, encoding="utf-8")
        assert run(["plan", "--json"]) == 0, capsys.readouterr().err
        assert json.loads(capsys.readouterr().out)["jobs"]["new"] > count


def test_pictures_come_from_a_rehearsal(folder: Path) -> None:
    """The last step of a newcomer."""
    data = (EXAMPLES / "shopify" / "products_export_1.csv").read_bytes()
    (folder / "products_export.csv").write_bytes(data)
    assert run(["init", "--from", "products_export.csv"]) == 0
    assert run(["run", "--emulate", "--limit", "2", "--json"]) == 0
    assert len(list((folder / "images-emulated").rglob("*.png"))) == 2


def test_what_is_written_names_real_columns(folder: Path) -> None:
    """Only what every row has stands in a prompt without an `if`."""
    (folder / "p.csv").write_text("id,name,color\n1,mug,red\n2,cup,\n", encoding="utf-8")
    assert run(["init", "shop", "--from", "p.csv", "--provider", "runway"]) == 0
    text = (folder / "shop" / "imagepipe.yaml").read_text(encoding="utf-8")
    assert "  from: ../p.csv\n  key: id " in text
    assert "{{ name }}{% if color %} in {{ color }}{% endif %},\n" in text
    assert "defaults: {provider: runway, model: gen4_image" in text


def test_several_files_are_one_catalogue(folder: Path) -> None:
    """As Shopify sends a large export."""
    for number in (1, 2):
        name = f"products_export_{number}.csv"
        (folder / name).write_bytes((EXAMPLES / "shopify" / name).read_bytes())
    wanted = ["--from", "products_export_1.csv", "--from", "products_export_2.csv"]
    assert run(["init", *wanted]) == 0
    text = (folder / "imagepipe.yaml").read_text(encoding="utf-8")
    assert "  from: [products_export_1.csv, products_export_2.csv]\n" in text
    assert "6 products" in text


def test_a_large_catalogue_is_within_its_own_limit(folder: Path, capsys: Streams) -> None:
    """More than `max_jobs` products must not make the first plan an error."""
    rows = "".join(f"{number},mug {number}\n" for number in range(11_000))
    (folder / "p.csv").write_text("id,name\n" + rows, encoding="utf-8")
    assert run(["init", "--from", "p.csv"]) == 0
    assert "\nmax_jobs: 22000\n" in (folder / "imagepipe.yaml").read_text(encoding="utf-8")
    assert run(["validate"]) == 0, capsys.readouterr().err


def test_nothing_is_overwritten(folder: Path, capsys: Streams) -> None:
    """Not even by someone who means to."""
    (folder / "p.csv").write_text("id,name\n1,mug\n", encoding="utf-8")
    (folder / "imagepipe.yaml").write_text("mine", encoding="utf-8")
    assert run(["init", "--from", "p.csv"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (folder / "imagepipe.yaml").read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in folder.iterdir()) == ["imagepipe.yaml", "p.csv"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("sku,name\nA,a\nB\nC\n", "p.csv:3:2"),
        ("sku,name\n", "has no products"),
        ("name,color\nmug,red\nmug,red\n", "no column has another value in each row"),
        (None, "does not exist"),
    ],
)
def test_a_catalogue_that_cannot_be_used_writes_nothing(
    data: str | None, words: str, folder: Path, capsys: Streams
) -> None:
    """What is wrong with it is told as `plan` would."""
    if data is not None:
        (folder / "p.csv").write_text(data, encoding="utf-8")
    assert run(["init", "--from", "p.csv"]) == 2
    assert words in capsys.readouterr().err
    assert not (folder / "imagepipe.yaml").exists()
