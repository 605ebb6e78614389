"""Keeps what the previous index named, so that who read that index can still fetch it all.

Documents stay at their fixed paths, so publishing over a site replaces them. A client that
read the index just before would then find other bytes than it was told. Every document that
is named by digest and goes away is therefore kept, by digest, for a while:
``api/v1/superseded/<sha256>.json``, with a list that says until when.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from ecr.model.addresses import (
    BASE,
    HARDWARE_PATH,
    ROOT_PATH,
    shard_path,
    superseded_path,
)
from ecr.stages.publish.outputs import OutputFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

KEEP_S = 86_400
"""A day."""
LIST_PATH = f"{BASE}/superseded/index.json"


def keep_superseded(
    previous_site: Path,
    new_files: Iterable[OutputFile],
    *,
    now: datetime,
    keep_s: int = KEEP_S,
) -> Iterator[OutputFile]:
    """Yield everything that belongs below ``api/v1/superseded/`` of the new site.

    The work grows with what changed: shards with the same digest are not looked into. When a
    release is no longer published, its bundle may have become protected; then nothing at all is
    kept, since older shards and lists name it.

    Args:
        previous_site: The site that is about to be replaced; may be absent.
        new_files: What ``render_index`` yielded for the new site.
        now: The time of publishing.
        keep_s: How long to keep a document after it was superseded, in seconds.
    """
    new = {file.path.removeprefix(f"{BASE}/"): file.content for file in new_files}
    old = _reader(previous_site)
    gone = _list_gone(old, new.get)
    if gone is None:
        return
    until = (now.astimezone(UTC) + timedelta(seconds=keep_s)).isoformat(timespec="seconds")
    kept = {
        digest: (superseded_path(digest), time)
        for digest, time in _list_kept(old)
        if datetime.fromisoformat(time) > now
    }
    kept |= {digest: (path, until) for digest, path in gone.items()}
    listed: list[dict[str, Any]] = []
    for digest, (path, time) in sorted(kept.items()):
        content = old(path)
        if content is None or f"sha256:{sha256(content).hexdigest()}" != digest:
            continue
        listed.append({"digest": digest, "size_bytes": len(content), "until": time})
        yield OutputFile(f"{BASE}/{superseded_path(digest)}", content)
    if listed:
        document = {"schema_version": 1, "documents": listed}
        yield OutputFile(LIST_PATH, orjson.dumps(document))


def _reader(site: Path) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        try:
            return (site / BASE / path).read_bytes()
        except OSError:
            return None

    return read


def _list_kept(old: Callable[[str], bytes | None]) -> list[tuple[str, str]]:
    listed = _parse(old(LIST_PATH.removeprefix(f"{BASE}/")))
    return [(row["digest"], row["until"]) for row in listed.get("documents", ())]


def _list_gone(
    old: Callable[[str], bytes | None], new: Callable[[str], bytes | None]
) -> dict[str, str] | None:
    """Return digest and path of every document the old index names and the new one does not.

    Returns ``None`` when the old index names a release that the new one does not.
    """
    before, after = _parse(old(ROOT_PATH)), _parse(new(ROOT_PATH))
    named_before, named_after = _list_named(before), _list_named(after)
    gone = {d: path for d, path in named_before.items() if d not in named_after}
    changed = [path for path in gone.values() if path.startswith("shards/")]
    changed += [HARDWARE_PATH] if HARDWARE_PATH in gone.values() else []
    still = {row["digest"] for path in changed for row in _rows(new(path))}
    for path in changed:
        if {row["id"] for row in _rows(old(path))} - {row["id"] for row in _rows(new(path))}:
            return None
        gone |= {r["digest"]: r["path"] for r in _rows(old(path)) if r["digest"] not in still}
    return gone


def _list_named(root: dict[str, Any]) -> dict[str, str]:
    named = {row["digest"]: row["path"] for row in root.get("documents", {}).values()}
    for prefix, row in root.get("shards", {}).items():
        named[row["digest"]] = shard_path(prefix)
    return named


def _rows(content: bytes | None) -> list[dict[str, Any]]:
    document = _parse(content)
    rows: list[dict[str, Any]] = document.get("releases") or document.get("hardware") or []
    return rows


def _parse(content: bytes | None) -> dict[str, Any]:
    """Return a document, or an empty one: what cannot be read can no longer be fetched either."""
    try:
        value = orjson.loads(content or b"{}")
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
