"""Profiles in short, and what they say a release needs: for the index and for today's clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecr.model.profile import Profile, Statistic


def summarise_profile(profile: Profile) -> dict[str, Any]:
    """Return a profile without its time series and the description of the machine."""
    summary: dict[str, Any] = {
        "hardware": profile.machine.hardware,
        "platform": profile.platform,
        "image": profile.image,
        "measured": profile.measured,
        "emulated": profile.emulated,
        "virtual_waggle": profile.virtual_waggle,
        "runs": profile.runs,
        "duration_s": _distribution(profile.duration_s),
        "cpu_millicores": _distribution(profile.cpu_millicores),
        "memory_bytes": _distribution(profile.memory_bytes),
        "raw_log": profile.raw_log,
    }
    if profile.gpu_memory_bytes is not None:
        summary["gpu_memory_bytes"] = _distribution(profile.gpu_memory_bytes)
    if profile.machine.power_mode is not None:
        summary["power_mode"] = profile.machine.power_mode
    if profile.cold_start_s is not None:
        summary["cold_start_s"] = profile.cold_start_s
    if profile.energy_joules is not None:
        summary["energy_joules"] = profile.energy_joules
    return summary


def summarise_needs(profiles: Iterable[Profile]) -> list[dict[str, Any]]:
    """Return what was seen to be needed on each board: the largest of all its runs.

    Emulated runs and runs that failed say nothing about a board and are left out.
    """
    needs: dict[str, dict[str, Any]] = {}
    for profile in profiles:
        if profile.emulated or profile.exit_status != 0:
            continue
        hardware = profile.machine.hardware
        seen = needs.setdefault(
            hardware,
            {"hardware": hardware, "profiles": 0, "cpu_millicores": 0.0, "memory_bytes": 0.0},
        )
        seen["profiles"] += 1
        seen["cpu_millicores"] = max(seen["cpu_millicores"], profile.cpu_millicores.p95)
        seen["memory_bytes"] = max(seen["memory_bytes"], profile.memory_bytes.max)
        if profile.gpu_memory_bytes is not None:
            so_far = seen.get("gpu_memory_bytes", 0.0)
            seen["gpu_memory_bytes"] = max(so_far, profile.gpu_memory_bytes.max)
    return [needs[hardware] for hardware in sorted(needs)]


def _distribution(statistic: Statistic) -> dict[str, float]:
    return {
        "p50": statistic.p50,
        "p95": statistic.p95,
        "p99": statistic.p99,
        "max": statistic.max,
    }
