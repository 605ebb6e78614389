"""What is to be built, and what of that this machine can build: looks, and starts nothing long."""

from __future__ import annotations

import shutil
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ecr.catalog.record_writer import read_build
from ecr.model.fields import Platform
from ecr.model.release import BinaryCode, LocalSource, ScriptCode
from ecr.stages.archive.source import find_source_archive
from ecr.stages.build.errors import BuildError
from ecr.stages.build.inputs import choose_base, digest_inputs
from ecr.stages.build.places import images_of
from ecr.stages.build.program import read_program
from ecr.stages.build.records import read_platform
from ecr.tools import buildah, mmdebstrap
from ecr.tools.oci_layout import OciLayout
from ecr.tools.qemu import Means, find_ability

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ecr.catalog.entries import ReleaseEntry
    from ecr.model.build import Build
    from ecr.stages.build.settings import BuildSettings
    from ecr.tools.qemu import Ability


class Outlook(StrEnum):
    """What will come of building a platform here."""

    DONE = "done"
    NATIVE = "native"
    EMULATED = "emulated"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class PlatformOutlook:
    """What will come of building one platform of a release here.

    Attributes:
        platform: The platform.
        outlook: Whether its image is there, can be built, or cannot.
        reason: Why it cannot be built.
        hint: How to enable it.
    """

    platform: str
    outlook: Outlook
    reason: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Buildable:
    """A release and what can be built of it here."""

    entry: ReleaseEntry
    platforms: tuple[PlatformOutlook, ...]

    @property
    def waiting(self) -> tuple[str, ...]:
        """Platforms that can be built here and are not built yet."""
        can = (Outlook.NATIVE, Outlook.EMULATED)
        return tuple(item.platform for item in self.platforms if item.outlook in can)


def list_buildable(
    root: Path, entries: Iterable[ReleaseEntry], settings: BuildSettings
) -> list[Buildable]:
    """Say of each release what is built, what can be built here, and why the rest cannot.

    A yanked release is left out: it must not be run. About 0.3 ms for a release that is built.

    Args:
        root: The catalog's root.
        entries: The releases.
        settings: Settings of the run.
    """
    machine = _Machine()
    return [
        Buildable(
            entry,
            tuple(
                _look_at(root, entry, platform, settings, machine)
                for platform in entry.manifest.platforms
            ),
        )
        for entry in entries
        if entry.status.yanked is None
    ]


class _Machine:
    """Remembers what this machine can do; asking takes a moment each time."""

    def __init__(self) -> None:
        self._abilities: dict[str, Ability] = {}
        self.has_buildah = shutil.which("buildah") is not None
        self.has_mmdebstrap = shutil.which("mmdebstrap") is not None

    def ability(self, platform: str) -> Ability:
        if platform not in self._abilities:
            self._abilities[platform] = find_ability(platform)
        return self._abilities[platform]


def _look_at(
    root: Path, entry: ReleaseEntry, platform: str, settings: BuildSettings, machine: _Machine
) -> PlatformOutlook:
    build = read_build(root, entry)
    impossible = Outlook.IMPOSSIBLE
    try:
        base = choose_base(entry, settings)
        if build is not None and find_source_archive(build) is not None:
            inputs = digest_inputs(entry, build, platform, settings)
            if _is_built(root, entry, build, platform, inputs):
                return PlatformOutlook(platform, Outlook.DONE)
    except BuildError as error:
        return PlatformOutlook(platform, impossible, str(error), error.hint)
    if not machine.has_buildah:
        return PlatformOutlook(
            platform, impossible, "buildah is not installed", buildah.INSTALL_HINT
        )
    ability = machine.ability(platform)
    if ability.means is Means.MISSING and not _runs_nothing(root, entry, platform):
        return PlatformOutlook(platform, impossible, ability.reason, ability.hint)
    # Most compiled programs need no base; which do, only their files tell.
    made_here = base is not None and base.suite is not None
    is_script = isinstance(entry.manifest.code, ScriptCode)
    if made_here and is_script and not machine.has_mmdebstrap:
        return PlatformOutlook(
            platform, impossible, "mmdebstrap is not installed", mmdebstrap.INSTALL_HINT
        )
    means = Outlook.EMULATED if ability.means is Means.EMULATED else Outlook.NATIVE
    return PlatformOutlook(platform, means)


def _runs_nothing(root: Path, entry: ReleaseEntry, platform: str) -> bool:
    """Say whether an image can be made without running a program of its platform.

    So it is for a program that needs no other file; only one in the catalog can be looked at.
    """
    code = entry.manifest.code
    if not isinstance(code, BinaryCode) or not isinstance(code.source, LocalSource):
        return False
    file = code.files.get(Platform(platform))
    if file is None:
        return False
    try:
        program = root / entry.path / code.source.path / file.path
        return read_program(program.read_bytes()).static
    except (OSError, ValueError, struct.error):
        return False


def _is_built(root: Path, entry: ReleaseEntry, build: Build, platform: str, inputs: str) -> bool:
    layout = OciLayout(images_of(root, entry.id.bundle))
    image = build.images.get(platform)
    if image is not None and image.inputs == inputs:
        return build.repository is not None or layout.has(image.digest)
    record = read_platform(root, entry.id, platform)
    return record is not None and record.image.inputs == inputs and layout.has(record.image.digest)
