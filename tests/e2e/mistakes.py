"""A shop with one thing wrong in it, and what it is told: the table that test_mistakes*.py hold.

`python -m tests.e2e.mistakes` writes the texts anew, so that somebody reads what has changed.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from imagepipe.cli.main import run

Streams = pytest.CaptureFixture[str]

MANIFEST = """version: 1
defaults: {{provider: runcrate, model: black-forest-labs/FLUX.1-schnell}}
products: {products}
prompts:
  p: {prompt}
images:
  x: {recipe}
{more}"""


@dataclass(frozen=True)
class Case:
    """A manifest that is right but for one thing."""

    name: str
    products: str | None = None
    prompt: str = '"a {{ name }}"'
    recipe: str = "{prompt: p}"
    more: str = ""
    csv: bytes | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    manifest: str | bytes | None = None

    def write(self, folder: Path) -> None:
        inline = "[{sku: A, name: mug}]" if self.csv is None else "{from: p.csv}"
        text = self.manifest
        if text is None:
            text = MANIFEST.format(
                products=self.products or inline,
                prompt=self.prompt,
                recipe=self.recipe,
                more=self.more,
            )
        data = text if isinstance(text, bytes) else text.encode()
        files = {"imagepipe.yaml": data, **self.files}
        for name, content in (files if self.csv is None else files | {"p.csv": self.csv}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)

    def says(self, text: str) -> tuple[Case, str]:
        """Together with all that is said about it."""
        return self, text


def answered(case: Case, command: str, folder: Path, streams: Streams) -> str:
    """What a command says to it: exit 2, nothing on standard output, and no file written."""
    case.write(folder)
    before = sorted(folder.rglob("*"))
    assert run([command]) == 2
    out, errors = streams.readouterr()
    assert out == ""
    assert sorted(folder.rglob("*")) == before
    return errors


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No colour, no key, no workflow, and a folder with nothing else in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("FORCE_COLOR", "GITHUB_ACTIONS", "IMAGEPIPE_TRACEBACK", "RUNCRATE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def _renewed(source: str, cases: list[tuple[Case, str]], command: str) -> str:
    """A test's source with every golden text as it is said today."""
    calls = [
        node.args[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "says"
    ]
    lines = source.splitlines(keepends=True)
    said = {old: _said(case, command) for case, old in cases}
    for golden in sorted(calls, key=lambda node: -node.lineno):
        old = ast.literal_eval(golden)
        if said.get(old, old) != old:
            first, last = golden.lineno - 1, (golden.end_lineno or golden.lineno) - 1
            before, after = lines[first][: golden.col_offset], lines[last][golden.end_col_offset :]
            lines[first : last + 1] = [before + _literal(said[old]) + after]
    return "".join(lines)


def _said(case: Case, command: str) -> str:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        case.write(Path(folder))
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            run([command])
    return errors.getvalue()


def _literal(text: str) -> str:
    """As the tests write it: a text in lines of at most 96 characters."""
    lines = []
    for line in text.replace("\\", "\\\\").splitlines():
        rest = line
        while len(rest) > 96:
            cut = rest.rfind(" ", 40, 96) + 1 or 96
            lines.append(rest[:cut] + "\\")
            rest = rest[cut:]
        lines.append(rest)
    quotes = "'''" if '"""' in text else '"""'
    return "\n".join([quotes + "\\", *lines, quotes])


if __name__ == "__main__":
    for page in sorted(Path(__file__).parent.glob("test_mistakes*.py")):
        module = importlib.import_module(f"tests.e2e.{page.stem}")
        before = page.read_text(encoding="utf-8")
        after = _renewed(before, module.MISTAKES, "validate")
        if after != before:
            page.write_text(after, encoding="utf-8")
            print(f"renewed {page.name}: read what has changed")
