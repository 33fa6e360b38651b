"""What is taken from outside: few types, known by content, whatever name and type were claimed.

Images are written anew from their pixels, so nothing else in them survives. PDFs are never
rendered here, and leave only as downloads. Names are cleaned: no folder, no sign that ends a
header, and the ending of the type that was found.
"""

import io
import struct
import unicodedata
import warnings
import zipfile
from dataclasses import dataclass

import puremagic
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from privacy.models import FileType

MOST_FILES = 3
MOST_BYTES = 5 * 1024 * 1024
# What a camera makes; an image that claims more is a trap (a bomb).
MOST_PIXELS = 30_000_000
_ENDINGS = {
    FileType.PDF: ".pdf",
    FileType.JPEG: ".jpg",
    FileType.PNG: ".png",
    FileType.TEXT: ".txt",
    FileType.MAIL: ".eml",
}
_STARTS = (
    (b"%PDF-", FileType.PDF),
    (b"\xff\xd8\xff", FileType.JPEG),
    (b"\x89PNG\r\n\x1a\n", FileType.PNG),
)
# Texts that a browser would take for a page.
_PAGES = ("<!doctype", "<html", "<script", "<svg", "<?xml", "<body", "<head", "<iframe", "#!")
_NAME = 100


class NotAllowed(Exception):
    """The sentence says why, in the active language."""


@dataclass(frozen=True, slots=True)
class Upload:
    """`data` is what is kept: of an image, the one written anew."""

    name: str
    type: FileType
    data: bytes


def checked(name: str, data: bytes) -> Upload:
    """Raises NotAllowed."""
    shown = clean_name(name)
    if not data:
        raise NotAllowed(_("« %(name)s » est vide.") % {"name": shown})
    if len(data) > MOST_BYTES:
        raise NotAllowed(_("« %(name)s » dépasse 5 Mio.") % {"name": shown})
    found = type_of(data)
    if found is None:
        raise NotAllowed(
            _("« %(name)s » n'est pas un PDF, une image JPEG ou PNG, ni un texte.")
            % {"name": shown}
        )
    if found in (FileType.JPEG, FileType.PNG):
        data = _redrawn(shown, data, found)
    return Upload(clean_name(name, found), found, data)


def type_of(data: bytes) -> FileType | None:
    """By content alone; None for everything that is not taken."""
    found = next((kind for start, kind in _STARTS if data.startswith(start)), None)
    if found is None:
        return FileType.TEXT if _is_text(data) else None
    try:
        agrees = puremagic.from_string(data, mime=True) == found.value
    except (puremagic.PureError, ValueError):
        agrees = False
    if found is FileType.PDF:
        # One file that is two: a PDF in front, an archive behind.
        agrees = b"%%EOF" in data[-2048:] and not zipfile.is_zipfile(io.BytesIO(data))
    return found if agrees else None


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    if any(ord(sign) < 32 and sign not in "\t\n\r\f" for sign in text):
        return False
    return not text.lstrip().lower().startswith(_PAGES)


def _redrawn(name: str, data: bytes, found: FileType) -> bytes:
    """The same pixels in a new file: no metadata, no second content."""
    kind = found.name
    refused = NotAllowed(_("L'image « %(name)s » ne s'ouvre pas.") % {"name": name})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=[kind]) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise NotAllowed(
                        _("L'image « %(name)s » a trop de pixels (30 millions au plus).")
                        % {"name": name}
                    )
                upright = ImageOps.exif_transpose(image)
                mode = "RGBA" if kind == "PNG" and image.has_transparency_data else "RGB"
                pixels = upright.convert(mode)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise refused from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, struct.error) as error:
        raise refused from error
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    out = io.BytesIO()
    clean.save(out, kind, **({"quality": 90} if kind == "JPEG" else {}))
    return out.getvalue()


def clean_name(name: str, kind: FileType | None = None) -> str:
    """The last part of a path, in letters that print; with the ending of `kind`."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    signs = "".join(
        sign for sign in last if unicodedata.category(sign)[0] != "C" and sign not in "\"';%<>:|*?"
    ).strip(" .")
    if kind is None:
        return signs[:_NAME] or _("document")
    stem = signs.rsplit(".", 1)[0] if "." in signs else signs
    return (stem[:_NAME].strip(" .") or _("document")) + _ENDINGS[kind]
