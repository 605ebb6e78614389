"""What every image gets after Buildah: data, arguments, labels, annotations, one canonical form.

Done on the image's documents rather than by more instructions, so that it is the same for every
kind of code, needs no further build, and leaves nothing of the machine that built it.
"""

from __future__ import annotations

import io
import tarfile
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ecr.stages.build.errors import BuildError
from ecr.stages.build.layer import pack_layer
from ecr.stages.build.settings import FILE_TIME_S
from ecr.tools.oci_layout import CONFIG, MANIFEST, Descriptor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecr.stages.build.image_files import ImageFile
    from ecr.tools.oci_layout import OciLayout


@dataclass(frozen=True, slots=True)
class AddedFile:
    """A file or directory to put into an image.

    Attributes:
        path: Absolute path in the image.
        content: Its bytes, or a file that holds them; ``None`` for a directory.
        mode: Permission bits.
    """

    path: str
    content: bytes | Path | None
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Finish:
    """What an image is to get.

    Attributes:
        platform: OCI platform it was built for.
        created_s: Time of its source, in seconds since 1970.
        annotations: OCI annotations; also set as labels, which is where Docker shows them.
        arguments: Arguments it starts with when the user gives none; empty keeps its own.
        files: Files to add, as a layer of their own.
    """

    platform: str
    created_s: int
    annotations: Mapping[str, str]
    arguments: Sequence[str] = ()
    files: Sequence[AddedFile] = ()


def finish_image(
    layout: OciLayout, built: Descriptor, existing: Mapping[str, ImageFile], finish: Finish
) -> Descriptor:
    """Write the finished image into the layout of the one Buildah made.

    Args:
        layout: Where the image is.
        built: Its manifest.
        existing: What is in it.
        finish: What it is to get.

    Returns:
        The manifest of the finished image.

    Raises:
        BuildError: It is an image of another platform, or a file cannot be put where it belongs.
    """
    manifest = layout.read_json(built.digest)
    config = layout.read_json(manifest["config"]["digest"])
    _set_platform(config, finish.platform)
    layers = list(manifest["layers"])
    config["created"] = format_time(finish.created_s)
    config["history"] = [_tidy(step) for step in config.get("history", ())]
    if finish.files:
        layer, plain_digest = _write_layer(layout, finish.files, existing)
        layers.append(layer.to_json())
        config["rootfs"]["diff_ids"].append(plain_digest)
        created = format_time(FILE_TIME_S)
        config["history"].append({"created": created, "created_by": "ecr: files of the release"})
    run = config.setdefault("config", {})
    run["Labels"] = {**(run.get("Labels") or {}), **finish.annotations}
    if finish.arguments:
        run["Cmd"] = list(finish.arguments)
    finished = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": layout.put_json(config, CONFIG).to_json(),
        "layers": layers,
        # Those Buildah writes name intermediate images of this machine; they are left out.
        "annotations": dict(finish.annotations),
    }
    return layout.put_json(finished, MANIFEST)


def format_time(time_s: int) -> str:
    """Return seconds since 1970 as RFC 3339 has them."""
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def describe_platform(platform: str) -> dict[str, str]:
    """Return a platform as an OCI image index has it."""
    system, architecture, *variant = platform.split("/")
    described = {"os": system, "architecture": architecture}
    return {**described, "variant": variant[0]} if variant else described


def _set_platform(config: dict[str, Any], platform: str) -> None:
    wanted = describe_platform(platform)
    variant = config.get("variant") or None
    # For 64-bit ARM there is one variant, and saying it or not means the same.
    variants = {None, "v8"} if wanted["architecture"] == "arm64" else {None, wanted.get("variant")}
    same = all(config.get(key) == wanted[key] for key in ("os", "architecture"))
    if not same or variant not in variants:
        told = [str(config.get(key)) for key in ("os", "architecture")] + [variant or ""]
        raise BuildError(
            f"the image that was built is one for {'/'.join(filter(None, told))}",
            hint="is the base image pinned to one platform? Pin the digest of its index instead",
        )
    config.pop("variant", None)
    config.update(wanted)


def _tidy(step: dict[str, Any]) -> dict[str, Any]:
    """Drop what Buildah notes about intermediate images of this machine."""
    if str(step.get("comment", "")).startswith("FROM "):
        return {key: value for key, value in step.items() if key != "comment"}
    return step


def _write_layer(
    layout: OciLayout, files: Sequence[AddedFile], existing: Mapping[str, ImageFile]
) -> tuple[Descriptor, str]:
    with tempfile.TemporaryDirectory(prefix=".layer-", dir=layout.directory) as work:
        plain = Path(work, "layer.tar")
        with tarfile.open(plain, "w", format=tarfile.PAX_FORMAT) as tar:
            _write_files(tar, files, existing)
        return pack_layer(layout, plain)


def _write_files(
    tar: tarfile.TarFile, files: Sequence[AddedFile], existing: Mapping[str, ImageFile]
) -> None:
    written: set[str] = set()
    for file in sorted(files, key=lambda file: file.path):
        path = PurePosixPath(file.path.strip("/"))
        for parent in reversed(path.parents[:-1]):
            _check_parent(file.path, existing.get(str(parent)))
            if str(parent) not in existing and str(parent) not in written:
                _add(tar, AddedFile(str(parent), None, 0o755))
                written.add(str(parent))
        _add(tar, AddedFile(str(path), file.content, file.mode))
        written.add(str(path))


def _check_parent(path: str, parent: ImageFile | None) -> None:
    if parent is not None and parent.kind != "directory":
        raise BuildError(
            f"'{path}' cannot be put into the image: '/{parent.path}' is no directory there",
            hint="choose another path for mount in release.yaml",
        )


def _add(tar: tarfile.TarFile, file: AddedFile) -> None:
    info = tarfile.TarInfo(file.path)
    info.mtime = FILE_TIME_S
    info.mode = file.mode
    if file.content is None:
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
    elif isinstance(file.content, bytes):
        info.size = len(file.content)
        tar.addfile(info, io.BytesIO(file.content))
    else:
        info.size = file.content.stat().st_size
        with file.content.open("rb") as stream:
            tar.addfile(info, stream)
