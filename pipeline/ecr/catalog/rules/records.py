"""Decisions and records of a release: do they speak of this release, in this order?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.catalog.rules.context import report, report_at
from ecr.catalog.rules.registry import load_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecr.catalog.yaml_document import YamlDocument
    from ecr.findings import Finding
    from ecr.model.build import Build
    from ecr.model.identity import ReleaseId
    from ecr.model.profile import Profile
    from ecr.model.release import Release
    from ecr.model.status import Decision, Status

_REDO = "records are written by the pipeline; have it written again, do not edit it"


def check_status(document: YamlDocument, status: Status) -> Iterator[Finding]:
    """Check that nothing was decided before there was something to decide about."""
    decisions: list[tuple[tuple[str | int, ...], Decision]] = [
        ((key,), decision)
        for key in ("certification", "deprecated", "yanked")
        if (decision := getattr(status, key)) is not None
    ]
    decisions += [(("approvals", at), approval) for at, approval in enumerate(status.approvals)]
    for loc, decision in decisions:
        if decision.on < status.added:
            message = f"{decision.on} is before {status.added}, when the release was added"
            yield report_at(document, (*loc, "on"), "E307", message, "correct one of the days")


def check_build(path: str, build: Build, expected: ReleaseId) -> Iterator[Finding]:
    """Check that a build record is of this release."""
    if build.id != str(expected):
        message = f"the record is of '{build.id}', not of '{expected}'"
        yield report(path, "E210", message, _REDO, "id")


def check_build_platforms(path: str, build: Build, release: Release) -> Iterator[Finding]:
    """Check that only images of the release's platforms are recorded."""
    for platform in build.images:
        if platform not in release.platforms:
            message = f"there is an image for '{platform}', which the release is not for"
            yield report(path, "E210", message, _REDO, f"images.{platform}")


def check_profile(
    root: Path, path: str, profile: Profile, expected: ReleaseId
) -> Iterator[Finding]:
    """Check that a profile is of this release, and of hardware that is known."""
    if profile.id != str(expected):
        message = f"the record is of '{profile.id}', not of '{expected}'"
        yield report(path, "E210", message, _REDO, "id")
    hardware = profile.machine.hardware
    if hardware not in load_registry(root).ids:
        message = f"hardware '{hardware}' is not in the registry"
        hint = "add the board to the hardware registry first"
        yield report(path, "E308", message, hint, "machine.hardware")


def check_profile_platform(path: str, profile: Profile, release: Release) -> Iterator[Finding]:
    """Check that a profile is of one of the release's platforms."""
    if profile.platform not in release.platforms:
        message = f"it ran on '{profile.platform}', which the release is not for"
        yield report(path, "E210", message, _REDO, "platform")
