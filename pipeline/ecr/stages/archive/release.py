"""Archives one release: its source and data into the store, their digests into ``build.json``."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.catalog.record_writer import read_build, update_build
from ecr.errors import TransferError
from ecr.model.build import Archive, ArchiveRole
from ecr.model.release import GitSource
from ecr.stages.archive.contents import naming
from ecr.stages.archive.data import archive_data, describe_data
from ecr.stages.archive.git_source import fetch_git_source
from ecr.stages.archive.large_files import fetch_large_files, find_pointers
from ecr.stages.archive.local_source import read_local_source
from ecr.stages.archive.source import find_source_archive
from ecr.stages.archive.tarball import write_tarball
from ecr.tools.disk import explain_disk_errors, open_locked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecr.catalog.entries import ReleaseEntry
    from ecr.model.build import Build
    from ecr.model.release import Data
    from ecr.stages.archive.contents import Progress, SourceTree
    from ecr.tools.object_store import ArchiveStore

CACHE = ".ecr/cache/archive"
"""Below the catalog's root: what is fetched and not yet stored. It can be deleted at any time."""


@dataclass(frozen=True, slots=True)
class ArchiveOutcome:
    """What archiving a release did.

    Attributes:
        id: The release.
        archives: Everything of it that is in the store: the source, then the data.
        stored: How many of them were stored now; 0 when all were there.
        notes: What a person should know; none of it is an error.
    """

    id: str
    archives: tuple[Archive, ...]
    stored: int
    notes: tuple[str, ...] = ()


def archive_release(
    root: Path,
    entry: ReleaseEntry,
    store: ArchiveStore,
    *,
    progress: Progress,
    offline: bool = False,
) -> ArchiveOutcome:
    """Store what a release consists of, unless it is stored already, and record it.

    The record is written as soon as the source is stored and again with the data, so a run that
    fails on the way is continued by the next.

    Args:
        root: The catalog's root.
        entry: The release.
        store: Where to keep the archives.
        progress: Told what is being done.
        offline: Whether nothing may be fetched; what is stored already is no error then.

    Raises:
        EcrError: Something cannot be archived; the message names release and step.
    """
    with naming(str(entry.id)):
        return _Work(root, entry, store, progress, offline).run()


class _Work:
    """What the steps for one release share."""

    def __init__(
        self,
        root: Path,
        entry: ReleaseEntry,
        store: ArchiveStore,
        progress: Progress,
        offline: bool,
    ) -> None:
        self._root = root
        self._entry = entry
        self._store = store
        self._progress = progress
        self._offline = offline
        self._cache = root / CACHE
        self._directory = root / entry.path
        self._stored = 0
        self._notes: list[str] = []

    def run(self) -> ArchiveOutcome:
        build = read_build(self._root, self._entry)
        known = {
            archive.name: archive
            for archive in (() if build is None else build.archives)
            if archive.role is not ArchiveRole.SOURCE
        }
        with naming("source"), explain_disk_errors(self._cache):
            source = self._archive_source(build, known)
        data: list[Archive] = []
        try:
            for item in self._entry.manifest.data:
                with naming(f"data '{item.name}'"):
                    data.append(self._archive_data(item))
        finally:
            # When one fails, those before it are recorded; of the others, what was true before.
            rest = [
                known[item.name]
                for item in self._entry.manifest.data[len(data) :]
                if item.name in known
            ]
            update_build(self._root, self._entry, {"archives": [source, *data, *rest]})
        return ArchiveOutcome(
            str(self._entry.id), (source, *data), self._stored, tuple(self._notes)
        )

    def _archive_source(self, build: Build | None, known: dict[str, Archive]) -> Archive:
        source = self._entry.manifest.code.source
        recorded = find_source_archive(build)
        stored = recorded is not None and self._store.find(recorded.digest) == recorded.size_bytes
        if isinstance(source, GitSource):
            if recorded and stored and build is not None and build.commit == source.commit:
                return recorded
            if self._offline:
                raise TransferError(
                    f"commit {source.commit} is not in the archive store, and --offline forbids to "
                    f"fetch it from {source.git}",
                    hint="run once without --offline",
                )
        with ExitStack() as held:
            work = held.enter_context(self._open_workplace())
            if isinstance(source, GitSource):
                git = self._cache / "git"
                tree = fetch_git_source(source.git, source.commit, git, held, self._progress)
            else:
                tree = read_local_source(self._directory / source.path, work)
                if recorded and stored and build is not None and build.swhids == tree.swhids:
                    return recorded
            archive = self._store_source(tree, work, recorded, known)
            for repository in tree.origins:
                shutil.rmtree(repository, ignore_errors=True)
        return archive

    def _store_source(
        self, tree: SourceTree, work: Path, recorded: Archive | None, known: dict[str, Archive]
    ) -> Archive:
        downloads = self._cache / "downloads"
        pointers = find_pointers(tree)
        large, large_files = fetch_large_files(tree, pointers, downloads, self._progress)
        packed = work / "source.tar.gz"
        tarball = write_tarball(tree, large, packed, self._progress)
        self._progress("storing the source", 0, 1)
        self._store.put(tarball.digest, packed)
        self._stored += 1
        archive = Archive(
            name="source",
            role=ArchiveRole.SOURCE,
            digest=tarball.digest,
            size_bytes=tarball.size_bytes,
            media_type="application/x-tar",
            compression="gzip",
            content_digest=tarball.content_digest,
        )
        changes = {
            "commit": tree.commit,
            "source_time_s": tree.time_s,
            "swhids": tree.swhids,
            "submodules": tree.submodules,
            "large_files": large_files,
            "archives": [archive, *known.values()],
        }
        if recorded is not None and recorded.content_digest != archive.content_digest:
            self._notes.append(
                "the source is not the one archived before; the record names the new one"
            )
        self._notes += tree.notes
        update_build(self._root, self._entry, changes)
        for file in set(large.values()):
            file.unlink(missing_ok=True)
        return archive

    def _archive_data(self, item: Data) -> Archive:
        self._stored += archive_data(
            item,
            self._directory,
            self._store,
            self._cache / "downloads",
            offline=self._offline,
            progress=self._progress,
        )
        return describe_data(item)

    @contextmanager
    def _open_workplace(self) -> Iterator[Path]:
        """Give an empty directory that is this process's own; what a killed one left is removed."""
        identity = self._entry.id
        work = self._cache / "work" / "--".join(identity)
        with open_locked(work.with_name(f"{work.name}.lock")):
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
            try:
                yield work
            finally:
                shutil.rmtree(work, ignore_errors=True)
