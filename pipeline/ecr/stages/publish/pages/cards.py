"""What the catalog page, the search and every other page about many bundles know of one.

A card is kept between runs and is all that is loaded of an unchanged bundle, so it holds just
what those pages show.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecr.model.hardware import decide_fit
from ecr.stages.publish.pages.media import name_icon

if TYPE_CHECKING:
    from ecr.catalog.entries import BundleEntry
    from ecr.stages.publish.outputs import SiteSettings

_WORD = re.compile(r"[^\W_][\w'’-]+")
_MARKUP = re.compile(r"<[^>]*>|\]\([^)]*\)|https?://\S+")
_MOST_WORDS = 400
_STOP_WORDS = frozenset(
    """
    a about after all also an and any are as at be been before both but by can do does each for
    from has have how if in into is it its many may more most no not of on one only or other our
    out over see so some such than that the their them then there these they this those through
    to two under up use used uses using very was we were what when where which while who will
    with within you your
    """.split()  # noqa: SIM905 - a list of a hundred quoted words is no easier to read
)


def make_card(entry: BundleEntry, settings: SiteSettings) -> dict[str, Any]:
    """Return the card of a bundle: its newest release, and the words it can be found by.

    Keys: ``title``, ``summary``, ``keywords``, ``platforms``, ``kind``, ``stage``, ``version``,
    ``added`` (day of the newest release), ``icon`` (file name), ``namespace_title``,
    ``versions`` (all, newest first), ``fits`` (by hardware id: answer and reason) and ``words``
    (of the descriptions, each once).
    """
    newest = entry.newest
    release = newest.manifest
    fits = [(board.id, decide_fit(release, board)) for board in settings.hardware]
    return {
        "title": release.title,
        "summary": release.summary,
        "keywords": list(release.keywords),
        "platforms": [str(platform) for platform in release.platforms],
        "kind": release.code.kind,
        "stage": str(newest.stage),
        "version": release.version,
        "added": newest.status.added.isoformat(),
        "icon": name_icon(entry),
        "namespace_title": entry.namespace.title,
        "versions": [each.manifest.version for each in entry.releases],
        "fits": {board: [str(fit.answer), fit.reason] for board, fit in fits},
        "words": _collect_words(entry),
    }


def _collect_words(entry: BundleEntry) -> str:
    """Return the distinct words of what was written about a bundle beyond its card."""
    release = entry.newest.manifest
    parts = [
        entry.media.description or "",
        release.description,
        *(author.name for author in release.authors),
        *(item.name.replace(".", " ").replace("_", " ") for item in release.publishes),
        *(item.description for item in release.publishes),
        *(item.name for item in release.data),
        *release.needs.devices,
    ]
    text = _MARKUP.sub(" ", " ".join(parts).lower())
    words = dict.fromkeys(word for word in _WORD.findall(text) if word not in _STOP_WORDS)
    return " ".join(list(words)[:_MOST_WORDS])
