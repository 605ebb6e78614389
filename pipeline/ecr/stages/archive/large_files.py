"""Files of Git LFS in a source: finds the pointers and fetches what they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from ecr.errors import ArchiveError
from ecr.model.build import LargeFile
from ecr.stages.archive.contents import LINK_MODE, SourceFile, naming
from ecr.tools.git_lfs import POINTER_LIMIT_BYTES, Pointer, download_large_files, parse_pointer
from ecr.tools.git_objects import open_blobs

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.stages.archive.contents import Progress, SourceTree

_READ_TIMEOUT_S = 600.0
_SMALLEST_BYTES = 100
"""No pointer is shorter: its three lines with their keys and a checksum."""
_NAMED = 5


def find_pointers(tree: SourceTree) -> dict[SourceFile, Pointer]:
    """Return the files of a source that are pointers of Git LFS."""
    small: dict[Path, list[SourceFile]] = {}
    for file in tree.files:
        if file.mode != LINK_MODE and _SMALLEST_BYTES <= file.size_bytes < POINTER_LIMIT_BYTES:
            small.setdefault(file.repository, []).append(file)
    found = {}
    for repository, files in small.items():
        with open_blobs(repository, timeout_s=_READ_TIMEOUT_S) as blobs:
            for file in files:
                pointer = parse_pointer(blobs.read(file.name))
                if pointer is not None:
                    found[file] = pointer
    return found


def fetch_large_files(
    tree: SourceTree, pointers: dict[SourceFile, Pointer], downloads: Path, progress: Progress
) -> tuple[dict[str, Path], tuple[LargeFile, ...]]:
    """Download what pointers stand for.

    Returns:
        The downloaded file of each path in the archive; and what to record.

    Raises:
        ArchiveError: The source has no address to ask (code that lives in the catalog).
        SourceGoneError: The host does not have a file or does not give it out.
        TransferError: The host cannot be reached, or stopped half-way.
    """
    files: dict[str, Path] = {}
    for repository in dict.fromkeys(file.repository for file in pointers):
        chosen = {file: pointers[file] for file in pointers if file.repository == repository}
        with naming(f"Git LFS, for {_name(chosen)}"):
            url = tree.origins.get(repository)
            if url is None:
                raise ArchiveError(
                    "these are pointers, and the catalog does not keep the files",
                    hint="put the files themselves in their place, or list them under data",
                )
            step = f"fetching {len(chosen)} files of Git LFS"
            here = download_large_files(
                url,
                list(chosen.values()),
                downloads,
                progress=lambda done, total, step=step: progress(step, done, total),  # type: ignore[misc]
            )
        files |= {file.path: here[pointer.sha256] for file, pointer in chosen.items()}
    return files, tuple(_record(file, pointer) for file, pointer in sorted_by_path(pointers))


def sorted_by_path(pointers: dict[SourceFile, Pointer]) -> list[tuple[SourceFile, Pointer]]:
    """Return the pointers in the order of their paths."""
    return sorted(pointers.items(), key=lambda item: item[0].path)


def _record(file: SourceFile, pointer: Pointer) -> LargeFile:
    try:
        digest = f"sha256:{pointer.sha256}"
        return LargeFile(path=file.path, digest=digest, size_bytes=pointer.size_bytes)
    except ValidationError as error:
        raise ArchiveError(f"path {file.path!r} of a large file cannot be recorded") from error


def _name(files: dict[SourceFile, Pointer]) -> str:
    paths = sorted(file.path for file in files)
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(f"'{path}'" for path in paths[:_NAMED]) + more
