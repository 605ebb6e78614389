"""``bundle.yaml``: what may change without a new release."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from ecr.model.fields import BundleName, Line, ManifestModel, NamespaceName
from ecr.model.namespace import Grant, Grantee


class Access(StrEnum):
    """Who may see a bundle."""

    PUBLIC = "public"
    PROTECTED = "protected"


class Bundle(ManifestModel):
    """All releases of one name, and what holds for every one of them."""

    schema_version: Literal[1]
    """Version of this document's schema."""
    namespace: NamespaceName
    """Namespace it belongs to; equal to the directory's name."""
    name: BundleName
    """Name; equal to the directory's."""
    access: Access = Access.PUBLIC
    """``public``, or ``protected``: nothing of it is published."""
    maintainers: Annotated[tuple[Grantee, ...], Field(max_length=50)] = ()
    """Who answers for the bundle, beside the namespace's owners."""
    grants: Annotated[tuple[Grant, ...], Field(max_length=200)] = ()
    """Further permissions on this bundle."""
    successor: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*$")] | None = (
        None
    )
    """``namespace/name`` of the bundle to use in place of this one."""
    successor_reason: Line | None = None
    """Why the successor should be used."""
