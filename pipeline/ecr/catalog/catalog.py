"""The loaded catalog, or one bundle or release of it, for commands that need the contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.catalog import layout
from ecr.catalog.loader import load_bundle
from ecr.catalog.names import check_layout
from ecr.errors import FindingsError, NotFoundError
from ecr.findings import Finding, has_errors, sort_findings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ecr.catalog.entries import BundleEntry, ReleaseEntry
    from ecr.model.identity import BundleId, ReleaseId


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every bundle that can be used, and everything that was found.

    Attributes:
        root: The catalog's root.
        bundles: The bundles, sorted by id, without those that have errors.
        findings: All findings, sorted.
    """

    root: Path
    bundles: tuple[BundleEntry, ...]
    findings: tuple[Finding, ...]


def load_catalog(root: Path) -> Catalog:
    """Load and check every bundle.

    Raises:
        NotFoundError: There is no catalog at ``root``.
    """
    files = layout.scan_catalog(root)
    loaded = [load_bundle(root, bundle) for bundle in files.bundles]
    findings = [finding for bundle in loaded for finding in bundle.findings]
    return Catalog(
        root,
        tuple(bundle.entry for bundle in loaded if bundle.entry is not None),
        tuple(sort_findings([*findings, *check_layout(files)])),
    )


def find_bundle(root: Path, identity: BundleId) -> BundleEntry:
    """Load one bundle, and no other.

    Raises:
        NotFoundError: There is no such bundle.
        FindingsError: It has errors.
    """
    return _find(root, identity, None)


def find_release(root: Path, identity: ReleaseId) -> tuple[BundleEntry, ReleaseEntry]:
    """Load one release, and nothing of its bundle but what all releases share.

    Returns:
        The bundle with this release as its only one, and the release.

    Raises:
        NotFoundError: There is no such release.
        FindingsError: It has errors.
    """
    entry = _find(root, identity.bundle, {identity.version})
    return entry, entry.releases[0]


def _find(root: Path, identity: BundleId, versions: set[str] | None) -> BundleEntry:
    files = layout.scan_bundle(root, identity)
    if files is None:
        hint = "see the directories below bundles/ for those there are"
        raise NotFoundError(f"there is no bundle '{identity}' in the catalog", hint=hint)
    if versions is not None and not versions <= set(files.directories):
        there = ", ".join(files.directories) or "none"
        version = ", ".join(sorted(versions))
        raise NotFoundError(
            f"there is no release '{identity}:{version}' in the catalog", hint=f"there is: {there}"
        )
    loaded = load_bundle(root, files, versions)
    if loaded.entry is None or has_errors(loaded.findings):
        raise FindingsError(
            f"'{identity}' has errors: {_first_error(loaded.findings)}",
            hint=f"see them all with: ecr validate {files.path}",
        )
    return loaded.entry


def _first_error(findings: Iterable[Finding]) -> str:
    for finding in findings:
        if finding.severity == "error":
            return f"{finding.path}:{finding.line}: {finding.message}"
    return "it cannot be loaded"
