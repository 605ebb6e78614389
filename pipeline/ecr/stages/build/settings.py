"""What builds depend on besides the release: where things come from and go to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE_TIME_S = 946_684_800
"""2000-01-01T00:00:00Z: the time of every file in a layer.

One time for all, so that equal files make an equal layer whichever release they are in, and nodes
fetch it once. The image itself bears the time of its source.
"""

USER = 65532
"""Number of the user that scripts and programs run as: that of "nonroot" in distroless images."""

DEBIAN_SOURCES = (
    "deb http://deb.debian.org/debian {suite} main",
    "deb http://deb.debian.org/debian {suite}-updates main",
    "deb http://deb.debian.org/debian-security {suite}-security main",
)

LOCAL_BUILDER = "urn:ecr:builder:local"
"""Builder of provenance made outside of a build service."""


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """Settings of a run.

    Attributes:
        site_url: Where the catalog is published, ending in ``/``.
        repository_url: Where the catalog's repository can be browsed.
        registry: Registry and path that images are pushed to, unless another one is named.
        cache: Directory of what can be made again: base images, layers.
        base: Base image of scripts; ``{python}`` stands for the version. ``None``: one is made
            from Debian packages.
        debian_sources: Lines of ``sources.list`` for bases made here, with ``{suite}``.
        time_limit_s: Time limit of one platform in seconds.
        use_cache: Whether layers of earlier builds may be used.
        use_bases: Whether bases that were made earlier may be used.
        builder: URI of who builds, for the provenance.
    """

    site_url: str
    repository_url: str | None
    registry: str
    cache: Path
    base: str | None = None
    debian_sources: tuple[str, ...] = DEBIAN_SOURCES
    time_limit_s: float = 3600
    use_cache: bool = True
    use_bases: bool = True
    builder: str = LOCAL_BUILDER
