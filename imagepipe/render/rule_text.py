"""A rule as a page: what it means, an example that has the mistake and one without it."""

from __future__ import annotations

from imagepipe.errors import Rule
from imagepipe.render.text import wrap

_INDENT = "    "


def rule_text(rule: Rule, width: int) -> str:
    """For a terminal."""
    lines = [f"{rule.code}: {rule.title}", "", *wrap(rule.means, width), ""]
    for said, text in _examples(rule):
        lines += [said, "", *(f"{_INDENT}{line}".rstrip() for line in text.splitlines()), ""]
    return "\n".join([*lines, *wrap(f"What to do: {rule.do}", width)])


def rule_page(rule: Rule) -> str:
    """For the documentation, as Markdown."""
    lines = [f"## {rule.code}: {rule.title}", "", rule.means, ""]
    for said, text in _examples(rule):
        lines += [said, "", "```text", *text.splitlines(), "```", ""]
    return "\n".join([*lines, f"**What to do:** {rule.do}", ""])


def _examples(rule: Rule) -> list[tuple[str, str]]:
    """What to say before each example, and the example."""
    of = f" ({rule.of})" if rule.of else ""
    named = "products.csv" if rule.csv or rule.right_csv else ""
    found = [
        (f"Wrong{of}:", rule.wrong),
        (f"Wrong, in {named}:", rule.csv),
        (f"Right{of}:", rule.right),
        (f"Right, in {named}:", rule.right_csv),
    ]
    return [(said, text) for said, text in found if text.strip()]
