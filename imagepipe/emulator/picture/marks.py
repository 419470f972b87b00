"""The marks of a placeholder in a file's metadata, and the encoding of the three formats.

XMP `Iptc4xmpExt:DigitalSourceType` says algorithmicMedia (IPTC: made by an algorithm, no trained
model), as the form is read by exiftool; PNG carries it in an iTXt chunk, which Pillow's `xmp=`
silently leaves out.
"""

from __future__ import annotations

import io
from xml.sax.saxutils import escape

from PIL import Image

from imagepipe.emulator.picture.brief import Brief
from imagepipe.emulator.picture.png import SOURCE_TYPE, png

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 Iptc4xmpExt:DigitalSourceType="{source}"><dc:description><rdf:Alt><rdf:li xml:lang="x-default"
>{text}</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def encode(picture: Image.Image, brief: Brief) -> bytes:
    """The file's bytes, marked as a placeholder. The same pixels give the same bytes."""
    about = f"Placeholder by the imagepipe emulator of {brief.provider}: {_clean(brief.prompt)}"
    xmp = _XMP.format(source=SOURCE_TYPE, text=escape(about))
    file = io.BytesIO()
    match brief.form:
        case "png":
            texts = {"XML:com.adobe.xmp": xmp, "Description": about, "Seed": str(brief.seed)}
            return png(picture, texts)
        case "jpeg":
            picture.save(file, "JPEG", quality=90, xmp=xmp.encode())
        case "webp":
            picture.save(file, "WEBP", quality=85, method=2, xmp=xmp.encode())
    return file.getvalue()


def _clean(text: str) -> str:
    """At most 1,000 characters that XML can hold."""
    return "".join(c for c in text[:1_000] if c >= " " and not 0xD800 <= ord(c) < 0xE000)
