"""Code at a git URL: fetches the pinned commit and, at the commits it names, its submodules."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from pydantic import ValidationError

from ecr.errors import ArchiveError
from ecr.model.build import Submodule
from ecr.stages.archive.contents import SUBMODULE_MODE, SourceFile, SourceTree, naming
from ecr.tools.git_fetch import fetch_commit, hold_repository
from ecr.tools.git_objects import list_tree, read_commit, read_submodule_urls

if TYPE_CHECKING:
    from contextlib import ExitStack
    from pathlib import Path

    from ecr.stages.archive.contents import Progress

_FETCH_TIMEOUT_S = 1800.0
_MAX_DEPTH = 5
_MAX_SUBMODULES = 50
_MAX_BYTES = 20_000_000_000
_SSH = re.compile(r"^(?:ssh://)?(?:[^@/]+@)(?P<host>[^:/]+)(?::\d+/|[:/])(?P<path>.+)$")
_PLAIN = re.compile(r"^(?:git|http)://(?P<rest>.+)$")


def fetch_git_source(
    url: str, commit: str, cache: Path, held: ExitStack, progress: Progress
) -> SourceTree:
    """Fetch a commit and what belongs to it.

    Args:
        url: https address of the repository.
        commit: Full hash.
        cache: Directory of bare repositories; what was fetched by a run that failed is used.
        held: Holds the repositories until their files are read.
        progress: Told which repository is being fetched.

    Raises:
        SourceGoneError: The repository or the commit is gone.
        TransferError: A host cannot be reached, or stopped half-way.
        ArchiveError: A submodule is nowhere, too deep or one too many.
        NoSpaceError: The disk is full.
    """
    fetcher = _Fetcher(cache, held, progress)
    repository = fetcher.fetch(url, commit, "", 0)
    tree, time_s = read_commit(repository, commit)
    # SWHIDs (version 1) are defined over SHA-1 objects only.
    swhids = (f"swh:1:dir:{tree}", f"swh:1:rev:{commit}") if len(commit) == 40 else ()
    return SourceTree(
        tuple(sorted(fetcher.files, key=lambda file: file.path.encode(errors="surrogateescape"))),
        fetcher.origins,
        max(time_s, 0),
        commit,
        swhids,
        tuple(sorted(fetcher.submodules, key=lambda module: module.path)),
        tuple(fetcher.notes),
    )


class _Fetcher:
    """Collects the files of a repository and of those inside it."""

    def __init__(self, cache: Path, held: ExitStack, progress: Progress) -> None:
        self._cache = cache
        self._held = held
        self._progress = progress
        self._repositories: dict[str, Path] = {}
        self._size_bytes = 0
        self.files: list[SourceFile] = []
        self.origins: dict[Path, str] = {}
        self.submodules: list[Submodule] = []
        self.notes: list[str] = []

    def fetch(self, url: str, commit: str, prefix: str, depth: int) -> Path:
        """Fetch one repository and, recursively, its submodules; return where it is."""
        self._progress(f"fetching {url}", 0, 1)
        repository = self._repository(url, commit)
        moved = fetch_commit(repository, url, commit, timeout_s=_FETCH_TIMEOUT_S)
        if moved is not None:
            self.notes.append(f"{url} has moved to {moved}; name that address in the next release")
        self.origins[repository] = (moved or url).removesuffix("/")
        inner = []
        for entry in list_tree(repository, commit):
            path = prefix + entry.path
            if entry.mode == SUBMODULE_MODE:
                inner.append((path, entry.path, entry.name))
            else:
                file = SourceFile(path, entry.mode, repository, entry.name, entry.size_bytes)
                self.files.append(file)
                self._size_bytes += entry.size_bytes
        if self._size_bytes > _MAX_BYTES:
            raise ArchiveError(
                f"its files have {self._size_bytes:,} bytes, and at most {_MAX_BYTES:,} are "
                "archived",
                hint="keep models and data elsewhere and list them under data",
            )
        if inner:
            urls = read_submodule_urls(repository, commit)
            for path, key, inner_commit in inner:
                self._add_submodule(url, urls.get(key), path, inner_commit, depth + 1)
        return repository

    def _repository(self, url: str, commit: str) -> Path:
        if url not in self._repositories:
            name = sha256(f"{len(commit)} {url}".encode()).hexdigest()[:32]
            held = hold_repository(self._cache / f"{name}.git", sha256=len(commit) == 64)
            self._repositories[url] = self._held.enter_context(held)
        return self._repositories[url]

    def _add_submodule(
        self, around: str, stated: str | None, path: str, commit: str, depth: int
    ) -> None:
        if stated is None:
            # Git leaves such a directory empty, too.
            self.notes.append(f"'{path}' is left out: a submodule that .gitmodules does not name")
            return
        with naming(f"submodule '{path}'"):
            if depth > _MAX_DEPTH:
                raise ArchiveError(f"submodules lie more than {_MAX_DEPTH} deep")
            if len(self.submodules) == _MAX_SUBMODULES:
                raise ArchiveError(f"there are more than {_MAX_SUBMODULES} submodules")
            try:
                module = Submodule(
                    path=path, url=resolve_submodule_url(around, stated), commit=commit
                )
            except ValidationError as error:
                raise ArchiveError(
                    f"its address '{stated}' cannot be used: {error.errors()[0]['msg']}",
                    hint="only https:// is fetched; mend .gitmodules and pin that commit",
                ) from error
            self.submodules.append(module)
            self.fetch(module.url, commit, f"{path}/", depth)


def resolve_submodule_url(around: str, stated: str) -> str:
    """Return the https address of a submodule.

    A relative one is resolved against the repository around it, as git does. Addresses for ssh, git
    and http are asked over https: the commit says what must come, whatever the way.
    """
    if stated.startswith(("./", "../")):
        return urljoin(f"{around.removesuffix('/')}/", stated)
    ssh = _SSH.match(stated)
    if ssh and "://" not in stated.removeprefix("ssh://"):
        return f"https://{ssh['host']}/{ssh['path']}"
    plain = _PLAIN.match(stated)
    return f"https://{plain['rest']}" if plain else stated
