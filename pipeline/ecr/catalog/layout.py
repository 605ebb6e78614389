"""Where files lie in a catalog, and what changed since they were last looked at.

Only names, sizes and times are read here. Whatever a file system can hold that a catalog
must not (links, odd names, stray files) is reported by the rules, from what is listed here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
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
PROFILES = "profiles"
MEDIA = "media"


@dataclass(frozen=True, slots=True)
class FileStamp:
    """A file as the directory lists it.

    Attributes:
        path: Path relative to the catalog's root, with ``/``.
        size_bytes: Size.
        mtime_ns: Time of the last change, in nanoseconds.
        regular: Whether it is a plain file; links and devices are not.
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
    """

    id: BundleId
    namespace_file: FileStamp | None
    files: tuple[FileStamp, ...]
    directories: tuple[str, ...]

    @property
    def path(self) -> str:
        """The bundle's directory, relative to the root."""
        return f"{BUNDLES}/{self.id.namespace}/{self.id.name}"

    def stamp(self) -> str:
        """Return a digest that changes when any file's name, size or time does."""
        content = blake2b(digest_size=16)
        for file in (self.namespace_file, *self.files):
            if file is not None:
                content.update(f"{file.path}\0{file.size_bytes}\0{file.mtime_ns}\n".encode())
        return content.hexdigest()

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
    """List the catalog below ``root``.

    Raises:
        NotFoundError: ``root`` has no directory ``bundles``.
    """
    top = root / BUNDLES
    if not top.is_dir():
        raise NotFoundError(
            f"no directory '{BUNDLES}' in {root}",
            hint="run ecr in a catalog repository, or name one with --root",
        )
    bundles: list[BundleFiles] = []
    namespaces: dict[str, FileStamp | None] = {}
    strays: list[str] = []
    for entry in _list(str(top)):
        if not entry.is_dir(follow_symlinks=False):
            strays.append(f"{BUNDLES}/{entry.name}")
            continue
        namespace_file, names = _scan_namespace(entry, strays)
        namespaces[entry.name] = namespace_file
        bundles += [
            _scan_bundle(BundleId(entry.name, name.name), name.path, namespace_file)
            for name in names
        ]
    return Layout(root, tuple(bundles), namespaces, tuple(strays))


def scan_bundle(root: Path, bundle: BundleId) -> BundleFiles | None:
    """List one bundle, or return ``None`` when there is no such directory."""
    directory = root / BUNDLES / bundle.namespace / bundle.name
    if not directory.is_dir() or directory.is_symlink():
        return None
    namespace = directory.parent / NAMESPACE_FILE
    stamp = None
    if namespace.is_file():
        status = namespace.stat()
        path = f"{BUNDLES}/{bundle.namespace}/{NAMESPACE_FILE}"
        stamp = FileStamp(path, status.st_size, status.st_mtime_ns, not namespace.is_symlink())
    return _scan_bundle(bundle, str(directory), stamp)


def list_bundle_ids(root: Path) -> Iterator[BundleId]:
    """Yield the id of every bundle, looking at directory names alone."""
    for namespace in _list(str(root / BUNDLES)):
        if namespace.is_dir(follow_symlinks=False):
            for name in _list(namespace.path):
                if name.is_dir(follow_symlinks=False):
                    yield BundleId(namespace.name, name.name)


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


def _scan_bundle(
    bundle: BundleId, directory: str, namespace_file: FileStamp | None
) -> BundleFiles:
    files: list[FileStamp] = []
    path = f"{BUNDLES}/{bundle.namespace}/{bundle.name}"
    directories = _walk(directory, path, files)
    files.sort(key=lambda file: file.path)
    versions = tuple(name for name in directories if name != MEDIA)
    return BundleFiles(bundle, namespace_file, tuple(files), versions)


def _walk(directory: str, path: str, files: list[FileStamp]) -> list[str]:
    names = []
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name in ("__pycache__", ".git"):
                    continue
                names.append(entry.name)
                _walk(entry.path, f"{path}/{entry.name}", files)
            else:
                files.append(_stamp(entry, f"{path}/{entry.name}"))
    return sorted(names)


def _stamp(entry: os.DirEntry[str], path: str) -> FileStamp:
    status = entry.stat(follow_symlinks=False)
    regular = entry.is_file(follow_symlinks=False)
    return FileStamp(path, status.st_size, status.st_mtime_ns, regular)
