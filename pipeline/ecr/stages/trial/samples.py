"""Sample inputs: brought to files of their own, checked, to be mounted.

Models and configuration are in the image already, as they are on a node; mounting them again would
hide that one is missing there.
"""

from __future__ import annotations

import shutil
from hashlib import file_digest
from typing import TYPE_CHECKING

from ecr.errors import IntegrityError
from ecr.model.release import DataRole
from ecr.stages.trial.errors import NotTestableError
from ecr.tools.disk import explain_disk_errors
from ecr.tools.object_store import copy_object

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.catalog.entries import ReleaseEntry
    from ecr.model.release import Data
    from ecr.tools.object_store import ArchiveStore


def list_samples(entry: ReleaseEntry) -> dict[str, Data]:
    """Return the samples that have a place in the container, by that place."""
    return {
        data.mount: data
        for data in entry.manifest.data
        if data.role is DataRole.SAMPLE and data.mount is not None
    }


def fetch_samples(
    root: Path, entry: ReleaseEntry, store: ArchiveStore, work: Path
) -> dict[str, Path]:
    """Copy the samples into ``work``; return the files by their place in the container.

    Raises:
        NotTestableError: One is not archived.
        IntegrityError: One is not the file its manifest names.
    """
    files = {}
    for number, (mount, data) in enumerate(sorted(list_samples(entry).items())):
        target = work / f"sample-{number}"
        digest = f"sha256:{data.sha256}"
        if data.path is not None:
            _copy_checked(root / entry.path / data.path, data, target)
        elif store.find(digest) is not None:
            copy_object(store, digest, target)
        else:
            raise NotTestableError(
                f"its data '{data.name}' is not in the archive store {store.url}",
                hint=f"archive it first: ecr archive {entry.id}",
            )
        target.chmod(0o444)
        files[mount] = target
    return files


def _copy_checked(file: Path, data: Data, target: Path) -> None:
    with explain_disk_errors(target.parent):
        shutil.copyfile(file, target)
        with target.open("rb") as stream:
            found = file_digest(stream, "sha256").hexdigest()
    if found != data.sha256:
        raise IntegrityError(
            f"{data.path} has checksum {found}, and release.yaml says {data.sha256}",
            hint="the file or the manifest is wrong; a release that was merged must not change",
        )
