"""Where an image or an archive comes from, as an in-toto statement with SLSA provenance.

Follows in-toto Statement v1 and SLSA Provenance v1. Written here is what was done; signing it is
another step. No times are written, so that the same build gives the same statement; when it was
built is in ``build.json``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecr import __version__
from ecr.model.release import GitSource
from ecr.stages.build.sbom import IN_IMAGE
from ecr.tools.oci_layout import digest_of, render_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecr.catalog.entries import ReleaseEntry
    from ecr.model.build import Archive, Build
    from ecr.stages.build.base import Base
    from ecr.stages.build.settings import BuildSettings

MEDIA_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known of a build besides the release.

    Attributes:
        platform: OCI platform.
        digest: Digest of the image manifest.
        inputs: Digest of everything that was given to the build.
        base: Base image; ``None`` when there is none.
        emulated: Whether programs of the platform ran under emulation.
        tools: Versions of the programs that took part, by name.
        sbom: Digest of the bill of materials.
    """

    platform: str
    digest: str
    inputs: str
    base: Base | None
    emulated: bool
    tools: Mapping[str, str]
    sbom: str


def render_image_statement(
    entry: ReleaseEntry, build: Build, facts: ImageFacts, settings: BuildSettings
) -> bytes:
    """Return the statement on an image as canonical JSON."""
    materials = [*_list_source(entry, build, settings), *_list_archives(entry, build)]
    if facts.base is not None:
        materials.append(
            {
                "name": "base image",
                "uri": f"oci:{facts.base.name.partition('@')[0]}",
                "digest": _digest(facts.base.digest),
            }
        )
    return _render(
        subject={"name": str(entry.id), "digest": _digest(facts.digest)},
        definition={
            "buildType": f"{settings.site_url}publish/images/#what-an-image-is-made-of",
            "externalParameters": {"release": str(entry.id), "platform": facts.platform},
            "internalParameters": {"inputs": facts.inputs, "emulated": facts.emulated},
            "resolvedDependencies": materials,
        },
        settings=settings,
        tools=facts.tools,
        byproducts=[{"name": "software bill of materials", "digest": _digest(facts.sbom)}],
    )


def render_archive_statement(
    entry: ReleaseEntry, build: Build, archive: Archive, settings: BuildSettings
) -> bytes:
    """Return the statement on a stored source or piece of data as canonical JSON."""
    data = next((data for data in entry.manifest.data if data.name == archive.name), None)
    if data is None or archive.role == "source":
        materials = _list_source(entry, build, settings)
    else:
        place = data.url or f"{_catalog(settings)}/{entry.path}/{data.path}"
        materials = [{"name": data.name, "uri": place, "digest": {"sha256": data.sha256}}]
    return _render(
        subject={"name": f"{entry.id} {archive.name}", "digest": _digest(archive.digest)},
        definition={
            "buildType": f"{settings.site_url}publish/archive/",
            "externalParameters": {"release": str(entry.id), "archive": archive.name},
            "internalParameters": {},
            "resolvedDependencies": materials,
        },
        settings=settings,
        tools={},
        byproducts=[],
    )


def _render(
    *,
    subject: dict[str, Any],
    definition: dict[str, Any],
    settings: BuildSettings,
    tools: Mapping[str, str],
    byproducts: list[dict[str, Any]],
) -> bytes:
    builder = {"id": settings.builder, "version": {"ecr": __version__, **tools}}
    run: dict[str, Any] = {"builder": builder}
    if byproducts:
        run["byproducts"] = byproducts
    return render_json(
        {
            "_type": STATEMENT_TYPE,
            "subject": [subject],
            "predicateType": PREDICATE_TYPE,
            "predicate": {"buildDefinition": definition, "runDetails": run},
        }
    )


def _list_source(
    entry: ReleaseEntry, build: Build, settings: BuildSettings
) -> list[dict[str, Any]]:
    source = entry.manifest.code.source
    manifest = {
        "name": "release.yaml",
        "uri": f"{_catalog(settings)}/{entry.path}/release.yaml",
        "digest": _digest(digest_of(entry.manifest_text)),
    }
    if isinstance(source, GitSource):
        code = {
            "name": "source",
            "uri": f"git+{source.git}@{source.commit}",
            "digest": {"gitCommit": source.commit},
        }
        submodules = [
            {
                "name": f"submodule {module.path}",
                "uri": f"git+{module.url}@{module.commit}",
                "digest": {"gitCommit": module.commit},
            }
            for module in build.submodules
        ]
        return [manifest, code, *submodules]
    tree = next((swhid for swhid in build.swhids if swhid.startswith("swh:1:dir:")), None)
    code = {"name": "source", "uri": f"{_catalog(settings)}/{entry.path}/{source.path}"}
    if tree is not None:
        # in-toto's name for the hash git gives a directory.
        return [manifest, {**code, "digest": {"gitTree": tree.rpartition(":")[2]}}]
    return [manifest, code]


def _list_archives(entry: ReleaseEntry, build: Build) -> list[dict[str, Any]]:
    used = {data.name for data in entry.manifest.data if data.role in IN_IMAGE and data.mount}
    return [
        {"name": f"archive of {archive.name}", "digest": _digest(archive.digest)}
        for archive in build.archives
        if archive.role == "source" or archive.name in used
    ]


def _catalog(settings: BuildSettings) -> str:
    return (settings.repository_url or settings.site_url).rstrip("/")


def _digest(digest: str) -> dict[str, str]:
    return {"sha256": digest.removeprefix("sha256:")}
