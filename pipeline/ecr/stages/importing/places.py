"""Finds the ``sage.yaml`` files of a source: a git URL, a checkout, a folder or one file.

Files of a git repository are read from its commit, never from the working tree: what is
imported is what the pinned commit holds, and links lead nowhere.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

from ecr.errors import NotFoundError, ToolError, UsageError
from ecr.stages.importing.addresses import parse_git_address
from ecr.stages.importing.versions import make_version
from ecr.tools.git import clone_repository, resolve_commit, resolve_remote_ref, run_git

if TYPE_CHECKING:
    from collections.abc import Mapping

SAGE_FILE = "sage.yaml"
MAX_FILES = 20_000
MAX_FILE_BYTES = 32 * 1024 * 1024
_SKIPPED = frozenset({".git", "node_modules", ".venv", "venv", "__pycache__"})


class Tree(Protocol):
    """Files below one directory."""

    def list_files(self) -> Mapping[str, int]:
        """Return the size in bytes of every plain file, by its path with ``/``."""

    def read(self, path: str) -> bytes:
        """Return the bytes of a file that ``list_files`` names."""


class GitTree:
    """The files of one commit."""

    def __init__(self, repository: Path, commit: str) -> None:
        self.repository = repository
        self.commit = commit

    @cached_property
    def _files(self) -> dict[str, int]:
        arguments = ["ls-tree", "-r", "-l", "-z", "--full-tree", self.commit]
        files = {}
        for line in run_git(arguments, cwd=self.repository).text.split("\0")[:MAX_FILES]:
            about, _, path = line.partition("\t")
            parts = about.split()
            if len(parts) == 4 and parts[0] in ("100644", "100755"):
                files[path] = int(parts[3])
        return files

    def list_files(self) -> Mapping[str, int]:
        """Return the size in bytes of every plain file, by its path."""
        return self._files

    def read(self, path: str) -> bytes:
        """Return the bytes of a file at the commit."""
        return run_git(["cat-file", "blob", f"{self.commit}:{path}"], cwd=self.repository).stdout


class FolderTree:
    """The plain files below a directory that is no git checkout."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @cached_property
    def _files(self) -> dict[str, int]:
        files: dict[str, int] = {}
        for top, directories, names in os.walk(self.directory):
            directories[:] = sorted(set(directories) - _SKIPPED)
            for name in names:
                path = Path(top, name)
                if path.is_file() and not path.is_symlink() and len(files) < MAX_FILES:
                    files[path.relative_to(self.directory).as_posix()] = path.stat().st_size
        return files

    def list_files(self) -> Mapping[str, int]:
        """Return the size in bytes of every plain file, by its path."""
        return self._files

    def read(self, path: str) -> bytes:
        """Return the bytes of a file."""
        return (self.directory / path).read_bytes()


@dataclass(frozen=True, slots=True)
class Place:
    """Where one ``sage.yaml`` was found.

    Attributes:
        shown: The file, as findings name it.
        content: Its bytes.
        repository: https URL of the repository it lives in; ``None`` when unknown.
        commit: Full hash of the commit it was read at; ``None`` when unknown.
        ref: Branch or tag that was asked for.
        directory: Directory of the file in its repository; ``.`` for the top.
        tag_version: Version that a tag of the commit states.
        tree: The files of the repository, when they are at hand.
        doubts: What is to be said about the place: (code, message, hint).
    """

    shown: str
    content: bytes
    repository: str | None = None
    commit: str | None = None
    ref: str | None = None
    directory: str = "."
    tag_version: str | None = None
    tree: Tree | None = None
    doubts: tuple[tuple[str, str, str], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller says about a source.

    Attributes:
        ref: Branch, tag or commit to read.
        commit: Commit to pin, for a file that is in no repository.
        source_url: Repository the file lives in.
        offline: Whether no network may be used.
    """

    ref: str | None = None
    commit: str | None = None
    source_url: str | None = None
    offline: bool = False


def is_remote(source: str) -> bool:
    """Say whether a source is an address and not a path."""
    return "://" in source or (source.startswith("git@") and ":" in source)


def find_places(source: str, wanted: Wanted, scratch: Path) -> list[Place]:
    """Return every ``sage.yaml`` of a source, sorted by path.

    Args:
        source: Git URL, directory or file.
        wanted: What the caller says about it.
        scratch: Empty directory to clone into.

    Raises:
        NotFoundError: There is no such file, or no ``sage.yaml`` in it.
        UsageError: The source is no address that can be fetched.
        ToolError: The repository cannot be reached.
    """
    if is_remote(source):
        return _find_remote(source, wanted, scratch)
    path = Path(source).absolute()
    if not path.exists():
        raise NotFoundError(f"'{source}' does not exist", hint="name a git URL, folder or file")
    top = None if wanted.commit is not None and path.is_file() else _find_top(path)
    if top is not None:
        return _find_in_checkout(path, top, wanted)
    if path.is_dir():
        return _find_in_tree(FolderTree(path), source, Place("", b""), wanted)
    base = _stated_place(wanted)
    return [replace(base, shown=path.name, content=_read_limited(path))]


def _find_remote(source: str, wanted: Wanted, scratch: Path) -> list[Place]:
    address = parse_git_address(source)
    if address is None:
        raise UsageError(f"'{source}' is not an address of a repository", hint="write https://...")
    if wanted.offline:
        raise UsageError(f"{address.url} cannot be read offline", hint="name a local checkout")
    ref = wanted.ref or address.ref
    return find_in_clone(address.url, ref, address.directory, wanted, scratch)


def find_in_clone(
    url: str, ref: str | None, directory: str | None, wanted: Wanted, scratch: Path
) -> list[Place]:
    """Return every ``sage.yaml`` of a repository that has to be fetched first."""
    clone = scratch / "clone"
    commit = fetch_commit(url, clone, ref=wanted.commit or ref)
    tags = run_git(["ls-remote", "--tags", "--", url], cwd=clone, timeout_s=60).text
    names = [
        name.removeprefix("refs/tags/").removesuffix("^{}")
        for found, _, name in (line.partition("\t") for line in tags.splitlines())
        if found == commit
    ]
    named = ref if ref is not None and not _is_hash(ref) else None
    place = Place("", b"", wanted.source_url or url, commit, named, tag_version=_pick(names))
    return _find_in_tree(GitTree(clone, commit), url, place, wanted, directory)


def fetch_commit(url: str, clone: Path, *, ref: str | None) -> str:
    """Fetch one commit of a repository: a branch, a tag, a full hash or the default branch."""
    if ref is None or not _is_hash(ref):
        return clone_repository(url, clone, ref=ref)
    run_git(["init", "--quiet", str(clone)])
    run_git(["fetch", "--quiet", "--depth=1", "--", url, ref], cwd=clone, timeout_s=300)
    return resolve_commit(clone, ref)


def _is_hash(ref: str) -> bool:
    return len(ref) == 40 and all(character in "0123456789abcdef" for character in ref)


def _find_top(path: Path) -> Path | None:
    """Return the top of the checkout a path is in, or ``None``."""
    directory = path if path.is_dir() else path.parent
    outcome = run_git(["rev-parse", "--show-toplevel"], cwd=directory, accept=(0, 128))
    return Path(outcome.text.strip()) if outcome.exit_status == 0 and outcome.text.strip() else None


def _find_in_checkout(path: Path, top: Path, wanted: Wanted) -> list[Place]:
    commit = resolve_commit(top, wanted.commit or wanted.ref or "HEAD")
    doubts: list[tuple[str, str, str]] = []
    url = wanted.source_url
    if url is None:
        remote = run_git(["remote", "get-url", "origin"], cwd=top, accept=(0, 2, 128)).text.strip()
        address = parse_git_address(remote) if remote else None
        url = None if address is None else address.url
    branch = run_git(["branch", "--show-current"], cwd=top).text.strip() or None
    ref = wanted.ref if wanted.ref is not None and not _is_hash(wanted.ref) else None
    if wanted.ref is None and wanted.commit is None:
        ref = branch
        if run_git(["status", "--porcelain"], cwd=top).text.strip():
            message = "the working tree has changes that are not committed; they are not imported"
            doubts.append(("I044", message, "commit them and import again"))
    doubts += _compare_with_remote(url, ref, commit, wanted)
    tags = run_git(["tag", "--points-at", commit], cwd=top).text.split()
    place = Place("", b"", url, commit, ref, tag_version=_pick(tags), doubts=tuple(doubts))
    relative = path.resolve().relative_to(top.resolve()).as_posix()
    return _find_in_tree(GitTree(top, commit), str(path), place, wanted, relative)


def _compare_with_remote(
    url: str | None, ref: str | None, commit: str, wanted: Wanted
) -> list[tuple[str, str, str]]:
    """Return what keeps others from fetching the commit, as far as that can be seen."""
    if url is None or ref is None or wanted.offline:
        return []
    try:
        there = resolve_remote_ref(url, ref)
    except ToolError:
        message = f"{url} cannot be reached, so nobody knows whether it has the commit {commit}"
        return [("I043", message, "look again with the network, or say --offline")]
    if there == commit:
        return []
    state = f"is at {there} there" if there else "is not there"
    message = f"the commit {commit} is pinned, but '{ref}' of {url} {state}"
    return [("I044", message, "push the commit, or pull and import again")]


def _find_in_tree(
    tree: Tree, source: str, place: Place, wanted: Wanted, within: str | None = None
) -> list[Place]:
    files = tree.list_files()
    if within is not None and within in files:
        paths = [within]
    else:
        prefix = "" if within in (None, ".") else f"{within}/"
        paths = sorted(
            path
            for path in files
            if path.startswith(prefix)
            and PurePosixPath(path).name == SAGE_FILE
            and not _SKIPPED & set(PurePosixPath(path).parts)
        )
    if not paths:
        raise NotFoundError(
            f"there is no {SAGE_FILE} in {source}",
            hint="start a bundle with: ecr new; a new file has to be committed first",
        )
    if not isinstance(tree, GitTree):
        place = replace(_stated_place(wanted), doubts=place.doubts)
    return [
        replace(
            place,
            shown=path,
            content=tree.read(path) if files[path] <= MAX_FILE_BYTES else b"",
            directory=PurePosixPath(path).parent.as_posix(),
            tree=tree,
        )
        for path in paths
    ]


def _stated_place(wanted: Wanted) -> Place:
    address = None if wanted.source_url is None else parse_git_address(wanted.source_url)
    if wanted.source_url is not None and address is None:
        raise UsageError(f"'{wanted.source_url}' is not the address of a repository")
    return Place("", b"", None if address is None else address.url, wanted.commit, wanted.ref)


def _read_limited(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES)


def _pick(tags: list[str]) -> str | None:
    """Return the version a commit's tags state; ``None`` when none does, or several differ."""
    versions = {version for tag in tags if "." in tag and (version := make_version(tag))}
    return versions.pop() if len(versions) == 1 else None
