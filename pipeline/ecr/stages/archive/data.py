"""Models, training data, configuration and samples: fetched, checked, and stored once each."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from ecr.errors import ArchiveError, IntegrityError, TransferError
from ecr.model.build import Archive, ArchiveRole
from ecr.tools.disk import explain_disk_errors
from ecr.tools.download import Wanted, download

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.model.release import Data
    from ecr.stages.archive.contents import Progress
    from ecr.tools.object_store import ArchiveStore


def describe_data(data: Data) -> Archive:
    """Return the record of a piece of data; its manifest says all that is in it."""
    return Archive(
        name=data.name,
        role=ArchiveRole(data.role.value),
        digest=f"sha256:{data.sha256}",
        size_bytes=data.size_bytes,
    )


def archive_data(
    data: Data,
    release: Path,
    store: ArchiveStore,
    downloads: Path,
    *,
    offline: bool,
    progress: Progress,
) -> bool:
    """Store a piece of data unless the store has it.

    Args:
        data: What the manifest says of it.
        release: Directory of the release.
        store: Where to keep it.
        downloads: Directory of downloads that are under way.
        offline: Whether nothing may be fetched.
        progress: Told how much is there.

    Returns:
        Whether it was stored now.

    Raises:
        IntegrityError: Checksum or size are not those of the manifest.
        EcrError: As ``download`` and ``ArchiveStore.put`` raise them.
    """
    digest = f"sha256:{data.sha256}"
    if store.find(digest) == data.size_bytes:
        return False
    if data.path is not None:
        file = release / data.path
        _check_file(file, data)
        store.put(digest, file)
        return True
    if data.url is None:  # pragma: no cover - the model has exactly one of the two
        raise ArchiveError("it has neither url nor path")
    if offline:
        raise TransferError(
            f"{data.url} is not in the archive store, and --offline forbids to fetch it",
            hint="run once without --offline",
        )
    file = download(
        Wanted(data.url, data.sha256, data.size_bytes),
        downloads,
        progress=lambda done, total: progress(f"fetching {data.name}", done, total),
    )
    store.put(digest, file)
    with explain_disk_errors(downloads):
        file.unlink(missing_ok=True)
    return True


def _check_file(file: Path, data: Data) -> None:
    if not file.is_file() or file.is_symlink():
        raise ArchiveError(f"there is no file {data.path}", hint="add it beside release.yaml")
    content = sha256()
    size = 0
    with explain_disk_errors(file.parent), file.open("rb") as stream:
        while part := stream.read(1 << 20):
            content.update(part)
            size += len(part)
    if content.hexdigest() != data.sha256 or size != data.size_bytes:
        raise IntegrityError(
            f"{data.path} has {size:,} bytes with checksum {content.hexdigest()}, and release.yaml "
            f"says {data.size_bytes:,} bytes with checksum {data.sha256}",
            hint="the file or the manifest is wrong; a release that was merged must not change",
        )
