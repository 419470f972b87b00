"""Templates: what they can say, and that nothing else is in their reach."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from imagepipe.template import CAP, TemplateError, Templates, slug, words

CONTEXT: dict[str, object] = {
    "name": "mug",
    "color": "blue",
    "sku": "A/1",
    "stock": "3",
    "sizes": ["S", "M"],
    "product": {"name": "mug", "items": "a column called items", "image": "a.png"},
    "image": "hero",
}


def render(source: str) -> str:
    return Templates().prompt(source).render(CONTEXT)


def refusal(source: str) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        render(source)
    return caught.value


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("A {{ color }} {{ name | upper }}", "A blue MUG"),
        ("{% if stock | int > 2 %}many{% else %}few{% endif %}", "many"),
        ("{% for s in sizes %}{{ loop.index }}{{ s }} {% endfor %}", "1S 2M "),
        ("{{ sizes | join(', ') }}", "S, M"),
        ("{{ missing | default('none') }}", "none"),
        ("{% if missing is defined %}x{% endif %}y", "y"),
        ("{{ product.items }}", "a column called items"),
        ('{{ product["image"] }} {{ image }}', "a.png hero"),
        ("{{ 'Two words' | slug }}", "two-words"),
        ("{{ '%02d' % 7 }}{{ 2 * 3 }}{{ 2 ** 3 }}", "0768"),
        ("no syntax at all {", "no syntax at all {"),
        ("{% if true %}\nkept\n{% endif %}\nend", "kept\nend"),
    ],
)
def test_data_becomes_text(source: str, text: str) -> None:
    """Filters, `if` and `for` over the data, and columns by name."""
    assert render(source) == text


@pytest.mark.parametrize(
    "source",
    [
        "{{ name.__class__ }}",
        "{{ name['__class__'] }}",
        "{{ sizes | map(attribute='__class__') | join }}",
        "{{ product.keys() }}",
        "{{ name.upper() }}",
        "{{ range(9) }}",
        "{{ lipsum() }}",
        "{{ cycler }}",
        "{{ self }}",
        "{{ name | attr('upper') }}",
        "{{ '{0.__class__}' | format(name) }}",
        "{{ sizes | random }}",
        "{% set a = 1 %}",
        "{% macro m() %}{% endmacro %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% include name %}",
        "{% for a in sizes recursive %}{% endfor %}",
        "{{ name | replace(*sizes) }}",
    ],
)
def test_nothing_beyond_the_data_is_in_reach(source: str) -> None:
    """No attribute of an object, no call, no global, no name that comes from data."""
    assert str(refusal(source))


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 10**6 }}",
        "{{ 10**6 * 'a' }}",
        "{{ [1] * 10**6 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%99999d' % 1 }}",
        "{{ '%*d' | format(99999, 1) }}",
        "{{ 'x' | center(10**6) }}",
        "{{ 'x' | indent(10**6) }}",
        "{{ name | replace('', 'x' * 9999) }}",
        "{% for a in p %}{% for b in p %}{% for c in p %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in name %}{% endfor %}",
        "{{ '" + "x" * (CAP + 1) + "' }}",
        "x" * 70_000,
    ],
)
def test_what_grows_is_capped(source: str) -> None:
    """A template cannot take memory or time that its data does not have."""
    assert str(refusal(source))


def test_a_long_loop_stops_at_the_cap() -> None:
    """The text is cut off while it grows, not when it is complete."""
    context = {"xs": ["x" * 1000] * 1000, "long": ["x"] * 1001}
    with pytest.raises(TemplateError, match="16 KiB"):
        Templates().prompt("{% for x in xs %}{{ x }}{% endfor %}").render(context)
    with pytest.raises(TemplateError, match="1,000 items"):
        Templates().prompt("{% for x in long %}{% endfor %}").render(context)


@pytest.mark.parametrize(
    ("source", "words_in_it"),
    [
        ("{{ colour }}", 'undefined name "colour"'),
        ("{{ product.titel }}", 'the map has no "titel"'),
        ("{{ stock > 2 }}", "a text is compared with a number"),
        ("{{ sizes }}", "a list is put into a text"),
        ("{{ name", "unexpected end"),
        ("{{ name | uper }}", "uper"),
        ("{{ 1 / 0 }}", "division by zero"),
    ],
)
def test_mistakes_are_told_in_words(source: str, words_in_it: str) -> None:
    """Jinja's own exceptions do not come out."""
    assert words_in_it in str(refusal(source))


def test_an_undefined_name_is_known_by_the_error() -> None:
    """Whoever reports it can suggest a column."""
    error = refusal("a\n{{ colour }}")
    assert (error.name, error.member) == ("colour", False)


def test_a_syntax_error_knows_its_line() -> None:
    """Long prompts have many lines."""
    assert refusal("one\ntwo\n{{ name |").line == 3


def test_data_is_never_rendered_again() -> None:
    """A cell with braces stays what it is."""
    context = {"name": "{{ product.sku }}"}
    assert Templates().prompt("{{ name }}").render(context) == "{{ product.sku }}"


def test_the_names_a_template_uses_are_known_without_rendering() -> None:
    """Axes are checked against them; names that `for` defines are not among them."""
    source = "{{ a }} {% for x in xs %}{{ x }}{{ b | default(c) }}{% endfor %}"
    assert Templates().prompt(source).names == {"a", "xs", "b", "c"}
    assert Templates().where("stock | int > low").names == {"stock", "low"}


def test_includes_come_from_the_folder_and_their_names_count() -> None:
    """An included file is read through the port, and is checked as the template itself."""
    files = {
        "style.j2": "in {{ style }}",
        "bad.j2": "{{ f() }}",
        "loop.j2": "{% include 'loop.j2' %}",
    }
    templates = Templates(files.__getitem__)
    template = templates.prompt("{{ name }} {% include 'style.j2' %}")
    assert template.names == {"name", "style"}
    assert template.render({"name": "mug", "style": "oil"}) == "mug in oil"
    for source in ("bad.j2", "loop.j2"):
        with pytest.raises(TemplateError):
            templates.prompt("{% include '" + source + "' %}")


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b", "C:/x", "..\\x"])
def test_includes_do_not_leave_the_folder(name: str) -> None:
    """The port is not even asked."""

    def never(path: str) -> str:
        raise AssertionError(path)

    with pytest.raises(TemplateError, match="manifest's folder"):
        Templates(never).prompt("{% include " + repr(name) + " %}")


def test_slashes_of_data_make_no_folders_in_a_path() -> None:
    """Only the template's own slashes do."""
    path = Templates().path("{{ sku }}/{{ name }}")
    assert path.render(CONTEXT) == "A-1/mug"


@pytest.mark.parametrize(
    ("source", "result"),
    [("stock | int > 2", True), ("color == 'red'", False), ("'M' in sizes and name", None)],
)
def test_a_condition_is_true_or_false(source: str, result: bool | None) -> None:
    """Anything else is an error, also a text that Python calls true."""
    condition = Templates().where(source)
    if result is None:
        with pytest.raises(TemplateError, match="must give true or false"):
            condition.holds(CONTEXT)
    else:
        assert condition.holds(CONTEXT) is result


@pytest.mark.parametrize("source", ["stok | int > 2", "a b", "name.x()", "stock > 2", ""])
def test_a_wrong_condition_is_an_error(source: str) -> None:
    """An undefined name is no false."""
    with pytest.raises(TemplateError):
        Templates().where(source).holds(CONTEXT)


@pytest.mark.parametrize(
    ("text", "slugged"),
    [
        ("A Forest Trail", "a-forest-trail"),
        ("Straße", "strasse"),
        ("Crème brûlée", "creme-brulee"),
        ("ﬁ", "fi"),
        ("--x--", "x"),
        ("1344x768", "1344x768"),
    ],
)
def test_a_slug_is_lower_case_ascii(text: str, slugged: str) -> None:
    """What can be spelt in ASCII is."""
    assert slug(text) == slugged


def test_what_cannot_be_spelt_is_told_apart_by_a_hash() -> None:
    """Two products in another script are not one file."""
    assert slug("杯").startswith("item-")
    assert slug("杯 blue") != slug("碗 blue")
    assert words("😀").startswith("item-")


def test_threads_can_share_a_template() -> None:
    """No rendering sees another one's data."""
    template = Templates().prompt("{% for i in many %}{{ i }}{{ name }}{% endfor %}")

    def render_many(name: str) -> set[str]:
        context = {"name": name, "many": ["-"] * 50}
        return {template.render(context) for _ in range(200)}

    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(render_many, "abcd"))
    assert texts == [{f"-{name}" * 50} for name in "abcd"]


def test_a_condition_keeps_nothing_between_evaluations() -> None:
    """The second answer is about the second product."""
    condition = Templates().where("result == 'x'")
    assert condition.holds({"result": "x"})
    assert not condition.holds({"result": "y"})


def test_an_include_that_cannot_be_had_knows_its_line() -> None:
    """As every other mistake of a template does."""
    with pytest.raises(TemplateError, match="cannot include none") as caught:
        Templates(_no).prompt("a\nb\n{% include 'none.txt' %}")
    assert caught.value.line == 3


def _no(name: str) -> str:
    raise FileNotFoundError(2, "No such file", name)
