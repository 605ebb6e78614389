"""The hardware registry: boards that nodes have, by the ids the Sage inventory uses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from ecr.model.fields import (
    Flag,
    Line,
    ManifestModel,
    PlatformName,
    PositiveInt,
    Text,
)
from ecr.model.release import Release


class Hardware(ManifestModel):
    """One board."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
    """Id, such as 'xaviernx'."""
    title: Line
    """Name for people."""
    platforms: Annotated[tuple[PlatformName, ...], Field(min_length=1)]
    """Platforms it runs."""
    cores: PositiveInt | None = None
    """Processor cores."""
    memory_bytes: PositiveInt | None = None
    """Memory in bytes."""
    gpu: Line | None = None
    """GPU."""
    gpu_memory_bytes: PositiveInt | None = None
    """GPU memory in bytes; for shared memory, all of it."""
    shared_memory: Flag = False
    """Whether processor and GPU share their memory."""
    capabilities: tuple[Line, ...] = ()
    """Capabilities, as nodes state them."""
    description: Text = ""
    """What it is and where it is used."""


class HardwareRegistry(ManifestModel):
    """The boards, in the order they are shown in."""

    schema_version: Literal[1]
    """Version of this document's schema."""
    hardware: Annotated[tuple[Hardware, ...], Field(max_length=200)]
    """The boards."""


class Answer(StrEnum):
    """Whether a release runs on a piece of hardware."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fit:
    """The answer, and the reason in words."""

    answer: Answer
    reason: str


def decide_fit(release: Release, hardware: Hardware) -> Fit:
    """Say whether a release fits a board, from what its author declares.

    ``no`` names what is missing; ``yes`` needs a declared memory; else ``unknown``.
    """
    missing = _find_missing(release, hardware)
    if missing is not None:
        return Fit(Answer.NO, missing)
    if release.needs.memory is None:
        return Fit(Answer.UNKNOWN, "the author declares no memory need and none was measured")
    if hardware.memory_bytes is None:
        return Fit(Answer.UNKNOWN, "the memory of this hardware is not known")
    return Fit(Answer.YES, f"declared: {release.needs.memory} of memory")


def _find_missing(release: Release, hardware: Hardware) -> str | None:
    if not set(release.platforms) & set(hardware.platforms):
        return f"not built for {' or '.join(hardware.platforms)}"
    needs = release.needs
    if needs.gpu is not None and needs.gpu.required:
        lacking = sorted(set(needs.gpu.capabilities) - set(hardware.capabilities))
        if hardware.gpu is None or lacking:
            return f"needs {', '.join(lacking) if hardware.gpu else 'a GPU'}"
        if _exceeds(needs.gpu_memory_bytes, hardware.gpu_memory_bytes):
            return f"needs {needs.gpu.memory} of GPU memory"
    if _exceeds(needs.memory_bytes, hardware.memory_bytes):
        return f"needs {needs.memory} of memory"
    if _exceeds(needs.cpu_millicores, hardware.cores and hardware.cores * 1000):
        return f"needs {needs.cpu} of CPU"
    return None


def _exceeds(wanted: int | None, there: int | None) -> bool:
    return wanted is not None and there is not None and wanted > there
