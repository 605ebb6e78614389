"""Pictures and the science description of a bundle. Nothing is decoded, only headers are read."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from ecr.catalog import layout
from ecr.catalog.rules.context import report
from ecr.catalog.yaml_guard import find_invisible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ecr.catalog.layout import FileStamp
    from ecr.findings import Finding

ICONS = ("icon.svg", "icon.png", "icon.jpg")
SCIENCE_IMAGES = ("science-image.png", "science-image.jpg")
DESCRIPTION = "science-description.md"

_EXPECTED = (
    (("icon", "icon.png"), ICONS),
    (("science image", "science-image.jpg"), SCIENCE_IMAGES),
    (("science description", DESCRIPTION), (DESCRIPTION,)),
)
_LIMITS = {"icon": 256 * 1024, "science-image": 4 * 1024 * 1024, "science-description": 128 * 1024}
_MAX_SIDE = 6000
"""Pixels. A small file can hold a picture that fills a browser's memory."""
_SMALLEST = {"icon": (128, 128), "science-image": (640, 360)}
_SIGNATURES = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff"}
_SIZELESS_MARKERS = frozenset({0x01, *range(0xD0, 0xDA)})
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def check_media(root: Path, bundle: str, media: Mapping[str, FileStamp]) -> Iterator[Finding]:
    """Check the files of a bundle's ``media`` directory."""
    missing = [words for words, names in _EXPECTED if not any(name in media for name in names)]
    if missing:
        *words, last = (word for word, _ in missing)
        message = f"the bundle has no {', '.join(words)}{' or ' if words else ''}{last}"
        hint = f"add to {bundle}/{layout.MEDIA}: {', '.join(example for _, example in missing)}"
        yield report(f"{bundle}/{layout.BUNDLE_FILE}", "W222", message, hint)
    for names in (ICONS, SCIENCE_IMAGES):
        present = [name for name in names if name in media]
        for name in present[1:]:
            message = f"'{present[0]}' is shown, so this file is not used"
            yield report(media[name].path, "W221", message, "keep one of them")
    for name, file in media.items():
        if name in (*ICONS, *SCIENCE_IMAGES, DESCRIPTION):
            if file.regular:
                yield from _check_file(root, name, file)
        else:
            hint = "expected: " + ", ".join((*ICONS, *SCIENCE_IMAGES, DESCRIPTION))
            yield report(file.path, "W221", "no such file is expected in 'media'", hint)


def _check_file(root: Path, name: str, file: FileStamp) -> Iterator[Finding]:
    stem, _, extension = name.rpartition(".")
    if file.size_bytes > _LIMITS[stem]:
        message = f"the file has {file.size_bytes} bytes; at most {_LIMITS[stem]} are allowed"
        yield report(file.path, "E211", message, "make it smaller")
        return
    try:
        content = (root / file.path).read_bytes()
    except OSError as error:
        yield report(file.path, "E001", f"the file cannot be read: {error.strerror}")
        return
    if extension == "md":
        yield from _check_description(file.path, content)
    elif extension == "svg":
        # An XML parser is loaded only where there is something for it.
        from ecr.catalog.rules.svg import check_svg  # noqa: PLC0415

        yield from check_svg(file.path, content)
    else:
        yield from _check_picture(file.path, stem, extension, content)


def _check_description(path: str, content: bytes) -> Iterator[Finding]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        hint = "save it with the encoding UTF-8"
        yield report(path, "E001", "the file is not UTF-8 text", hint)
        return
    for _line, _column, name in find_invisible(text, 1):
        message = f"the file holds an invisible character ({name})"
        yield report(path, "E117", message, "remove it: it hides what a reader sees")


def _check_picture(path: str, stem: str, extension: str, content: bytes) -> Iterator[Finding]:
    found = next((kind for kind, start in _SIGNATURES.items() if content.startswith(start)), None)
    if found != extension:
        what = f"a {found.upper()} picture" if found else "no PNG or JPEG picture"
        message = f"the file is {what}, not the {extension.upper()} its name says"
        yield report(path, "E212", message, "save it in the format of its name, or rename it")
        return
    size = _read_png_size(content) if found == "png" else _read_jpeg_size(content)
    if size is None or 0 in size:
        yield report(
            path, "E212", "the picture is damaged: its size cannot be read", "save it anew"
        )
        return
    width, height = size
    if max(size) > _MAX_SIDE:
        message = f"the picture has {width} x {height} pixels; at most {_MAX_SIDE} a side"
        yield report(path, "E211", message, "make it smaller")
    elif stem == "icon" and width != height:
        message = f"the icon has {width} x {height} pixels and is not square"
        yield report(path, "W223", message, "make it square, such as 512 x 512")
    elif width < _SMALLEST[stem][0] or height < _SMALLEST[stem][1]:
        least = "{} x {}".format(*_SMALLEST[stem])
        message = f"the picture has {width} x {height} pixels; less than {least} looks blurred"
        yield report(path, "W223", message, "use a larger one")


def _read_png_size(content: bytes) -> tuple[int, int] | None:
    """Read width and height from the first chunk (PNG specification, 11.2.2)."""
    if len(content) < 33 or content[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _read_jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Read width and height from the frame header (ITU T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(content):
        if content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _SIZELESS_MARKERS:
            at += 2
        elif marker in _FRAME_MARKERS:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + int(struct.unpack(">H", content[at + 2 : at + 4])[0])
    return None
