"""The data the catalog page searches: cards in a fixed number of shards, and words beside them.

The shard of a bundle follows from its id, so a change of one bundle changes one shard of each
kind. The page shows the first results when the first shard is there. Format, documented for
whoever reads it: ``search/cards/<shard>.json`` is
``{"fields": [...], "platforms": [...], "hardware": [...], "rows": [[...], ...]}`` where
platforms and hardware of a row are places in those lists; ``search/words/<shard>.json`` is
``{"<id>": "<words of its descriptions>"}``.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from ecr.model.fields import Platform
from ecr.stages.publish.outputs import OutputFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecr.stages.publish.outputs import BundleSummary, SiteSettings

SHARDS = 16
FIELDS = (
    "id", "title", "summary", "keywords", "platforms", "kind", "hardware", "stage", "version",
    "added", "icon",
)  # fmt: skip
_PLATFORMS = [platform.value for platform in Platform]


def pick_shard(bundle: str) -> int:
    """Return the shard of the bundle ``namespace/name``."""
    return blake2b(bundle.encode(), digest_size=1).digest()[0] % SHARDS


def render_shards(
    settings: SiteSettings, summaries: Sequence[BundleSummary]
) -> tuple[list[OutputFile], list[str]]:
    """Return the files of the search, and a digest of each cards shard.

    The page asks for a shard with its digest in the address, so that no cache between hands
    out an old one.
    """
    hardware = [board.id for board in settings.hardware]
    rows: list[list[list[Any]]] = [[] for _ in range(SHARDS)]
    words: list[dict[str, str]] = [{} for _ in range(SHARDS)]
    for summary in summaries:
        shard = pick_shard(summary.id)
        rows[shard].append(_make_row(summary.id, summary.card, hardware))
        words[shard][summary.id] = summary.card["words"]
    files, digests = [], []
    for shard in range(SHARDS):
        cards = orjson.dumps(
            {"fields": FIELDS, "platforms": _PLATFORMS, "hardware": hardware, "rows": rows[shard]}
        )
        files.append(OutputFile(f"search/cards/{shard:x}.json", cards))
        files.append(OutputFile(f"search/words/{shard:x}.json", orjson.dumps(words[shard])))
        digests.append(blake2b(cards, digest_size=4).hexdigest())
    return files, digests


def _make_row(bundle: str, card: Mapping[str, Any], hardware: Sequence[str]) -> list[Any]:
    fits = card["fits"]
    return [
        bundle,
        card["title"],
        card["summary"],
        card["keywords"],
        [_PLATFORMS.index(platform) for platform in card["platforms"]],
        card["kind"],
        [place for place, board in enumerate(hardware) if fits.get(board, ("",))[0] == "yes"],
        card["stage"],
        card["version"],
        card["added"],
        card["icon"],
    ]
