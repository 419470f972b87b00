"""Templates that would like to be programs: known escapes from Jinja2's sandbox, and bombs.

A manifest of somebody else, in a pull request say, must not be able to read, run or fill anything.
"""

from __future__ import annotations

import pytest

from imagepipe.template import CAP, TemplateError, Templates

DATA: dict[str, object] = {
    "name": "mug",
    "xs": ["x"] * 1000,
    "big": "b" * (200 * 1024),
    "huge": "h" * (300 * 1024),
    "many": ["x"] * 10_001,
    "product": {"name": "mug"},
}

ESCAPES = {
    "the class of a text": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "by subscript": "{{ ''['__class__']['__mro__'] }}",
    "by the attr filter": "{{ '' | attr('__class__') }}",
    "by map": "{{ [''] | map(attribute='__class__') | join }}",
    "by map and attr": "{{ [''] | map('attr', '__class__') | list }}",
    "by groupby": "{{ xs | groupby('__class__') }}",
    "by selectattr": "{{ [name] | selectattr('__class__') | list | length }}",
    "by sort": "{{ [name, 'a'] | sort(attribute='__class__') | join }}",
    "by unique": "{{ [name] | unique(attribute='__class__') | join }}",
    "by sum": "{{ [1] | sum(attribute='__class__') }}",
    "by min": "{{ [name, 'a'] | min(attribute='__class__') }}",
    "by join": "{{ [name] | join(attribute='__class__') }}",
    "str.format (2016)": "{{ '{0.__class__.__init__.__globals__}'.format(name) }}",
    "str.format_map (2019)": "{{ '{a.__class__}'.format_map({'a': 1}) }}",
    "a kept reference to format (2024)": "{% set f = '{0.__class__}'.format %}{{ f(1) }}",
    "format through map (2024)": "{{ ['{0.__class__}'.format] | map('call') }}",
    "format through attr (2025)": "{{ ('{0.__class__}' | attr('format'))(name) }}",
    "xmlattr (2024)": "{{ {'a': 1} | xmlattr }}",
    "urlize (2020)": "{{ name | urlize }}",
    "the loop object": "{% for x in [1] %}{{ loop.__class__ }}{% endfor %}",
    "the loop's methods": "{% for x in [1] %}{{ loop.cycle(1) }}{% endfor %}",
    "the loop's undefined": "{% for x in [1] %}{{ loop._undefined }}{% endfor %}",
    "self": "{{ self.__init__.__globals__ }}",
    "self in brackets": "{{ self['_TemplateReference__context'] }}",
    "a macro": "{% macro m() %}{{ caller }}{% endmacro %}{{ m.__globals__ }}",
    "a namespace": "{{ namespace(a=1) }}",
    "cycler": "{{ cycler.__init__.__globals__.os.popen('id') }}",
    "joiner": "{{ joiner() }}",
    "lipsum": "{{ lipsum.__globals__['os'] }}",
    "config": "{{ config.items() }}",
    "request": "{{ request.application }}",
    "an undefined name's class": "{{ nothing.__class__ }}",
    "an undefined name's class through default": "{{ (nothing | default(name)).__class__ }}",
    "import": "{% import 'os' as os %}",
    "from import": "{% from 'os' import popen %}",
    "extends": "{% extends 'x' %}",
    "include of data": "{% include name %}",
    "include of a list": "{% include ['a', 'b'] %}",
    "call block": "{% call name() %}{% endcall %}",
    "filter block": "{% filter upper %}a{% endfilter %}",
    "autoescape": "{% autoescape true %}{% endautoescape %}",
    "with": "{% with a = 1 %}{{ a }}{% endwith %}",
    "block": "{% block a %}{% endblock %}",
    "debug": "{% debug %}",
    "do": "{% do xs.append(1) %}",
    "a method that changes data": "{{ xs.append(1) }}",
    "pprint": "{{ name | pprint }}",
    "tojson": "{{ name | tojson }}",
    "random": "{{ xs | random }}",
    "filesizeformat": "{{ 1 | filesizeformat }}",
    "a filter of this program": "{{ name | each }}",
    "an unpacked list": "{{ name | replace(*xs) }}",
    "unpacked names": "{{ name | replace(**product) }}",
    "percent format of an attribute": "{{ '%(a.__class__)s' | format(a=1) }}",
}

BOMBS = {
    "a repeated text": "{{ 'a' * 10**9 }}",
    "a repeated list": "{{ [0] * 10**9 }}",
    "a tower": "{{ 9 ** 9 ** 9 }}",
    "factors": "{{ 10**30 * 10**30 * 10**30 * 10**30 }}",
    "a width": "{{ '%999999999d' % 1 }}",
    "a named width": "{{ '%(n)999999999d' | format(n=1) }}",
    "a precision": "{{ '%.999999999f' % 1.5 }}",
    "a width from data": "{{ '%*d' | format(999999999, 1) }}",
    "center": "{{ name | center(999999999) }}",
    "indent": "{{ name | indent(999999999) }}",
    "replace": "{{ 'aaaa' | replace('a', big) }}",
    "round": "{{ 1.5 | round(999999999, 'floor') }}",
    "round upwards": "{{ 1.5 | round(-999999999, 'ceil') }}",
    "sum of lists": "{{ ([[1] * 16000] * 1000) | sum(start=[]) | length }}",
    "loops in loops": "{% for a in xs %}{% for b in xs %}{% endfor %}{% endfor %}",
    "a third loop": "{% for a in xs %}{% for b in xs %}{% for c in xs %}{% endfor %}{% endfor %}"
    "{% endfor %}",
    "loops after loops": "{% for a in xs %}{% endfor %}" * 30,
    "a loop over letters": "{% for a in big %}{% endfor %}",
    "many fields": "{{ big }}" * 3_000,
    "fields in one": "{{ " + " ~ ".join(["big"] * 60) + " }}",
    "fields in brackets": "{{ " + " ~ ".join([f"({' ~ '.join(['big'] * 30)})"] * 30) + " }}",
    "a field too big": "{{ huge | length }}",
    "a list too long": "{{ many | length }}",
    "joined": "{{ xs | join(big) }}",
    "added": "{{ big + big }}",
    "lists added": "{{ (([0] * 16000) + ([0] * 16000)) | length }}",
    "many filters": "{{ xs | sort" + " | sort" * 3_000 + " | join }}",
    "filters with arguments": "{{ 'ab'" + " | format('a', 'b')" * 700 + " }}",
    "many parts": "{{ name | upper }}" * 900 + "{{ " + " + ".join(["name"] * 2_000) + " }}",
    "brackets": "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
    "lists in lists": "{{ " + "[" * 150 + "1" + "]" * 150 + " }}",
    "conditions in conditions": "{% if name %}" * 101 + "{% endif %}" * 101,
    "else and else": "{{ " + "1 if name else " * 2_000 + "1 }}",
    "minus and minus": "{{ " + "-" * 30_000 + "1 }}",
    "not and not": "{{ " + "not " * 10_000 + "1 }}",
    "dots": "{{ product" + ".a" * 5_000 + " }}",
    "an exponent": "{{ 1.5 | round(9E9999999, 'floor') }}",
    "digits": "{{ " + "9" * 5_000 + " }}",
    "a slug of much": "{{ big | slug }}",
    "a source too long": "x" * 33_000,
    "a map in a text": "{{ product }}",
    "an include of itself": "{% include 'loop' %}",
    "an include that doubles": "{% include 'twice' %}",
    "a loop of includes": "{% for a in xs %}{% for b in xs %}{% include 'loops' %}{% endfor %}"
    "{% endfor %}",
}  # fmt: skip

FILES = {
    "loop": "{% include 'loop' %}",
    "loops": "{% for a in xs %}{% for b in xs %}{% endfor %}{% endfor %}",
    **{f"twice{n}": "{% include 'twice" + str(n + 1) + "' %}" * 4 for n in range(9)},
    "twice": "{% include 'twice0' %}",
    "twice9": "",
}


@pytest.mark.parametrize("source", ESCAPES.values(), ids=ESCAPES)
def test_an_escape_is_refused(source: str) -> None:
    """When it is compiled or rendered, and as an error of the template's author."""
    with pytest.raises(TemplateError) as caught:
        Templates(FILES.__getitem__).prompt(source).render(DATA)
    assert "<" not in str(caught.value).replace("(<", "")


@pytest.mark.parametrize("source", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_before_it_grows(source: str) -> None:
    """Time and memory of every one are measured in tests/fuzz."""
    with pytest.raises(TemplateError):
        Templates(FILES.__getitem__).prompt(source).render(DATA)


@pytest.mark.parametrize("source", ESCAPES.values(), ids=ESCAPES)
def test_a_condition_is_no_way_out_either(source: str) -> None:
    """`where` is an expression in the same sandbox."""
    expression = source.partition("{{ ")[2].partition(" }}")[0] or source
    with pytest.raises(TemplateError):
        Templates().where(expression).holds(DATA)


def test_data_is_no_template() -> None:
    """A cell with an attack in it is a cell with braces in it."""
    for attack in [*ESCAPES.values(), "{{ 7 * 7 }}", "{% include 'loop' %}", "{0.__class__}"]:
        assert Templates().prompt("a {{ cell }}").render({"cell": attack}) == f"a {attack}"


def test_most_of_the_cap_can_be_used() -> None:
    """Bounds are for what nobody means."""
    source = "{% for x in xs %}{{ x }}{{ x }} {% endfor %}" * 5
    assert len(Templates().prompt(source).render(DATA)) == 15_000 < CAP
