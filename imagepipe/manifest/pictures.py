"""Image inputs: from what a recipe wrote to a picture whose bytes, or address, are known.

Local files must exist and be PNG, JPEG or WebP by their headers, which tell their sides too; their
digests and sizes come through the `Files` port. A path may leave the manifest's folder only where
the manifest itself says so, never because a product's data does.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from imagepipe.header import Header, read_header
from imagepipe.manifest.ports import Files
from imagepipe.model import ImageInput
from imagepipe.sniff import what_came
from imagepipe.template import Context, Listing, Template

_DATA = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_START = 1024
_MOST = 32
"""Pictures that one list may give, as many as the schema takes one by one."""

_RESERVED = (
    "{{ image }} is the recipe's name; a column of that name is {{ product['image'] }}, the "
    "picture of a shop's export {{ image_url }}"
)
_OUTSIDE = re.compile(r"(?:^|/)\.\.(?:/|$)|^/|^[A-Za-z]:|^~|^//")


class BadPicture(Exception):
    """An image input that cannot be used; `code` is its rule."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


@dataclass(frozen=True, slots=True)
class PictureTemplate:
    """One image input of a recipe, or a list of them, before a product is known.

    `path` is its place in the file.
    """

    source: Template | Listing
    tag: str | None
    sha256: str | None
    path: tuple[str | int, ...]


class Pictures:
    """Finds pictures; remembers those that many jobs share."""

    _KEPT = 4096

    def __init__(self, files: Files) -> None:
        self._files = files
        self._known: dict[tuple[str, str | None, str | None], ImageInput] = {}

    def find(self, template: PictureTemplate, context: Context) -> tuple[ImageInput, ...]:
        """The pictures for one product: one, or as many as a list has.

        Raises:
            TemplateError: the text cannot be rendered.
            BadPicture: it is not there, or no picture.
        """
        source = template.source
        if not isinstance(source, Listing):
            return (self._single(source.render(context).strip(), template, context),)
        texts = source.texts(context)
        if not texts:
            hint = 'use `where` to skip it: where: "images | length > 0"'
            raise BadPicture("E420", "the list of images is empty for this product", hint)
        if len(texts) > _MOST:
            hint = "take a part of the list: {{ images[:3] }}"
            raise BadPicture("E420", f"the list has {len(texts):,} images, over {_MOST}", hint)
        return tuple(self._one(text.strip(), template) for text in texts)

    def _single(self, text: str, template: PictureTemplate, context: Context) -> ImageInput:
        try:
            return self._one(text, template)
        except BadPicture as error:
            if "image" in template.source.names and text == context["image"]:
                raise BadPicture(error.code, str(error), _RESERVED) from None
            raise

    def _one(self, text: str, template: PictureTemplate) -> ImageInput:
        asked = (text, template.tag, template.sha256)
        known = self._known.get(asked)
        if known is None:
            _guard(text, template.source)
            if len(self._known) >= self._KEPT:
                self._known.clear()
            known = self._known[asked] = self._look(*asked)
        return known

    def _look(self, text: str, tag: str | None, sha256: str | None) -> ImageInput:
        if not text:
            raise BadPicture(
                "E420", "the image is empty for this product", "use `where` to skip it"
            )
        if text[:5].lower() == "data:":
            return _of_data(text, tag, sha256)
        if _SCHEME.match(text):
            return ImageInput(_address(text), "url", tag, sha256)
        return self._of_file(text, tag, sha256)

    def _of_file(self, path: str, tag: str | None, sha256: str | None) -> ImageInput:
        try:
            with self._files.open(path) as stream:
                header = read_header(stream)
                stream.seek(0)
                start = b"" if header is not None else stream.read(_START)
            digest, size = self._files.digest(path)
        except FileNotFoundError:
            raise BadPicture("E420", f"no file {path}", "paths begin at the manifest") from None
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or error
            raise BadPicture("E420", f"cannot read {path}: {said}") from None
        if header is None:
            came = f"{path} is {what_came(start)}, and no PNG, JPEG or WebP"
            raise BadPicture("E421", came, "save it in one of these three formats")
        if sha256 is not None and sha256 != digest:
            raise BadPicture("E422", f"{path} has the SHA-256 {digest}, not the one given")
        return _picture((path, "file"), (tag, digest), header, size)


def _picture(
    source: tuple[str, Literal["file", "data"]],
    named: tuple[str | None, str],
    header: Header,
    size: int,
) -> ImageInput:
    """A picture whose bytes are known; sides that its header does not tell are unknown."""
    sides = (header.width or None, header.height or None)
    return ImageInput(*source, *named, header.media_type, size, *sides)


def _guard(text: str, template: Template | Listing) -> None:
    leaves = _OUTSIDE.search(text.replace("\\", "/"))
    if leaves and template.names and not _OUTSIDE.search(template.source):
        hint = "a path leaves the manifest's folder only where the manifest says so"
        raise BadPicture("E423", f"the product's data leads outside the folder: {text[:80]}", hint)


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = None
    if parts is None or not parts.netloc or re.search(r"\s", text):
        raise BadPicture("E420", f"{text[:80]} is no address of a picture")
    if parts.username is not None or parts.password is not None:
        raise BadPicture("E420", "an address of a picture must not hold a password")
    return text


def _of_data(text: str, tag: str | None, sha256: str | None) -> ImageInput:
    found = _DATA.match(text)
    try:
        data = base64.b64decode(text[found.end() :], validate=True) if found else b""
    except binascii.Error:
        data = b""
    header = read_header(io.BytesIO(data))
    if found is None or header is None:
        hint = "write data:image/png;base64,..."
        raise BadPicture("E421", "the data URI holds no PNG, JPEG or WebP in base64", hint)
    digest = hashlib.sha256(data).hexdigest()
    if sha256 is not None and sha256 != digest:
        raise BadPicture("E422", f"the data URI has the SHA-256 {digest}, not the one given")
    return _picture((text, "data"), (tag, digest), header, len(data))
