"""What is in an image: its layers read one after the other, as a container would see them.

Follows the OCI image specification's layer format: a later layer hides what it replaces and what a
``.wh.`` file names. Nothing is unpacked to disk.
"""

from __future__ import annotations

import tarfile
import zlib
from dataclasses import dataclass
from gzip import BadGzipFile
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from ecr.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ecr.tools.oci_layout import OciLayout

_HIDES = ".wh."
_HIDES_ALL = ".wh..wh..opq"


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file, directory or link of an image.

    Attributes:
        path: Path from the image's root, without a leading ``/``.
        kind: ``file``, ``directory``, ``link``, ``same`` (another name of a file before it) or
            ``other``.
        mode: Permission bits.
        owner: Numbers of user and group.
        time_s: Time of the last change.
        size_bytes: Size of a file.
        target: Where a link leads, or which file it is another name of.
        digest: SHA-256 of a file's bytes, when it was asked for.
        content: A file's bytes, when they were asked for.
    """

    path: str
    kind: str
    mode: int
    owner: tuple[int, int]
    time_s: int
    size_bytes: int = 0
    target: str = ""
    digest: str | None = None
    content: bytes | None = None


class Listings(Protocol):
    """Remembers what is in layers; a layer never changes."""

    def find(self, digest: str) -> list[ImageFile] | None:
        """Return what is in a layer, or ``None`` when it is not known."""

    def keep(self, digest: str, files: list[ImageFile]) -> None:
        """Remember what is in a layer."""


def read_image_files(
    layout: OciLayout,
    manifest: dict[str, Any],
    *,
    wanted: Callable[[str], bool] = lambda _path: False,
    digests: bool = False,
    known: Listings | None = None,
) -> dict[str, ImageFile]:
    """Return what is in an image, by path.

    Args:
        layout: Where the image is.
        manifest: Its manifest.
        wanted: Says of a path whether the file's bytes are to be read.
        digests: Whether digests of all files are to be computed.
        known: Layers that were read before, with the same ``wanted`` and without ``digests``.

    Raises:
        IntegrityError: A layer cannot be read.
    """
    files: dict[str, ImageFile] = {}
    for layer in manifest["layers"]:
        digest = layer["digest"]
        listed = None if known is None else known.find(digest)
        if listed is None:
            listed = _read_layer(layout, digest, wanted, digests)
            if known is not None:
                known.keep(digest, listed)
        _add_layer(files, listed)
    return files


def _read_layer(
    layout: OciLayout, digest: str, wanted: Callable[[str], bool], digests: bool
) -> list[ImageFile]:
    try:
        with tarfile.open(layout.path(digest), "r:*") as tar:
            return list(_list_members(tar, wanted, digests))
    except (tarfile.TarError, EOFError, OSError, zlib.error, BadGzipFile) as error:
        raise IntegrityError(f"layer {digest} cannot be read: {error}") from error


def _list_members(
    tar: tarfile.TarFile, wanted: Callable[[str], bool], digests: bool
) -> Iterator[ImageFile]:
    for member in tar:
        path = _normalise(member.name)
        if path in ("", "."):
            continue
        base = (member.mode & 0o7777, (member.uid, member.gid), int(member.mtime))
        if member.isdir():
            yield ImageFile(path, "directory", *base)
        elif member.issym():
            yield ImageFile(path, "link", *base, target=member.linkname)
        elif member.islnk():
            yield ImageFile(path, "same", *base, target=_normalise(member.linkname))
        elif not member.isreg():
            yield ImageFile(path, "other", *base)
        else:
            digest, content = None, None
            if digests or wanted(path):
                stream = tar.extractfile(member)
                content = b"" if stream is None else stream.read()
                digest = f"sha256:{sha256(content).hexdigest()}"
            kept = content if wanted(path) else None
            yield ImageFile(path, "file", *base, member.size, digest=digest, content=kept)


def _normalise(path: str) -> str:
    return path.removeprefix("./").strip("/")


def _add_layer(files: dict[str, ImageFile], listed: Iterable[ImageFile]) -> None:
    added: dict[str, ImageFile] = {}
    for file in listed:
        directory, _, name = file.path.rpartition("/")
        if name == _HIDES_ALL:
            _remove_below(files, directory)
        elif name.startswith(_HIDES):
            hidden = _normalise(f"{directory}/{name.removeprefix(_HIDES)}")
            files.pop(hidden, None)
            _remove_below(files, hidden)
        elif file.kind == "same":
            added[file.path] = _follow(file, added) or _follow(file, files) or file
        else:
            added[file.path] = file
    for path, file in added.items():
        before = files.get(path)
        if before is not None and before.kind == "directory" and file.kind != "directory":
            _remove_below(files, path)
        files[path] = file


def _follow(file: ImageFile, files: Mapping[str, ImageFile]) -> ImageFile | None:
    """Return the file another name stands for, under that name."""
    other = files.get(file.target)
    if other is None:
        return None
    return ImageFile(
        file.path,
        other.kind,
        other.mode,
        other.owner,
        other.time_s,
        other.size_bytes,
        digest=other.digest,
        content=other.content,
    )


def _remove_below(files: dict[str, ImageFile], directory: str) -> None:
    prefix = f"{directory}/" if directory else ""
    for path in [path for path in files if path.startswith(prefix)]:
        del files[path]
