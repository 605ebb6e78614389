"""The archive store: bytes kept by their SHA-256, in a local folder or in S3-compatible storage.

An object lies at ``sha256/<first two digits>/<digest>``. It appears whole or not at all, and is
never changed, so writing one that is there does nothing. What the bytes mean is for the caller.
"""

from __future__ import annotations

import os
import shutil
from hashlib import sha256 as new_sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from ecr.errors import IntegrityError, NotFoundError, StoreError, UsageError
from ecr.tools.disk import explain_disk_errors, open_locked, sync_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

_PART_BYTES = 8 * 1024 * 1024
_MOST_PARTS = 9_000
"""S3 takes 10,000 parts for one object."""
_READ_BYTES = 1024 * 1024
_CLIENT_OPTIONS = {"connect_timeout": "10s", "timeout": "120s"}
_RETRIES = 3


class ArchiveStore(Protocol):
    """Where archives are kept."""

    @property
    def url(self) -> str:
        """Address of the store, without credentials."""

    def find(self, digest: str) -> int | None:
        """Return the size in bytes of an object, or ``None`` when it is not there.

        Raises:
            StoreError: The store cannot be asked.
        """

    def put(self, digest: str, file: Path) -> None:
        """Store a file whose digest the caller has checked; the file may be moved away.

        Raises:
            StoreError: The store does not take it.
            NoSpaceError: A local store's disk is full.
        """

    def read(self, digest: str) -> Iterator[bytes]:
        """Yield an object's bytes, not yet checked; ``copy_object`` checks them.

        Raises:
            NotFoundError: It is not there.
            StoreError: The store cannot be read.
        """


def open_store(url: str) -> ArchiveStore:
    """Open the store an address names; nothing is made or asked yet.

    Args:
        url: A directory (``/srv/archives``, ``file:///srv/archives``) or ``s3://bucket/prefix``,
            which may end in ``?endpoint=https://host&region=name``. Credentials, and endpoint and
            region where they are left out, come from the variables of Amazon's tools:
            ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_ENDPOINT_URL``, ``AWS_REGION``.

    Raises:
        UsageError: The address is of neither form.
    """
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return _open_s3(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path:
        return LocalStore(Path(unquote(parts.path)))
    if "://" not in url and url:
        return LocalStore(Path(url))
    raise UsageError(
        f"'{url}' is not the address of an archive store",
        hint="write a directory, file:///directory or s3://bucket/prefix",
    )


def object_key(digest: str) -> str:
    """Return where an object lies below the store's root."""
    value = digest.removeprefix("sha256:")
    return f"sha256/{value[:2]}/{value}"


def copy_object(store: ArchiveStore, digest: str, target: Path) -> None:
    """Copy an object into a new file and check it on the way.

    Raises:
        NotFoundError: It is not in the store.
        IntegrityError: The store gives other bytes; ``target`` is not made.
        StoreError: The store cannot be read.
        NoSpaceError: The disk is full; ``target`` is not made.
    """
    partial = target.with_name(f".{target.name}.part")
    try:
        with explain_disk_errors(target.parent):
            target.parent.mkdir(parents=True, exist_ok=True)
            content = new_sha256()
            with partial.open("wb") as file:
                for part in store.read(digest):
                    content.update(part)
                    file.write(part)
            if f"sha256:{content.hexdigest()}" != digest:
                raise _damaged(store, digest, f"its bytes have sha256:{content.hexdigest()}")
            partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)


class LocalStore:
    """A directory. Objects are read-only files."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.absolute()

    @property
    def url(self) -> str:
        """Address of the store."""
        return self._directory.as_uri()

    def path(self, digest: str) -> Path:
        """Return the file of an object, whether it is there or not."""
        return self._directory / object_key(digest)

    def find(self, digest: str) -> int | None:
        """Return the size of an object, or ``None``."""
        try:
            return self.path(digest).stat().st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{self.url} cannot be read: {error.strerror}") from error

    def put(self, digest: str, file: Path) -> None:
        """Store a file: written beside, made durable, then renamed."""
        target = self.path(digest)
        with explain_disk_errors(self._directory):
            # A name that is the same each time: what a killed process leaves is written over.
            waiting = target.with_name(f".{target.name}.part")
            with open_locked(waiting) as copy:
                if target.exists() and target.stat().st_size == file.stat().st_size:
                    waiting.unlink()
                    return
                copy.truncate(0)
                try:
                    with file.open("rb") as source:
                        shutil.copyfileobj(source, copy, _READ_BYTES)
                    copy.flush()
                    os.fsync(copy.fileno())
                    waiting.chmod(0o444)
                    waiting.rename(target)
                except BaseException:
                    waiting.unlink(missing_ok=True)
                    raise
            sync_directory(target.parent)

    def read(self, digest: str) -> Iterator[bytes]:
        """Yield an object's bytes."""
        try:
            with self.path(digest).open("rb") as file:
                while part := file.read(_READ_BYTES):
                    yield part
        except FileNotFoundError as error:
            raise _missing(self, digest) from error


class S3Store:
    """A bucket, or a prefix in one, of any S3-compatible service."""

    def __init__(self, url: str, bucket: str, prefix: str, options: dict[str, Any]) -> None:
        # Loaded only by who uses it: most people keep archives in a folder.
        from obstore.store import S3Store as Client  # noqa: PLC0415

        self._url = url
        self._client = Client(bucket, prefix=prefix or None, **options)

    @property
    def url(self) -> str:
        """Address of the store."""
        return self._url

    def find(self, digest: str) -> int | None:
        """Return the size of an object, or ``None``."""
        import obstore  # noqa: PLC0415

        try:
            return int(obstore.head(self._client, object_key(digest))["size"])
        except FileNotFoundError:
            return None
        except _failures() as error:
            raise self._explain(error) from error

    def put(self, digest: str, file: Path) -> None:
        """Store a file in one request, or in parts that become an object when all are there."""
        import obstore  # noqa: PLC0415

        size = file.stat().st_size
        if self.find(digest) == size:
            return
        part = max(_PART_BYTES, size // _MOST_PARTS + 1)
        try:
            obstore.put(self._client, object_key(digest), file, chunk_size=part)
        except _failures() as error:
            raise self._explain(error) from error
        stored = self.find(digest)
        if stored != size:
            raise _damaged(self, digest, f"it has {stored} bytes and not {size}")

    def read(self, digest: str) -> Iterator[bytes]:
        """Yield an object's bytes."""
        import obstore  # noqa: PLC0415

        try:
            answer = obstore.get(self._client, object_key(digest))
            for part in answer.stream(min_chunk_size=_READ_BYTES):
                yield bytes(part)
        except FileNotFoundError as error:
            raise _missing(self, digest) from error
        except _failures() as error:
            raise self._explain(error) from error

    def _explain(self, error: Exception) -> StoreError:
        from obstore.exceptions import PermissionDeniedError, UnauthenticatedError  # noqa: PLC0415

        # The rest is the dump of a structure.
        reason = str(error).partition("\n")[0].strip().removesuffix(":")
        if isinstance(error, PermissionDeniedError | UnauthenticatedError):
            return StoreError(
                f"{self.url} refuses: {reason}",
                hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key that may write",
            )
        return StoreError(
            f"{self.url} cannot be used: {reason}",
            hint="check the bucket, the endpoint (AWS_ENDPOINT_URL) and the network, and run again",
        )


def _open_s3(url: str) -> S3Store:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    unknown = sorted(set(query) - {"endpoint", "region"})
    if not parts.hostname or parts.username is not None or unknown:
        raise UsageError(
            f"'{parts.scheme}://{parts.hostname or ''}{parts.path}' is not the address of a bucket"
            + (f": unknown option '{unknown[0]}'" if unknown else ""),
            hint="write s3://bucket/prefix?endpoint=https://host&region=name, without credentials",
        )
    given = {key: values[0] for key, values in query.items()}
    endpoint = given.get("endpoint") or os.environ.get("AWS_ENDPOINT_URL") or ""
    region = given.get("region") or os.environ.get("AWS_REGION")
    options: dict[str, Any] = {
        # What S3-compatible services expect that have no regions of their own.
        "region": region or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1",
        # The service compares what it got with what was sent.
        "checksum_algorithm": "SHA256",
        "client_options": {**_CLIENT_OPTIONS, "allow_http": endpoint.startswith("http://")},
        "retry_config": {"max_retries": _RETRIES},
    }
    if endpoint:
        options["endpoint"] = endpoint
    return S3Store(url, parts.hostname, parts.path.strip("/"), options)


def _failures() -> tuple[type[Exception], ...]:
    from obstore.exceptions import BaseError  # noqa: PLC0415

    return BaseError, OSError


def _missing(store: ArchiveStore, digest: str) -> NotFoundError:
    return NotFoundError(
        f"{digest} is not in the archive store {store.url}",
        hint="archive its release first: ecr archive ID, with the same store",
    )


def _damaged(store: ArchiveStore, digest: str, found: str) -> IntegrityError:
    return IntegrityError(
        f"{digest} is damaged in the archive store {store.url}: {found}",
        hint="remove the object and archive its release again",
    )
