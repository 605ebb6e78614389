"""What a loaded catalog consists of: bundles with their releases, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.model.identity import BundleId, ReleaseId, is_prerelease
from ecr.model.lifecycle import Stage, decide_stage

if TYPE_CHECKING:
    from ecr.model.build import Build
    from ecr.model.bundle import Bundle
    from ecr.model.namespace import Namespace
    from ecr.model.profile import Profile
    from ecr.model.release import Release
    from ecr.model.status import Status


@dataclass(frozen=True, slots=True)
class ReleaseEntry:
    """One release: its manifest and everything recorded beside it.

    Attributes:
        path: Directory of the release, relative to the catalog's root.
        manifest: ``release.yaml``.
        manifest_text: The bytes of ``release.yaml``, to be shown and checked.
        status: ``status.yaml``.
        build: ``build.json``, when it was built.
        profiles: ``profiles/*.json``, by file name.
    """

    path: str
    manifest: Release
    manifest_text: bytes
    status: Status
    build: Build | None
    profiles: tuple[Profile, ...]

    @property
    def id(self) -> ReleaseId:
        """The release's id."""
        return self.manifest.id

    @property
    def stage(self) -> Stage:
        """The one word for it."""
        return decide_stage(self.status, self.build, self.profiles)


@dataclass(frozen=True, slots=True)
class Media:
    """Pictures and the science description of a bundle, as paths relative to the root.

    Attributes:
        icon: ``media/icon.{png,jpg,svg}``, square.
        science_image: ``media/science-image.{png,jpg}``.
        description: Markdown text of ``media/science-description.md``; authors are not trusted
            with HTML, whoever renders it must sanitise.
    """

    icon: str | None
    science_image: str | None
    description: str | None


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """One bundle.

    Attributes:
        path: Directory of the bundle, relative to the catalog's root.
        namespace: ``namespace.yaml`` of the namespace it is in.
        manifest: ``bundle.yaml``.
        releases: Its releases, newest version first; at least one.
        media: Pictures and science description.
    """

    path: str
    namespace: Namespace
    manifest: Bundle
    releases: tuple[ReleaseEntry, ...]
    media: Media

    @property
    def id(self) -> BundleId:
        """The bundle's id."""
        return BundleId(self.manifest.namespace, self.manifest.name)

    @property
    def newest(self) -> ReleaseEntry:
        """The release to show first: the newest that is not yanked and not a pre-release."""
        usable = [entry for entry in self.releases if entry.status.yanked is None]
        stable = [entry for entry in usable if not is_prerelease(entry.manifest.version)]
        return (stable or usable or list(self.releases))[0]
