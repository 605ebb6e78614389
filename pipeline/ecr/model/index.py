"""The documents of ``api/v1``: what machines fetch.

The root names 256 shards by digest, a shard names its releases' documents by digest: a client
that holds the digest of the root can verify everything it fetches after it. Publishing writes
these documents; ``ecr.client`` reads them with these models. Changes are additive only, so a
reader ignores what it does not know, and a value that may gain members is a plain string here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from ecr.model.fields import Digest, Json, NonNegativeInt


class IndexModel(BaseModel):
    """Base of what is fetched: frozen, and unknown fields are ignored."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", use_attribute_docstrings=True, hide_input_in_errors=True
    )


DocumentPath = Annotated[
    str, Field(pattern=r"^[a-z0-9][A-Za-z0-9.-]*(/[A-Za-z0-9][A-Za-z0-9.-]*)*\.json$")
]
"""Path of a document, relative to ``api/v1/``; never leads out of it."""
ShardPrefix = Annotated[str, Field(pattern=r"^[0-9a-f]{2}$")]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
"""A day, as YYYY-MM-DD."""


class ContentRef(IndexModel):
    """Bytes, known by their digest."""

    digest: Digest
    """SHA-256 of the document's bytes."""
    size_bytes: NonNegativeInt
    """Size of the document in bytes, as it is without content encoding."""


class DocumentRef(ContentRef):
    """A document, known by its digest."""

    path: DocumentPath
    """Path, relative to ``api/v1/``."""


class Counts(IndexModel):
    """How much the catalog holds."""

    namespaces: NonNegativeInt
    """Namespaces with at least one public bundle."""
    bundles: NonNegativeInt
    """Public bundles."""
    releases: NonNegativeInt
    """Their releases."""


class Root(IndexModel):
    """``index.json``: the small root, the one document to fetch again and again."""

    schema_version: Literal[1]
    """Version of the documents' schema."""
    counts: Counts
    """How much the catalog holds."""
    documents: dict[str, DocumentRef]
    """Other documents about the whole catalog: ``releases``, ``hardware``."""
    shards: dict[ShardPrefix, ContentRef]
    """The 256 shards by prefix; shard ``3f`` is ``shards/3f.json``. A release is in the shard
    that is the first byte of the SHA-256 of its id, in hex."""


class ShardRow(DocumentRef):
    """One release in a shard."""

    id: str
    """Id, as ``namespace/name:version``."""
    status: str
    """``listed``, ``built``, ``profiled``, ``reviewed``, ``certified``, ``deprecated`` or
    ``yanked``."""
    platforms: tuple[str, ...]
    """OCI platforms."""
    added: Day
    """Day the release entered the catalog."""


class Shard(IndexModel):
    """``shards/<prefix>.json``: a 256th of the releases, sorted by id."""

    schema_version: Literal[1]
    """Version of the document's schema."""
    prefix: ShardPrefix
    """The shard's prefix."""
    releases: tuple[ShardRow, ...]
    """Its releases."""


class ReleaseRow(IndexModel):
    """One release at a glance."""

    id: str
    """Id, as ``namespace/name:version``."""
    title: str
    """Name for people."""
    summary: str
    """One sentence: what it tells a scientist."""
    kind: str
    """``container``, ``script`` or ``binary``."""
    status: str
    """As in a shard."""
    platforms: tuple[str, ...]
    """OCI platforms."""
    keywords: tuple[str, ...]
    """Words to find it by."""
    license: str
    """SPDX licence expression; NOASSERTION when its author states none."""
    added: Day
    """Day the release entered the catalog."""
    path: DocumentPath
    """Path of the release's document, relative to ``api/v1/``."""


class ReleasesList(IndexModel):
    """``releases.json``: every release at a glance, by bundle, newest version first."""

    schema_version: Literal[1]
    """Version of the document's schema."""
    releases: tuple[ReleaseRow, ...]
    """The releases."""


class ImageRef(IndexModel):
    """The image of one platform."""

    digest: Digest
    """Digest of the image manifest."""
    size_bytes: NonNegativeInt
    """Sum of the compressed layers in bytes."""
    reference: str | None = None
    """What to pull, by digest; absent when the image was not pushed."""
    emulated: bool
    """Whether the build ran under emulation."""


class Images(IndexModel):
    """The images of a release."""

    digest: Digest | None = None
    """Digest of the image index (the manifest list)."""
    reference: str | None = None
    """What to pull on any platform, by digest; absent when nothing was pushed."""
    platforms: dict[str, ImageRef]
    """Images, by platform."""


class Distribution(IndexModel):
    """How a quantity was distributed over the measured runs."""

    p50: float
    """Median."""
    p95: float
    """95th percentile."""
    p99: float
    """99th percentile."""
    max: float
    """Largest value."""


class ProfileRow(IndexModel):
    """Summary of one measured run."""

    hardware: str
    """Id in the hardware registry."""
    platform: str
    """Platform of the image that ran."""
    image: Digest
    """Digest of the image that ran."""
    measured: AwareDatetime
    """When the run ended."""
    emulated: bool
    """Whether the processor was emulated. Emulated runs are never compared."""
    virtual_waggle: bool
    """Whether it ran on a Virtual Waggle, not on a node."""
    power_mode: str | None = None
    """Power mode of the board."""
    runs: int
    """Measured runs."""
    duration_s: Distribution
    """Duration of a run in seconds."""
    cpu_millicores: Distribution
    """CPU in thousandths of a core."""
    memory_bytes: Distribution
    """Working set in bytes."""
    gpu_memory_bytes: Distribution | None = None
    """GPU memory in bytes."""
    cold_start_s: float | None = None
    """Time to the first output of the first run in seconds."""
    energy_joules: float | None = None
    """Energy of one run."""
    raw_log: Digest
    """Digest of the raw log."""


class DeclaredNeeds(IndexModel):
    """What the author says a release needs."""

    cpu_millicores: int | None = None
    """CPU in thousandths of a core."""
    memory_bytes: int | None = None
    """Memory in bytes."""
    gpu: bool
    """Whether it does not run without a GPU."""
    gpu_memory_bytes: int | None = None
    """GPU memory in bytes."""
    gpu_capabilities: tuple[str, ...] = ()
    """Capabilities the GPU must have."""
    devices: tuple[str, ...] = ()
    """Sensors and devices."""
    network: str
    """``none``, ``node`` or ``internet``."""


class MeasuredNeeds(IndexModel):
    """What a release was seen to need on one board: the largest of all runs that count."""

    hardware: str
    """Id in the hardware registry."""
    profiles: int
    """Profiles that were taken into account; emulated ones never are."""
    cpu_millicores: float
    """Largest 95th percentile of CPU in thousandths of a core."""
    memory_bytes: float
    """Largest working set in bytes."""
    gpu_memory_bytes: float | None = None
    """Largest GPU memory in bytes."""


class Requirements(IndexModel):
    """What a release needs: as its author says, and as it was measured."""

    declared: DeclaredNeeds
    """What the author says."""
    measured: tuple[MeasuredNeeds, ...]
    """What was measured, by hardware."""


class FitRow(IndexModel):
    """Whether a release runs on a board."""

    hardware: str
    """Id in the hardware registry."""
    answer: str
    """``yes``, ``no`` or ``unknown``."""
    reason: str
    """Why, in words."""


class Citation(IndexModel):
    """How to cite a release, from what its author and the catalog say."""

    text: str
    """The citation as one sentence."""
    authors: tuple[str, ...]
    """Authors, in their order."""
    title: str
    """Title."""
    version: str
    """Version."""
    year: int
    """Year the release entered the catalog."""
    license: str
    """SPDX licence expression."""
    url: str
    """Page of the release."""


class Provenance(IndexModel):
    """Where a release comes from, as digests."""

    manifest: Digest
    """Digest of ``release.yaml``."""
    manifest_path: str
    """Path of ``release.yaml`` in the catalog's repository."""
    git: str | None = None
    """Where the code was cloned from; absent when it lives in the catalog."""
    commit: str | None = None
    """Commit of the code."""
    directory: str
    """Directory of the code in its repository."""
    swhids: tuple[str, ...] = ()
    """Software Heritage identifiers of the source."""


class Links(IndexModel):
    """Addresses that belong to a release."""

    page: str
    """Page for people."""
    bundle: DocumentPath
    """Document of the bundle, relative to ``api/v1/``."""
    manifest: str | None = None
    """``release.yaml`` where the catalog's repository can be browsed."""


class ReleaseDocument(IndexModel):
    """``releases/<namespace>/<name>/<version>.json``: everything about one release."""

    schema_version: Literal[1]
    """Version of the document's schema."""
    id: str
    """Id, as ``namespace/name:version``."""
    namespace: str
    """Namespace."""
    name: str
    """Name of the bundle."""
    version: str
    """Semantic version."""
    title: str
    """Name for people."""
    summary: str
    """One sentence: what it tells a scientist."""
    kind: str
    """``container``, ``script`` or ``binary``."""
    status: str
    """As in a shard."""
    access: str
    """``public``: protected bundles are not published."""
    platforms: tuple[str, ...]
    """OCI platforms."""
    images: Images | None
    """Images by digest; ``null`` before the first build."""
    requirements: Requirements
    """What it needs, declared and measured."""
    fits: tuple[FitRow, ...]
    """Whether it runs on each board of the hardware registry, as its author declares."""
    profiles: tuple[ProfileRow, ...]
    """Summaries of the measured runs."""
    decisions: dict[str, Json]
    """``status.yaml``: added, certification, approvals, deprecated, yanked; who, when, why."""
    citation: Citation
    """How to cite it."""
    provenance: Provenance
    """Where it comes from."""
    links: Links
    """Addresses that belong to it."""
    manifest: dict[str, Json]
    """``release.yaml`` in full, defaults filled in."""
    build: dict[str, Json] | None
    """``build.json`` in full; ``null`` before the first build."""


class BundleRelease(DocumentRef):
    """One release in its bundle's document."""

    id: str
    """Id, as ``namespace/name:version``."""
    version: str
    """Semantic version."""
    status: str
    """As in a shard."""
    platforms: tuple[str, ...]
    """OCI platforms."""
    added: Day
    """Day the release entered the catalog."""


class BundleDocument(IndexModel):
    """``bundles/<namespace>/<name>.json``: a bundle and its releases."""

    schema_version: Literal[1]
    """Version of the document's schema."""
    id: str
    """Id, as ``namespace/name``."""
    namespace: str
    """Namespace."""
    name: str
    """Name."""
    title: str
    """Title of the newest release."""
    summary: str
    """Summary of the newest release."""
    access: str
    """``public``: protected bundles are not published."""
    owners: tuple[str, ...]
    """Owners of the namespace."""
    maintainers: tuple[str, ...]
    """Who answers for the bundle, beside the owners."""
    successor: str | None = None
    """Bundle to use in place of this one."""
    successor_reason: str | None = None
    """Why the successor should be used."""
    newest: str
    """Id of the release to use first: the newest that is neither yanked nor a pre-release."""
    page: str
    """Page for people."""
    releases: tuple[BundleRelease, ...]
    """Its releases, newest version first."""


class FitCounts(IndexModel):
    """How many releases run on a board."""

    yes: NonNegativeInt
    """Releases that do."""
    no: NonNegativeInt
    """Releases that do not."""
    unknown: NonNegativeInt
    """Releases of which it is not known."""


class HardwareRow(DocumentRef):
    """One board in the list."""

    id: str
    """Id, such as ``xaviernx``."""
    title: str
    """Name for people."""
    platforms: tuple[str, ...]
    """Platforms it runs."""
    counts: FitCounts
    """How many releases run on it."""


class HardwareList(IndexModel):
    """``hardware.json``: the boards of the hardware registry."""

    schema_version: Literal[1]
    """Version of the document's schema."""
    hardware: tuple[HardwareRow, ...]
    """The boards, in the registry's order."""


class FitGroup(IndexModel):
    """Releases that get the same answer for the same reason."""

    answer: str
    """``yes``, ``no`` or ``unknown``."""
    reason: str
    """Why, in words."""
    releases: tuple[str, ...]
    """Ids of the releases, sorted."""


class HardwareDocument(IndexModel):
    """``hardware/<id>.json``: one board, and what runs on it."""

    schema_version: Literal[1]
    """Version of the document's schema."""
    id: str
    """Id, such as ``xaviernx``."""
    hardware: dict[str, Json]
    """The board's entry in the hardware registry; what is not known is absent."""
    counts: FitCounts
    """How many releases run on it."""
    fits: tuple[FitGroup, ...]
    """The releases by answer and reason."""


DOCUMENTS: dict[str, type[IndexModel]] = {
    "index": Root,
    "shard": Shard,
    "releases": ReleasesList,
    "release": ReleaseDocument,
    "bundle": BundleDocument,
    "hardware-list": HardwareList,
    "hardware": HardwareDocument,
}
"""Model of every document, by the name of its JSON Schema in ``schemas/``."""
