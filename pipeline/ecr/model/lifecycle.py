"""What one word says about a release: how far it came, and whether it should be used."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ecr.model.status import Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecr.model.build import Build
    from ecr.model.profile import Profile
    from ecr.model.status import Status


class Stage(StrEnum):
    """The stages of a release, in order, and the two that end it."""

    LISTED = "listed"
    BUILT = "built"
    PROFILED = "profiled"
    REVIEWED = "reviewed"
    CERTIFIED = "certified"
    DEPRECATED = "deprecated"
    YANKED = "yanked"


def decide_stage(status: Status, build: Build | None, profiles: Sequence[Profile]) -> Stage:
    """Return the one word shown for a release; endings first, then the furthest stage."""
    if status.yanked is not None:
        return Stage.YANKED
    if status.deprecated is not None:
        return Stage.DEPRECATED
    if status.certification is not None:
        certified = status.certification.level is Level.CERTIFIED
        return Stage.CERTIFIED if certified else Stage.REVIEWED
    if any(not profile.emulated for profile in profiles):
        return Stage.PROFILED
    return Stage.BUILT if build is not None and build.images else Stage.LISTED
