"""Ids and the order of versions.

A bundle's id is ``namespace/name``, a release's id is ``namespace/name:version``. Versions
are Semantic Versioning 2.0.0; build metadata (``+...``) is not allowed because the
characters cannot stand in an OCI tag.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ecr.errors import UsageError

NAMESPACE_PATTERN = r"^[a-z0-9][a-z0-9-]*$"
NAME_PATTERN = NAMESPACE_PATTERN
SEMVER_PATTERN = (
    r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    r"(?:-((?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
    r"(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?$"
)

_SEMVER = re.compile(SEMVER_PATTERN, re.ASCII)
_RELEASE_ID = re.compile(r"^([a-z0-9][a-z0-9-]*)/([a-z0-9][a-z0-9-]*)(?::(.+))?$", re.ASCII)

VersionKey = tuple[int, int, int, int, tuple[tuple[int, int, str], ...]]
"""Sorts like Semantic Versioning section 11: a release after its pre-releases."""


def version_key(version: str) -> VersionKey:
    """Return the key that sorts versions by precedence (SemVer 2.0.0, section 11).

    Raises:
        ValueError: ``version`` is not a semantic version.
    """
    match = _SEMVER.fullmatch(version)
    if match is None:
        raise ValueError(f"{version!r} is not a semantic version")
    major, minor, patch, prerelease = match.groups()
    if prerelease is None:
        return int(major), int(minor), int(patch), 1, ()
    identifiers = tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in prerelease.split(".")
    )
    return int(major), int(minor), int(patch), 0, identifiers


def is_prerelease(version: str) -> bool:
    """Say whether a (valid) version has a pre-release part, such as ``1.0.0-rc.1``."""
    return "-" in version


class BundleId(NamedTuple):
    """``namespace/name``."""

    namespace: str
    name: str

    def __str__(self) -> str:
        """Return the wire form."""
        return f"{self.namespace}/{self.name}"


class ReleaseId(NamedTuple):
    """``namespace/name:version``."""

    namespace: str
    name: str
    version: str

    @property
    def bundle(self) -> BundleId:
        """The id of the bundle this is a release of."""
        return BundleId(self.namespace, self.name)

    def __str__(self) -> str:
        """Return the wire form."""
        return f"{self.namespace}/{self.name}:{self.version}"


def parse_id(text: str) -> BundleId | ReleaseId:
    """Parse ``namespace/name`` or ``namespace/name:version``.

    Raises:
        UsageError: The text is neither.
    """
    match = _RELEASE_ID.fullmatch(text)
    if match is None:
        raise UsageError(
            f"'{text}' is not the id of a bundle or release",
            hint="write namespace/name or namespace/name:version, such as sage/cloud-cover:1.2.0",
        )
    namespace, name, version = match.groups()
    if version is None:
        return BundleId(namespace, name)
    return ReleaseId(namespace, name, version)


_LOOKALIKES = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "_": "-"})


def lookalike_key(name: str) -> str:
    """Return a key equal for names that differ only by case or look-alike characters.

    Names are ASCII by their pattern, so the confusable pairs of Unicode TR 39 that can
    occur are few: ``0/o``, ``1/l/i``, ``5/s``, ``rn/m``, ``vv/w``, ``-/_`` and repeats of ``-``.
    """
    skeleton = name.casefold().translate(_LOOKALIKES).replace("rn", "m").replace("vv", "w")
    return re.sub(r"-+", "", skeleton)
