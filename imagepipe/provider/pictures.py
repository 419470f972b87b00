"""Pictures of a request against a provider's constraints: address, size in bytes, format, sides.

Nothing is opened here: what the header of a local picture told is in its `ImageInput`. A fact that
nobody knows, such as the sides of a picture behind an address, breaks no constraint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from imagepipe.model import ImageInput, Value
from imagepipe.provider.rules import Rules
from imagepipe.provider.spec import PICTURE_FIELDS, Constraint
from imagepipe.provider.takes import CLASH, MISSHAPEN, NEEDS_BYTES, Violation


def picture_problems(rules: Rules, values: dict[str, Value]) -> Iterator[Violation]:
    """What is wrong with the pictures, field by field and picture by picture."""
    for name in PICTURE_FIELDS:
        if name not in values:
            continue
        pictures = pictures_of(values[name])
        if name in rules.needs_bytes and any(one.kind == "url" for one in pictures):
            message = f"{rules.provider} wants the picture itself as {name}, not its address"
            hint = "download it and give the file's path"
            yield rules.subject(name).violation(NEEDS_BYTES, message, hint)
        for item, picture in enumerate(pictures):
            for bad in _of_picture(rules, name, picture):
                yield replace(bad, message=_of_which(picture, bad.message), item=item)
        for field, fact, constraint in rules.unique:
            if field == name:
                yield from _repeated(rules, (name, fact), constraint, pictures)


def _of_picture(rules: Rules, name: str, picture: ImageInput) -> Iterator[Violation]:
    constrained = False
    for field, fact, checks in rules.picture_checks:
        if field != name:
            continue
        constrained = constrained or fact in ("uri", "url")
        value = fact_of(picture, fact)
        if value is not None:
            found = (check(value) for check in checks)
            yield from (bad for bad in found if bad is not None)
    if picture.kind == "url" and not constrained and not _is_http(picture.source):
        message = f"{rules.provider} takes addresses of the web"
        hint = "give an http(s) address, or the path of a file"
        yield rules.subject(name).violation(MISSHAPEN, message, hint, rule="scheme")


def _is_http(url: str) -> bool:
    return url[:8].lower().startswith(("http://", "https://"))


def _of_which(picture: ImageInput, message: str) -> str:
    """The message with the picture that it is about, if it does not say so itself."""
    shown = "the data URI" if picture.kind == "data" else picture.source.partition("?")[0][:80]
    return message if not shown or shown in message else f"{shown}: {message}"


def _repeated(
    rules: Rules, of: tuple[str, str], constraint: Constraint, pictures: tuple[ImageInput, ...]
) -> Iterator[Violation]:
    """Facts that two pictures share where each must have its own."""
    name, fact = of
    seen: set[str | int | Decimal] = set()
    for picture in pictures:
        value = fact_of(picture, fact)
        if value in seen:
            message = (
                f'two of {name} have the {fact} "{value}", and {rules.provider} takes each once'
            )
            subject = rules.subject(f"{name}.{fact}")
            yield subject.violation(CLASH, message, None, constraint.doubt("unique"), rule="unique")
        if value is not None:
            seen.add(value)


def pictures_of(value: Value) -> tuple[ImageInput, ...]:
    """The pictures of a field, whether it holds one or several."""
    if isinstance(value, ImageInput):
        return (value,)
    return value if isinstance(value, tuple) else ()


def fact_of(picture: ImageInput, fact: str) -> str | int | Decimal | None:
    """What a constraint looks at; None where the picture has no such fact, or nobody knows it."""
    match fact:
        case "tag":
            return picture.tag
        case "mime":
            return picture.media_type
        case "url":
            return picture.source if picture.kind == "url" else None
        case "bytes":
            return picture.size
        case "encoded":
            return _encoded_length(picture)
        case "width":
            return picture.width
        case "height":
            return picture.height
        case "pixels" | "ratio":
            return _of_sides(picture, fact)
        case _:
            return picture.source if picture.kind != "file" else f"data:{picture.media_type}"


def _of_sides(picture: ImageInput, fact: str) -> int | Decimal | None:
    if not picture.width or not picture.height:
        return None
    if fact == "pixels":
        return picture.width * picture.height
    return round(Decimal(picture.width) / Decimal(picture.height), 4)


def _encoded_length(picture: ImageInput) -> int | None:
    """Characters of the data URI that a local picture becomes."""
    if picture.kind == "data":
        return len(picture.source)
    if picture.kind != "file" or picture.size is None:
        return None
    return len(f"data:{picture.media_type};base64,") + -(-picture.size // 3) * 4
