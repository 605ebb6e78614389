"""Which releases a command is to work on: those named, those that changed, or all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.catalog import layout
from ecr.catalog.loader import load_bundle
from ecr.errors import NotFoundError
from ecr.findings import Severity
from ecr.model.identity import BundleId, ReleaseId

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ecr.catalog.entries import BundleEntry, ReleaseEntry
    from ecr.findings import Finding

_NOT_OF_THE_RELEASE = {layout.BUILD_FILE, layout.STATUS_FILE, layout.DOI_FILE}
"""Files beside a manifest that say nothing about what is archived, built or run."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What was selected.

    Attributes:
        releases: Releases that loaded, by bundle, newest first.
        findings: Findings of severity ``error`` in the bundles that were looked at; releases that
            have one are not among ``releases``.
    """

    releases: tuple[ReleaseEntry, ...]
    findings: tuple[Finding, ...]


def select_all(root: Path) -> Selection:
    """Select every release of a catalog."""
    return _select(root, ((bundle, None) for bundle in layout.list_bundle_ids(root)))


def select_named(root: Path, ids: Sequence[BundleId | ReleaseId]) -> Selection:
    """Select releases by id; a bundle's id stands for all its releases.

    Raises:
        NotFoundError: There is no such bundle or release.
    """
    wanted: dict[BundleId, set[str] | None] = {}
    for name in ids:
        if isinstance(name, BundleId):
            wanted[name] = None
        elif (versions := wanted.setdefault(name.bundle, set())) is not None:
            versions.add(name.version)
    for bundle, versions in wanted.items():
        directory = root / layout.BUNDLES / bundle.namespace / bundle.name
        if not directory.is_dir():
            raise NotFoundError(f"there is no bundle {bundle} in this catalog")
        for version in versions or ():
            if not (directory / version).is_dir():
                raise NotFoundError(f"there is no release {ReleaseId(*bundle, version)}")
    return _select(root, wanted.items())


def select_changed(root: Path, changes: Iterable[tuple[str, str]]) -> Selection:
    """Select the releases whose manifest, code or data changed.

    Args:
        root: The catalog's root.
        changes: (status letter, path relative to the root), as ``git diff --name-status`` has them.
    """
    wanted: dict[BundleId, set[str]] = {}
    for status, path in changes:
        parts = path.split("/")
        if status == "D" or len(parts) < 5 or parts[0] != layout.BUNDLES:
            continue
        version, inner = parts[3], parts[4]
        if (
            version != layout.MEDIA
            and inner != layout.PROFILES
            and inner not in _NOT_OF_THE_RELEASE
        ):
            wanted.setdefault(BundleId(parts[1], parts[2]), set()).add(version)
    return _select(root, wanted.items())


def _select(root: Path, wanted: Iterable[tuple[BundleId, set[str] | None]]) -> Selection:
    releases: list[ReleaseEntry] = []
    findings: list[Finding] = []
    for bundle, versions in wanted:
        files = layout.scan_bundle(root, bundle)
        if files is None:
            continue
        loaded = load_bundle(root, files)
        releases += _pick(loaded.entry, versions)
        findings += [
            finding
            for finding in loaded.findings
            if finding.severity is Severity.ERROR and _concerns(finding, files.path, versions)
        ]
    return Selection(tuple(releases), tuple(findings))


def _pick(entry: BundleEntry | None, versions: set[str] | None) -> list[ReleaseEntry]:
    if entry is None:
        return []
    return [
        release
        for release in entry.releases
        if versions is None or release.manifest.version in versions
    ]


def _concerns(finding: Finding, bundle: str, versions: set[str] | None) -> bool:
    """Say whether a finding is in what was selected, or in what all releases of a bundle share."""
    inner = finding.path.removeprefix(f"{bundle}/").split("/")
    return versions is None or len(inner) == 1 or inner[0] in versions or finding.path == inner[0]
