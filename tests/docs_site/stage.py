"""Puts the pages of the site together in one folder, with links as they are there.

In the repository a page links to files beside and above it, which is right on a forge. On the site
README is the first page, each example a page with its files, and each decision one in a list.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]

EXAMPLES = ROOT / "examples"
_COMMENT = re.compile(r"<!-- [^\n]*? -->\n?")
_FENCE = re.compile(r"(^ *```.*?^ *```$)", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()(?!https?://|#|mailto:)([^)#\s]*)(#[^)\s]*)?(?=\))")
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_LANGUAGES = {".yaml": "yaml", ".yml": "yaml", ".csv": "text", ".tsv": "text", ".xml": "xml"}
_LONGEST = 60
"""Lines of an example's file that are shown."""


def stage(out: Path) -> Path:
    """Write `mkdocs.yml` and `docs/` into `out`; returns the former."""
    docs = out / "docs"
    shutil.copytree(ROOT / "docs", docs)
    for page in sorted(docs.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        page.write_text(_prose(text, page.relative_to(docs)), encoding="utf-8")
    for name, source in (("index.md", "README.md"), ("changelog.md", "CHANGELOG.md")):
        text = (ROOT / source).read_text(encoding="utf-8")
        (docs / name).write_text(_prose(text, Path("..") / source), encoding="utf-8")
    (docs / "examples").mkdir()
    for name, text in _examples():
        (docs / "examples" / name).write_text(text, encoding="utf-8")
    (docs / "adr" / "index.md").write_text(_decisions(), encoding="utf-8")
    shutil.copyfile(ROOT / "mkdocs.yml", out / "mkdocs.yml")
    return out / "mkdocs.yml"


def _prose(text: str, page: Path) -> str:
    """A page with its links as they are on the site; code in fences is left alone."""
    depth = "../" * (len(page.parts) - 1) if page.parts[0] != ".." else ""
    folder = page.parent if page.parts[0] != ".." else Path("..")
    pieces = _FENCE.split(text)
    pieces[::2] = [
        _LINK.sub(lambda link: _moved(link[1], link[2] or "", folder, depth), _pipes(piece))
        for piece in (_COMMENT.sub("", piece) for piece in pieces[::2])
    ]
    return "".join(pieces)


def _pipes(text: str) -> str:
    """Bars in code inside of tables: a forge wants them escaped, the site shows the escape."""
    rows = re.compile(r"^\|.*$", re.MULTILINE)
    return rows.sub(lambda row: _CODE.sub(lambda code: code[0].replace("\\|", "|"), row[0]), text)


def _moved(path: str, anchor: str, folder: Path, depth: str) -> str:
    """`path` as it was written on a page of `folder` (seen from docs/), as it is on the site."""
    parts: list[str] = []
    for part in (*folder.parts, *path.strip("/").split("/")):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        else:
            parts.append(part)
    match parts:
        case ["..", "README.md"]:
            return f"{depth}index.md{anchor}"
        case ["..", "CHANGELOG.md"]:
            return f"{depth}changelog.md{anchor}"
        case ["..", "docs", "adr"] | ["adr"]:
            return f"{depth}adr/index.md"
        case ["..", "docs", *rest]:
            return f"{depth}{'/'.join(rest)}{anchor}"
        case ["..", "examples"]:
            return f"{depth}examples/index.md"
        case ["..", "examples", name]:
            return f"{depth}examples/{name}.md"
        case ["..", "examples", name, *rest]:
            return f"{depth}examples/{name}.md#{_slug('/'.join(rest))}"
        case _:
            return f"{path}{anchor}"


def _examples() -> Iterator[tuple[str, str]]:
    """A page for each example, and one that lists them."""
    rows = []
    for folder in sorted(path for path in EXAMPLES.iterdir() if path.is_dir()):
        title, about = _about((folder / "imagepipe.yaml").read_text(encoding="utf-8"))
        rows.append(f"* [{folder.name}]({folder.name}.md): {about}")
        files = "\n".join(_shown(path, folder) for path in _texts(folder))
        yield f"{folder.name}.md", f"# Example: {title}\n\n{about}\n\n{files}"
    intro = "Each is a folder under `examples/` and is run by a test, as it stands."
    yield "index.md", f"# Examples\n\n{intro}\n\n" + "\n".join(rows) + "\n"


def _about(manifest: str) -> tuple[str, str]:
    """Its name, and the first paragraph of the comment at its head."""
    comment = re.findall(r"^# ?(.*)$", manifest.partition("\nversion:")[0], re.MULTILINE)
    lines = [line.strip() for line in comment if not line.startswith("yaml-language-server")]
    paragraph = " ".join(lines).split("  ")[0] if lines else ""
    body = [line for line in lines if line]
    cut = next((n for n, line in enumerate(body) if line.startswith("imagepipe ")), len(body))
    name = str(yaml.safe_load(manifest).get("name", ""))
    return name, " ".join(body[:cut]) or paragraph


def _texts(folder: Path) -> Iterator[Path]:
    """Files that people wrote, the manifest first; not what a run has left."""
    kept = [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix in {*_LANGUAGES, ""}
        and not {".imagepipe", "images", "images-emulated", "report"} & set(path.parts)
    ]
    yield from sorted(kept, key=lambda path: (path.name != "imagepipe.yaml", path.as_posix()))


def _shown(path: Path, folder: Path) -> str:
    name = path.relative_to(folder).as_posix()
    lines = path.read_text(encoding="utf-8").splitlines()
    more = [f"... and {len(lines) - _LONGEST} lines more"] if len(lines) > _LONGEST + 20 else []
    text = "\n".join((lines[:_LONGEST] if more else lines) + more)
    language = _LANGUAGES.get(path.suffix, "groovy" if path.name == "Jenkinsfile" else "text")
    return f"## {name} {{ #{_slug(name)} }}\n\n```{language}\n{text}\n```\n"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _decisions() -> str:
    """The list of decisions, by their own headings."""
    rows = []
    for path in sorted((ROOT / "docs" / "adr").glob("[0-9]*.md")):
        title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        rows.append(f"* [{title.replace('. ', ': ', 1)}]({path.name})")
    intro = "Why things are as they are, at the time when it was decided."
    return f"# Decisions\n\n{intro}\n\n" + "\n".join(rows) + "\n"
