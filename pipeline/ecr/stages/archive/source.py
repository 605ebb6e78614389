"""Gives archives back to those who build from them or run with them.

An archived source was written by strangers. Unpacking accepts only what ``tarball`` writes (files
and links), refuses whatever would leave the target, and never follows a link while it writes.
(``tarfile``'s own filter does the same from Python 3.11.4 on; Debian 12 has 3.11.2.)
"""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
import zlib
from gzip import BadGzipFile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ecr.errors import ArchiveError, OutputError
from ecr.model.build import ArchiveRole
from ecr.tools.disk import explain_disk_errors
from ecr.tools.object_store import copy_object

if TYPE_CHECKING:
    from ecr.model.build import Archive, Build
    from ecr.tools.object_store import ArchiveStore

_COPY_BYTES = 1 << 20


def find_source_archive(build: Build | None) -> Archive | None:
    """Return the archive of the source a record names, or ``None`` when there is none yet."""
    archives = () if build is None else build.archives
    return next((archive for archive in archives if archive.role is ArchiveRole.SOURCE), None)


def extract_source(store: ArchiveStore, archive_digest: str, target: Path) -> None:
    """Unpack an archived source into a new directory.

    Files have the archive's modes and times, so what is built from them can be built again.

    Args:
        store: Where the archive is.
        archive_digest: Its digest, as ``build.json`` has it.
        target: Directory to make; it appears when everything is in it.

    Raises:
        NotFoundError: The store does not have it.
        IntegrityError: The store gives other bytes.
        ArchiveError: The archive holds what must not be unpacked.
        OutputError: ``target`` exists already.
        NoSpaceError: The disk is full.
    """
    if target.exists():
        raise OutputError(f"{target} exists and is not overwritten")
    with explain_disk_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            packed = scratch / "archive"
            copy_object(store, archive_digest, packed)
            tree = scratch / "tree"
            tree.mkdir(mode=0o755)
            _unpack(packed, tree)
            tree.rename(target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _unpack(packed: Path, tree: Path) -> None:
    try:
        with tarfile.open(packed, "r:gz") as tar:
            for member in tar:
                _unpack_member(tar, member, tree)
    except (tarfile.TarError, EOFError, zlib.error, BadGzipFile, FileExistsError) as error:
        raise ArchiveError(f"the archive cannot be read: {error}") from error


def _unpack_member(tar: tarfile.TarFile, member: tarfile.TarInfo, tree: Path) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in member.name:
        raise ArchiveError(f"the archive holds '{member.name}', which is not a path inside it")
    target = tree.joinpath(*path.parts)
    _make_parents(tree, target)
    if member.issym():
        _check_link(path, member.linkname)
        target.symlink_to(member.linkname)
        os.utime(target, (member.mtime, member.mtime), follow_symlinks=False)
    elif member.isreg():
        content = tar.extractfile(member)
        if content is None:  # pragma: no cover - regular files have content
            raise ArchiveError(f"the archive holds no content of '{member.name}'")
        with content, target.open("xb") as file:
            shutil.copyfileobj(content, file, _COPY_BYTES)
        target.chmod(0o755 if member.mode & 0o100 else 0o644)
        os.utime(target, (member.mtime, member.mtime))
    else:
        raise ArchiveError(f"the archive holds '{member.name}', which is no file and no link")


def _make_parents(tree: Path, target: Path) -> None:
    """Make the directories above a file; none of them may be a link."""
    inside = tree
    for part in target.parent.relative_to(tree).parts:
        inside /= part
        if inside.is_symlink():
            raise ArchiveError(f"the archive writes through the link '{inside.relative_to(tree)}'")
        if not inside.is_dir():
            inside.mkdir(mode=0o755)


def _check_link(path: PurePosixPath, target: str) -> None:
    """Refuse a link that leads out of the source."""
    depth = len(path.parent.parts)
    for part in PurePosixPath(target).parts:
        if part == "/":
            depth = -1
        elif part == "..":
            depth -= 1
        elif part != ".":
            depth += 1
        if depth < 0:
            raise ArchiveError(
                f"link '{path}' leads out of the source, to '{target}'",
                hint="it can be archived but not built; remove the link and pin that commit",
            )
