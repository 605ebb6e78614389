"""``build.json``: what the pipeline built from a release, by digest."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from ecr.model.fields import (
    Digest,
    GitCommit,
    Line,
    PlatformName,
    PositiveInt,
    RecordModel,
)

Swhid = Annotated[str, Field(pattern=r"^swh:1:(cnt|dir|rev|rel|snp):[0-9a-f]{40}$")]
"""Software Heritage identifier (ISO/IEC 18670)."""


class Archive(RecordModel):
    """Stored bytes of a release: its source or a piece of its data."""

    name: Line
    """``source``, or the name of the data."""
    digest: Digest
    """SHA-256 of the stored bytes."""
    size_bytes: PositiveInt
    """Size in bytes."""


class Image(RecordModel):
    """The image of one platform."""

    digest: Digest
    """Digest of the image manifest."""
    size_bytes: PositiveInt
    """Sum of the compressed layers in bytes."""
    base_digest: Digest | None = None
    """Digest of the base image's manifest."""
    emulated: bool
    """Whether the build ran under emulation."""
    builder: Line
    """Program and version that built it."""
    duration_s: Annotated[float, Field(ge=0)]
    """Time the build took in seconds."""
    sbom: Digest | None = None
    """Digest of the software bill of materials."""
    provenance: Digest | None = None
    """Digest of the in-toto statement with SLSA provenance."""


class Build(RecordModel):
    """What was built from one release."""

    schema_version: Literal[1]
    """Version of this document's schema."""
    id: Line
    """Id of the release."""
    built: AwareDatetime
    """When the build ended."""
    commit: GitCommit | None = None
    """Commit of the source; absent for code that lives in the catalog."""
    swhids: tuple[Swhid, ...] = ()
    """Software Heritage identifiers of the source."""
    archives: tuple[Archive, ...] = ()
    """Stored source and data."""
    repository: Line | None = None
    """Registry and repository the images were pushed to; absent when they were not pushed."""
    digest: Digest | None = None
    """Digest of the image index (the manifest list)."""
    images: dict[PlatformName, Image] = Field(default_factory=dict)
    """Images, by platform."""
