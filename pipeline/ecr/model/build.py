"""``build.json``: what the pipeline built from a release, by digest."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from ecr.model.fields import (
    Digest,
    GitCommit,
    HttpsUrl,
    Line,
    NonNegativeInt,
    PlatformName,
    PositiveInt,
    RecordModel,
    Text,
)
from ecr.model.trial import TrialRecord

Swhid = Annotated[str, Field(pattern=r"^swh:1:(cnt|dir|rev|rel|snp):[0-9a-f]{40}$")]
"""Software Heritage identifier (ISO/IEC 18670)."""


class ArchiveRole(StrEnum):
    """What an archive is for: the code, or one of the roles of data."""

    SOURCE = "source"
    MODEL = "model"
    TRAINING_DATA = "training-data"
    CONFIGURATION = "configuration"
    SAMPLE = "sample"


class Archive(RecordModel):
    """Stored bytes of a release: its source or a piece of its data."""

    name: Line
    """``source``, or the name of the data."""
    role: ArchiveRole = ArchiveRole.SOURCE
    """``source``, or the role of the data."""
    digest: Digest
    """SHA-256 of the stored bytes."""
    size_bytes: PositiveInt
    """Size of the stored bytes."""
    media_type: Line | None = None
    """What the stored bytes are: ``application/x-tar`` for the source; absent for data."""
    compression: Literal["gzip"] | None = None
    """How the stored bytes are compressed; absent when they are not."""
    content_digest: Digest | None = None
    """SHA-256 of the bytes before compression: it depends on the files alone."""


class Submodule(RecordModel):
    """A repository inside the source's repository, archived with it."""

    path: Text
    """Directory it is in."""
    url: HttpsUrl
    """Where it was fetched."""
    commit: GitCommit
    """Commit the repository around it names."""


class LargeFile(RecordModel):
    """A file of Git LFS: git holds a pointer, the archive the file itself."""

    path: Text
    """Path in the source."""
    digest: Digest
    """SHA-256 of the file, as the pointer says."""
    size_bytes: NonNegativeInt
    """Size of the file in bytes."""


class ImageLayer(RecordModel):
    """One layer of an image."""

    digest: Digest
    """Digest of the compressed layer."""
    size_bytes: PositiveInt
    """Its compressed size in bytes."""


class Image(RecordModel):
    """The image of one platform."""

    digest: Digest
    """Digest of the image manifest."""
    size_bytes: PositiveInt
    """Sum of the compressed layers in bytes."""
    layers: tuple[ImageLayer, ...] = ()
    """Layers, the lowest first; nodes fetch only those they do not have."""
    base_name: Line | None = None
    """Base image, as its Containerfile names it; absent when there is none."""
    base_digest: Digest | None = None
    """Digest of the base image's manifest."""
    inputs: Digest | None = None
    """Digest of everything that was given to the build; the same inputs are not built again."""
    emulated: bool
    """Whether the build ran under emulation."""
    builder: Line
    """Program and version that built it."""
    tools: dict[Line, Line] = Field(default_factory=dict)
    """Versions of the programs that took part, by name."""
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
    built: AwareDatetime | None = None
    """When the build ended; absent before the first build."""
    commit: GitCommit | None = None
    """Commit of the source; absent for code that lives in the catalog."""
    source_time_s: int | None = None
    """Time of the source in seconds since 1970: of the commit, or a fixed one for code that lives
    in the catalog. Times in archives and images are no later."""
    swhids: tuple[Swhid, ...] = ()
    """Software Heritage identifiers of the source: ``dir`` of the whole tree as git holds it
    (a submodule is its commit, a file of Git LFS its pointer), ``rev`` of the commit."""
    submodules: tuple[Submodule, ...] = ()
    """Repositories inside the source's, archived with it."""
    large_files: tuple[LargeFile, ...] = ()
    """Files of Git LFS, archived as themselves."""
    archives: tuple[Archive, ...] = ()
    """Stored source and data."""
    statements: dict[Digest, Digest] = Field(default_factory=dict)
    """In-toto statements with the archives' provenance, in the same store, by archive digest."""
    repository: Line | None = None
    """Registry and repository the images were pushed to; absent when they were not pushed."""
    digest: Digest | None = None
    """Digest of the image index (the manifest list)."""
    images: dict[PlatformName, Image] = Field(default_factory=dict)
    """Images, by platform."""
    tests: dict[PlatformName, tuple[TrialRecord, ...]] = Field(default_factory=dict)
    """What came of the release's tests, by platform."""


class PlatformBuild(RecordModel):
    """The image of one platform before all are together, wherever each was built."""

    schema_version: Literal[1]
    """Version of this document's schema."""
    id: Line
    """Id of the release."""
    platform: PlatformName
    """Platform of the image."""
    built: AwareDatetime
    """When the build ended."""
    source: Digest
    """Digest of the source's files."""
    manifest: Digest
    """Digest of ``release.yaml``."""
    image: Image
    """The image."""
    manifest_size_bytes: PositiveInt
    """Size of the image manifest in bytes."""
    attachments: Digest
    """Digest of the index of documents about the image."""
    repository: Line | None = None
    """Registry and repository the image was pushed to; absent when it was not pushed."""
