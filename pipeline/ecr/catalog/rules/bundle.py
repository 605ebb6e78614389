"""Rules about one bundle: its own manifest, its media, its releases together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.catalog.rules.access import check_bundle_access
from ecr.catalog.rules.context import report
from ecr.catalog.rules.files import check_bundle_names, check_files
from ecr.catalog.rules.media import check_media

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ecr.catalog.layout import BundleFiles, FileStamp
    from ecr.findings import Finding


def check_bundle(
    root: Path,
    files: BundleFiles,
    top: Mapping[str, FileStamp],
    media: Mapping[str, FileStamp],
    looked_at: Sequence[FileStamp],
) -> Iterator[Finding]:
    """Check a bundle's files and directories.

    Args:
        root: The catalog's root.
        files: The bundle's files.
        top: Those directly in its directory, by name.
        media: Those in ``media``, by name.
        looked_at: Those whose kind and name are to be checked.
    """
    yield from check_files(looked_at)
    yield from check_bundle_names(files.path, top.values())
    yield from check_media(root, files.path, media)
    yield from _check_versions(files)


def _check_versions(files: BundleFiles) -> Iterator[Finding]:
    if not files.directories:
        hint = "add a directory for the first one, such as 0.1.0/, with a release.yaml"
        yield report(f"{files.path}/bundle.yaml", "E205", "the bundle has no release", hint)
    seen: dict[str, str] = {}
    for name in files.directories:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            message = f"version '{name}' differs only by case from '{other}'"
            path = f"{files.path}/{name}/release.yaml"
            yield report(path, "E202", message, "choose another version")


__all__ = ["check_bundle", "check_bundle_access"]
