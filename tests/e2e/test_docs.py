"""The documentation against the program: what is shown is printed, what is listed is complete, what
is code runs."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from imagepipe import errors, events
from imagepipe.app import shipped
from imagepipe.app.disk import Disk
from imagepipe.app.plan_report import VERSION
from imagepipe.cli import boundary
from imagepipe.cli.group import group
from imagepipe.manifest.named_sources import told_format
from imagepipe.manifest.sources import FileSource, Row, Which
from imagepipe.render.ndjson import kind
from tests.e2e import pages, story
from tests.e2e.shop import Shop

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
QUICKSTART = (
    "python3 -m venv .venv && .venv/bin/pip install -q . && "
    ".venv/bin/imagepipe run --emulate examples/quickstart/imagepipe.yaml"
)
TESTS = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/pytest -n auto"
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")


def _docs(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_is_made_from_the_program_is_up_to_date(page: Path) -> None:
    """Help texts, key tables, providers and quirks: `python -m tests.e2e.pages` renews them."""
    text = page.read_text(encoding="utf-8")
    assert pages.renew(text) == text


def test_every_command_has_its_help_on_the_page() -> None:
    """Subcommands among them, each under a heading of its own."""
    headings = re.findall(r"^### imagepipe ?(.*)$", _docs("cli.md"), re.MULTILINE)
    assert headings == pages.commands()
    assert {"run", "pending resubmit", "providers show"} < set(headings)


def test_every_map_of_a_manifest_has_its_table() -> None:
    """Each place in the schema that names keys is a section of the page, or of none."""
    schema = pages.manifest_schema()
    tables = {part.removeprefix("keys ") for part in pages.parts(_docs("manifest.md"))}
    assert tables == set(pages.sections(schema))
    listed = {id(section) for section in pages.sections(schema).values()}
    unlisted = {where for where, found in _maps(schema, "") if id(found) not in listed}
    matrix = "/definitions/matrix/properties"
    price = "/definitions/provider/properties/price/anyOf"
    assert unlisted == {
        f"{matrix}/include/items",  # the axes again
        f"{matrix}/exclude/items",
        f"{price}/2/items",  # a price table and its rows, which are those of a spec
        f"{price}/3",
        f"{price}/3/properties/rows/items",
    }


def test_every_provider_has_its_section() -> None:
    """What `providers show` prints, under a heading of its name."""
    shown = [part.removeprefix("show ") for part in pages.parts(_docs("providers.md"))]
    assert sorted(name for name in shown if name != "list") == list(shipped.builtin_names())


@pytest.mark.parametrize(
    ("heading", "sample", "which"),
    [
        ("## Exports of shops", "shopify/products_export_1.csv", "products"),
        ("### Shopify", "shopify/products_export_1.csv", "products"),
        ("### Shopify", "shopify/products_export_2.csv", "products"),
        ("### WooCommerce", "woocommerce/wc-product-export.csv", "products"),
        ("### Google Merchant Center", "google-merchant/feed.xml", "products"),
        ("### Google Merchant Center", "google-merchant/feed.tsv", "products"),
    ],
)
def test_fields_of_exports_are_there(heading: str, sample: str, which: Which) -> None:
    """What docs/sources.md names, the first product of a sample has."""
    section = re.split(r"(?m)^##", _docs("sources.md").partition(f"\n{heading}\n")[2])[0]
    named = {name for row in re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
             for name in re.findall(r"`(\w+)`", row)}  # fmt: skip
    disk = Disk(ROOT / "examples")
    first = next(FileSource(disk, sample, told_format(disk, sample), which).rows())
    assert isinstance(first, Row)
    assert len(named) >= 3
    assert named - first.fields.keys() == set()


def test_every_event_is_described_with_its_fields() -> None:
    """In the order of the class, under the name that stands in the file."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", _docs("events.md"), re.MULTILINE)
    described = {name: re.findall(r"`(\w+)`", fields) for name, fields in rows}
    classes: tuple[type[Any], ...] = get_args(events.Event)
    blank = [(event, [field.name for field in dataclasses.fields(event)]) for event in classes]
    assert described == {kind(object.__new__(event)): fields for event, fields in blank}


def test_exit_codes_are_the_same_wherever_they_stand() -> None:
    """On the page, in the README, at the end of the help, and in the errors themselves."""
    row = re.compile(r"\| (\d+(?:, \d+)*) \|")
    section = _docs("cli.md").partition("## Exit codes")[2].partition("\n## ")[0]
    readme = README.partition("## Exit codes")[2].partition("\n## ")[0]

    def codes(text: str) -> set[int]:
        return {int(code) for found in row.findall(text) for code in found.split(", ")}

    assert codes(section) >= codes(readme) | {boundary.BUG}
    assert codes(readme) >= {0, 1, 2, 3, 4, 5, 6, 75, 130, 143}
    told = {
        int(code)
        for code in re.findall(r"\b(\d+) [a-z]", (group.epilog or "").partition("Exit codes")[2])
    }
    assert told <= codes(readme)
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    raised = {found.exit_code for found in classes if issubclass(found, errors.ImagepipeError)}
    assert raised <= codes(readme)


def test_a_second_copy_of_the_quickstart_command_is_the_first() -> None:
    """The command stands alone on its line, to be copied."""
    assert _blocks(README.partition("<!-- quickstart -->")[2], "sh")[0] == f"{QUICKSTART}\n"


@pytest.mark.needs("sed")
def test_the_gate_runs_the_test_command_of_the_readme() -> None:
    """.ci/run reads it out of the page; what it reads is that command and nothing else."""
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    reading = re.search(r"test_command=\$\((.*)\)$", gate, re.MULTILINE)
    assert reading
    done = subprocess.run(
        ["bash", "-c", reading[1]], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{TESTS}\n"


@pytest.mark.parametrize("page", story.PAGES, ids=lambda page: page.name)
def test_a_page_shows_what_is_printed(page: Path, tmp_path: Path) -> None:
    """Command by command: `python -m tests.e2e.story` renews them."""
    parts = story.shown(page.read_text(encoding="utf-8"))
    assert len(parts) >= 3
    printed = list(story.told(page, tmp_path))
    for (_, said), real in zip(parts, printed, strict=True):
        assert story.lasting(said) == story.lasting(real)


@pytest.mark.parametrize("page", ["README.md", "docs/manifest.md"])
def test_a_manifest_on_a_page_is_valid(page: str, tmp_path: Path) -> None:
    """With a catalogue that has the columns it names."""
    (manifest,) = _blocks((ROOT / page).read_text(encoding="utf-8"), "yaml")
    shop = Shop(tmp_path)
    shop.write("imagepipe.yaml", manifest)
    shop.write("products.csv", "sku,name,color,stock\nA-1,Mug,red,3\nA-2,Bag,blue,0\n")
    checked = shop.imagepipe("validate")
    assert checked.code == 0, checked.err
    planned = shop.imagepipe("plan", "--json")
    assert planned.json["jobs"]["new"] == 6


@pytest.mark.parametrize(
    ("page", "number", "ends"),
    [
        ("README.md", 0, "40 generated, 0 reused\n"),
        ("docs/api.md", 0, "12 generated, 12 submits\n"),
        ("docs/api.md", 1, "0.015 USD, 0\n"),
    ],
)
def test_python_on_a_page_runs(page: str, number: int, ends: str, tmp_path: Path) -> None:
    """As it stands there, in a folder that has the examples."""
    left = shutil.ignore_patterns(".imagepipe", "*-emulated")
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=left)
    code = _blocks((ROOT / page).read_text(encoding="utf-8"), "python")[number]
    (tmp_path / "example.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "example.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(ends)


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link is a file of the project."""
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_json_on_the_page_has_the_version_of_today() -> None:
    """The objects that scripts depend on are shown as what they are."""
    report, plan = (json.loads(block) for block in _blocks(_docs("cli.md"), "json"))
    assert report["version"] == VERSION
    added = {"kept", "strangers", "rehearsal", "over_budget"}
    told = {"time", "forced", "changed", "renamed", "orphans"}
    assert set(plan) == {"jobs", "cost", "steps"} | added | told


def _maps(node: object, where: str) -> list[tuple[str, dict[str, Any]]]:
    """Every map of a schema that names keys, with its place."""
    found = []
    if isinstance(node, dict):
        if "properties" in node:
            found.append((where, node))
        for name, inner in node.items():
            found += _maps(inner, f"{where}/{name}")
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            found += _maps(inner, f"{where}/{number}")
    return found
