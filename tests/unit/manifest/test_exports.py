"""Exports of shops: their rows joined into products, or each variant a product of its own."""

from __future__ import annotations

import io
from typing import cast

import pytest

from imagepipe.errors import Problem
from imagepipe.manifest.exports import export_of
from imagepipe.manifest.exports.feed import rows_of_feed
from imagepipe.manifest.exports.plain_text import plain_text
from imagepipe.manifest.named_sources import told_format
from imagepipe.manifest.sources import FileSource, Row, Which
from tests.fakes.files import ONE, MemoryFiles, problems

OLD = "Handle,Title,Body (HTML),Vendor,Tags,Option1 Name,Option1 Value,Option2 Name,Option2 Value"
OLD += ",Variant SKU,Variant Price,Variant Inventory Qty,Image Src,Image Position,Variant Image"
OLD += ",Color (product.metafields.shopify.color-pattern),Status\n"
SHIRT = """\
shirt,Shirt,"<p>Soft &amp; light</p>",Nord,"new, linen",Color,Red,Size,M,S-R,9,3,b.jpg,2,r.jpg,red,
shirt,,,,,,Red,,L,S-L,9,4,a.jpg,1,,,
shirt,,,,,,Blue,,M,,12,0,,,blue.jpg,,
shirt,,,,,,,,,,,,c.jpg,3,,,
mug,Mug,,,,Title,Default Title,,,MUG,5,1,m.jpg,1,,,draft
"""
NEW = "Title,URL handle,Description,Vendor,Tags,Published on online store,Status,SKU,Option1 name"
NEW += ",Option1 value,Price,Inventory quantity,Product image URL,Image position,Variant image URL"
NEW_ROWS = """
Shirt,shirt,"<p>Soft &amp; light</p>",Nord,"new, linen",TRUE,Active,S-R,Color,Red,9,3,b.jpg,2,r.jpg
,shirt,,,,,,S-B,,Blue,9,4,a.jpg,1,
"""
WOO = "ID,Type,SKU,Name,Published,Short description,Description,Stock,Sale price,Regular price"
WOO += ",Categories,Tags,Images,Parent,Attribute 1 name,Attribute 1 value(s)\n"
HOODIE = r"""
76,variation,h-b,Hoodie - Blue,1,,,2,,89,,,blue.jpg,hoodie,Color,Blue
44,variable,hoodie,Hoodie,1,,"<p>Warm</p>\n420 gsm",,,,Clothing,,"a.jpg, b.jpg",,Color,"Blue, Green"
77,variation,,Hoodie - Green,1,,,3,69,89,,,green.jpg,id:44,Color,Green
47,simple,,'-Tray-,1,Oiled.,,1,,48,Home,,,,Size,"One\, stretches"
78,variation,lost,Lost,1,,,,,1,,,,gone,Color,Grey
"""
FEED = "id\ttitle\tdescription\tlink\timage link\tadditional_image_link\tavailability\tprice"
FEED += "\titem group id\tcolor\n"
ITEMS = """\
L-1\tLamp\ta <b>lamp</b>\thttp://s/l\tl1.jpg\thttp://s/a, http://s/b\tin_stock\t9 EUR\tLAMP\tbrass
C-1\tClock\tA clock\thttp://s/c\tc.jpg\t\tin_stock\t5 EUR\t\twhite
L-2\tLamp, black\tA lamp\thttp://s/l\tl2.jpg\t\tin_stock\t8 EUR\tLAMP\tblack
"""


def read(data: str | bytes, which: Which = "products", name: str = "x.csv") -> list[Row]:
    """The rows of a sound export, whose format is told by its columns."""
    found = told(data, which, name)
    assert all(isinstance(row, Row) for row in found), found
    return cast("list[Row]", found)


def told(data: str | bytes, which: Which = "products", name: str = "x.csv") -> list[Row | Problem]:
    files = MemoryFiles({name: data})
    return list(FileSource(files, name, told_format(files, name), which).rows())


def test_rows_of_one_handle_are_one_product() -> None:
    """Its pictures in their order, then those of variants; options and variants as lists."""
    shirt, mug = read(OLD + SHIRT)
    assert (shirt.key, shirt.line, mug.key, mug.line) == ("shirt", 2, "mug", 6)
    fields = shirt.fields
    assert fields["images"] == ["a.jpg", "b.jpg", "c.jpg", "r.jpg", "blue.jpg"]
    assert fields["image_url"] == "a.jpg"
    assert fields["options"] == {"Color": ["Red", "Blue"], "Size": ["M", "L"]}
    assert fields["description"] == "Soft & light"
    assert fields["tags"] == ["new", "linen"]
    assert fields["metafields"] == {"color_pattern": "red"}
    assert fields["stock"] == "7"
    variants = cast("list[dict[str, object]]", fields["variants"])
    assert [(v["sku"], v["price"], v["variant_title"], v["image_url"]) for v in variants] == [
        ("S-R", "9", "Red / M", "r.jpg"),
        ("S-L", "9", "Red / L", "a.jpg"),
        ("", "12", "Blue / M", "blue.jpg"),
    ]
    assert mug.fields["options"] == {}, "Default Title is no option"


def test_a_column_is_reached_by_its_own_name_and_by_its_field_name() -> None:
    """`Body (HTML)` is `body_html` too."""
    shirt = read(OLD + SHIRT)[0].fields
    assert shirt["Body (HTML)"] == shirt["body_html"] == "<p>Soft &amp; light</p>"
    assert shirt["Variant SKU"] == shirt["variant_sku"] == shirt["sku"] == "S-R"


def test_both_templates_give_the_same_names() -> None:
    """A manifest outlives Shopify's change of columns."""
    old, new = read(OLD + SHIRT)[0].fields, read(NEW + NEW_ROWS)[0].fields
    names = ("handle", "title", "description", "body_html", "vendor", "tags", "sku", "image_url")
    assert [old[name] for name in names] == [new[name] for name in names]
    assert (old["stock"], new["stock"]) == ("7", "7")
    assert new["images"] == ["a.jpg", "b.jpg", "r.jpg"]
    assert new["options"] == {"Color": ["Red", "Blue"]}


def test_each_variant_can_be_a_product() -> None:
    """With all that its product has, its options by name, and a key even without a SKU."""
    rows = read(OLD + SHIRT, "variants")
    assert [row.key for row in rows] == ["S-R", "S-L", "shirt-Blue-M", "MUG"]
    assert [row.line for row in rows] == [2, 3, 4, 6]
    blue = rows[2].fields
    assert (blue["title"], blue["color"], blue["size"], blue["sku"]) == ("Shirt", "Blue", "M", "")
    assert (blue["price"], blue["image_url"], blue["tags"]) == (
        "12",
        "blue.jpg",
        ["new", "linen"],
    )
    assert rows[1].fields["Variant Image"] == ""


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("a,A,,,,,,,,,,,,,,,\nb,B,,,,,,,,,,,,,,,\na,,,,,,,,,S,,,,,,,\n", "do not stand together"),
        ("a,,,,,,,,,S,,,,,,,\n", "has no title"),
        (",A,,,,,,,,S,,,,,,,\n", "has no handle"),
    ],
)
def test_rows_that_cannot_be_joined_are_told(rows: str, words: str) -> None:
    """A sorted export must not lose a title in silence."""
    bad = [found for found in told(OLD + rows) if isinstance(found, Problem)]
    assert [(p.code, words in p.message, str(p.place)[:6]) for p in bad] == [
        ("E210", True, "x.csv:")
    ]


def test_variations_join_their_product_wherever_they_stand() -> None:
    """Named by SKU or by id; one that names no product is left out, with a note."""
    hoodie, tray, orphan = told(WOO + HOODIE)
    assert isinstance(hoodie, Row)
    assert isinstance(tray, Row)
    assert isinstance(orphan, Problem)
    assert (hoodie.key, tray.key, orphan.severity) == ("hoodie", "id-47", "note")
    assert hoodie.fields["description"] == "Warm\n420 gsm"
    assert hoodie.fields["images"] == ["a.jpg", "b.jpg", "blue.jpg", "green.jpg"]
    assert hoodie.fields["attributes"] == {"Color": ["Blue", "Green"]}
    assert (hoodie.fields["price"], hoodie.fields["stock"]) == ("89", "5")
    variants = cast("list[dict[str, object]]", hoodie.fields["variants"])
    assert [(v["id"], v["price"], v["attributes"]) for v in variants] == [
        ("76", "89", {"Color": "Blue"}),
        ("77", "69", {"Color": "Green"}),
    ]
    assert tray.fields["title"] == "-Tray-", "the exporter's guard against formulas is gone"
    assert tray.fields["attributes"] == {"Size": ["One, stretches"]}


def test_a_variation_has_what_its_product_has() -> None:
    """Where it has nothing itself."""
    blue, green, tray, lost = read(WOO + HOODIE, "variants")
    assert [blue.key, green.key, tray.key, lost.key] == ["h-b", "id-77", "id-47", "lost"]
    assert blue.fields["description"] == "Warm\n420 gsm"
    assert (blue.fields["title"], blue.fields["color"]) == ("Hoodie - Blue", "Blue")
    assert green.fields["images"] == ["green.jpg"]
    assert green.fields["category"] == "Clothing"


def test_items_of_one_group_are_one_product() -> None:
    """At the place of the first, with the images and colors of all."""
    lamp, clock = read(FEED + ITEMS, name="feed.tsv")
    assert (lamp.key, clock.key) == ("LAMP", "C-1")
    assert lamp.fields["images"] == ["l1.jpg", "http://s/a", "http://s/b", "l2.jpg"]
    assert lamp.fields["options"] == {"color": ["brass", "black"]}
    assert lamp.fields["description"] == "a lamp"
    assert (
        lamp.problem("E1", "x", "image link").place == lamp.problem("E1", "x", "image_link").place
    )
    assert [row.key for row in read(FEED + ITEMS, "variants", "feed.txt")] == ["L-1", "C-1", "L-2"]


XML = """<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item><g:id>L-1</g:id><title>RSS</title><g:title>Lamp &amp; Co</g:title>
<g:description><![CDATA[<p>A lamp</p>]]></g:description><g:image_link>l.jpg</g:image_link>
<g:additional_image_link>a.jpg</g:additional_image_link>
<g:additional_image_link>b.jpg</g:additional_image_link>
<g:shipping><g:country>DE</g:country><g:price>1 EUR</g:price></g:shipping></item>
</channel></rss>"""


@pytest.mark.parametrize("name", ["feed.xml", "feed", "-"])
def test_a_feed_in_xml_is_read_too(name: str) -> None:
    """Google's element before RSS's, repeated ones as lists, members as maps, places exact."""
    (lamp,) = read(XML, name=name)
    assert (lamp.key, lamp.fields["title"], lamp.fields["description"]) == (
        "L-1",
        "Lamp & Co",
        "A lamp",
    )
    assert lamp.fields["images"] == ["l.jpg", "a.jpg", "b.jpg"]
    assert lamp.fields["shipping"] == {"country": "DE", "price": "1 EUR"}
    place = lamp.problem("E1", "x", "image_link").place
    assert place is not None
    assert (place.line, place.column) == (4, 57)


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b'<!DOCTYPE r [<!ENTITY a "b">]><r><item><id>&a;</id></item></r>', "E204", "DOCTYPE"),
        (b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>', "E204", "DOCTYPE"),
        (b"<r><item><id>&a;</id></item></r>", "E204", "undefined entity"),
        (b"<r><item><id>1</item></r>", "E204", "mismatched tag"),
        (b"<r>" + b"<a>" * 40, "E204", "32 levels"),
        (b"<r><item>" + b"<a/>" * 20_000, "E204", "10,000 elements"),
        (b"<r><!--" + b"x" * 3_000_000, "E204", "1 MiB"),
        (b"<r><item><a>" + b"x" * (17 * 2**20), "E204", "16 MiB"),
        (b'<?xml version="1.0" encoding="klingon"?><r/>', "E203", "klingon"),
        (b"<r>", "E204", "no element found"),
    ],
)
def test_a_feed_that_is_broken_or_an_attack_is_refused(data: bytes, code: str, words: str) -> None:
    """With its place, and without being read to its end."""
    found = [p for p in rows_of_feed(io.BytesIO(data), "f.xml") if isinstance(p, Problem)]
    assert [(p.code, words in p.message) for p in found] == [(code, True)], found


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain  text\n", "plain text"),
        ("<p>One &amp; two</p>\n<ul><li>a</li><li>b<br>c</li></ul>", "One & two\na\nb\nc"),
        ("a<script>alert('<p>')</script>b<style>p{}</style>", "ab"),
        ("x<!-- <p>hidden</p> -->y<!-- never closed <p>z", "xy"),
        ("<img alt=\"a > b\" src='x'>c&nbsp;d", "c d"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("&lt;b&gt; stays", "<b> stays"),
        ("<" * 100_000, "<" * 100_000),
        ("<!--" * 100_000, ""),
    ],
)
def test_html_becomes_plain_text(html: str, text: str) -> None:
    """A line for each block; what a browser does not show is gone."""
    assert plain_text(html) == text


@pytest.mark.parametrize(
    ("header", "export"),
    [
        (OLD, "shopify"),
        (NEW, "shopify"),
        (WOO, "woocommerce"),
        (FEED.replace("\t", ","), "google"),
        ("g:id,g:title,g:link,g:image_link,g:availability", "google"),
        ("sku,name,color", None),
        ("handle,title,price", None),
        ("id,title,link,image_link", None),
        ("Type,SKU,Name", None),
    ],
)
def test_an_export_is_known_by_its_columns(header: str, export: str | None) -> None:
    """And an ordinary table is not taken for one."""
    assert export_of(header.strip().split(",")) == export


@pytest.mark.parametrize("export", ["shopify", "woocommerce"])
def test_what_is_no_such_export_is_told(export: str) -> None:
    """Where the manifest says that it is one."""
    text = ONE + f"products: {{from: p.csv, format: {export}}}\nimages: {{h: {{prompt: a b}}}}\n"
    (problem,) = problems(text, p__csv="sku,name\nM,mug\n")
    assert problem.code == "E211"
    assert "has no column for" in problem.message


def test_an_export_can_be_read_as_any_table() -> None:
    """`format: csv` joins nothing."""
    rows = list(FileSource(MemoryFiles({"x.csv": OLD + SHIRT}), "x.csv", "csv").rows())
    assert len(rows) == 5
