"""The schema in an editor: yaml-language-server completes, underlines and explains."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagepipe.app import shipped
from tests.e2e.language_server import LanguageServer, install

pytestmark = [pytest.mark.needs("npm"), pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*/imagepipe.yaml"))
HEAD = "# yaml-language-server: $schema=./.imagepipe/manifest.schema.json\nversion: 1\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """A server in a folder that has the schema where `imagepipe init` puts it."""
    folder = tmp_path_factory.mktemp("editor")
    schema = folder / ".imagepipe" / "manifest.schema.json"
    schema.parent.mkdir()
    schema.write_text(shipped.schema_text("manifest"), encoding="utf-8")
    try:
        program = install(folder)
    except subprocess.SubprocessError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"npm cannot install yaml-language-server here: {error}")
    with LanguageServer(program, folder) as running:
        yield running


def test_an_editor_completes_underlines_and_explains(server: LanguageServer) -> None:
    """A wrong key is underlined, a provider's name is completed, a key explains itself."""
    text = HEAD + "images:\n  hero:\n    promt: a b\n    provider: \n    aspect_ratio: 1:1\n"
    underlined = {d["message"]: d["range"] for d in server.open("a.yaml", text)}
    assert underlined["Property promt is not allowed."] == {
        "start": {"line": 4, "character": 4},
        "end": {"line": 4, "character": 9},
    }
    assert set(server.completions("a.yaml", 5, 14)) == set(shipped.builtin_names())
    assert "Width to height" in server.hover("a.yaml", 6, 8)
    server.open("b.yaml", HEAD + "products:\n  from: a.csv\n  format: \nimages:\n  hero:\n    pr\n")
    assert {"csv", "shopify", "woocommerce", "google"} <= set(server.completions("b.yaml", 4, 10))
    assert {"prompt", "provider", "path"} <= set(server.completions("b.yaml", 7, 6))
    server.open("c.yaml", HEAD + "providers:\n  house: {uses: }\n  \n")
    assert set(server.completions("c.yaml", 3, 16)) >= set(shipped.builtin_names())
    assert set(server.completions("c.yaml", 4, 2)) >= set(shipped.builtin_names())


def test_an_editor_finds_nothing_wrong_with_what_is_right(server: LanguageServer) -> None:
    """Names of one's own, templates, `16:9` and sources of every kind are underlined nowhere."""
    own = HEAD + "providers: {house: {uses: ./a.provider.yaml}}\ndefaults: {provider: house}\n"
    own += "products: {from: {sql: SELECT 1, tables: {p: p.parquet}}}\nimages: {h: {prompt: p}}\n"
    assert server.open("own.yaml", own) == []
    for number, path in enumerate(EXAMPLES):
        text = path.read_text(encoding="utf-8")
        text = text.replace("../../specs/", "./.imagepipe/")
        assert server.open(f"{number}.yaml", text) == [], path
