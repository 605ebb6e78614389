"""How to cite a release, in words and as BibTeX. A DOI comes with the stage that registers it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecr.catalog.entries import ReleaseEntry

PUBLISHER = "Edge Code Repository"
_TEX = {
    **{character: f"\\{character}" for character in "{}&%$#_"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_TEX_SPECIAL = re.compile(r"[\\{}&%$#_~^]")
_MOST_AUTHORS = 10


def write_citation(entry: ReleaseEntry, url: str) -> str:
    """Return the citation as a sentence."""
    release = entry.manifest
    names = [author.name for author in release.authors]
    if len(names) > _MOST_AUTHORS:
        names = [*names[:_MOST_AUTHORS], "and others"]
    return (
        f"{', '.join(names)} ({entry.status.added.year}). {release.title}, "
        f"version {release.version}. {PUBLISHER}. {url}"
    )


def write_bibtex(entry: ReleaseEntry, url: str) -> str:
    """Return the citation as a BibTeX entry."""
    release = entry.manifest
    authors = " and ".join(f"{{{_escape(author.name)}}}" for author in release.authors)
    return (
        f"@software{{{release.namespace}-{release.name}-{release.version},\n"
        f"  author    = {{{authors}}},\n"
        f"  title     = {{{{{_escape(release.title)}}}}},\n"
        f"  version   = {{{release.version}}},\n"
        f"  year      = {{{entry.status.added.year}}},\n"
        f"  publisher = {{{PUBLISHER}}},\n"
        f"  url       = {{{url}}}\n"
        "}"
    )


def _escape(text: str) -> str:
    return _TEX_SPECIAL.sub(lambda match: _TEX[match[0]], text)
