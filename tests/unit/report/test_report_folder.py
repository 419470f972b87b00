"""The folder: pictures once, by digest; the same report writes nothing; nothing else is touched."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image as Pillow

from imagepipe.errors import SetupError
from imagepipe.report import folder as folders
from imagepipe.report.copies import Source
from imagepipe.report.gallery import Gallery
from imagepipe.report.thumbnails import PREVIEW, THUMBNAIL, size_of, smaller
from tests.unit.report.values import entry, full, gallery, image


def _png(path: Path, size: tuple[int, int] = (640, 480), mode: str = "RGB") -> Path:
    Pillow.new(mode, size).save(path)
    return path


def _files(folder: Path) -> dict[str, tuple[int, bytes]]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
        for path in found
    }


def _written(shown: Gallery, folder: Path, original: Path, *, previews: bool = False) -> Gallery:
    sources = {one.digest: Source(original) for one in folders.images(shown)}
    return folders.write(shown, sources, folder, previews=previews)


def test_pictures_lie_beside_the_page(tmp_path: Path) -> None:
    """The original as it is, and a thumbnail; the earlier picture too."""
    original = _png(tmp_path / "a.png")
    out = tmp_path / "report"
    shown = _written(gallery(full(0)), out, original)
    names = {name for name in _files(out) if "." in name}
    assert {"index.html", "report.json"} < names
    assert len(names) == 2 + 2 * 2
    found = shown.pictures[0].image
    assert found is not None
    assert found.picture is not None
    assert found.thumbnail is not None
    assert (out / found.picture).read_bytes() == original.read_bytes()
    with Pillow.open(out / found.thumbnail) as small:
        assert (small.format, small.size) == ("WEBP", (THUMBNAIL, THUMBNAIL * 3 // 4))
    assert folders.read_gallery(out) == shown


def test_the_same_report_writes_nothing(tmp_path: Path) -> None:
    """Though it was made at another time."""
    original = _png(tmp_path / "a.png")
    out = tmp_path / "report"
    _written(gallery(full(0)), out, original)
    before = _files(out)
    _written(gallery(full(0), made_at="2027-01-01T00:00:00.000Z"), out, original)
    assert _files(out) == before


def test_what_is_not_shown_any_more_goes(tmp_path: Path) -> None:
    """And nothing else does: the folder may have got files of a person's."""
    original = _png(tmp_path / "a.png")
    out = tmp_path / "report"
    _written(gallery(entry(0), entry(1)), out, original)
    (out / "pictures" / "mine.txt").write_text("notes")
    (out / "pictures" / "ab").mkdir(exist_ok=True)
    (out / "pictures" / "ab" / "mine.png").write_text("mine")
    _written(gallery(entry(1)), out, original)
    left = [name for name in _files(out) if name.startswith(("pictures", "thumbs"))]
    assert len(left) == 4
    assert {"pictures/mine.txt", "pictures/ab/mine.png"} < set(left)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    """Before anything is written."""
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(SetupError, match="no report"):
        _written(gallery(entry(0)), tmp_path, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == [tmp_path / "thesis.tex"]
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / ".gitkeep").touch()
    folders.refuse_foreign(tmp_path / "new")
    (tmp_path / "report.json").write_text('{"coverage": 98}')
    with pytest.raises(SetupError, match="no report"):
        folders.refuse_foreign(tmp_path)
    with pytest.raises(SetupError, match="is a file"):
        folders.refuse_foreign(tmp_path / "thesis.tex")


def test_a_picture_that_is_nowhere_is_shown_as_missing(tmp_path: Path) -> None:
    """Its facts are still told."""
    shown = folders.write(gallery(entry(0)), {}, tmp_path / "report")
    found = shown.pictures[0].image
    assert found is not None
    assert (found.picture, found.thumbnail, found.width) == (None, None, 64)


def test_bytes_that_cannot_be_drawn_have_no_thumbnail(tmp_path: Path) -> None:
    """They are kept in the report as they are: a person may want to look at them."""
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    shown = _written(gallery(entry(0)), tmp_path / "report", tmp_path / "bad.png")
    found = shown.pictures[0].image
    assert found is not None
    assert found.picture is not None
    assert found.thumbnail is None


def test_previews_stand_in_for_large_pictures(tmp_path: Path) -> None:
    """Also in a report that is merged out of such reports."""
    original = _png(tmp_path / "a.png", (3200, 1600))
    shown = _written(gallery(entry(0)), tmp_path / "one", original, previews=True)
    found = shown.pictures[0].image
    assert found is not None
    assert found.picture is not None
    assert found.picture.startswith("previews/")
    with Pillow.open(tmp_path / "one" / found.picture) as preview:
        assert preview.size == (PREVIEW, PREVIEW // 2)
    source = Source(tmp_path / "one" / found.picture, preview=True)
    again = folders.write(shown, {found.digest: source}, tmp_path / "two")
    assert again.pictures[0].image == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no JSON"),
        ('{"version": 2}', "newer imagepipe"),
        ('{"version": 1}', "title: is missing"),
    ],
)
def test_a_report_that_cannot_be_read_says_why(tmp_path: Path, text: str, words: str) -> None:
    """And what to do about it."""
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(SetupError, match=words) as caught:
        folders.read_gallery(tmp_path)
    assert caught.value.hint
    with pytest.raises(SetupError, match="cannot read"):
        folders.read_gallery(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["../../secret.png", "/etc/passwd", "pictures/x.png"])
def test_a_report_names_files_of_its_own_only(tmp_path: Path, name: str) -> None:
    """What came from elsewhere does not decide what is copied."""
    bad = replace(entry(0), image=image(picture=name))
    folders._write_texts(gallery(bad), tmp_path)
    with pytest.raises(SetupError, match="not a report's"):
        folders.read_gallery(tmp_path)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "LA", "1", "I;16", "CMYK"])
def test_every_kind_of_picture_has_a_thumbnail(tmp_path: Path, mode: str) -> None:
    """Whatever its colours are kept as; what is clear stays clear."""
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    made = Pillow.new(mode, (900, 300))
    made.save(path)
    data = smaller(path, THUMBNAIL)
    assert data is not None
    with Pillow.open(io.BytesIO(data)) as small:
        assert small.size == (THUMBNAIL, THUMBNAIL // 3)
        assert (small.mode == "RGBA") is (mode in ("RGBA", "LA"))


def test_a_grey_of_16_bits_keeps_its_tone(tmp_path: Path) -> None:
    """A plain conversion would make all but the darkest white."""
    Pillow.new("I;16", (10, 10), 128 * 256).save(tmp_path / "grey.png")
    data = smaller(tmp_path / "grey.png", THUMBNAIL)
    assert data is not None
    with Pillow.open(io.BytesIO(data)) as small:
        assert small.convert("L").getpixel((5, 5)) in range(124, 133)


def test_what_is_no_picture_has_no_size(tmp_path: Path) -> None:
    """A page of errors, or nothing."""
    (tmp_path / "x.png").write_text("<html>")
    assert size_of(tmp_path / "x.png") is None
    assert smaller(tmp_path / "x.png", THUMBNAIL) is None
    assert smaller(tmp_path / "none.png", THUMBNAIL) is None
