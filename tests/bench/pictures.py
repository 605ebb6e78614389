"""Pictures of one colour: valid PNG files of a few hundred bytes, made at once."""

from __future__ import annotations

import struct
import zlib
from functools import cache


def make_png(width: int, height: int, colour: int) -> bytes:
    """Return a PNG of that many pixels, all of the 24-bit ``colour``."""
    head = struct.pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0)
    chunks = (
        _chunk(b"IHDR", head),
        _chunk(b"PLTE", colour.to_bytes(3, "big")),
        _chunk(b"IDAT", _blank(width, height)),
        _chunk(b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


@cache
def _blank(width: int, height: int) -> bytes:
    """Return the pixels: one bit each, rows of zeros after a filter byte."""
    return zlib.compress(bytes((1 + (width + 7) // 8) * height), 9)
