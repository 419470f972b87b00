"""Laws of what is read from files: whatever is in them, and back from what was written."""

from __future__ import annotations

import csv
import io

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from imagepipe.manifest.exports.feed import rows_of_feed
from imagepipe.manifest.exports.plain_text import plain_text
from imagepipe.manifest.sources import FileSource, Row
from imagepipe.manifest.tables import header_of, rows_of_table
from tests.fakes.files import MemoryFiles

LAW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no mistake of the program."""

HTML = st.text("<>&;/!-=\"' ab\n#x1p") | st.lists(
    st.sampled_from(["<p>", "</p>", "<script>", "</script>", "<!--", "-->", "<a b='", "&amp;", "x"])
).map("".join)
XML = st.lists(
    st.sampled_from(
        [b"<rss>", b"</rss>", b"<item>", b"</item>", b"<g:id>", b"<id>1</id>", b"&amp;", b"&lol;",
         b"<![CDATA[", b"]]>", b"<!DOCTYPE x>", b"<?xml version='1.0' encoding='utf-16'?>", b"\xff"]
    )
).map(b"".join)  # fmt: skip
NAMES = st.lists(st.text("abcdefgh", min_size=1, max_size=4), min_size=1, max_size=5, unique=True)
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)


@LAW
@given(HTML)
@example("<" * 5_000)
def test_a_description_becomes_tidy_text(html: str) -> None:
    """No longer than it was, without empty lines or white space around it."""
    text = plain_text(html)
    assert len(text) <= len(html)
    assert text == text.strip()
    assert "\n\n" not in text
    assert "  " not in text


@LAW
@given(st.binary() | XML | XML.map(lambda data: b"<r>" + data + b"</r>"))
def test_a_feed_gives_rows_or_problems(data: bytes) -> None:
    """Whatever bytes it has."""
    for found in rows_of_feed(io.BytesIO(data), "f.xml"):
        assert isinstance(found, Row) or found.code in ("E203", "E204")


@LAW
@given(
    NAMES.flatmap(
        lambda names: st.tuples(
            st.just(names), st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)))
        )
    ),
    st.sampled_from(",;\t"),
)
def test_a_table_is_read_as_it_was_written(
    table: tuple[list[str], list[list[str]]], delimiter: str
) -> None:
    """Cell by cell, by any of the separators; rows without a value are none."""
    names, rows = table
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows([[*names, "z"], *([*r, ""] for r in rows)])
    data = written.getvalue().encode()
    found = list(rows_of_table(io.BytesIO(data), "t.csv", tabs=False))
    kept = [dict(zip(names, row, strict=True)) | {"z": ""} for row in rows if any(row)]
    assert [row.fields for row in found if isinstance(row, Row)] == kept
    assert header_of(data) == [*names, "z"]


@LAW
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "S", "M"])), max_size=12))
def test_no_row_of_an_export_is_lost(rows: list[tuple[str, str]]) -> None:
    """Each is in a product, or in a handle that is told."""
    lines = [f"{handle},{handle.upper()},{size},{size}" for handle, size in rows]
    data = "\n".join(["Handle,Title,Option1 Value,Variant SKU", *lines])
    source = FileSource(MemoryFiles({"e.csv": data}), "e.csv", "shopify")
    found = list(source.rows())
    joined = [row for row in found if isinstance(row, Row)]
    told = [row for row in found if not isinstance(row, Row)]
    runs = [h for n, (h, _) in enumerate(rows) if n == 0 or rows[n - 1][0] != h]
    assert [row.key for row in joined] == list(dict.fromkeys(runs))
    assert len(told) == len(runs) - len(joined)
