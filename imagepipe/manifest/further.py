"""What else is wrong with a manifest that has mistakes: its sound part is checked as if alone.

Nobody should have to run a second time to see the second mistake. What depends on something that is
wrong is left out, so that no mistake is told that only follows from another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from imagepipe.document import Mapping, Mark, Node
from imagepipe.errors import Problem
from imagepipe.manifest.check import check
from imagepipe.manifest.recipe import Manifest, Recipe, Variant

_ALONE = frozenset({"name", "budget", "outputs", "max_jobs"})
"""Keys that no recipe depends on."""
_SHARED = frozenset({"version", "providers", "defaults", "products", "prompts", "images"})


def sound_part(root: Node, problems: Iterable[Problem]) -> Mapping | None:
    """A manifest without the keys and recipes that problems are in; None if too much depends on it.

    Args:
        root: The tree of the manifest.
        problems: What its schema says is wrong.
    """
    if not isinstance(root, Mapping) or not isinstance(images := root.get("images"), Mapping):
        return None
    keys, recipes = set[str](), set[str]()
    for problem in problems:
        mark = _mark(problem)
        key = _at(root, mark)
        recipe = _at(images, mark) if key == "images" else None
        if recipe is not None:
            recipes.add(recipe)
        elif key in _ALONE or (key is not None and key not in _SHARED):
            keys.add(key)
        else:
            return None
    if recipes >= images.keys():
        return None
    return _without(_with(root, "images", _without(images, recipes)), keys)


def further(manifest: Manifest, known: Sequence[Problem]) -> list[Problem]:
    """What is wrong with the products, and with the jobs of recipes that could be made; and notes.

    Args:
        manifest: With mistakes, so that some recipes lack variants that were written.
        known: The mistakes.
    """
    root = manifest.document.root
    images = root.get("images") if isinstance(root, Mapping) else None
    marks = [_mark(problem) for problem in known if _is_in(problem, manifest)]
    if not isinstance(root, Mapping) or not isinstance(images, Mapping):
        return []
    if any(_at(root, mark) == "products" for mark in marks):
        return []  # which rows there are, and which of them count, is not known
    wrong = {_at(images, mark) for mark in marks if _at(root, mark) == "images"}
    recipes = {
        name: replace(recipe, variants=_sound(recipe))
        for name, recipe in manifest.recipes.items()
        if name not in wrong
    }
    recipes = {name: recipe for name, recipe in recipes.items() if recipe.variants}
    found = check(replace(manifest, recipes=recipes, notes=()))
    return [one for one in (*found.problems, *found.notes) if one not in known]


def _sound(recipe: Recipe) -> tuple[Variant, ...]:
    """The variants whose providers are set up as they should be."""
    return tuple(variant for variant in recipe.variants if not _misconfigured(variant))


def _misconfigured(variant: Variant) -> bool:
    return any(bad.severity == "error" for link in variant.chain for bad in link.provider.check())


def _is_in(problem: Problem, manifest: Manifest) -> bool:
    return problem.place is not None and problem.place.file == manifest.file


def _mark(problem: Problem) -> Mark:
    return (problem.place.line, problem.place.column) if problem.place else (0, 0)


def _at(node: Mapping, mark: Mark) -> str | None:
    """The key that a place belongs to: the last one that begins at or before it."""
    before = [(marks[0], key) for key, marks in node.marks.items() if marks[0] <= mark]
    return max(before)[1] if before else None


def _without(node: Mapping, keys: Iterable[str]) -> Mapping:
    left = Mapping({key: value for key, value in node.items() if key not in keys})
    left.marks, left.flow = node.marks, node.flow
    return left


def _with(node: Mapping, key: str, value: Node) -> Mapping:
    changed = _without(node, ())
    changed[key] = value
    return changed
