"""What a run's numbers depend on: the machine, its programs, and how steady it was."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

_LOOPS = 400_000


def describe_machine(directory: Path) -> dict[str, Any]:
    """Return facts of this machine; ``directory`` is where the runs read and write."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _read_processor(),
        "memory_mb": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 10**6,
        "file_system": find_file_system(directory),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "mkdocs_material": version("mkdocs-material"),
        "hugo": _read_hugo_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def find_file_system(directory: Path) -> str:
    """Return the type of the file system ``directory`` is on, such as ``ext4``."""
    best, found = "", "unknown"
    path = str(directory.resolve())
    for line in Path("/proc/mounts").read_text("utf-8").splitlines():
        _, mount, kind, *_ = line.split()
        inside = path == mount or path.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, found = mount, kind
    return found


def time_loop() -> float:
    """Return the wall time of a fixed loop in milliseconds: how fast the machine is right now."""
    start = time.perf_counter()
    total = 0
    for number in range(_LOOPS):
        total += number * number % 7
    return (time.perf_counter() - start) * 1000


def _read_processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _read_hugo_version() -> str | None:
    try:
        done = subprocess.run(["hugo", "version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.split()[1]
