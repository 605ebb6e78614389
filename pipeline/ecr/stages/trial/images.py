"""Finds the image of a release for a platform: on this machine, or in the registry it went to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.catalog.record_writer import read_build
from ecr.stages.build.places import images_of
from ecr.stages.build.records import read_platform
from ecr.tools.oci_layout import OciLayout, digest_of
from ecr.tools.skopeo import pull_image

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.catalog.entries import ReleaseEntry

_PULL_S = 3600.0
_NAME = "image"


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image that can be had.

    Attributes:
        digest: Digest of its manifest.
        layout: Where it is on this machine; ``None`` when it has to be pulled.
        repository: Where it was pushed to; ``None`` when it was not.
    """

    digest: str
    layout: OciLayout | None
    repository: str | None

    def fetch(self, work: Path) -> OciLayout:
        """Return a layout that holds it, pulled into ``work`` if need be.

        Raises:
            ToolError: The registry does not give it.
        """
        if self.layout is not None:
            return self.layout
        pulled = OciLayout(work / "pulled")
        source = f"{self.repository}@{self.digest}"
        pull_image(source, pulled.directory, _NAME, timeout_s=_PULL_S)
        return pulled


def find_image(root: Path, entry: ReleaseEntry, platform: str) -> FoundImage | None:
    """Return the image of a platform, or ``None`` when it is not built.

    What ``build.json`` names is the release. An image that was built here and not put together with
    those of the other platforms yet is tested as well, if it is of the manifest as it is now.
    """
    layout = OciLayout(images_of(root, entry.id.bundle))
    build = read_build(root, entry)
    image = None if build is None else build.images.get(platform)
    record = read_platform(root, entry.id, platform)
    if record is not None and record.manifest != digest_of(entry.manifest_text):
        record = None
    if record is not None and not layout.has(record.image.digest) and record.repository is None:
        record = None
    newer = record is not None and (
        image is None or build is None or build.built is None or record.built > build.built
    )
    if record is not None and newer:
        here = layout if layout.has(record.image.digest) else None
        return FoundImage(record.image.digest, here, record.repository)
    if image is None or build is None:
        return None
    here = layout if layout.has(image.digest) else None
    if here is None and build.repository is None:
        return None
    return FoundImage(image.digest, here, build.repository)
