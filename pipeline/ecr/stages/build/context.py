"""What a build may see: the release's source and nothing else.

Manifests and sources are written by strangers. Every path a manifest names is followed to where it
really leads, and must lead to a plain file inside the source's directory. (Buildah itself resolves
what a Dockerfile copies inside the context, links included.)
"""

from __future__ import annotations

import os
import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from ecr.errors import IntegrityError
from ecr.model.release import GitSource
from ecr.stages.build.errors import BuildError
from ecr.stages.build.settings import FILE_TIME_S

if TYPE_CHECKING:
    from ecr.model.release import BinaryFile, Source

_HOST_TRANSPORT = re.compile(
    r"\b(containers-storage|dir|docker-archive|docker-daemon|oci|oci-archive|ostree|sif|tarball):",
)
_IMAGE_INSTRUCTION = re.compile(r"^\s*(FROM|ARG|COPY|ADD|RUN)\b", re.IGNORECASE)


def find_context(tree: Path, source: Source) -> Path:
    """Return the directory of the code in an unpacked source.

    Raises:
        BuildError: It is not there, or not inside the source.
    """
    if not isinstance(source, GitSource) or source.directory == ".":
        return tree.resolve()
    directory = _resolve(tree, source.directory, "directory")
    if not directory.is_dir():
        raise BuildError(f"directory '{source.directory}' of the source is no directory")
    return directory


def find_file(context: Path, path: str, what: str) -> Path:
    """Return a file of the code.

    Args:
        context: Directory of the code.
        path: Path a manifest names.
        what: What the manifest calls it, for messages.

    Raises:
        BuildError: It is not there, no plain file, or not inside the directory.
    """
    file = _resolve(context, path, what)
    if not file.is_file():
        raise BuildError(f"{what} '{path}' is no file")
    return file


def _resolve(directory: Path, path: str, what: str) -> Path:
    try:
        found = (directory / path).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise BuildError(
            f"{what} '{path}' is not in the source", hint="mend the path in release.yaml"
        ) from error
    if not found.is_relative_to(directory.resolve()):
        raise BuildError(
            f"{what} '{path}' leads out of the source",
            hint="a build sees only its source; put the file there",
        )
    return found


def check_program(file: Path, expected: BinaryFile) -> None:
    """Check a compiled program against its manifest.

    Raises:
        IntegrityError: It is another file.
    """
    content = file.read_bytes()
    digest = sha256(content).hexdigest()
    if digest != expected.sha256 or len(content) != expected.size_bytes:
        raise IntegrityError(
            f"{expected.path} has {len(content):,} bytes with checksum {digest}, and release.yaml "
            f"says {expected.size_bytes:,} bytes with checksum {expected.sha256}",
            hint="the file or the manifest is wrong; a release that was merged must not change",
        )


def check_images(dockerfile: str, build_args: dict[str, str]) -> None:
    """Refuse a Dockerfile that takes images from this machine's files instead of a registry.

    Raises:
        BuildError: It names such a place.
    """
    joined = re.sub(r"\\\n", " ", dockerfile)
    for line in joined.splitlines():
        match = _HOST_TRANSPORT.search(line)
        if _IMAGE_INSTRUCTION.match(line) and match is not None and _names_image(line, match):
            raise BuildError(
                f"the Dockerfile takes an image from '{match[0]}', a place on the building machine",
                hint="images come from registries: write registry/name@sha256:...",
            )
    for name, value in build_args.items():
        if _HOST_TRANSPORT.match(value):
            raise BuildError(f"build argument '{name}' names an image on the building machine")


def _names_image(line: str, match: re.Match[str]) -> bool:
    """Say whether a transport stands where an instruction names an image."""
    before = line[: match.start()]
    return bool(
        re.search(r"(from=|^\s*FROM\s+(--\S+\s+)*|^\s*ARG\s+\w+=)['\"]?$", before, re.IGNORECASE)
    )


def set_times(context: Path) -> None:
    """Give every file and directory one time, so that it cannot leave a trace in the image."""
    for directory, _, files in os.walk(context):
        for name in files:
            os.utime(Path(directory, name), (FILE_TIME_S, FILE_TIME_S), follow_symlinks=False)
        os.utime(directory, (FILE_TIME_S, FILE_TIME_S))
