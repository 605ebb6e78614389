"""Where builds leave what they make, below the catalog's root; git ignores all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.model.identity import BundleId, ReleaseId

STATE = ".ecr"
IMAGES = f"{STATE}/images"
RECORDS = f"{STATE}/builds"
LOGS = f"{STATE}/logs/build"


def images_of(root: Path, bundle: BundleId) -> Path:
    """Return the OCI layout that holds a bundle's images."""
    return root / IMAGES / bundle.namespace / bundle.name


def record_of(root: Path, release: ReleaseId, platform: str) -> Path:
    """Return the record of one platform, before all are together."""
    return (
        root
        / RECORDS
        / release.namespace
        / release.name
        / release.version
        / (f"{name_platform(platform)}.json")
    )


def log_of(root: Path, release: ReleaseId, platform: str) -> Path:
    """Return the log of building one platform."""
    return (
        root
        / LOGS
        / release.namespace
        / release.name
        / release.version
        / (f"{name_platform(platform)}.log")
    )


def name_platform(platform: str) -> str:
    """Return a platform as it stands in names: ``linux-arm64``."""
    return platform.replace("/", "-")


def name_image(release: ReleaseId, platform: str) -> str:
    """Return the tag of the image of one platform."""
    return f"{release.version}-{name_platform(platform)}"
