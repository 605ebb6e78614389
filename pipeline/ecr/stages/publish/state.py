"""What is known of a tree: which bundles are in it, as they were, and their summaries.

Removing a bundle from the state before its files are touched, and putting it back when they
are complete, is all that is needed to be killed at any moment.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from ecr.findings import Finding, Severity
from ecr.stages.publish.outputs import BundleSummary

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS bundles (
    id TEXT PRIMARY KEY, stamp TEXT NOT NULL, summary BLOB, findings TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS shared (path TEXT PRIMARY KEY) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class BundleOutcome:
    """What became of one bundle.

    Attributes:
        id: ``namespace/name``.
        stamp: Stamp of its files when it was read.
        summary: The summary as JSON; ``None`` when nothing of it is published.
        findings: What was found.
    """

    id: str
    stamp: str
    summary: bytes | None
    findings: tuple[Finding, ...]


def dump_summary(summary: BundleSummary) -> bytes:
    """Return a summary as JSON."""
    return orjson.dumps([summary.id, summary.card, summary.releases, summary.compat])


def parse_summary(content: bytes) -> BundleSummary:
    """Return the summary ``dump_summary`` wrote."""
    identity, card, releases, compat = orjson.loads(content)
    return BundleSummary(identity, card, tuple(releases), tuple(compat))


def _dump_findings(findings: Iterable[Finding]) -> str:
    return orjson.dumps(list(findings)).decode()


def _parse_findings(content: str) -> tuple[Finding, ...]:
    return tuple(
        Finding(**{**values, "severity": Severity(values["severity"])})
        for values in orjson.loads(content)
    )


class TreeState:
    """The state file of one tree; every method leaves it consistent."""

    def __init__(self, path: Path) -> None:
        """Open the file, or start a new one; a damaged one is started anew."""
        self.path = path
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.DatabaseError:
            self.path.unlink(missing_ok=True)
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None)
        # A state lost in a power cut only means that the next run does more.
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_SCHEMA)
        return connection

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def get(self, key: str) -> str | None:
        """Return a value of the tree as a whole."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def put(self, key: str, value: str) -> None:
        """Set a value of the tree as a whole."""
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def stamps(self) -> dict[str, str]:
        """Return the stamp of each bundle that is complete in the tree."""
        return dict(self._connection.execute("SELECT id, stamp FROM bundles"))

    def summaries(self) -> list[BundleSummary]:
        """Return the summaries of the published bundles, sorted by id."""
        rows = self._connection.execute(
            "SELECT summary FROM bundles WHERE summary IS NOT NULL ORDER BY id"
        )
        return [parse_summary(summary) for (summary,) in rows]

    def findings(self) -> list[Finding]:
        """Return the findings of all bundles in the tree."""
        rows = self._connection.execute("SELECT findings FROM bundles WHERE findings != '[]'")
        return [finding for (content,) in rows for finding in _parse_findings(content)]

    def forget(self, ids: Iterable[str]) -> None:
        """Say that these bundles' files are about to be touched."""
        self._connection.execute("BEGIN")
        self._connection.executemany("DELETE FROM bundles WHERE id = ?", ((i,) for i in ids))
        self._connection.execute("COMMIT")

    def remember(self, outcomes: Iterable[BundleOutcome]) -> None:
        """Say that these bundles' files are complete."""
        self._connection.execute("BEGIN")
        self._connection.executemany(
            "INSERT OR REPLACE INTO bundles VALUES (?, ?, ?, ?)",
            ((o.id, o.stamp, o.summary, _dump_findings(o.findings)) for o in outcomes),
        )
        self._connection.execute("COMMIT")

    def shared_paths(self) -> set[str]:
        """Return the paths of the files that speak of all bundles."""
        return {path for (path,) in self._connection.execute("SELECT path FROM shared")}

    def set_shared_paths(self, paths: Iterable[str]) -> None:
        """Set the paths of the files that speak of all bundles."""
        self._connection.execute("BEGIN")
        self._connection.execute("DELETE FROM shared")
        self._connection.executemany(
            "INSERT OR IGNORE INTO shared VALUES (?)", ((path,) for path in sorted(paths))
        )
        self._connection.execute("COMMIT")

    def copy_to(self, path: Path) -> None:
        """Write a copy of the state for a tree with the same content."""
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as target:
            self._connection.backup(target)
        target.close()
