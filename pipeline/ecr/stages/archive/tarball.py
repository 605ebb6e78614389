"""Writes a source as an archive whose bytes depend on nothing but the source.

A POSIX tar (pax): files sorted by path, owner 0, modes 644 or 755, one time for all, compressed
with gzip without name or time. The digest before compression depends on the files alone; that of
the compressed bytes on the version of zlib, too, so both are recorded.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from typing import IO, TYPE_CHECKING

from ecr.stages.archive.contents import LINK_MODE, SourceFile, SourceTree
from ecr.tools.git_objects import BlobReader, open_blobs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ecr.stages.archive.contents import Progress

_LEVEL = 6
_READ_TIMEOUT_S = 1800.0


@dataclass(frozen=True, slots=True)
class Tarball:
    """An archive that was written.

    Attributes:
        digest: Digest of the compressed bytes.
        size_bytes: Their number.
        content_digest: Digest of the tar before compression.
    """

    digest: str
    size_bytes: int
    content_digest: str


def write_tarball(
    tree: SourceTree, large: Mapping[str, Path], target: Path, progress: Progress
) -> Tarball:
    """Write the files of a source into an archive.

    Args:
        tree: The source.
        large: Files that take the place of what git holds (Git LFS), by path in the archive.
        target: File to write.
        progress: Told how many bytes are written.
    """
    total = sum(file.size_bytes for file in tree.files)
    done = 0
    with ExitStack() as stack:
        blobs = _Blobs(stack)
        stored = _Hashing(stack.enter_context(target.open("wb")))
        with gzip.GzipFile("", "wb", _LEVEL, stored, mtime=0) as packed:
            plain = _Hashing(packed)
            with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
                for file in tree.files:
                    _add(tar, file, tree.time_s, blobs, large.get(file.path))
                    done += file.size_bytes
                    progress("packing the source", done, total)
        return Tarball(stored.digest, stored.size_bytes, plain.digest)


def _add(
    tar: tarfile.TarFile, file: SourceFile, time_s: int, blobs: _Blobs, large: Path | None
) -> None:
    info = tarfile.TarInfo(file.path)
    info.mtime = time_s
    info.mode = 0o755 if file.mode == "100755" else 0o644
    if file.mode == LINK_MODE:
        info.type = tarfile.SYMTYPE
        info.mode = 0o777
        info.linkname = blobs.of(file).read(file.name).decode("utf-8", "surrogateescape")
        tar.addfile(info)
    elif large is not None:
        with large.open("rb") as content:
            info.size = large.stat().st_size
            tar.addfile(info, content)
    else:
        with blobs.of(file).open(file.name) as blob:
            info.size = blob.size_bytes
            tar.addfile(info, blob)


class _Blobs:
    """A reader for each repository of a source, opened when it is first needed."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._readers: dict[Path, BlobReader] = {}

    def of(self, file: SourceFile) -> BlobReader:
        reader = self._readers.get(file.repository)
        if reader is None:
            opened = open_blobs(file.repository, timeout_s=_READ_TIMEOUT_S)
            reader = self._readers[file.repository] = self._stack.enter_context(opened)
        return reader


class _Hashing(io.RawIOBase):
    """Passes bytes on, and knows their number and digest."""

    def __init__(self, inner: IO[bytes] | gzip.GzipFile) -> None:
        super().__init__()
        self._inner = inner
        self._content = sha256()
        self.size_bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, part: bytes) -> int:  # type: ignore[override]
        self._inner.write(part)
        self._content.update(part)
        self.size_bytes += len(part)
        return len(part)

    def tell(self) -> int:
        return self.size_bytes

    @property
    def digest(self) -> str:
        """Digest of what was written."""
        return f"sha256:{self._content.hexdigest()}"
