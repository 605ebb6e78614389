"""Provenance of archives: a statement for each, in the store beside them, named by the record."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ecr.catalog.record_writer import read_build, update_build
from ecr.stages.build.provenance import render_archive_statement
from ecr.tools.oci_layout import digest_of

if TYPE_CHECKING:
    from ecr.catalog.entries import ReleaseEntry
    from ecr.stages.build.settings import BuildSettings
    from ecr.tools.object_store import ArchiveStore


def state_archives(
    root: Path, entry: ReleaseEntry, store: ArchiveStore, settings: BuildSettings
) -> None:
    """Store a statement for every archive of a release that has none yet, and record it.

    One that is recorded stays: it says who stored the archive first.

    Raises:
        StoreError: The store does not take a statement.
    """
    build = read_build(root, entry)
    if build is None:
        return
    known = {
        archive.digest: build.statements[archive.digest]
        for archive in build.archives
        if archive.digest in build.statements
    }
    statements = dict(known)
    for archive in build.archives:
        if archive.digest not in statements:
            content = render_archive_statement(entry, build, archive, settings)
            statements[archive.digest] = _put(store, content)
    if statements != build.statements:
        update_build(root, entry, {"statements": statements})


def _put(store: ArchiveStore, content: bytes) -> str:
    digest = digest_of(content)
    if store.find(digest) is None:
        with tempfile.TemporaryDirectory(prefix="ecr-statement-") as directory:
            file = Path(directory, "statement.json")
            file.write_bytes(content)
            store.put(digest, file)
    return digest
