"""The parts of the documentation that are made from the program itself.

A page marks such a part by `<!-- made: show runway -->` and closes it by `<!-- end -->`.
`python -m tests.e2e.pages` writes all parts anew; test_docs.py fails when one has drifted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner

from imagepipe.app import shipped
from imagepipe.app.rules import rules
from imagepipe.cli.commands.emulate import quirks_text
from imagepipe.cli.group import group
from imagepipe.provider import load_spec
from imagepipe.render.grid import text_of
from imagepipe.render.plain import progress
from imagepipe.render.providers_text import list_text, show_text
from imagepipe.render.rule_text import rule_page
from imagepipe.template.guide import CATALOGUE, OTHERS
from tests.screens.scenes import SCENES, time
from tests.screens.shots import drawn

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])

_PART = re.compile(
    r"(?P<open><!-- made: (?P<what>[^>]*?) -->\n).*?(?P<close><!-- end -->)", re.DOTALL
)
_WIDTH = 96


def renew(text: str) -> str:
    """A page with every made part as the program makes it today."""
    return _PART.sub(lambda part: part["open"] + _made(part["what"]) + part["close"], text)


def parts(text: str) -> list[str]:
    """What the made parts of a page are of, such as `show runway`."""
    return [part["what"] for part in _PART.finditer(text)]


def commands() -> list[str]:
    """Every command and subcommand by its words, `pending list` among them."""
    return ["", *_below(group, "")]


def _below(parent: click.Group, prefix: str) -> list[str]:
    context = click.Context(parent)
    found = []
    for name in parent.list_commands(context):
        words = f"{prefix} {name}".strip()
        found.append(words)
        command = parent.get_command(context, name)
        if isinstance(command, click.Group):
            found += _below(command, words)
    return found


def sections(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The maps of a manifest by the name that docs/manifest.md gives them."""
    top, kinds = schema["properties"], schema["definitions"]
    return {
        "manifest": schema,
        "products": top["products"]["anyOf"][1],
        "query": top["products"]["anyOf"][1]["properties"]["from"]["anyOf"][2],
        "prompt": top["prompts"]["additionalProperties"]["anyOf"][1],
        "outputs": top["outputs"],
        "budget": top["budget"],
        "recipe": kinds["recipe"],
        "picture": kinds["picture"]["anyOf"][1],
        "fallback": kinds["recipe"]["properties"]["fallback"]["items"]["anyOf"][1],
        "matrix": kinds["matrix"],
        "provider": kinds["provider"],
        "limits": kinds["provider"]["properties"]["limits"],
        "timeouts": kinds["provider"]["properties"]["timeouts"],
    }


def manifest_schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(shipped.schema_text("manifest"))
    return schema


def _made(what: str) -> str:
    kind, _, name = what.partition(" ")
    return _MAKERS[kind](name)


def _commands(_name: str) -> str:
    return "\n".join(
        f"### imagepipe {words}".rstrip() + f"\n\n{_help(words)}" for words in commands()
    )


def _help(words: str) -> str:
    shown = CliRunner().invoke(
        group, [*words.split(), "--help"], prog_name="imagepipe", terminal_width=_WIDTH
    )
    return _fenced(shown.output)


def _show(name: str) -> str:
    document = shipped.spec_document(name)
    assert document is not None, f"no provider {name}"
    return _fenced(show_text(load_spec(document), _WIDTH))


def _list(_name: str) -> str:
    documents = map(shipped.spec_document, shipped.builtin_names())
    return _fenced(list_text([load_spec(document) for document in documents if document], 140))


def _errors(_name: str) -> str:
    return "\n".join(rule_page(rule) for rule in rules().values())


def _screen(name: str) -> str:
    """A scene of tests/screens at so many columns: `busy 80`."""
    scene, columns = name.split()
    lines = drawn(SCENES[scene](), int(columns))
    return _fenced("\n".join(text_of(line) for line in lines))


def _log(scene: str) -> str:
    return _fenced(progress(SCENES[scene](), time))


def _filters(name: str) -> str:
    rows = [
        f"| `{entry.usage}` | {entry.meaning} | `{_cell(entry.example)}` | `{_cell(entry.gives)}` |"
        for entry in (CATALOGUE if name == "catalogue" else OTHERS)
    ]
    return "\n".join(["| filter | gives | example | is |", "|---|---|---|---|", *rows, ""])


def _quirks(_name: str) -> str:
    return _fenced(quirks_text())


def _keys(name: str) -> str:
    section = sections(manifest_schema())[name]
    needed = section.get("required", ())
    rows = [
        f"| `{key}`{' (required)' if key in needed else ''} | {_form(value)} "
        f"| {_cell(_meaning(value))} | {_example(value)} |"
        for key, value in section["properties"].items()
        if not value.get("doNotSuggest")
    ]
    return "\n".join(["| key | value | meaning | example |", "|---|---|---|---|", *rows, ""])


def _form(value: dict[str, Any]) -> str:
    match value:
        case {"const": constant}:
            return f"`{constant}`"
        case {"enum": words}:
            return " or ".join(f"`{word}`" for word in words)
        case {"anyOf": forms}:
            return " or ".join(dict.fromkeys(_form(form) for form in forms))
        case {"$ref": reference}:
            return _referred(reference)
        case {"allOf": [{"$ref": reference}]}:
            return _referred(reference)
        case {"type": "integer" | "number"}:
            return _number(value)
    names = {"string": "text", "array": "list", "object": "map", "boolean": "`true` or `false`"}
    return names[value["type"]] + _default(value)


def _referred(reference: str) -> str:
    name = reference.rsplit("/", 1)[1]
    return name if name in {"picture", "recipe"} else "map"


def _meaning(value: dict[str, Any]) -> str:
    """Its own description, or the one of what it refers to."""
    if "description" in value or "$ref" not in value:
        return str(value.get("description", ""))
    kinds = manifest_schema()["definitions"]
    return str(kinds[value["$ref"].rsplit("/", 1)[1]]["description"])


def _number(value: dict[str, Any]) -> str:
    kind = "whole number" if value["type"] == "integer" else "number"
    low = str(value["minimum"]) if "minimum" in value else f"above {value['exclusiveMinimum']}"
    high = f" to {value['maximum']:,}" if "maximum" in value else " or more"
    return f"{kind}, {low}{high}{_default(value)}"


def _default(value: dict[str, Any]) -> str:
    return f"; default `{json.dumps(value['default'])}`" if "default" in value else ""


def _example(value: dict[str, Any]) -> str:
    examples = value.get("examples", ())
    return _cell(f"`{json.dumps(examples[0])}`") if examples else ""


def _cell(text: str) -> str:
    """Without what would end a table's cell, or open a tag outside of code."""
    pieces = text.replace("|", "\\|").replace("\n", " ").split("`")
    pieces[::2] = [piece.replace("<", "&lt;") for piece in pieces[::2]]
    return "`".join(pieces)


def _fenced(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
    return f"```text\n{lines}\n```\n"


_MAKERS: dict[str, Callable[[str], str]] = {
    "commands": _commands,
    "show": _show,
    "list": _list,
    "errors": _errors,
    "screen": _screen,
    "log": _log,
    "filters": _filters,
    "quirks": _quirks,
    "keys": _keys,
}

if __name__ == "__main__":
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        after = renew(before)
        if after != before:
            page.write_text(after, encoding="utf-8")
            print("renewed", page.relative_to(ROOT))
