"""From a manifest's text to a `Manifest`: parsed, checked against its schema, references resolved.

Products are not read here; whatever can be known without them is found wrong here, all at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TypeAlias, cast

from imagepipe.document import Document, Node, check, parse, typed
from imagepipe.document import Mapping as NodeMapping
from imagepipe.document import Sequence as NodeSequence
from imagepipe.errors import InputError, Problem
from imagepipe.manifest.findings import Findings
from imagepipe.manifest.further import further, sound_part
from imagepipe.manifest.instances import Instances, Specs
from imagepipe.manifest.named_sources import NamedSources
from imagepipe.manifest.ports import Files
from imagepipe.manifest.recipe import Budget, Catalogue, Manifest, Recipe
from imagepipe.manifest.recipes import Kitchen, RecipeBuilder
from imagepipe.manifest.schema import manifest_schema
from imagepipe.manifest.sources import Inline
from imagepipe.manifest.texts import Texts
from imagepipe.model import Digest, Json
from imagepipe.review import NOTHING, Review
from imagepipe.template import Templates

DEFAULT_MAX_JOBS = 10_000
_Specs: TypeAlias = tuple[Specs, tuple[str, ...]]
_Kitchen: TypeAlias = tuple[Digest, Files, _Specs, Review]


def load(
    text: bytes,
    file: str,
    files: Files,
    specs: Specs,
    *,
    builtin: Iterable[str] = (),
    review: Review = NOTHING,
) -> Manifest:
    """The manifest in `text`.

    Args:
        text: The bytes of the file.
        file: How messages call it.
        files: Reads what the manifest names.
        specs: Gives the document of a built-in provider spec, None for an unknown name.
        builtin: The names of all built-in specs, for suggestions.
        review: What people decided on its pictures.

    Raises:
        InputError: everything that is wrong, at once: E1xx structure and references, E3xx
            templates, E4xx provider settings, E5xx specs.
    """
    document = parse(text, file)
    digest = Digest(hashlib.sha256(text).hexdigest())
    kitchen = (digest, files, (specs, tuple(builtin)), review)
    problems = check(document.with_root(_outline(document.root)), manifest_schema())
    if problems:
        part = sound_part(document.root, problems)
        raise InputError(*problems, *_beyond(document, part, kitchen))
    manifest, found = _loaded(document, *kitchen)
    if found:
        raise InputError(*found, *further(manifest, found))
    return manifest


def _beyond(document: Document, part: Node | None, kitchen: _Kitchen) -> list[Problem]:
    """What is wrong with the sound part of a document that is not as the schema says."""
    if part is None:
        return []
    rest = document.with_root(part)
    if check(rest.with_root(_outline(part)), manifest_schema()):
        return []  # these would only follow from what is left out
    manifest, found = _loaded(rest, *kitchen)
    return [*found, *further(manifest, found)]


def _loaded(
    document: Document, digest: Digest, files: Files, specs: _Specs, review: Review
) -> tuple[Manifest, list[Problem]]:
    """The manifest, and what is wrong with it, in the order of places."""
    value = typed(_outline(document.root), manifest_schema())
    findings = Findings()
    loader = _Loader(document, cast("dict[str, Json]", value), files, specs, findings)
    manifest = loader.manifest(digest, review)
    return manifest, sorted(findings.problems, key=_order)


def _outline(root: Node) -> Node:
    """The tree without its products, which may be thousands and are checked as they are read."""
    if not isinstance(root, NodeMapping):
        return root
    products = root.get("products")
    if isinstance(products, NodeSequence):
        return _with(root, "products", _first(products))
    if isinstance(products, NodeMapping) and isinstance(products.get("items"), NodeSequence):
        items = _first(cast("NodeSequence", products["items"]))
        return _with(root, "products", _with(products, "items", items))
    return root


def _first(items: NodeSequence) -> NodeSequence:
    one = NodeSequence(items[:1])
    one.marks = items.marks[:1]
    return one


def _with(node: NodeMapping, key: str, value: Node) -> NodeMapping:
    changed = NodeMapping(node)
    changed.marks, changed.flow = node.marks, node.flow
    changed[key] = value
    return changed


def _order(problem: Problem) -> tuple[bool, int, int]:
    place = problem.place
    return (place is None, place.line, place.column) if place else (True, 0, 0)


class _Loader:
    """One manifest in the making."""

    def __init__(
        self,
        document: Document,
        value: Mapping[str, Json],
        files: Files,
        specs: _Specs,
        findings: Findings,
    ) -> None:
        self._document = document
        self._value = value
        self._files = files
        self._findings = findings
        entries = self._map("providers")
        self._instances = Instances(document, entries, specs, files, findings)
        templates = Templates(lambda path: files.inside(path).decode())
        self._texts = Texts(document, templates, findings)

    def manifest(self, digest: Digest, review: Review) -> Manifest:
        max_jobs = cast("int", self._value.get("max_jobs", DEFAULT_MAX_JOBS))
        recipes = self._recipes(max_jobs)
        self._instances.add_for(review)
        name = self._value.get("name")
        return Manifest(
            version=1,
            name=None if name is None else str(name),
            file=self._document.file,
            digest=digest,
            document=self._document,
            files=self._files,
            providers=self._instances.all(),
            recipes=recipes,
            catalogue=self._catalogue(),
            outputs_root=str(self._map("outputs").get("root", "images")),
            budget=_budget(self._map("budget")),
            max_jobs=max_jobs,
            notes=self._findings.notes,
            review=review,
        )

    def _map(self, name: str) -> dict[str, Json]:
        value = self._value.get(name)
        return value if isinstance(value, dict) else {}

    def _recipes(self, max_jobs: int) -> dict[str, Recipe]:
        kitchen = Kitchen(
            self._document,
            self._map("defaults"),
            self._map("prompts"),
            self._instances,
            self._texts,
            self._findings,
            max_jobs,
        )
        entries = self._map("images").items()
        return {
            name: RecipeBuilder(kitchen, name, cast("dict[str, Json]", own)).build()
            for name, own in entries
        }

    def _catalogue(self) -> Catalogue | None:
        products = self._value.get("products")
        if products is None:
            return None
        if not isinstance(products, dict):
            return Catalogue(Inline(self._document, ("products",)), None, None, ("products",))
        if ("from" in products) == ("items" in products):
            message = "`products` needs either `from` (a file) or `items` (a list)"
            self._findings.add(self._document.problem("E106", message, ("products",), key=True))
        where = products.get("where")
        condition = None
        if where is not None:
            condition = self._texts.where(str(where), ("products", "where"))
        key = products.get("key")
        source = NamedSources(self._document, self._files, self._findings).find(products)
        name = None if key is None else str(key)
        return Catalogue(source, name, condition, ("products",))


def _budget(value: Mapping[str, Json]) -> Budget:
    cost = value.get("max_cost")
    return Budget(
        max_cost=None if cost is None else Decimal(str(cost)),
        allow_unknown_cost=bool(value.get("allow_unknown_cost", False)),
        on_ambiguous="resubmit" if value.get("on_ambiguous") == "resubmit" else "hold",
        resubmit_unbilled=cast("int", value.get("resubmit_unbilled", 0)),
    )
