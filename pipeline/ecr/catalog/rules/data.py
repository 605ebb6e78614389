"""The data of a release: where it is, where it is put, and who refers to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.catalog.rules.code import RECORD_NAMES
from ecr.catalog.rules.stored import check_stored_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecr.catalog.rules.context import ReleaseContext
    from ecr.findings import Finding
    from ecr.model.release import Release

_SYSTEM = ("bin", "boot", "dev", "etc", "lib", "proc", "sbin", "sys", "usr")


def check_data(context: ReleaseContext, release: Release) -> Iterator[Finding]:
    """Check the files and mounts of the data."""
    mounts: dict[str, int] = {}
    for index, data in enumerate(release.data):
        if data.path is not None:
            if data.path == "." or data.path.split("/")[0] in RECORD_NAMES:
                message = f"data cannot be in '{data.path}', which belongs to the pipeline"
                hint = "put it into a directory of its own, such as 'data'"
                yield context.find(("data", index, "path"), "E310", message, hint)
            else:
                yield from check_stored_file(
                    context, ("data", index), data.path, data.sha256, data.size_bytes
                )
        if data.mount is not None:
            yield from _check_mount(context, index, data.mount, mounts)


def _check_mount(
    context: ReleaseContext, index: int, mount: str, mounts: dict[str, int]
) -> Iterator[Finding]:
    loc = ("data", index, "mount")
    parts = mount.split("/")[1:]
    if any(part in ("", ".", "..") for part in parts):
        message = f"'{mount}' is not a plain absolute path"
        yield context.find(loc, "E309", message, "write it without '.', '..' and '//'")
    elif parts[0] in _SYSTEM:
        message = f"'{mount}' is in a directory of the system"
        yield context.find(loc, "E309", message, "choose another place, such as '/data/...'")
    else:
        for other, first in mounts.items():
            if f"{mount}/".startswith(f"{other}/") or f"{other}/".startswith(f"{mount}/"):
                message = f"'{mount}' and '{other}' of data[{first}] are in each other's way"
                yield context.find(loc, "E309", message, "give each file a path of its own")
                break
    mounts.setdefault(mount, index)


def check_profiling(context: ReleaseContext, release: Release) -> Iterator[Finding]:
    """Check that the data the profiling workload reads is declared."""
    if release.profiling is None:
        return
    names = {data.name for data in release.data}
    for index, name in enumerate(release.profiling.data):
        if name not in names:
            hint = (
                f"one of {', '.join(sorted(names))}"[:200] if names else "declare it under 'data'"
            )
            message = f"there is no data named '{name}'"
            yield context.find(("profiling", "data", index), "E303", message, hint)
