"""Every filter with an example of what it gives: the table in docs/templates.md."""

from __future__ import annotations

from dataclasses import dataclass

SAMPLE: dict[str, object] = {
    "name": "stoneware mug",
    "long": "A very long product name, with more words",
    "body": "<p>Fine &amp; <b>round</b></p>",
    "cell": "red| green |blue",
    "price": "1234.5",
    "weight": "850",
    "color": "",
    "sizes": ["M", "S", "M"],
    "tags": [{"name": "new", "rank": "2"}, {"name": "eco", "rank": "1"}],
    "specs": {"material": "clay", "care": "wipe"},
}
"""The data of the examples."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One filter: how it is written, what it does, and what an example gives."""

    name: str
    usage: str
    meaning: str
    example: str
    gives: str


def _entries(*rows: tuple[str, str, str, str]) -> tuple[Entry, ...]:
    return tuple(Entry(row[0].partition("(")[0], *row) for row in rows)


CATALOGUE = _entries(
    ("slug", "lower-case ASCII, as in file names", "{{ 'Crème brûlée' | slug }}", "creme-brulee"),
    ("title", "every word with a capital", "{{ name | title }}", "Stoneware Mug"),
    ("truncate(length, killwords, end)", "at most so many characters, cut between words",
     "{{ long | truncate(20) }}", "A very long product…"),
    ("truncatewords(count, end)", "the first words",
     "{{ long | truncatewords(3) }}", "A very long…"),
    ("collapse", "white space of any length as one blank", "{{ 'a   b' | collapse }}", "a b"),
    ("striptags", "HTML as plain text", "{{ body | striptags }}", "Fine & round"),
    ("split(separator)", "a cell with several values as a list (default `,`)",
     "{{ cell | split('|') | join(', ') }}", "red, green, blue"),
    ("join(separator, attribute)", "a list as text; of maps, one attribute of each",
     "{{ tags | join(', ', attribute='name') }}", "new, eco"),
    ("default(text, true)", "what stands in for a missing field; with `true`, for an empty one too",
     "{{ color | default('white', true) }}", "white"),
    ("number(decimals, thousands, point)", "a number as people write it, rounded half up",
     "{{ price | number(2) }} {{ price | number(2, '.', ',') }}", "1,234.50 1.234,50"),
    ("unit(name, decimals, thousands, point)", "a number with its unit",
     "{{ weight | unit('g') }}", "850 g"),
    ("convert(from, to)", "mm cm m in ft, mg g kg oz lb, ml cl l; exact",
     "{{ weight | convert('g', 'kg') | unit('kg', 1) }}", "0.9 kg"),
)  # fmt: skip
"""Those that are this program's own, or that catalogues need most."""

OTHERS = _entries(
    ("abs", "a number without its sign", "{{ -2 | abs }}", "2"),
    ("capitalize", "the first letter as a capital, the others small",
     "{{ name | capitalize }}", "Stoneware mug"),
    ("center(width)", "blanks on both sides", "{{ 'a' | center(3) }}|", " a |"),
    ("count", "how many items or characters", "{{ sizes | count }}", "3"),
    ("d", "short for `default`", "{{ color | d('white', true) }}", "white"),
    ("dictsort", "a map as pairs in order", "{{ (specs | dictsort | first)[0] }}", "care"),
    ("first", "the first item", "{{ sizes | first }}", "M"),
    ("float", "a text as a number with a fraction", "{{ price | float * 2 }}", "2469.0"),
    ("format", "`%` with values", "{{ '%s: %s' | format('a', 'b') }}", "a: b"),
    ("indent(width)", "blanks before every line but the first", "{{ 'a' | indent(2) }}", "a"),
    ("int", "a text as a whole number, 0 if it is none", "{{ weight | int + 1 }}", "851"),
    ("items", "a map as pairs",
     "{% for key, value in specs | items %}{{ key }} {{ value }} {% endfor %}",
     "material clay care wipe "),
    ("last", "the last item", "{{ sizes | last }}", "M"),
    ("length", "as `count`", "{{ name | length }}", "13"),
    ("list", "the items as a list", "{{ 'ab' | list | join('-') }}", "a-b"),
    ("lower", "small letters", "{{ 'USB' | lower }}", "usb"),
    ("map(filter or attribute=)", "every item through a filter, or an attribute of it",
     "{{ sizes | map('lower') | join }}", "msm"),
    ("max", "the greatest item", "{{ sizes | max }}", "S"),
    ("min", "the least item", "{{ sizes | min }}", "M"),
    ("reject(test)", "the items for which a test does not hold",
     "{{ sizes | reject('eq', 'M') | join }}", "S"),
    ("rejectattr(attribute, test)", "likewise, of an attribute",
     "{{ tags | rejectattr('name', 'eq', 'new') | join(attribute='name') }}", "eco"),
    ("replace(old, new)", "another text in its place",
     "{{ name | replace('mug', 'cup') }}", "stoneware cup"),
    ("reverse", "from the end", "{{ 'abc' | reverse }}", "cba"),
    ("round(digits)", "a rounded number", "{{ price | float | round }}", "1234.0"),
    ("select(test)", "the items for which a test holds",
     "{{ sizes | select('eq', 'M') | join }}", "MM"),
    ("selectattr(attribute, test)", "likewise, of an attribute",
     "{{ tags | selectattr('rank', 'eq', '1') | join(attribute='name') }}", "eco"),
    ("sort(attribute=)", "in order",
     "{{ tags | sort(attribute='rank') | join(' ', attribute='name') }}", "eco new"),
    ("string", "as text", "{{ 3 | string + '%' }}", "3%"),
    ("sum(attribute)", "the sum of numbers", "{{ [1, 2] | sum }}", "3"),
    ("trim", "without white space at the ends", "{{ ' a ' | trim }}", "a"),
    ("unique", "every item once", "{{ sizes | unique | join }}", "MS"),
    ("upper", "capitals", "{{ name | upper }}", "STONEWARE MUG"),
    ("wordcount", "how many words", "{{ long | wordcount }}", "8"),
)  # fmt: skip
"""Jinja2's, with caps on what could grow."""
