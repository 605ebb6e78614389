"""An independent account of an import: is every word of the source carried over or named?

It does not ask the importer. Every leaf of the source file is looked for: in a finding that
names its place (or one above it), or else word by word in the release.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecr.findings import Finding

_JOINING = frozenset({"and", "https", "http", "git", "mailto", "orcid", "org", "linux", "www"})
_FILLERS = frozenset({"grant", "grants", "award", "awards"})
"""Words of funding that say nothing beside a number."""
_TARGETS = {
    "name": ("name", "title"),
    "namespace": ("namespace",),
    "version": ("version",),
    "description": ("summary", "description"),
    "authors": ("authors",),
    "collaborators": ("contributors",),
    "funding": ("funding",),
    "keywords": ("keywords",),
    "license": ("license",),
    "homepage": ("homepage",),
    "source": ("code", "platforms"),
    "arguments": ("code",),
    "inputs": ("inputs",),
    "resources": ("resources",),
    "metadata": ("metadata",),
}
"""Where in a release each field belongs; anything else may only be in its metadata."""


def list_unaccounted(
    source: dict[str, Any], release: dict[str, Any], findings: Iterable[Finding]
) -> list[str]:
    """Return the places of the source that are neither in the release nor named."""
    named = {finding.where for finding in findings}
    kept = release["metadata"].get("sage-yaml") or release["metadata"].get("sage") or {}
    missing = []
    for place, value in _walk(source, ""):
        if _is_named(place, named) or _is_kept(place, kept):
            continue
        top = re.split(r"[.\[]", place, maxsplit=1)[0]
        targets = _TARGETS.get(top, ("metadata",))
        passed_over = _JOINING | _FILLERS if top == "funding" else _JOINING
        there = " ".join(_write(release[target]) for target in targets)
        words = _words(there)
        if not all(word in words for word in _words(_write(value)) - passed_over):
            missing.append(place)
    return missing


def _walk(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from _walk(below, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list) and value:
        for index, below in enumerate(value):
            yield from _walk(below, f"{place}[{index}]")
    else:
        yield place, value


def _is_named(place: str, named: set[str]) -> bool:
    return any(
        place == name or place.startswith((f"{name}.", f"{name}[")) for name in named if name
    )


def _is_kept(place: str, kept: Any) -> bool:
    return isinstance(kept, dict) and any(
        place == name or place.startswith((f"{name}.", f"{name}[")) for name in kept
    )


def _write(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key} {_write(below)}" for key, below in value.items())
    if isinstance(value, list):
        return " ".join(_write(item) for item in value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))
