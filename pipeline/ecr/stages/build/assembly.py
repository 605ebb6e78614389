"""Puts the images of all platforms together under one index, pushes them, and records it.

What a record says was pushed was pushed: a registry is asked for the digest before it is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.catalog.record_writer import read_build, update_build
from ecr.errors import ToolFailedError, ToolTimeoutError
from ecr.stages.build.attachments import attachments_name
from ecr.stages.build.errors import BuildError, PushError
from ecr.stages.build.finish import describe_platform
from ecr.stages.build.inputs import find_created
from ecr.stages.build.labels import make_annotations
from ecr.stages.build.places import images_of, name_image
from ecr.stages.build.records import read_platform
from ecr.tools.oci_layout import INDEX, MANIFEST, Descriptor, OciLayout, digest_of
from ecr.tools.skopeo import push_image

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecr.catalog.entries import ReleaseEntry
    from ecr.model.build import Build, PlatformBuild
    from ecr.stages.build.settings import BuildSettings

_PUSH_S = 3600.0


def name_repository(entry: ReleaseEntry, registry: str) -> str:
    """Return the repository a bundle's images are pushed to."""
    return f"{registry.rstrip('/')}/{entry.id.namespace}/{entry.id.name}"


def push_platform(
    root: Path, entry: ReleaseEntry, record: PlatformBuild, registry: str
) -> PlatformBuild:
    """Push the image of one platform with the documents about it.

    Raises:
        PushError: The registry does not take it, or has another image afterwards.
    """
    layout = images_of(root, entry.id.bundle)
    repository = name_repository(entry, registry)
    name = name_image(entry.id, record.platform)
    _push(layout, attachments_name(record.image.digest), repository, index=False)
    digest = _push(layout, name, repository, index=False)
    if digest != record.image.digest:
        raise PushError(
            f"{repository}:{name} is {digest} after {record.image.digest} was pushed to it",
            hint="does the registry rewrite images, or did another build push at the same time?",
        )
    return record.model_copy(update={"repository": repository})


def _push(layout: Path, name: str, repository: str, *, index: bool) -> str:
    target = f"{repository}:{name}"
    try:
        return push_image(layout, name, target, timeout_s=_PUSH_S, index=index)
    except (ToolFailedError, ToolTimeoutError) as error:
        registry = repository.partition("/")[0]
        raise PushError(
            f"{registry} does not take {target}: {error}",
            hint=f"log in with: skopeo login {registry}; what is built is kept, run again",
        ) from error


def assemble(
    root: Path, entry: ReleaseEntry, settings: BuildSettings, registry: str | None
) -> Build:
    """Put the images of all platforms under one index and record them in ``build.json``.

    Args:
        root: The catalog's root.
        entry: The release.
        settings: Settings of the run.
        registry: Where to push the index; ``None`` keeps it on this machine.

    Raises:
        BuildError: A platform is missing, or the platforms were built from different sources.
        PushError: The registry does not take the index.
    """
    records = _collect(root, entry)
    repository = None if registry is None else name_repository(entry, registry)
    if repository is not None:
        _check_pushed(records, repository)
    build = read_build(root, entry)
    if build is None:
        raise BuildError(
            "its source is not archived", hint=f"archive it first: ecr archive {entry.id}"
        )
    annotations = make_annotations(entry, settings, created_s=find_created(entry, build), base=None)
    layout = OciLayout(images_of(root, entry.id.bundle)).create()
    manifests = [
        Descriptor(MANIFEST, record.image.digest, record.manifest_size_bytes)
        .with_more(platform=describe_platform(record.platform))
        .to_json()
        for record in records
    ]
    index = layout.put_json(
        {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": manifests,
            "annotations": annotations,
        },
        INDEX,
    )
    _name_images(layout, entry, records, index)
    if repository is not None:
        digest = _push(layout.directory, entry.id.version, repository, index=True)
        if digest != index.digest:
            raise PushError(
                f"{repository}:{entry.id.version} is {digest} after {index.digest} was pushed"
            )
    elif build.digest == index.digest:
        repository = build.repository  # where it was pushed to, it still is
    return update_build(
        root,
        entry,
        {
            "built": max(record.built for record in records),
            "repository": repository,
            "digest": index.digest,
            "images": {record.platform: record.image for record in records},
        },
    )


def _collect(root: Path, entry: ReleaseEntry) -> list[PlatformBuild]:
    platforms = sorted(entry.manifest.platforms)
    found = {platform: read_platform(root, entry.id, platform) for platform in platforms}
    records = [record for record in found.values() if record is not None]
    missing = [platform for platform, record in found.items() if record is None]
    if missing:
        raise BuildError(
            f"{entry.id} is not built for {', '.join(missing)}",
            hint=f"build it: ecr build {entry.id} --platform {missing[0]}",
        )
    wanted = digest_of(entry.manifest_text)
    stale = [record.platform for record in records if record.manifest != wanted]
    if stale or len({record.source for record in records}) > 1:
        which = ", ".join(stale or [record.platform for record in records])
        raise BuildError(
            f"{entry.id}: the images for {which} were built from other files than are here now",
            hint="build them again before they are put together",
        )
    return records


def _check_pushed(records: Sequence[PlatformBuild], repository: str) -> None:
    elsewhere = [record.platform for record in records if record.repository != repository]
    if elsewhere:
        raise BuildError(
            f"the images for {', '.join(elsewhere)} were not pushed to {repository}",
            hint="build these platforms with --push as well, to the same registry",
        )


def _name_images(
    layout: OciLayout, entry: ReleaseEntry, records: Sequence[PlatformBuild], index: Descriptor
) -> None:
    """Name the index and what belongs to its images, as far as that is on this machine.

    Layouts that were brought together from several machines have the names of one of them.
    """
    names = {}
    for record in records:
        digest = record.image.digest
        if layout.has(digest):
            image = Descriptor(MANIFEST, digest, record.manifest_size_bytes)
            names[name_image(entry.id, record.platform)] = image
        if layout.has(record.attachments):
            size = layout.path(record.attachments).stat().st_size
            names[attachments_name(digest)] = Descriptor(INDEX, record.attachments, size)
    layout.set_names({**names, entry.id.version: index})
