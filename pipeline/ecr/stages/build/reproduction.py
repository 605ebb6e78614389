"""Builds a release again, without what earlier builds left, and says whether it comes out alike.

An image is the same when its digest is. When it is not, what differs is named: the base, a file of
a layer, the configuration, or nothing but how the layers are compressed.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecr.stages.build.errors import BuildError, naming
from ecr.stages.build.image_files import read_image_files
from ecr.stages.build.places import images_of, name_image
from ecr.stages.build.platform_job import PlatformJob
from ecr.tools.oci_layout import OciLayout
from ecr.tools.skopeo import pull_image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecr.catalog.entries import ReleaseEntry
    from ecr.model.build import Build, Image
    from ecr.stages.build.image_files import ImageFile
    from ecr.stages.build.settings import BuildSettings
    from ecr.tools.object_store import ArchiveStore
    from ecr.tools.qemu import Ability

_MOST_DIFFERENCES = 40
_PULL_S = 3600.0
_MADE_HERE = "localhost/ecr/"


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What building a platform again came to.

    Attributes:
        platform: The platform.
        expected: Digest the record names.
        found: Digest that came out.
        differences: What differs, in words; empty when the digests are equal.
    """

    platform: str
    expected: str
    found: str
    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether the image came out the same."""
        return self.expected == self.found


def reproduce(
    root: Path,
    entry: ReleaseEntry,
    build: Build,
    ability: Ability,
    store: ArchiveStore,
    settings: BuildSettings,
) -> Reproduction:
    """Build one platform again and compare it with the image that is recorded.

    Raises:
        BuildError: Nothing is recorded for the platform.
        EcrError: It cannot be built.
    """
    platform = ability.platform.value
    with naming(f"{entry.id} for {platform}"):
        recorded = build.images.get(platform)
        if recorded is None:
            raise BuildError(
                "there is no image to compare with", hint=f"build it first: ecr build {entry.id}"
            )
        again = replace(settings, use_cache=False, base=_pin_base(recorded) or settings.base)
        with tempfile.TemporaryDirectory(prefix="ecr-check-") as directory:
            job = PlatformJob(root, entry, build, ability, store, again)
            built = job.make_image(Path(directory))
            found = built.manifest.digest
            if found == recorded.digest:
                return Reproduction(platform, found, found, ())
            old = _find_image(root, entry, build, recorded, platform, Path(directory))
            differences = _compare_bases(
                recorded, None if built.base is None else built.base.digest
            )
            differences += compare_images(old, recorded.digest, built.layout, found)
            return Reproduction(platform, recorded.digest, found, tuple(differences))


def _pin_base(recorded: Image) -> str | None:
    """Return the base to take: the one that was taken, not what bears its name today."""
    name = recorded.base_name
    if name is None or name.startswith(_MADE_HERE) or recorded.base_digest is None:
        return None
    return name if "@" in name else f"{name}@{recorded.base_digest}"


def _find_image(
    root: Path, entry: ReleaseEntry, build: Build, image: Image, platform: str, work: Path
) -> OciLayout:
    kept = OciLayout(images_of(root, entry.id.bundle))
    if kept.has(image.digest):
        return kept
    if build.repository is None:
        raise BuildError(
            f"it came out as another image than {image.digest}, which is no longer here to compare"
        )
    pulled = OciLayout(work / "recorded").create()
    name = name_image(entry.id, platform)
    pull_image(f"{build.repository}@{image.digest}", pulled.directory, name, timeout_s=_PULL_S)
    return pulled


def _compare_bases(recorded: Image, found: str | None) -> list[str]:
    if recorded.base_digest == found:
        return []
    return [f"base image: {recorded.base_digest or 'none'} became {found or 'none'}"]


def compare_images(old: OciLayout, old_digest: str, new: OciLayout, new_digest: str) -> list[str]:
    """Say in words what differs between two images.

    Args:
        old: Layout of the one.
        old_digest: Its manifest.
        new: Layout of the other.
        new_digest: Its manifest.
    """
    before, after = old.read_json(old_digest), new.read_json(new_digest)
    old_config = old.read_json(before["config"]["digest"])
    new_config = new.read_json(after["config"]["digest"])
    differences = _compare_values("configuration", _visible(old_config), _visible(new_config))
    annotations = before.get("annotations", {}), after.get("annotations", {})
    differences += _compare_values("annotations", *annotations)
    if old_config["rootfs"] == new_config["rootfs"]:
        if [layer["digest"] for layer in before["layers"]] != [
            layer["digest"] for layer in after["layers"]
        ]:
            differences.append("layers: the same files, compressed differently")
        return differences
    files = _compare_files(
        read_image_files(old, before, digests=True), read_image_files(new, after, digests=True)
    )
    if not files:
        files = ["layers: the same files, divided differently"]
    if len(files) > _MOST_DIFFERENCES:
        more = len(files) - _MOST_DIFFERENCES
        files = [*files[:_MOST_DIFFERENCES], f"and {more:,} more files"]
    return differences + files


def _visible(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key != "rootfs"}


def _compare_values(where: str, old: Any, new: Any) -> list[str]:
    if old == new:
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            line
            for key in sorted({*old, *new})
            for line in _compare_values(f"{where}.{key}", old.get(key), new.get(key))
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            line
            for number, (left, right) in enumerate(zip(old, new, strict=True))
            for line in _compare_values(f"{where}[{number}]", left, right)
        ]
    return [f"{where}: {old!r} became {new!r}"]


def _compare_files(old: Mapping[str, ImageFile], new: Mapping[str, ImageFile]) -> list[str]:
    lines = []
    for path in sorted({*old, *new}):
        before, after = old.get(path), new.get(path)
        if before is None:
            lines.append(f"/{path}: only in the new image")
        elif after is None:
            lines.append(f"/{path}: only in the recorded image")
        elif before != after:
            lines.append(f"/{path}: {_explain(before, after)}")
    return lines


def _explain(old: ImageFile, new: ImageFile) -> str:
    if old.kind != new.kind:
        return f"{old.kind} became {new.kind}"
    if old.digest != new.digest:
        return f"other content, {old.size_bytes:,} bytes became {new.size_bytes:,}"
    if old.target != new.target:
        return f"link to {old.target} became {new.target}"
    if old.mode != new.mode:
        return f"mode {old.mode:o} became {new.mode:o}"
    if old.owner != new.owner:
        return f"owner {old.owner[0]}:{old.owner[1]} became {new.owner[0]}:{new.owner[1]}"
    return f"time {old.time_s} became {new.time_s}"
