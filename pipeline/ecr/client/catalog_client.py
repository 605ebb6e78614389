"""Fetches the index of a catalog and its releases, verified, and only what has changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from ecr.client.object_cache import ObjectCache
from ecr.errors import IntegrityError, NotFoundError, ToolError, UsageError
from ecr.model.addresses import (
    BASE,
    ROOT_PATH,
    digest_bytes,
    shard_path,
    shard_prefix,
    superseded_path,
)
from ecr.model.identity import ReleaseId, parse_id
from ecr.model.index import IndexModel, ReleaseDocument, Root, Shard, ShardRow
from ecr.tools.http import HttpFetcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from ecr.model.index import ContentRef

ModelT = TypeVar("ModelT", bound=IndexModel)
ValueT = TypeVar("ValueT")

NOT_MODIFIED = 304
PARALLEL_REQUESTS = 8

ROOT_LIMIT_BYTES = 1 << 20
"""The most a root may hold; it names 256 shards in about 28 kB."""
DOCUMENT_LIMIT_BYTES = 16 << 20
"""The most any other document may hold, whatever size the index names."""


@dataclass(frozen=True, slots=True)
class Index:
    """What the catalog held when its root was fetched.

    Attributes:
        root: The root.
        releases: Every release, by id, sorted.
        offline: Whether the server could not be reached and this is the newest known index.
    """

    root: Root
    releases: Mapping[str, ShardRow]
    offline: bool


class _NotCachedError(NotFoundError):
    """A document is needed, is not in the cache, and the network must not be used."""


class CatalogClient:
    """Reads one catalog.

    Every document is checked against the digest and size that the index names before anybody
    sees it. When a document was replaced after the root was fetched, the version the root
    names is fetched from where it is kept for a day.
    """

    def __init__(
        self,
        site_url: str,
        cache_directory: Path,
        *,
        fetcher: HttpFetcher | None = None,
        offline: bool = False,
    ) -> None:
        """Set up; nothing is fetched yet.

        Args:
            site_url: Where the catalog's site is, such as ``https://ecr.example.org/``.
            cache_directory: Where documents are kept; may be shared between catalogs.
            fetcher: Fetches; a new one by default.
            offline: Use what is in the cache and never the network.
        """
        self._base = f"{site_url.rstrip('/')}/{BASE}/"
        self._cache = ObjectCache(cache_directory)
        self._fetcher = fetcher or HttpFetcher()
        self._offline = offline
        self._root_url = self._base + ROOT_PATH
        # The newest root of which every shard is in the cache, which the newest may not be.
        self._whole_url = f"{self._root_url}#whole"

    def fetch_index(self, *, allow_stale: bool = False) -> Index:
        """Fetch the root if it has changed, then the shards that have.

        Args:
            allow_stale: When the server cannot be reached, return the newest index that is
                in the cache as a whole.

        Raises:
            ToolError: The server cannot be reached or does not do its part.
            IntegrityError: What came is not what the index names.
            NotFoundError: There is no index there, or none in the cache.
        """
        index = self._read(self._assemble_index, allow_stale=allow_stale)
        if not index.offline:
            self._cache.put_root(self._whole_url, index.root.model_dump_json().encode(), None)
        return index

    def fetch_release(self, release_id: str, *, allow_stale: bool = False) -> ReleaseDocument:
        """Fetch one release: the root if it has changed, one shard and one document at most.

        Args:
            release_id: ``namespace/name:version``.
            allow_stale: When the server cannot be reached, return what is in the cache.

        Raises:
            UsageError: ``release_id`` is not of that form.
            NotFoundError: The catalog has no such release.
            ToolError: The server cannot be reached or does not do its part.
            IntegrityError: What came is not what the index names.
        """
        if not isinstance(parse_id(release_id), ReleaseId):
            raise UsageError(
                f"'{release_id}' names a bundle, not a release",
                hint="write namespace/name:version",
            )

        def find(root: Root, *, offline: bool) -> ReleaseDocument:
            return self._find_release(root, release_id, offline=offline)

        return self._read(find, allow_stale=allow_stale)

    def _read(self, read: Callable[..., ValueT], *, allow_stale: bool) -> ValueT:
        """Read with the server's root, or with what the cache holds where that is allowed."""
        if not self._offline:
            try:
                return read(self._fetch_root(), offline=False)
            except IntegrityError:
                raise
            except ToolError:
                if not allow_stale:
                    raise
        for url in (self._root_url, self._whole_url):
            cached = self._cache.find_root(url)
            if cached is not None:
                try:
                    return read(_parse(Root, cached[0], url), offline=True)
                except _NotCachedError:
                    continue
        raise NotFoundError(
            f"the cache does not hold what is asked for of {self._base}",
            hint="fetch it once while the server can be reached",
        )

    def _assemble_index(self, root: Root, *, offline: bool) -> Index:
        releases: dict[str, ShardRow] = {}
        for prefix, shard in self._fetch_shards(root, offline=offline):
            for row in shard.releases:
                if shard_prefix(row.id) != prefix:
                    raise IntegrityError(
                        f"{self._base}{shard_path(prefix)} lists {row.id}, "
                        "which belongs to another shard"
                    )
                releases[row.id] = row
        if len(releases) != root.counts.releases:
            raise IntegrityError(
                f"the shards of {self._base} list {len(releases)} releases, "
                f"the root counts {root.counts.releases}"
            )
        return Index(root, dict(sorted(releases.items())), offline)

    def _fetch_shards(self, root: Root, *, offline: bool) -> Iterator[tuple[str, Shard]]:
        """Fetch the shards, several at a time: the first time there are 256 of them."""

        def fetch(item: tuple[str, ContentRef]) -> tuple[str, Shard]:
            prefix, reference = item
            return prefix, self._fetch(shard_path(prefix), reference, Shard, offline=offline)

        with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            try:
                yield from pool.map(fetch, root.shards.items())
            finally:
                # After a failure the others would only fail as well, each after its time limit.
                pool.shutdown(wait=True, cancel_futures=True)

    def _find_release(self, root: Root, release_id: str, *, offline: bool) -> ReleaseDocument:
        prefix = shard_prefix(release_id)
        reference = root.shards.get(prefix)
        if reference is None:
            raise IntegrityError(f"{self._root_url} names no shard '{prefix}'")
        shard = self._fetch(shard_path(prefix), reference, Shard, offline=offline)
        row = next((row for row in shard.releases if row.id == release_id), None)
        if row is None:
            raise NotFoundError(f"{self._base} has no release '{release_id}'")
        document = self._fetch(row.path, row, ReleaseDocument, offline=offline)
        if document.id != release_id:
            raise IntegrityError(
                f"{self._base}{row.path} is the document of {document.id}, not of {release_id}"
            )
        return document

    def _fetch_root(self) -> Root:
        url = self._root_url
        cached = self._cache.find_root(url)
        etag = None if cached is None else cached[1]
        answer = self._fetcher.fetch(url, limit_bytes=ROOT_LIMIT_BYTES, etag=etag)
        if answer.status == NOT_MODIFIED and cached is not None:
            return _parse(Root, cached[0], url)
        root = _parse(Root, answer.content, url)
        self._cache.put_root(url, answer.content, answer.etag)
        return root

    def _fetch(
        self, path: str, reference: ContentRef, model: type[ModelT], *, offline: bool
    ) -> ModelT:
        content = self._cache.find(reference.digest)
        if content is None:
            if offline:
                raise _NotCachedError(f"the cache does not hold {self._base}{path}")
            content = self._download(path, reference)
            self._cache.put(reference.digest, content)
        return _parse(model, content, self._base + path)

    def _download(self, path: str, reference: ContentRef) -> bytes:
        url = self._base + path
        if reference.size_bytes > DOCUMENT_LIMIT_BYTES:
            raise IntegrityError(
                f"{url} is said to hold {reference.size_bytes:,} bytes, "
                f"more than the {DOCUMENT_LIMIT_BYTES:,} a document may"
            )
        problem = ""
        for place in (path, superseded_path(reference.digest)):
            try:
                answer = self._fetcher.fetch(self._base + place, limit_bytes=DOCUMENT_LIMIT_BYTES)
            except NotFoundError:
                problem = problem or "is not there"
                continue
            same = digest_bytes(answer.content) == reference.digest
            if same and len(answer.content) == reference.size_bytes:
                return answer.content
            problem = "is not the document the index names"
        raise IntegrityError(
            f"{url} {problem}, and {reference.digest} is not kept either",
            hint="fetch the index again: it is more than a day old, or the site is incomplete",
        )


def _parse(model: type[ModelT], content: bytes, url: str) -> ModelT:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise IntegrityError(
            f"{url} is not a document of api/v1: {where}: {first['msg']}",
            hint="a newer ecr may be needed to read it",
        ) from error
