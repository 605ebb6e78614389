"""Builds a release: every platform that is asked for, one failing without stopping the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ecr.catalog.record_writer import read_build
from ecr.errors import EcrError
from ecr.stages.build.assembly import assemble, name_repository, push_platform
from ecr.stages.build.errors import (
    BuildError,
    BuildFailuresError,
    naming,
)
from ecr.stages.build.inputs import digest_inputs
from ecr.stages.build.places import images_of
from ecr.stages.build.platform_job import PlatformJob
from ecr.stages.build.records import read_platform, write_platform
from ecr.tools.oci_layout import OciLayout
from ecr.tools.qemu import find_ability

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from ecr.catalog.entries import ReleaseEntry
    from ecr.model.build import Build, PlatformBuild
    from ecr.stages.build.settings import BuildSettings
    from ecr.tools.object_store import ArchiveStore
    from ecr.tools.qemu import Ability


class Watcher(Protocol):
    """Is told what is going on."""

    def starts(self, release: str, ability: Ability) -> None:
        """A platform is being built."""

    def ends(self, release: str, record: PlatformBuild) -> None:
        """A platform was built."""

    def fails(self, error: EcrError) -> None:
        """A platform could not be built; the error names it."""


@dataclass(frozen=True, slots=True)
class ReleaseBuild:
    """What building a release came to.

    Attributes:
        id: The release.
        built: Platforms built now.
        unchanged: Platforms whose image was there already.
        record: ``build.json``, once all platforms are together.
    """

    id: str
    built: tuple[str, ...]
    unchanged: tuple[str, ...]
    record: Build | None


class Builder:
    """Builds releases with the same settings."""

    def __init__(
        self,
        root: Path,
        store: ArchiveStore,
        settings: BuildSettings,
        *,
        clock: Callable[[], datetime],
        watcher: Watcher,
        registry: str | None = None,
    ) -> None:
        """Take what all of them share.

        Args:
            root: The catalog's root.
            store: Where the archives are.
            settings: Settings of the run.
            clock: Gives the time now.
            watcher: Told what is going on.
            registry: Where to push images; ``None`` keeps them on this machine.
        """
        self._root = root
        self._store = store
        self._settings = settings
        self._clock = clock
        self._watcher = watcher
        self._registry = registry

    def build(self, entry: ReleaseEntry, platforms: Sequence[str] | None = None) -> ReleaseBuild:
        """Build a release, and record it when all its platforms are there.

        Args:
            entry: The release.
            platforms: Platforms to build; all, and the index over them, when ``None``.

        Raises:
            BuildFailuresError: Several platforms could not be built; the others were.
            EcrError: One could not be.
        """
        wanted = list(entry.manifest.platforms if platforms is None else platforms)
        undeclared = [name for name in wanted if name not in entry.manifest.platforms]
        if undeclared:
            raise BuildError(
                f"{entry.id} does not declare {', '.join(undeclared)}",
                hint=f"it declares {', '.join(entry.manifest.platforms)}",
            )
        recorded = self._find_recorded(entry)
        if recorded is not None:
            return ReleaseBuild(str(entry.id), (), tuple(wanted), recorded)
        built: list[str] = []
        unchanged: list[str] = []
        failures: list[EcrError] = []
        for platform in wanted:
            try:
                with naming(f"{entry.id} for {platform}"):
                    new = self._build_platform(entry, platform)
                (built if new else unchanged).append(platform)
            except EcrError as error:
                failures.append(error)
                self._watcher.fails(error)
        _raise(str(entry.id), failures, len(wanted))
        record = None
        if platforms is None:
            record = assemble(self._root, entry, self._settings, self._registry)
        return ReleaseBuild(str(entry.id), tuple(built), tuple(unchanged), record)

    def _build_platform(self, entry: ReleaseEntry, platform: str) -> bool:
        """Build and push what is not there yet; say whether anything was built."""
        build = read_build(self._root, entry)
        if build is None:
            raise BuildError(
                "its source is not archived", hint=f"archive it first: ecr archive {entry.id}"
            )
        inputs = digest_inputs(entry, build, platform, self._settings)
        record = self._find_current(entry, platform, inputs)
        new = record is None
        if record is None:
            record = self._run_job(entry, build, platform)
            # Before it is pushed: a registry that refuses must not cost the build.
            write_platform(self._root, entry.id, record)
        if self._registry is not None and not self._is_pushed(entry, record.repository):
            record = push_platform(self._root, entry, record, self._registry)
            write_platform(self._root, entry.id, record)
        if new:
            self._watcher.ends(str(entry.id), record)
        return new

    def _run_job(self, entry: ReleaseEntry, build: Build, platform: str) -> PlatformBuild:
        ability = find_ability(platform)
        self._watcher.starts(str(entry.id), ability)
        job = PlatformJob(self._root, entry, build, ability, self._store, self._settings)
        return job.run(self._clock)

    def _find_current(
        self, entry: ReleaseEntry, platform: str, inputs: str
    ) -> PlatformBuild | None:
        """Return what was built of the same inputs and is still to be had."""
        record = read_platform(self._root, entry.id, platform)
        if record is None or not self._settings.use_cache or record.image.inputs != inputs:
            return None
        layout = OciLayout(images_of(self._root, entry.id.bundle))
        here = layout.has(record.image.digest)
        return record if here or self._is_pushed(entry, record.repository) else None

    def _is_pushed(self, entry: ReleaseEntry, repository: str | None) -> bool:
        """Say whether a repository is the one images go to in this run."""
        if self._registry is None or repository is None:
            return False
        return repository == name_repository(entry, self._registry)

    def _find_recorded(self, entry: ReleaseEntry) -> Build | None:
        """Return ``build.json`` when all it should name is there and made of the same inputs."""
        build = read_build(self._root, entry)
        if build is None or build.digest is None or not self._settings.use_cache:
            return None
        if set(build.images) != set(entry.manifest.platforms):
            return None
        if any(
            image.inputs != digest_inputs(entry, build, platform, self._settings)
            for platform, image in build.images.items()
        ):
            return None
        if self._registry is not None:
            return build if self._is_pushed(entry, build.repository) else None
        layout = OciLayout(images_of(self._root, entry.id.bundle))
        return build if build.repository is not None or layout.has(build.digest) else None


def _raise(release: str, failures: list[EcrError], total: int) -> None:
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise BuildFailuresError(
            f"{release}: {len(failures)} of {total} platforms could not be built",
            hint="see above what each needs",
        )
