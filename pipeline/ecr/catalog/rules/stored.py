"""Files of a release whose checksum and size the manifest states."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecr.catalog.layout import FileStamp
    from ecr.catalog.rules.context import ReleaseContext
    from ecr.findings import Finding

_CHUNK_BYTES = 1 << 20


def check_stored_file(
    context: ReleaseContext, loc: tuple[str | int, ...], path: str, checksum: str, size_bytes: int
) -> Iterator[Finding]:
    """Compare a file of the release's directory with what the manifest says of it.

    Args:
        context: The release.
        loc: Place of the mapping with ``path``, ``sha256`` and ``size_bytes``.
        path: The file, relative to the release's directory.
        checksum: SHA-256 it should have.
        size_bytes: Size it should have.
    """
    stamp = context.files.get(path)
    if stamp is None:
        hint = "add the file, or correct the path"
        yield context.find((*loc, "path"), "E207", f"the file '{path}' is not there", hint)
        return
    if not stamp.regular:
        return
    if stamp.size_bytes != size_bytes:
        message = f"'{path}' has {stamp.size_bytes} bytes, not {size_bytes}"
        hint = f"write {stamp.size_bytes} and the new checksum, or restore the file"
        yield context.find((*loc, "size_bytes"), "E209", message, hint)
        return
    actual = _digest(context, stamp)
    if actual is not None and actual != checksum:
        message = f"'{path}' has another checksum: {actual}"
        hint = "write this one, or restore the file"
        yield context.find((*loc, "sha256"), "E209", message, hint)


def _digest(context: ReleaseContext, stamp: FileStamp) -> str | None:
    content = sha256()
    try:
        with (context.root / stamp.path).open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                content.update(chunk)
    except OSError:
        return None
    return content.hexdigest()
