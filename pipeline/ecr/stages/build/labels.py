"""The OCI annotations of an image: what it is, where it comes from, who made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.model.release import GitSource
from ecr.stages.build.finish import format_time

if TYPE_CHECKING:
    from ecr.catalog.entries import ReleaseEntry
    from ecr.stages.build.base import Base
    from ecr.stages.build.settings import BuildSettings

_PREFIX = "org.opencontainers.image."


def make_annotations(
    entry: ReleaseEntry, settings: BuildSettings, *, created_s: int, base: Base | None
) -> dict[str, str]:
    """Return the annotations of a release's image (OCI image specification, annotations)."""
    release = entry.manifest
    page = f"{settings.site_url}bundles/{release.namespace}/{release.name}/{release.version}/"
    source = release.code.source
    named = {
        "title": release.title,
        "description": release.summary,
        "version": release.version,
        "created": format_time(created_s),
        "authors": ", ".join(
            person.name if person.email is None else f"{person.name} <{person.email}>"
            for person in release.authors
        ),
        "vendor": release.namespace,
        "licenses": release.license,
        "url": page,
        "documentation": release.homepage or page,
    }
    if isinstance(source, GitSource):
        named |= {"source": source.git, "revision": source.commit}
    elif settings.repository_url is not None:
        root = settings.repository_url.rstrip("/")
        named["source"] = f"{root}/tree/HEAD/{entry.path}/{source.path}"
    if base is not None:
        # What is named is what was asked for; the digest says which image that was.
        named |= {"base.name": base.name.partition("@")[0], "base.digest": base.digest}
    return {f"{_PREFIX}{key}": value for key, value in sorted(named.items())}


def make_index_annotations(annotations: dict[str, str]) -> dict[str, str]:
    """Return the annotations of the index over all platforms, from those of one image."""
    return {
        key: value for key, value in annotations.items() if not key.startswith(f"{_PREFIX}base.")
    }
