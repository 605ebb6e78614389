"""Rules about one bundle: its own manifest, its media, its releases together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecr.catalog.entries import ReleaseEntry
    from ecr.catalog.layout import BundleFiles
    from ecr.model.bundle import Bundle
    from ecr.model.namespace import Namespace


def check_bundle(
    root: Path,
    files: BundleFiles,
    namespace: Namespace | None,
    bundle: Bundle | None,
    releases: Sequence[ReleaseEntry],
) -> list[Finding]:
    """Check one bundle; manifests that do not follow their schema are ``None``."""
    return []
