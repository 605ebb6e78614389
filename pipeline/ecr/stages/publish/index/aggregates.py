"""The documents that speak of all releases, joined from the rows kept of each.

The rows are finished JSON text, so ten thousand releases cost a few joins and digests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ecr.model.addresses import (
    BASE,
    HARDWARE_PATH,
    RELEASES_PATH,
    ROOT_PATH,
    SHARD_PREFIXES,
    digest_bytes,
    hardware_path,
    shard_path,
)
from ecr.stages.publish.index.documents import SCHEMA_VERSION
from ecr.stages.publish.index.hosting import render_host_files
from ecr.stages.publish.index.schemas import render_schemas
from ecr.stages.publish.outputs import OutputFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecr.stages.publish.outputs import BundleSummary, SiteSettings


def render_index(
    settings: SiteSettings, summaries: Sequence[BundleSummary]
) -> Iterator[OutputFile]:
    """Yield the shards, the lists, the schemas and the host's files, and the root last.

    Args:
        settings: Settings of the site.
        summaries: The public bundles, sorted by id.
    """
    yield from render_schemas(settings)
    yield from render_host_files()
    documents: dict[str, dict[str, Any]] = {}
    releases = _list_releases(summaries)
    documents["releases"] = _refer(RELEASES_PATH, releases)
    yield OutputFile(f"{BASE}/{RELEASES_PATH}", releases)
    boards, rows = _describe_hardware(settings, summaries)
    yield from boards
    hardware = orjson.dumps({"schema_version": SCHEMA_VERSION, "hardware": rows})
    documents["hardware"] = _refer(HARDWARE_PATH, hardware)
    yield OutputFile(f"{BASE}/{HARDWARE_PATH}", hardware)
    shards = {}
    for prefix, content in _fill_shards(summaries):
        shards[prefix] = {"digest": digest_bytes(content), "size_bytes": len(content)}
        yield OutputFile(f"{BASE}/{shard_path(prefix)}", content)
    root = {
        "schema_version": SCHEMA_VERSION,
        "counts": {
            "namespaces": len({summary.id.partition("/")[0] for summary in summaries}),
            "bundles": len(summaries),
            "releases": sum(len(summary.releases) for summary in summaries),
        },
        "documents": documents,
        "shards": shards,
    }
    yield OutputFile(f"{BASE}/{ROOT_PATH}", orjson.dumps(root))


def _refer(path: str, content: bytes) -> dict[str, Any]:
    return {"path": path, "digest": digest_bytes(content), "size_bytes": len(content)}


def _list_releases(summaries: Sequence[BundleSummary]) -> bytes:
    rows = ",\n".join(row["glance"] for summary in summaries for row in summary.releases)
    return f'{{"schema_version":{SCHEMA_VERSION},"releases":[\n{rows}\n]}}\n'.encode()


def _fill_shards(summaries: Sequence[BundleSummary]) -> Iterator[tuple[str, bytes]]:
    shards: dict[str, list[tuple[str, str]]] = {prefix: [] for prefix in SHARD_PREFIXES}
    for summary in summaries:
        for row in summary.releases:
            shards[row["shard"]].append((row["id"], row["entry"]))
    for prefix, rows in shards.items():
        rows.sort()
        joined = ",".join(text for _, text in rows)
        yield (
            prefix,
            f'{{"schema_version":{SCHEMA_VERSION},"prefix":"{prefix}","releases":[{joined}]}}'.encode(),
        )


def _by_answer(group: tuple[tuple[str, str], list[str]]) -> tuple[int, str]:
    (answer, reason), _ = group
    return ("yes", "unknown", "no").index(answer), reason


def _describe_hardware(
    settings: SiteSettings, summaries: Sequence[BundleSummary]
) -> tuple[list[OutputFile], list[dict[str, Any]]]:
    """Return the document of each board, and its row in the list of boards."""
    # Few sets of answers occur in a catalog, so releases are grouped by the whole set first.
    by_answers: dict[str, list[str]] = {}
    for summary in summaries:
        for row in summary.releases:
            by_answers.setdefault(row["fits"], []).append(row["id"])
    groups = [(orjson.loads(text), ids) for text, ids in by_answers.items()]
    files: list[OutputFile] = []
    rows: list[dict[str, Any]] = []
    for number, board in enumerate(settings.hardware):
        fits: dict[tuple[str, str], list[str]] = {}
        for answers, ids in groups:
            answer, reason = answers[number]
            fits.setdefault((answer, reason), []).extend(ids)
        counts = {"yes": 0, "no": 0, "unknown": 0}
        for (answer, _), ids in fits.items():
            counts[answer] += len(ids)
        described = orjson.dumps(
            {
                "schema_version": SCHEMA_VERSION,
                "id": board.id,
                "hardware": orjson.Fragment(board.model_dump_json(exclude_none=True)),
                "counts": counts,
                "fits": [
                    {"answer": answer, "reason": reason, "releases": sorted(ids)}
                    for (answer, reason), ids in sorted(fits.items(), key=_by_answer)
                ],
            }
        )
        path = hardware_path(board.id)
        files.append(OutputFile(f"{BASE}/{path}", described))
        rows.append(
            {
                "id": board.id,
                "title": board.title,
                "platforms": board.platforms,
                "counts": counts,
                **_refer(path, described),
            }
        )
    return files, rows
