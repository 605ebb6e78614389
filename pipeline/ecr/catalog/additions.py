"""Adds files to a catalog: checked first, then put in place without overwriting anything.

Everything is written beside the catalog and moved into it by renaming, a new directory as a
whole; a run that is killed leaves nothing half-written among the bundles.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ecr.catalog import layout
from ecr.catalog.loader import load_bundle
from ecr.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecr.findings import Finding
    from ecr.model.identity import BundleId

WAITING_ROOM = ".ecr"
"""Directory of the catalog that git ignores; new files wait there until they are complete."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to add."""

    content: bytes
    executable: bool = False


class Additions:
    """Files that are complete and wait to be put in place; made by ``stage_additions``."""

    def __init__(self, root: Path, waiting: Path, paths: tuple[str, ...]) -> None:
        self._root = root
        self._waiting = waiting
        self._paths = paths

    def check(self, bundle: BundleId) -> list[Finding]:
        """Return what the catalog's rules say about the new files of a bundle.

        The bundle's own manifest and the namespace's are taken from the catalog where they
        are not new.
        """
        above = f"{layout.BUNDLES}/{bundle.namespace}"
        for path in (
            f"{above}/{layout.NAMESPACE_FILE}",
            f"{above}/{bundle.name}/{layout.BUNDLE_FILE}",
        ):
            if (self._root / path).is_file() and not (self._waiting / path).exists():
                (self._waiting / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self._root / path, self._waiting / path)
        files = layout.scan_bundle(self._waiting, bundle)
        return [] if files is None else list(load_bundle(self._waiting, files).findings)

    def put_in_place(self) -> None:
        """Move the files into the catalog.

        Raises:
            OutputError: Something has appeared at one of the places meanwhile.
        """
        for move in _plan_moves(self._root, self._paths):
            source, target = self._waiting / move, self._root / move
            try:
                if source.is_dir():
                    source.rename(target)
                else:
                    # A link fails where a file exists; a rename would replace it.
                    os.link(source, target)
            except OSError as error:
                raise OutputError(
                    f"{move} cannot be written: {error.strerror}",
                    hint="look at what is there; nothing of it was changed",
                ) from error


@contextmanager
def stage_additions(
    root: Path, files: Mapping[str, NewFile], *, rehearsal: bool = False
) -> Iterator[Additions]:
    """Write new files beside the catalog.

    Args:
        root: The catalog's root.
        files: What to add, by path relative to the root.
        rehearsal: Whether nothing is going to be put in place; then the files wait outside the
            catalog, which need not be writable.

    Raises:
        OutputError: A file is there already, or nothing can be written.
    """
    for path in files:
        if os.path.lexists(root / path):
            raise OutputError(
                f"{path} exists and is not overwritten",
                hint="a release never changes; add a new version, or remove the file first",
            )
    waiting = _make_waiting_directory(None if rehearsal else root / WAITING_ROOM)
    try:
        _write_files(waiting, files)
        yield Additions(root, waiting, tuple(files))
    finally:
        shutil.rmtree(waiting, ignore_errors=True)


def _make_waiting_directory(parent: Path | None) -> Path:
    try:
        if parent is not None:
            parent.mkdir(exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="new-", dir=parent))
    except OSError as error:
        raise OutputError(f"the new files cannot be written: {error}") from error


def _write_files(directory: Path, files: Mapping[str, NewFile]) -> None:
    try:
        for path, file in files.items():
            target = directory / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.content)
            if file.executable:
                target.chmod(0o755)
    except OSError as error:
        raise OutputError(f"the new files cannot be written: {error}") from error


def _plan_moves(root: Path, paths: tuple[str, ...]) -> list[str]:
    """Return the topmost new path of each file, releases last: they need the others."""
    moves: dict[str, None] = {}
    for path in paths:
        top = PurePosixPath(path)
        while not (root / top.parent).is_dir():
            top = top.parent
        moves[str(top)] = None
    return sorted(moves, key=lambda move: (_is_release(move), move))


def _is_release(move: str) -> bool:
    """Say whether a move brings the directory of a release: ``bundles/ns/name/version``."""
    parts = PurePosixPath(move).parts
    return len(parts) == 4 and parts[3] not in (layout.BUNDLE_FILE, layout.MEDIA)
