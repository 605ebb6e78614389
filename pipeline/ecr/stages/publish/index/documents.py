"""The documents of one bundle: one for each release, and one for the bundle.

They are written from plain dictionaries, not from the models of ``ecr.model.index``: making
model instances would cost more than all the rest, and tests hold the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ecr.model.addresses import (
    BASE,
    bundle_path,
    digest_bytes,
    release_path,
    shard_prefix,
)
from ecr.model.bundle import Access
from ecr.model.hardware import decide_fit
from ecr.model.release import GitSource
from ecr.stages.publish.measurements import summarise_needs, summarise_profile
from ecr.stages.publish.outputs import OutputFile

if TYPE_CHECKING:
    from ecr.catalog.entries import BundleEntry, ReleaseEntry
    from ecr.model.build import Build
    from ecr.model.release import Needs, Release
    from ecr.stages.publish.outputs import SiteSettings

SCHEMA_VERSION = 1


def render_bundle_documents(
    entry: BundleEntry, settings: SiteSettings
) -> tuple[list[OutputFile], list[dict[str, Any]]]:
    """Return the documents of a public bundle, and a row for each of its releases.

    A row holds what the documents about all releases need, most of it as finished JSON text:
    ``id``, ``shard``, ``entry`` (its row in the shard), ``glance`` (its row in
    ``releases.json``) and ``fits`` (answer and reason for each board, in the registry's order).
    """
    if entry.manifest.access is not Access.PUBLIC:
        raise AssertionError(f"{entry.id} is {entry.manifest.access}; it must not be published")
    fits = _FitMemo(settings)
    files: list[OutputFile] = []
    rows: list[dict[str, Any]] = []
    listed: list[dict[str, Any]] = []
    for release in entry.releases:
        manifest = release.manifest
        identity = str(manifest.id)
        stage = release.stage.value
        platforms = [str(platform) for platform in manifest.platforms]
        path = release_path(manifest.namespace, manifest.name, manifest.version)
        answers = fits.decide(manifest)
        content = orjson.dumps(_describe_release(release, entry, settings, stage, answers))
        files.append(OutputFile(f"{BASE}/{path}", content))
        shard_row = {
            "id": identity,
            "status": stage,
            "platforms": platforms,
            "added": release.status.added.isoformat(),
            "path": path,
            "digest": digest_bytes(content),
            "size_bytes": len(content),
        }
        listed.append({**shard_row, "version": manifest.version})
        rows.append(
            {
                "id": identity,
                "shard": shard_prefix(identity),
                "entry": orjson.dumps(shard_row).decode(),
                "glance": orjson.dumps(_describe_glance(manifest, shard_row)).decode(),
                "fits": orjson.dumps(
                    [[answer["answer"], answer["reason"]] for answer in answers]
                ).decode(),
            }
        )
    document = orjson.dumps(_describe_bundle(entry, settings, listed))
    namespace, name = entry.id
    files.append(OutputFile(f"{BASE}/{bundle_path(namespace, name)}", document))
    return files, rows


class _FitMemo:
    """Decides what fits, once for each set of needs: the releases of a bundle mostly share it."""

    def __init__(self, settings: SiteSettings) -> None:
        self._hardware = settings.hardware
        self._last: tuple[tuple[Any, ...], Needs, list[dict[str, Any]]] | None = None

    def decide(self, manifest: Release) -> list[dict[str, Any]]:
        last = self._last
        if last is not None and last[0] == manifest.platforms and last[1] == manifest.needs:
            return last[2]
        answers = []
        for board in self._hardware:
            fit = decide_fit(manifest, board)
            answers.append({"hardware": board.id, "answer": fit.answer.value, "reason": fit.reason})
        self._last = (manifest.platforms, manifest.needs, answers)
        return answers


def _describe_glance(manifest: Release, shard_row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": shard_row["id"],
        "title": manifest.title,
        "summary": manifest.summary,
        "kind": manifest.code.kind,
        "status": shard_row["status"],
        "platforms": shard_row["platforms"],
        "keywords": manifest.keywords,
        "license": manifest.license,
        "added": shard_row["added"],
        "path": shard_row["path"],
    }


def _describe_release(
    release: ReleaseEntry,
    entry: BundleEntry,
    settings: SiteSettings,
    stage: str,
    answers: list[dict[str, Any]],
) -> dict[str, Any]:
    manifest, build = release.manifest, release.build
    page = f"{settings.site_url}bundles/{manifest.namespace}/{manifest.name}/{manifest.version}/"
    return {
        "schema_version": SCHEMA_VERSION,
        "id": str(manifest.id),
        "namespace": manifest.namespace,
        "name": manifest.name,
        "version": manifest.version,
        "title": manifest.title,
        "summary": manifest.summary,
        "kind": manifest.code.kind,
        "status": stage,
        "access": entry.manifest.access.value,
        "platforms": manifest.platforms,
        "images": None if build is None else _describe_images(build),
        "requirements": {
            "declared": _describe_needs(manifest.needs),
            "measured": summarise_needs(release.profiles),
        },
        "fits": answers,
        "profiles": [summarise_profile(profile) for profile in release.profiles],
        "decisions": _embed(release.status),
        "citation": _describe_citation(release, page),
        "provenance": _describe_provenance(release),
        "links": _describe_links(release, settings, page),
        "manifest": _embed(manifest),
        "build": None if build is None else _embed(build),
    }


def _embed(model: Any) -> orjson.Fragment:
    """Return a model as JSON to be put into a document; what is not known is left out."""
    # A third faster than model_dump_json, which makes a string of the same bytes.
    return orjson.Fragment(model.__pydantic_serializer__.to_json(model, exclude_none=True))


def _describe_images(build: Build) -> dict[str, Any]:
    repository = build.repository
    described: dict[str, Any] = {"platforms": {}}
    if build.digest is not None:
        described["digest"] = build.digest
        if repository is not None:
            described["reference"] = f"{repository}@{build.digest}"
    for platform, image in sorted(build.images.items()):
        one: dict[str, Any] = {
            "digest": image.digest,
            "size_bytes": image.size_bytes,
            "emulated": image.emulated,
        }
        if repository is not None:
            one["reference"] = f"{repository}@{image.digest}"
        described["platforms"][str(platform)] = one
    return described


def _describe_needs(needs: Needs) -> dict[str, Any]:
    gpu = needs.gpu
    described: dict[str, Any] = {
        "gpu": gpu is not None and gpu.required,
        "gpu_capabilities": () if gpu is None else gpu.capabilities,
        "devices": needs.devices,
        "network": needs.network.value,
    }
    if needs.cpu is not None:
        described["cpu_millicores"] = needs.cpu_millicores
    if needs.memory is not None:
        described["memory_bytes"] = needs.memory_bytes
    if gpu is not None and gpu.memory is not None:
        described["gpu_memory_bytes"] = needs.gpu_memory_bytes
    return described


def _describe_citation(release: ReleaseEntry, page: str) -> dict[str, Any]:
    """Cite by what is known: a DOI is added where one was given, never made up."""
    manifest = release.manifest
    authors = [author.name for author in manifest.authors]
    year = release.status.added.year
    return {
        "text": f"{'; '.join(authors)} ({year}): {manifest.title}, version {manifest.version}. "
        f"Edge Code Repository, {manifest.id}. {page}",
        "authors": authors,
        "title": manifest.title,
        "version": manifest.version,
        "year": year,
        "license": manifest.license,
        "url": page,
    }


def _describe_provenance(release: ReleaseEntry) -> dict[str, Any]:
    source = release.manifest.code.source
    described: dict[str, Any] = {
        "manifest": digest_bytes(release.manifest_text),
        "manifest_path": f"{release.path}/release.yaml",
        "swhids": () if release.build is None else release.build.swhids,
    }
    if isinstance(source, GitSource):
        described |= {
            "git": source.git,
            "commit": source.commit,
            "directory": source.directory,
        }
        return described
    described["directory"] = f"{release.path}/{source.path}"
    if release.build is not None and release.build.commit is not None:
        described["commit"] = release.build.commit
    return described


def _describe_links(release: ReleaseEntry, settings: SiteSettings, page: str) -> dict[str, Any]:
    manifest = release.manifest
    links = {"page": page, "bundle": bundle_path(manifest.namespace, manifest.name)}
    if settings.repository_url is not None:
        base = settings.repository_url.rstrip("/")
        links["manifest"] = f"{base}/blob/HEAD/{release.path}/release.yaml"
    return links


def _describe_bundle(
    entry: BundleEntry, settings: SiteSettings, listed: list[dict[str, Any]]
) -> dict[str, Any]:
    namespace, name = entry.id
    newest = entry.newest.manifest
    described: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "id": str(entry.id),
        "namespace": namespace,
        "name": name,
        "title": newest.title,
        "summary": newest.summary,
        "access": entry.manifest.access.value,
        "owners": entry.namespace.owners,
        "maintainers": entry.manifest.maintainers,
    }
    if entry.manifest.successor is not None:
        described["successor"] = entry.manifest.successor
    if entry.manifest.successor_reason is not None:
        described["successor_reason"] = entry.manifest.successor_reason
    described["newest"] = str(newest.id)
    described["page"] = f"{settings.site_url}bundles/{namespace}/{name}/"
    described["releases"] = listed
    return described
