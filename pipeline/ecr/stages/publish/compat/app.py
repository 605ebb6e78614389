"""One release in the form of Sage's ECR: an *app*.

Every field is there with the type it has today. Where nothing is known a string is empty, a
list or object has no members; only ``images`` and ``science_description`` may be ``null``,
which the portal tests for.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from ecr.model.fields import Platform
from ecr.model.release import ContainerCode, GitSource
from ecr.model.spdx import NO_ASSERTION
from ecr.stages.publish.compat.profiles import list_profiles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecr.catalog.entries import Media, ReleaseEntry
    from ecr.model.fields import Funding, Person
    from ecr.model.release import Input, Release
    from ecr.stages.publish.outputs import SiteSettings

_GENERATED_ICON = "icon.svg"
DESCRIPTION = "science-description.md"


def make_app(
    release: ReleaseEntry, media: Media, owner: str, settings: SiteSettings
) -> dict[str, Any]:
    """Return the app of a release.

    Args:
        release: The release.
        media: Media of its bundle.
        owner: Who the namespace belongs to.
        settings: Settings of the site.
    """
    manifest = release.manifest
    # Releases do not change, so it was last updated when it was added.
    time = f"{release.status.added.isoformat()}T00:00:00Z"
    place = f"{manifest.namespace}/{manifest.name}/{manifest.version}"
    app: dict[str, Any] = {
        "id": str(manifest.id),
        "namespace": manifest.namespace,
        "name": manifest.name,
        "version": manifest.version,
        "description": manifest.summary,
        "keywords": _join(manifest.keywords),
        "authors": _join_people(manifest.authors),
        "collaborators": _join_people(manifest.contributors),
        "homepage": manifest.homepage or "",
        "funding": "; ".join(_write_funding(award) for award in manifest.funding),
        "license": "" if manifest.license == NO_ASSERTION else manifest.license,
        "depends_on": "",
        "baseCommand": "",
        "arguments": "",
        "inputs": [_write_input(one) for one in manifest.inputs],
        "metadata": _write_metadata(manifest),
        "resources": [{**one.properties, "type": one.type} for one in manifest.resources],
        "frozen": True,
        "owner": owner,
        "time_created": time,
        "time_last_updated": time,
        "source": _write_source(release, settings),
        "thumbnail": f"{place}/{_name_of(media.icon) or _GENERATED_ICON}",
        "images": None,
        "science_description": None,
    }
    if media.science_image is not None:
        app["images"] = [f"{place}/{_name_of(media.science_image)}"]
    if media.description is not None:
        app["science_description"] = f"{place}/{DESCRIPTION}"
    hardware = _list_required_hardware(manifest)
    if hardware:
        app["required_hardware"] = hardware
    profiles = list_profiles(release)
    if profiles:
        app["profiles"] = profiles
    return app


def _join(words: Iterable[str]) -> str:
    """Join by commas; today's clients split there, so no comma may be inside a word."""
    return ", ".join(" ".join(word.replace(",", " ").split()) for word in words)


def _join_people(people: Iterable[Person]) -> str:
    return _join(
        person.name if person.email is None else f"{person.name} <{person.email}>"
        for person in people
    )


def _write_funding(award: Funding) -> str:
    return " ".join(part for part in (award.funder, award.award, award.url) if part)


def _write_input(one: Input) -> dict[str, Any]:
    written: dict[str, Any] = {
        "id": one.id,
        "type": one.type.value,
        "description": one.description,
    }
    if one.default is not None:
        written["default"] = one.default
    return written


def _write_metadata(manifest: Release) -> dict[str, Any]:
    """Return the metadata; the MCP server looks for the name of what is published in it."""
    if manifest.publishes and "measurement" not in manifest.metadata:
        return {**manifest.metadata, "measurement": manifest.publishes[0].name}
    return manifest.metadata


def _write_source(release: ReleaseEntry, settings: SiteSettings) -> dict[str, Any]:
    manifest = release.manifest
    code = manifest.code
    source = code.source
    written: dict[str, Any] = {
        "architectures": _list_architectures(manifest),
        "tag": "",
        "dockerfile": "",
        "build_args": {},
    }
    if isinstance(source, GitSource):
        written |= {
            "url": source.git,
            "branch": source.ref or "",
            "git_commit": source.commit,
            "directory": source.directory,
        }
    else:
        commit = None if release.build is None else release.build.commit
        written |= {
            "url": settings.repository_url or settings.site_url,
            "branch": "",
            "git_commit": commit or "",
            "directory": f"{release.path}/{source.path}",
        }
    if isinstance(code, ContainerCode):
        written["dockerfile"] = code.dockerfile
        written["build_args"] = code.build_args
    return written


def _list_architectures(manifest: Release) -> list[str]:
    """Return the platforms, and beside ``linux/arm/v7`` the form the scheduler can match.

    It takes ``linux/`` away and compares what is left with a node's capability, which is
    ``armv7``: without the second form such a release would never be placed.
    """
    listed = [str(platform) for platform in manifest.platforms]
    if Platform.LINUX_ARM_V7 in manifest.platforms:
        listed.append("linux/armv7")
    return listed


def _list_required_hardware(manifest: Release) -> dict[str, bool]:
    needs = manifest.needs
    required = dict.fromkeys(needs.devices, True)
    if needs.gpu is not None and needs.gpu.required:
        required |= {"gpu": True, **dict.fromkeys(needs.gpu.capabilities, True)}
    return required


def _name_of(path: str | None) -> str | None:
    return None if path is None else PurePosixPath(path).name
