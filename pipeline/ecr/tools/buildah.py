"""Buildah: builds images from a Containerfile, without a daemon.

Each platform has a storage of its own. In a shared one Buildah takes a layer that was built ``FROM
scratch`` for one platform for the same layer of another, and gives an image that runs nowhere.
Registries, mirrors and credentials are those of the machine: ``registries.conf`` and ``auth.json``
are read by Buildah itself.
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from ecr.errors import ToolFailedError
from ecr.tools.disk import open_locked
from ecr.tools.process import contain, require_program, run_logged, run_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INSTALL_HINT = "install it with: sudo apt-get install buildah"
_QUICK_S = 120.0
_TRANSFER_S = 1800.0


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What to build.

    Attributes:
        containerfile: The instructions.
        context: Directory they copy from.
        platform: OCI platform.
        time_s: Time given to every file and layer, in seconds since 1970.
        build_args: Arguments of the Containerfile.
        contexts: Further directories it may take from, by name.
        secrets: Files it may read while it builds and that stay out of the image, by name.
        use_cache: Whether layers of earlier builds may be used.
    """

    containerfile: Path
    context: Path
    platform: str
    time_s: int
    build_args: Mapping[str, str] = field(default_factory=dict)
    contexts: Mapping[str, Path] = field(default_factory=dict)
    secrets: Mapping[str, Path] = field(default_factory=dict)
    use_cache: bool = True


@dataclass(frozen=True, slots=True)
class StoredImage:
    """What a storage knows of an image.

    Attributes:
        digest: Digest of the manifest it was pulled by.
        platform: Platform its configuration names.
    """

    digest: str
    platform: str


class Buildah:
    """Buildah with the storage of one platform; made by ``open_buildah``."""

    def __init__(self, storage: Path) -> None:
        where = ["--root", str(storage / "data"), "--runroot", str(storage / "run")]
        self._command = contain(["buildah", *where])

    def build(self, request: BuildRequest, *, log: Path, timeout_s: float) -> str:
        """Build an image and return its id in the storage.

        Args:
            request: What to build.
            log: File to add the output to.
            timeout_s: Time limit in seconds.

        Raises:
            ToolFailedError: The build failed, or was killed; see the log.
            ToolTimeoutError: It did not end in time.
        """
        name = log.with_suffix(".image")
        name.unlink(missing_ok=True)
        argv = [
            *self._command, "build",
            # The one kind of isolation that needs no runtime, no cgroups and no network set-up.
            "--isolation", os.environ.get("BUILDAH_ISOLATION", "chroot"),
            # In the other format Buildah passes over SHELL; saving converts the image.
            "--format", "docker",
            "--platform", request.platform,
            "--timestamp", str(request.time_s),
            # A layer for each step even where none is reused: the image must be divided alike.
            "--layers",
            *([] if request.use_cache else ["--no-cache"]),
            "--pull=false",  # a base that is here is not fetched again
            "--identity-label=false",
            "--force-rm",
            "--iidfile", str(name),
            "--file", str(request.containerfile),
        ]  # fmt: skip
        for key, value in sorted(request.build_args.items()):
            argv += ["--build-arg", f"{key}={value}"]
        for key, path in sorted(request.contexts.items()):
            argv += ["--build-context", f"{key}={path}"]
        for key, path in sorted(request.secrets.items()):
            argv += ["--secret", f"id={key},src={path}"]
        run_logged([*argv, str(request.context)], log=log, timeout_s=timeout_s)
        image = name.read_text("ascii").strip()
        name.unlink()
        return image

    def load(self, layout: Path, name: str, platform: str, tag: str) -> None:
        """Take an image from an OCI layout into the storage, under a local name."""
        system, architecture, *variant = platform.split("/")
        argv = [*self._command, "pull", "--quiet", "--os", system, "--arch", architecture]
        if variant:
            argv += ["--variant", variant[0]]
        # Buildah makes a local name of the path, and most paths make none that is valid.
        with tempfile.TemporaryDirectory(prefix="ecr-load-") as directory:
            Path(directory, "layout").symlink_to(layout)
            outcome = run_program(
                [*argv, f"oci:layout:{name}"],
                cwd=Path(directory),
                timeout_s=_TRANSFER_S,
            )
        image = outcome.text.split()[-1]
        run_program([*self._command, "tag", image, tag], timeout_s=_QUICK_S)

    def save(self, image: str, layout: Path, name: str) -> None:
        """Write an image of the storage into an OCI layout, its layers compressed with gzip."""
        run_program(
            [
                *self._command, "push", "--quiet", "--format", "oci",
                "--compression-format", "gzip", image, f"oci:{layout}:{name}",
            ],
            timeout_s=_TRANSFER_S,
        )  # fmt: skip

    def find_image(self, name: str) -> StoredImage | None:
        """Return what the storage knows of an image, or ``None`` when it has none of that name."""
        try:
            outcome = run_program(
                [*self._command, "inspect", "--type", "image", name], timeout_s=_QUICK_S
            )
        except ToolFailedError:
            return None
        found = orjson.loads(outcome.stdout)
        config = found.get("OCIv1") or {}
        parts = (config.get("os"), config.get("architecture"), config.get("variant"))
        return StoredImage(found.get("FromImageDigest", ""), "/".join(filter(None, parts)))

    def has(self, image: str) -> bool:
        """Say whether the storage has an image of that name."""
        outcome = run_program(
            [*self._command, "images", "--quiet", image],
            timeout_s=_QUICK_S,
            accept=(0, 1, 125),
        )
        return outcome.exit_status == 0 and bool(outcome.stdout.strip())

    def remove_containers(self) -> None:
        """Remove what builds that were killed left behind; only whoever holds the storage may."""
        run_program([*self._command, "rm", "--all"], timeout_s=_QUICK_S)


@contextmanager
def open_buildah(cache: Path, platform: str) -> Iterator[Buildah]:
    """Hold the storage of a platform for this process alone; waits for others.

    Args:
        cache: Directory of everything that can be made again.
        platform: OCI platform.

    Raises:
        ToolMissingError: Buildah is not installed.
    """
    require_program("buildah", INSTALL_HINT)
    storage = cache / "storage" / platform.replace("/", "-")
    storage.mkdir(parents=True, exist_ok=True)
    with open_locked(storage / "lock"):
        buildah = Buildah(storage)
        buildah.remove_containers()
        yield buildah


def find_version() -> str:
    """Return program and version, such as ``buildah 1.28.2``.

    Raises:
        ToolMissingError: Buildah is not installed.
    """
    text = run_program(["buildah", "--version"], timeout_s=_QUICK_S, missing_hint=INSTALL_HINT).text
    match = re.search(r"version (\S+)", text)
    return f"buildah {match[1]}" if match else "buildah"
