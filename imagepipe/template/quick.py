"""Texts of nothing but names, such as `A {{ color }} {{ name }}`: put together without Jinja.

Most prompts and paths are such texts, and running Jinja's code for one costs as much as all the
rest of a job. Whatever is unusual with the data (a name that is not there, a list, a long text)
goes to the renderer that Jinja compiled, which knows what to say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from jinja2 import nodes

from imagepipe.template import CAP, Context
from imagepipe.template.bounds import FILLED
from imagepipe.template.slugs import slug

Render: TypeAlias = Callable[[Context], str]
_Part: TypeAlias = "str | tuple[str, Callable[[str], str] | None]"
"""A fixed text, or a name and what is done to its text."""


def quick(tree: nodes.Template, render: Render, *, path: bool) -> Render:
    """A renderer that gives what `render` gives; `render` itself if the text has more than names.

    Args:
        tree: The parsed text.
        render: Its compiled form.
        path: Whether data in it loses its slashes.
    """
    parts = _parts(tree, path=path)
    if parts is None or not any(isinstance(part, tuple) for part in parts):
        return render
    fixed = ["" if isinstance(part, tuple) else part for part in parts]
    holes = [(i, *part) for i, part in enumerate(parts) if isinstance(part, tuple)]

    def quickly(context: Context) -> str:
        texts = fixed.copy()
        for number, name, change in holes:
            value = context.get(name)
            if type(value) is int:
                value = str(value)
            elif type(value) is not str or not value or value.isspace():
                return render(context)
            texts[number] = value if change is None else change(value)
        text = "".join(texts)
        return text if len(text) <= CAP else render(context)

    return quickly


def _parts(tree: nodes.Template, *, path: bool) -> list[_Part] | None:
    """The text in parts; None if Jinja is needed."""
    found: list[_Part] = []
    for output in tree.body:
        if not isinstance(output, nodes.Output):
            return None
        for node in output.nodes:
            part = _part(node, path=path)
            if part is None:
                return None
            found.append(part)
    return found


def _part(node: nodes.Node | None, *, path: bool) -> _Part | None:
    if isinstance(node, nodes.Filter) and node.name == FILLED:
        node = node.node
    match node:
        case nodes.TemplateData(data=text):
            return text
        case nodes.Name(name=name):
            return name, _unslashed if path else None
        case nodes.Filter(node=nodes.Name(name=name), name="slug", args=[], kwargs=[]):
            return name, slug
        case _:
            return None


def _unslashed(text: str) -> str:
    return text.replace("/", "-").replace("\\", "-")
