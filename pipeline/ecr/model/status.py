"""``status.yaml``: what was decided about a release after it was written."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from ecr.model.fields import Day, Line, ManifestModel, Text


class Level(StrEnum):
    """How far a certifier went."""

    REVIEWED = "reviewed"
    CERTIFIED = "certified"


class Decision(ManifestModel):
    """Who decided something, when and why."""

    by: Line
    """Person or team."""
    on: Day
    """Day, as YYYY-MM-DD."""
    reason: Text
    """Why, in a sentence."""


class Certification(Decision):
    """A certifier's verdict."""

    level: Level
    """``reviewed``: read and found plausible; ``certified``: measured on real nodes as well."""


class Approval(Decision):
    """Permission to run in a deployment."""

    deployment: Line
    """Name of the deployment, such as a project or a set of nodes."""


class Status(ManifestModel):
    """The decisions about one release."""

    schema_version: Literal[1]
    """Version of this document's schema."""
    added: Day
    """Day the release entered the catalog, as YYYY-MM-DD."""
    certification: Certification | None = None
    """A certifier's verdict."""
    approvals: Annotated[tuple[Approval, ...], Field(max_length=200)] = ()
    """Deployments the release was approved for."""
    deprecated: Decision | None = None
    """Still runs, but should not be chosen for new work."""
    yanked: Decision | None = None
    """Must not be run: broken or unsafe. It stays in the catalog so that it can be cited."""
