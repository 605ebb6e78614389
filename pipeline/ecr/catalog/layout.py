"""Where files lie in a catalog, and what changed since they were last looked at.

Only names, sizes and times are read here. Whatever a file system can hold that a catalog
must not (links, odd names, stray files) is reported by the rules, from what is listed here.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from ecr.errors import NotFoundError
from ecr.model.identity import BundleId

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUNDLES = "bundles"
NAMESPACE_FILE = "namespace.yaml"
BUNDLE_FILE = "bundle.yaml"
RELEASE_FILE = "release.yaml"
STATUS_FILE = "status.yaml"
BUILD_FILE = "build.json"
DOI_FILE = "doi.json"
PROFILES = "profiles"
MEDIA = "media"

MAX_DEPTH = 30
"""Directories inside a bundle's; what lies deeper is reported and not looked at."""


@dataclass(frozen=True, slots=True)
class FileStamp:
    """A file as the directory lists it.

    Attributes:
        path: Path relative to the catalog's root, with ``/``.
        size_bytes: Size.
        mtime_ns: Time of the last change, in nanoseconds.
        regular: Whether it is a plain file; links, devices, repositories of git inside a
            bundle and directories too deep to look into are not.
    """

    path: str
    size_bytes: int
    mtime_ns: int
    regular: bool = True


@dataclass(frozen=True, slots=True)
class BundleFiles:
    """The files of one bundle, sorted by path.

    Attributes:
        id: Namespace and name, as the directories are called.
        namespace_file: ``namespace.yaml`` of the namespace, or ``None`` when there is none.
        files: Every file below the bundle's directory.
        directories: Directories directly below the bundle's, ``media`` left out: the versions.

    Names that are not UTF-8 are as ``os.fsdecode`` makes them; see ``printable``.
    """

    id: BundleId
    namespace_file: FileStamp | None
    files: tuple[FileStamp, ...]
    directories: tuple[str, ...]

    @property
    def path(self) -> str:
        """The bundle's directory, relative to the root."""
        return f"{BUNDLES}/{self.id.namespace}/{self.id.name}"

    def find(self, path: str) -> FileStamp | None:
        """Return the file of that path relative to the bundle's directory, or ``None``."""
        wanted = f"{self.path}/{path}"
        return next((file for file in self.files if file.path == wanted), None)


@dataclass(frozen=True, slots=True)
class Layout:
    """Every bundle of a catalog, sorted by id, and what else lies there.

    Attributes:
        root: The catalog's root.
        bundles: The bundles.
        namespaces: ``namespace.yaml`` files by namespace; ``None`` where it is missing.
        strays: Files where none belong: directly in ``bundles/`` or in a namespace.
    """

    root: Path
    bundles: tuple[BundleFiles, ...]
    namespaces: dict[str, FileStamp | None]
    strays: tuple[str, ...]


def scan_catalog(root: Path) -> Layout:
    """List the catalog below ``root`` with every file of every bundle.

    Raises:
        NotFoundError: ``root`` has no directory ``bundles``.
    """
    outline = outline_catalog(root)
    bundles = tuple(
        _scan_bundle(files.id, f"{os.fspath(root)}/{files.path}", files.namespace_file)
        for files in outline.bundles
    )
    return replace(outline, bundles=bundles)


def outline_catalog(root: Path) -> Layout:
    """List the catalog by its directories' names alone: the bundles have no files.

    Raises:
        NotFoundError: ``root`` has no directory ``bundles``.
    """
    bundles: list[BundleFiles] = []
    namespaces: dict[str, FileStamp | None] = {}
    strays: list[str] = []
    for entry in _list(str(_find_top(root))):
        if not entry.is_dir(follow_symlinks=False):
            strays.append(f"{BUNDLES}/{entry.name}")
            continue
        file, names = _scan_namespace(entry, strays)
        namespaces[entry.name] = file
        bundles += [BundleFiles(BundleId(entry.name, name.name), file, (), ()) for name in names]
    return Layout(root, tuple(bundles), namespaces, tuple(strays))


def stamp_bundle(root: Path, outline: BundleFiles) -> str:
    """Return a digest that changes when the name, size or time of any file of a bundle does.

    ``namespace.yaml`` counts as a file of every bundle of its namespace.
    """
    lines = [repr(outline.namespace_file)]
    waiting = [(f"{os.fspath(root)}/{outline.path}", "")]
    while waiting:
        directory, prefix = waiting.pop()
        with os.scandir(directory) as entries:
            for entry in entries:
                name = f"{prefix}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    if entry.name == "__pycache__":
                        continue
                    if entry.name.casefold() != ".git":
                        waiting.append((entry.path, name))
                    lines.append(name)
                else:
                    status = entry.stat(follow_symlinks=False)
                    lines.append(
                        f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_mode}"
                    )
    lines.sort()
    return blake2b("\n".join(lines).encode(errors="surrogateescape"), digest_size=16).hexdigest()


def scan_bundle(root: Path, bundle: BundleId) -> BundleFiles | None:
    """List one bundle, or return ``None`` when there is no such directory."""
    directory = root / BUNDLES / bundle.namespace / bundle.name
    if not directory.is_dir() or directory.is_symlink() or directory.parent.is_symlink():
        return None
    return _scan_bundle(bundle, str(directory), stamp_namespace(root, bundle.namespace))


def stamp_namespace(root: Path, namespace: str) -> FileStamp | None:
    """Return the stamp of a namespace's ``namespace.yaml``, or ``None`` when there is none."""
    path = f"{BUNDLES}/{namespace}/{NAMESPACE_FILE}"
    try:
        status = os.lstat(root / path)
    except OSError:
        return None
    return FileStamp(path, status.st_size, status.st_mtime_ns, stat.S_ISREG(status.st_mode))


def list_bundle_ids(root: Path) -> Iterator[BundleId]:
    """Yield the id of every bundle, looking at directory names alone.

    Raises:
        NotFoundError: ``root`` has no directory ``bundles``.
    """
    for namespace in _list(str(_find_top(root))):
        if namespace.is_dir(follow_symlinks=False):
            for name in _list(namespace.path):
                if name.is_dir(follow_symlinks=False):
                    yield BundleId(namespace.name, name.name)


def _find_top(root: Path) -> Path:
    top = root / BUNDLES
    if top.is_dir():
        return top
    raise NotFoundError(
        f"no directory '{BUNDLES}' in {root}",
        hint="run ecr in a catalog repository, or name one with --root",
    )


def printable(path: str) -> str:
    """Return a path that can be shown: what is not a printable character is escaped."""
    if path.isascii() and path.isprintable():
        return path
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in path
    )


def _list(directory: str) -> list[os.DirEntry[str]]:
    with os.scandir(directory) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _scan_namespace(
    namespace: os.DirEntry[str], strays: list[str]
) -> tuple[FileStamp | None, list[os.DirEntry[str]]]:
    file, names = None, []
    for entry in _list(namespace.path):
        path = f"{BUNDLES}/{namespace.name}/{entry.name}"
        if entry.name == NAMESPACE_FILE:
            file = _stamp(entry, path)
        elif entry.is_dir(follow_symlinks=False):
            names.append(entry)
        else:
            strays.append(path)
    return file, names


def _scan_bundle(bundle: BundleId, directory: str, namespace_file: FileStamp | None) -> BundleFiles:
    files: list[FileStamp] = []
    path = f"{BUNDLES}/{bundle.namespace}/{bundle.name}"
    directories = _walk(directory, path, files)
    files.sort(key=lambda file: file.path)
    versions = tuple(name for name in directories if name != MEDIA)
    return BundleFiles(bundle, namespace_file, tuple(files), versions)


def _walk(top: str, path: str, files: list[FileStamp]) -> list[str]:
    """Add every file below ``top``; return the names of the directories right below it."""
    names: list[str] = []
    waiting = [(top, path, 0)]
    while waiting:
        directory, prefix, depth = waiting.pop()
        with os.scandir(directory) as entries:
            for entry in entries:
                inner = f"{prefix}/{entry.name}"
                if not entry.is_dir(follow_symlinks=False):
                    files.append(_stamp(entry, inner))
                elif entry.name.casefold() == ".git" or depth == MAX_DEPTH:
                    files.append(FileStamp(inner, 0, 0, regular=False))
                elif entry.name != "__pycache__":
                    waiting.append((entry.path, inner, depth + 1))
                    if depth == 0:
                        names.append(entry.name)
    return sorted(names)


def _stamp(entry: os.DirEntry[str], path: str) -> FileStamp:
    status = entry.stat(follow_symlinks=False)
    regular = entry.is_file(follow_symlinks=False) and entry.name.casefold() != ".git"
    return FileStamp(path, status.st_size, status.st_mtime_ns, regular)
