"""What the parts of publishing hand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecr.model.hardware import Hardware


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One file of the site.

    Attributes:
        path: Path relative to the site's root, with ``/``.
        content: Its bytes.
    """

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What the outputs depend on besides the catalog itself.

    Attributes:
        site_url: Where the site will be, ending in ``/``.
        repository_url: Where the catalog's git repository can be browsed; ``None`` if unknown.
        registry: Registry and path images are pulled from, such as ``ghcr.io/owner``.
        hardware: The hardware registry.
    """

    site_url: str
    repository_url: str | None
    registry: str
    hardware: tuple[Hardware, ...]


@dataclass(frozen=True, slots=True)
class BundleSummary:
    """What is kept of a bundle to make the pages and documents that speak of all bundles.

    It is stored between runs as JSON, so that an unchanged bundle is not loaded again.

    Attributes:
        id: ``namespace/name``.
        card: What the catalog page and the search know of it; made by ``pages``.
        releases: A row for each release, newest first; made by ``index``.
        compat: One row for today's clients, if anything is offered to them; made by ``compat``.
    """

    id: str
    card: Mapping[str, Any]
    releases: tuple[Mapping[str, Any], ...]
    compat: tuple[Mapping[str, Any], ...] = field(default=())
