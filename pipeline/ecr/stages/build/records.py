"""The records of single platforms, kept until all are together.

They lie below ``.ecr/builds``, so that machines that built different platforms can hand them over
as files. Only complete builds go into ``build.json``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from ecr.catalog.record_writer import render_record
from ecr.model.build import PlatformBuild
from ecr.stages.build.places import record_of
from ecr.tools.disk import explain_disk_errors

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.model.identity import ReleaseId


def read_platform(root: Path, release: ReleaseId, platform: str) -> PlatformBuild | None:
    """Return what was built for a platform; ``None`` when nothing was, or by another version."""
    try:
        content = record_of(root, release, platform).read_bytes()
        return PlatformBuild.model_validate_json(content)
    except (FileNotFoundError, ValidationError):
        return None


def write_platform(root: Path, release: ReleaseId, record: PlatformBuild) -> None:
    """Keep what was built for a platform."""
    path = record_of(root, release, record.platform)
    with explain_disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        waiting = path.with_suffix(".part")
        waiting.write_bytes(render_record(record))
        waiting.replace(path)
