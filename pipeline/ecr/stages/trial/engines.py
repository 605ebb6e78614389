"""Chooses what runs the tests: Docker where an engine answers, Buildah elsewhere."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ecr.errors import ToolMissingError
from ecr.tools.buildah_container import BuildahEngine
from ecr.tools.docker import open_docker

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.tools.containers import Engine


class EngineName(StrEnum):
    """Engines a person can ask for."""

    AUTO = "auto"
    DOCKER = "docker"
    BUILDAH = "buildah"


def open_engine(name: EngineName, cache: Path) -> Engine:
    """Return an engine that can be used.

    Args:
        name: The one that was asked for.
        cache: Directory of what can be made again.

    Raises:
        ToolMissingError: It is not there; for ``auto``, neither is.
    """
    storage = cache / "tests"
    if name is EngineName.BUILDAH:
        return BuildahEngine(storage)
    try:
        return open_docker()
    except ToolMissingError as no_docker:
        if name is EngineName.DOCKER:
            raise
        try:
            return BuildahEngine(storage)
        except ToolMissingError as no_buildah:
            raise ToolMissingError(
                f"nothing here can run an image: {no_docker}, and {no_buildah}",
                hint="install one: sudo apt-get install docker.io, or buildah",
            ) from no_docker
