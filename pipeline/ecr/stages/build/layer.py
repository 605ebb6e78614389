"""Puts a tar into a layout as a layer: compressed alike everywhere, known by both digests."""

from __future__ import annotations

import gzip
from hashlib import sha256
from typing import TYPE_CHECKING

from ecr.tools.disk import explain_disk_errors
from ecr.tools.oci_layout import LAYER, Descriptor

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.tools.oci_layout import OciLayout

_LEVEL = 6
_COPY_BYTES = 1 << 20


def pack_layer(layout: OciLayout, plain: Path) -> tuple[Descriptor, str]:
    """Store a tar as a layer.

    Args:
        layout: Where to store it.
        plain: The tar; the compressed one is written beside it for a while.

    Returns:
        The layer, and the digest of the tar itself (``diff_id`` in an image's configuration).
    """
    packed = plain.with_name(f"{plain.name}.gz")
    content = sha256()
    with (
        explain_disk_errors(plain.parent),
        plain.open("rb") as source,
        packed.open("wb") as target,
        gzip.GzipFile("", "wb", _LEVEL, target, mtime=0) as stream,
    ):
        while part := source.read(_COPY_BYTES):
            content.update(part)
            stream.write(part)
    layer = layout.put_file(packed, LAYER)
    packed.unlink()
    return layer, f"sha256:{content.hexdigest()}"
