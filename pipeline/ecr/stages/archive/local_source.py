"""Code that lives in a release's own directory, seen as git would see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.errors import ArchiveError
from ecr.stages.archive.contents import SourceFile, SourceTree
from ecr.tools.git_objects import list_tree, write_tree

if TYPE_CHECKING:
    from pathlib import Path

SOURCE_TIME_S = 315_532_800
"""1980-01-01T00:00:00Z. Such code has no commit of its own, and files must have some time; this is
the earliest that zip files, and so Python wheels made in a build, can hold."""


def read_local_source(directory: Path, scratch: Path) -> SourceTree:
    """Take the files of a directory as they are.

    Args:
        directory: The code.
        scratch: Empty place for a bare repository; the tree's files refer to it.

    Raises:
        ArchiveError: The directory is not there, or holds nothing.
    """
    if not directory.is_dir() or directory.is_symlink():
        raise ArchiveError(
            f"there is no directory {directory.name}", hint="add the code, or mend path"
        )
    repository = scratch / "local.git"
    tree = write_tree(repository, directory)
    files = tuple(
        SourceFile(entry.path, entry.mode, repository, entry.name, entry.size_bytes)
        for entry in list_tree(repository, tree)
    )
    if not files:
        raise ArchiveError(f"directory {directory.name} holds no file")
    return SourceTree(files, {}, SOURCE_TIME_S, None, (f"swh:1:dir:{tree}",))
