"""What a release needs, in the words of the scheduler's type ``Profile``."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from ecr.stages.publish.measurements import summarise_needs

if TYPE_CHECKING:
    from ecr.catalog.entries import ReleaseEntry
    from ecr.model.release import Needs

_MEBIBYTE = 2**20


def list_profiles(release: ReleaseEntry) -> list[dict[str, Any]]:
    """Return what was measured on each board, and what the author declares.

    ``require`` holds strings as Kubernetes writes them, rounded up: ``cpu`` in thousandths of
    a core, memory in MiB. Emulated and failed runs say nothing about a board.
    """
    listed: list[dict[str, Any]] = []
    declared = _require_declared(release.manifest.needs)
    if declared:
        listed.append({"name": "declared", "knobs": {}, "require": declared})
    for seen in summarise_needs(release.profiles):
        require = {
            "cpu": f"{max(1, ceil(seen['cpu_millicores']))}m",
            "memory": f"{max(1, ceil(seen['memory_bytes'] / _MEBIBYTE))}Mi",
        }
        if seen.get("gpu_memory_bytes"):
            require["gpu_memory"] = f"{ceil(seen['gpu_memory_bytes'] / _MEBIBYTE)}Mi"
        listed.append({"name": seen["hardware"], "knobs": {}, "require": require})
    return listed


def _require_declared(needs: Needs) -> dict[str, str]:
    require = {}
    if needs.cpu_millicores:
        require["cpu"] = f"{needs.cpu_millicores}m"
    if needs.memory_bytes is not None:
        require["memory"] = f"{ceil(needs.memory_bytes / _MEBIBYTE)}Mi"
    if needs.gpu_memory_bytes is not None:
        require["gpu_memory"] = f"{ceil(needs.gpu_memory_bytes / _MEBIBYTE)}Mi"
    return require
