"""``namespace.yaml``: who a namespace belongs to, and who else may do what in it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from ecr.model.fields import HttpsUrl, Line, ManifestModel, NamespaceName


class Permission(StrEnum):
    """What a grant allows, with the meaning it has in Sage's ECR."""

    READ = "READ"
    WRITE = "WRITE"
    READ_ACP = "READ_ACP"
    WRITE_ACP = "WRITE_ACP"
    FULL_CONTROL = "FULL_CONTROL"


Grantee = Annotated[
    str,
    Field(pattern=r"^(user:[A-Za-z0-9][A-Za-z0-9-]{0,38}|team:[a-z0-9-]+/[a-z0-9_-]+|everyone)$"),
]
"""``user:LOGIN``, ``team:ORGANISATION/TEAM`` or ``everyone``."""


class Grant(ManifestModel):
    """One permission given to one grantee."""

    to: Grantee
    """``user:LOGIN``, ``team:ORGANISATION/TEAM`` or ``everyone`` (READ only)."""
    permission: Permission
    """READ, WRITE, READ_ACP, WRITE_ACP or FULL_CONTROL."""


class Namespace(ManifestModel):
    """A namespace: the people behind its bundles."""

    schema_version: Literal[1]
    """Version of this document's schema."""
    namespace: NamespaceName
    """The name; equal to the directory's."""
    title: Line
    """Name for people, such as an institution or project."""
    owners: Annotated[tuple[Grantee, ...], Field(min_length=1, max_length=50)]
    """Who decides: each has FULL_CONTROL."""
    grants: Annotated[tuple[Grant, ...], Field(max_length=200)] = ()
    """Further permissions on every bundle of the namespace."""
    homepage: HttpsUrl | None = None
    """Page of the project or institution."""
