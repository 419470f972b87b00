"""The parsers that read what people wrote, each as a function of bytes that may refuse them.

What is refused is told as text in every form, so that the messages are tried as well. Everything
else that comes out is a bug.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from itertools import repeat

from imagepipe.app.shipped import spec_document
from imagepipe.document import parse
from imagepipe.errors import InputError, Problem
from imagepipe.manifest import check, load
from imagepipe.manifest.jsons import rows_of_json, rows_of_lines
from imagepipe.manifest.paths import folded, joined
from imagepipe.manifest.sources import Rows
from imagepipe.manifest.tables import rows_of_table
from imagepipe.model import Digest
from imagepipe.planner import parse_selection
from imagepipe.render.problems import Format, problems_text
from imagepipe.review import Decision, Entry, edited, read
from imagepipe.review.reading import read_yaml
from imagepipe.template import TemplateError, Templates, slug
from tests.fakes.files import MemoryFiles
from tests.unit.test_template_attacks import FILES

Target = Callable[[bytes], str]
"""What became of an input: the same text for inputs that are treated alike."""

DATA: dict[str, object] = {
    "name": "mug", "sku": "MUG-1", "color": "", "stock": "3", "price": "12.50", "a": "b",
    "sizes": ["S", "M"], "tags": [{"name": "new"}], "product": {"name": "mug", "x": {"y": "z"}},
    "image": "hero", "index": 1, "big": "b" * 100_000,
}  # fmt: skip
INCLUDES = {"style.txt": "in {{ name }}", **FILES}
_FRESH = 500
"""Templates that one sandbox compiles before it is thrown away."""


def told(problems: tuple[Problem, ...]) -> str:
    """The problems' kinds, after they were put into words in every form."""
    for form in Format:
        problems_text(problems, form)
    return ",".join(sorted({problem.code for problem in problems}))


def yaml(data: bytes) -> str:
    try:
        return type(parse(data, "m.yaml").root).__name__
    except InputError as error:
        return told(error.problems)


def manifest(data: bytes) -> str:
    files = MemoryFiles({"p.csv": "sku,name\nA,mug\nB,\n", "a.png": b"\x89PNG\r\n\x1a\n"})
    try:
        loaded = load(data, "m.yaml", files, spec_document, builtin=("runcrate", "runway"))
        return told(check(loaded).problems)
    except InputError as error:
        return told(error.problems)


def csv(data: bytes) -> str:
    return _rows(rows_of_table(io.BytesIO(data), "p.csv", tabs=False))


def tsv(data: bytes) -> str:
    return _rows(rows_of_table(io.BytesIO(data), "p.tsv", tabs=True))


def jsonl(data: bytes) -> str:
    return _rows(rows_of_lines(io.BytesIO(data), "p.jsonl"))


def json(data: bytes) -> str:
    return _rows(rows_of_json(io.BytesIO(data), "p.json"))


def _rows(rows: Rows) -> str:
    found = list(rows)
    problems = tuple(row for row in found if isinstance(row, Problem))
    fields = {len(row.fields) for row in found if not isinstance(row, Problem)}
    return f"{told(problems)} {sorted(fields)}"


def _sandboxes() -> Iterator[Templates]:
    while True:
        templates = Templates(lambda name: INCLUDES[name] if name in INCLUDES else _missing(name))
        yield from repeat(templates, _FRESH)


def _missing(name: str) -> str:
    raise FileNotFoundError(2, "No such file", name)


_SANDBOXES = _sandboxes()


def template(data: bytes) -> str:
    source = data.decode("utf-8", "replace")
    try:
        compiled = next(_SANDBOXES).prompt(source)
        text = compiled.render(DATA)
    except TemplateError as error:
        return str(error)[:24]
    return f"{len(compiled.names)} {len(text) > 100}"


def path(data: bytes) -> str:
    source = data.decode("utf-8", "replace")
    try:
        text = next(_SANDBOXES).path(source).render(DATA)
        safe = joined(text)
    except (TemplateError, ValueError) as error:
        return str(error)[:24]
    parts = safe.split("/")
    assert all(part[0] not in ".-" and part.isascii() and len(part) <= 100 for part in parts), safe
    assert joined(safe) == safe
    return str(len(parts))


def where(data: bytes) -> str:
    try:
        return str(next(_SANDBOXES).where(data.decode("utf-8", "replace")).holds(DATA))
    except TemplateError as error:
        return str(error)[:24]


def slugs(data: bytes) -> str:
    text = data.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode()
    made = slug(text)
    assert made
    assert made.isascii()
    assert "/" not in made
    return f"{len(made) > 20} {folded(made) == made} {made.startswith('item-')}"


def selector(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    first, _, second = text.partition("|")
    try:
        parse_selection(first or None, second or None, second or None)
    except InputError as error:
        return told(error.problems)
    return "read"


def review(data: bytes) -> str:
    """Read, and if it can be, changed and read again: nothing else of it may have changed."""
    try:
        found = read(data, "m.yaml.review.yaml")
    except InputError as error:
        return told(error.problems)
    assert found == read_yaml(data, "m.yaml.review.yaml")
    entry = Entry(Decision.APPROVED, Digest("a" * 64), "it's #1: {ok}")
    text = data.decode("utf-8-sig")
    for path in ("new/one", *[*found.entries][:1]):
        changed = edited(text, found, {path: entry})
        assert read(changed.encode(), "m").entries == {**found.entries, path: entry}
    return str(len(found.entries))


TARGETS: dict[str, Target] = {
    "yaml": yaml, "manifest": manifest, "csv": csv, "tsv": tsv, "jsonl": jsonl, "json": json,
    "template": template, "path": path, "where": where, "slug": slugs, "selector": selector,
    "review": review,
}  # fmt: skip
