"""From `images`, `defaults` and `prompts` to recipes: references resolved, every axis known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from imagepipe.document import Document, suggestion
from imagepipe.manifest.findings import Findings
from imagepipe.manifest.instances import Instances
from imagepipe.manifest.matrix import FIELDS, MAX_COMBINATIONS, Combination, Matrix, matrix_of
from imagepipe.manifest.paths import segment
from imagepipe.manifest.pictures import PictureTemplate
from imagepipe.manifest.recipe import DocumentPath, Link, Recipe, Seed, Variant
from imagepipe.manifest.texts import Texts
from imagepipe.model import Json, Value
from imagepipe.template import Condition, Template

_FIXED = ("model", "aspect_ratio", "size", "fit", "steps", "guidance", "strength", "params")
_PICTURES = ("image", "mask", "control_image", "input_images")
RESERVED = ("product", "image", "index")


@dataclass(frozen=True, slots=True)
class Kitchen:
    """What all recipes are made with."""

    document: Document
    defaults: Mapping[str, Json]
    prompts: Mapping[str, Json]
    instances: Instances
    texts: Texts
    findings: Findings
    max_jobs: int


class RecipeBuilder:
    """Makes one recipe; what is wrong with it goes to the findings."""

    def __init__(self, kitchen: Kitchen, name: str, own: Mapping[str, Json]) -> None:
        self._kitchen = kitchen
        self._name = name
        self._own = own
        self._fields = {**kitchen.defaults, **own}
        matrix = self._fields.get("matrix")
        self._matrix = matrix_of(matrix if isinstance(matrix, dict) else {})
        self._axis_names = frozenset(self._matrix.names)

    def build(self) -> Recipe:
        """The recipe, with as many of its variants as can be made."""
        place = self._kitchen.document.place(("images", self._name), key=True)
        if not self._bounded() or not self._complete():
            return Recipe(self._name, place, ())
        combinations = self._matrix.combinations() if self._matrix.names else iter([{}])
        made = [self._variant(combination) for combination in combinations]
        variants = tuple(variant for variant in made if variant is not None)
        if len(variants) == len(made):
            self._check_axes(variants)
        if not made:
            hint = "remove an entry of `exclude`, or the recipe"
            self._problem("E113", "`exclude` leaves no combination", self._at("matrix"), hint)
        for number in self._matrix.idle_excludes():
            message = "this `exclude` names a value that no axis has, so it leaves nothing out"
            hint = "write a value as the axis has it, or remove the entry"
            self._problem("E113", message, (*self._at("matrix"), "exclude", number), hint)
        return Recipe(self._name, place, variants, self._arithmetic())

    def _at(self, field: str) -> DocumentPath:
        """Where a field stands: in the recipe, in the defaults, or nowhere (the recipe's key)."""
        if field in self._own:
            return ("images", self._name, field)
        return ("defaults", field) if field in self._fields else ("images", self._name)

    def _problem(
        self, code: str, message: str, path: DocumentPath, hint: str | None = None
    ) -> None:
        is_recipe = len(path) == 2 and path[0] == "images"
        document = self._kitchen.document
        problem = document.problem(code, message, path, key=is_recipe, hint=hint)
        self._kitchen.findings.add(problem)

    def _bounded(self) -> bool:
        """Refuse a matrix by arithmetic, before any of it is made."""
        count = cast("int", self._fields.get("count", 1))
        jobs = self._matrix.size * count
        limit = self._kitchen.max_jobs if not self._matrix.exclude else MAX_COMBINATIONS
        if jobs <= limit:
            return True
        times = f", times count {count}" if count > 1 else ""
        message = (
            f"the axes ({self._matrix.arithmetic}){times} are {jobs:,} pictures of each product"
        )
        hint = f"max_jobs is {self._kitchen.max_jobs:,}; remove values or raise it"
        self._problem("E701", message, self._at("matrix"), hint)
        return False

    def _arithmetic(self) -> str:
        """How its pictures of each product come about: `place 4 x size 3`."""
        count = cast("int", self._fields.get("count", 1))
        parts = [self._matrix.arithmetic] if self._matrix.names else []
        parts += ["less what is excluded"] if self._matrix.exclude else []
        parts += [f"count {count:,}"] if count > 1 else []
        return " x ".join(parts).replace(" x less", ", less")

    def _complete(self) -> bool:
        lacking = [
            name
            for name in ("prompt", "provider")
            if name not in self._fields and name not in self._axis_names
        ]
        for name in lacking:
            message = f"`images.{self._name}` lacks `{name}`"
            self._problem("E106", message, ("images", self._name), "add it here or to `defaults`")
        return not lacking

    def _variant(self, combination: Combination) -> Variant | None:
        """One combination as a variant, or None if a finding says why not."""
        fields = {**self._fields, **{n: value for n, (value, _) in combination.items()}}
        origins = {name: self._at(name) for name in fields}
        for name, (_, where) in combination.items():
            origins[name] = (*self._at("matrix"), *where)
        axes = tuple((name, _axis_text(value)) for name, (value, _) in combination.items())
        texts = self._prompts(fields, origins)
        chain = self._chain(fields, origins)
        pictures = self._pictures(fields, origins)
        path, where_, ok = self._place_of(fields, origins)
        if texts is None or chain is None or pictures is None or not ok:
            return None
        self._no_templates(fields, origins)
        return Variant(
            recipe=self._name,
            axes=axes,
            chain=chain,
            fixed={n: cast("Value", fields[n]) for n in _FIXED if fields.get(n) not in (None, {})},
            written=frozenset(self._own) | combination.keys(),
            texts=texts,
            pictures=pictures,
            seed=cast("Seed", fields.get("seed", "auto")),
            count=cast("int", fields.get("count", 1)),
            path=path,
            suffix="".join(f"-{segment(text)}" for _, text in axes),
            where=where_,
            tags=tuple(str(tag) for tag in cast("list[Json]", fields.get("tags", []))),
            place=self._kitchen.document.place(("images", self._name), key=True),
            origins=origins,
        )

    def _prompts(
        self, fields: Mapping[str, Json], origins: dict[str, DocumentPath]
    ) -> dict[str, Template] | None:
        """The prompt and the negative prompt, by name or written here."""
        found = self._prompt_source(str(fields["prompt"]), origins)
        if found is None:
            return None
        text, negative = found
        texts = {"prompt": self._kitchen.texts.prompt(text, origins["prompt"])}
        if "negative_prompt" in self._own or "negative_prompt" in self._axis_names:
            negative = None
        if negative is None and "negative_prompt" in fields:
            negative = str(fields["negative_prompt"])
        if negative:
            texts["negative_prompt"] = self._kitchen.texts.prompt(
                negative, origins["negative_prompt"]
            )
        made = {name: template for name, template in texts.items() if template is not None}
        return made if len(made) == len(texts) else None

    def _prompt_source(
        self, written: str, origins: dict[str, DocumentPath]
    ) -> tuple[str, str | None] | None:
        """A bare word is a name; anything with white space or braces is the text itself."""
        if any(c.isspace() for c in written) or "{{" in written or "{%" in written:
            return written, None
        prompts = self._kitchen.prompts
        entry = prompts.get(written)
        if entry is None:
            message = f'no prompt "{written}"{suggestion(written, prompts)}'
            hint = "one bare word is the name of an entry of `prompts`; a text has spaces or {{ }}"
            self._problem("E112", message, origins["prompt"], hint)
            return None
        origins["prompt"] = ("prompts", written)
        if not isinstance(entry, dict):
            return str(entry), None
        origins["prompt"] = ("prompts", written, "text")
        negative = entry.get("negative_prompt")
        if negative is not None and "negative_prompt" not in self._own.keys() | self._axis_names:
            origins["negative_prompt"] = ("prompts", written, "negative_prompt")
        return str(entry["text"]), None if negative is None else str(negative)

    def _chain(
        self, fields: Mapping[str, Json], origins: Mapping[str, DocumentPath]
    ) -> tuple[Link, ...] | None:
        """The recipe's provider, then its fallbacks."""
        changes: dict[str, Json] = {}
        first = (str(fields["provider"]), changes, origins["provider"])
        links = [self._link(*entry, fields) for entry in (first, *self._fallbacks(fields, origins))]
        names = [link.provider.name for link in links if link is not None]
        if len(set(names)) < len(names):
            self._problem("E112", "a provider is in the chain twice", origins["fallback"], _TWICE)
        made = [link for link in links if link is not None]
        return tuple(made) if len(made) == len(links) else None

    def _fallbacks(
        self, fields: Mapping[str, Json], origins: Mapping[str, DocumentPath]
    ) -> Iterator[tuple[str, dict[str, Json], DocumentPath]]:
        for number, entry in enumerate(cast("list[Json]", fields.get("fallback", []))):
            path = (*origins["fallback"], number)
            if isinstance(entry, dict):
                changes = {n: value for n, value in entry.items() if n != "provider"}
                yield str(entry["provider"]), changes, (*path, "provider")
            else:
                yield str(entry), {}, path

    def _link(
        self, name: str, changes: dict[str, Json], path: DocumentPath, fields: Mapping[str, Json]
    ) -> Link | None:
        provider = self._kitchen.instances.get(name, path)
        if provider is None:
            return None
        model = changes.get("model", fields.get("model"))
        takes_seed = provider.takes("seed", str(model) if model else None)
        return Link(provider, cast("dict[str, Value]", changes), provider.head(), takes_seed)

    def _pictures(
        self, fields: Mapping[str, Json], origins: Mapping[str, DocumentPath]
    ) -> dict[str, tuple[PictureTemplate, ...]] | None:
        found: dict[str, tuple[PictureTemplate, ...]] = {}
        for name in _PICTURES:
            if name not in fields:
                continue
            value, path = fields[name], origins[name]
            if name == "input_images" and isinstance(value, str):
                listing = self._kitchen.texts.listing(value, path)
                if listing is None:
                    return None
                found[name] = (PictureTemplate(listing, None, None, path),)
                continue
            several = isinstance(value, list)
            entries = value if isinstance(value, list) else [value]
            paths = [(*path, i) if several else path for i in range(len(entries))]
            made = [self._picture(e, p) for e, p in zip(entries, paths, strict=True)]
            kept = tuple(one for one in made if one is not None)
            if len(kept) < len(made):
                return None
            found[name] = kept
        return found

    def _picture(self, entry: Json, path: DocumentPath) -> PictureTemplate | None:
        if not isinstance(entry, dict):
            template = self._kitchen.texts.prompt(str(entry), path)
            return PictureTemplate(template, None, None, path) if template else None
        template = self._kitchen.texts.prompt(str(entry["image"]), (*path, "image"))
        tag, digest = entry.get("tag"), entry.get("sha256")
        if template is None:
            return None
        return PictureTemplate(
            template, str(tag) if tag else None, str(digest) if digest else None, path
        )

    def _place_of(
        self, fields: Mapping[str, Json], origins: Mapping[str, DocumentPath]
    ) -> tuple[Template | None, Condition | None, bool]:
        """`path` and `where`, and whether both could be compiled."""
        texts = self._kitchen.texts
        path = texts.path(str(fields["path"]), origins["path"]) if "path" in fields else None
        where = texts.where(str(fields["where"]), origins["where"]) if "where" in fields else None
        ok = (path is not None) == ("path" in fields) and (where is not None) == ("where" in fields)
        return path, where, ok

    def _no_templates(
        self, fields: Mapping[str, Json], origins: Mapping[str, DocumentPath]
    ) -> None:
        value = fields.get("model")
        if isinstance(value, str) and "{{" in value:
            message = "`model` is no template; make it an axis, or write two recipes"
            self._problem("E303", message, origins["model"])

    def _check_axes(self, variants: tuple[Variant, ...]) -> None:
        """An axis that nothing uses would only multiply the bill."""
        names = set().union(*(_names(variant) for variant in variants))
        for axis in self._matrix.names:
            if axis in RESERVED and axis not in FIELDS:
                message = f'"{axis}" is reserved in templates and cannot be an axis'
                self._problem("E113", message, self._axis_path(axis), "choose another name")
            elif axis not in FIELDS and axis not in names:
                message = f'the axis "{axis}" is no recipe field, and no template of the recipe'
                message += f" uses it{suggestion(axis, [*FIELDS, *sorted(names)])}"
                self._problem("E113", message, self._axis_path(axis), _AXIS_HINT)

    def _axis_path(self, axis: str) -> DocumentPath:
        return (*self._at("matrix"), axis)


_TWICE = "leave it out, or name another one"
_AXIS_HINT = "every axis multiplies the number of pictures; remove it, or use it in the prompt"


def _names(variant: Variant) -> frozenset[str]:
    """The names that the templates of a variant use."""
    templates = [*variant.texts.values(), *([variant.path] if variant.path else [])]
    pictures = [one.source for several in variant.pictures.values() for one in several]
    names = frozenset[str]().union(*(template.names for template in (*templates, *pictures)))
    return names | variant.where.names if variant.where else names


def _axis_text(value: Json) -> str:
    return str(value)


__all__ = ["Kitchen", "Matrix", "RecipeBuilder"]
