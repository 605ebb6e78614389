"""What the rules are given, and how they report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.catalog.layout import printable
from ecr.catalog.rule_book import severity_of
from ecr.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ecr.catalog.layout import FileStamp
    from ecr.catalog.yaml_document import YamlDocument
    from ecr.model.identity import ReleaseId


def report(path: str, code: str, message: str, hint: str = "", where: str = "") -> Finding:
    """Make a finding about a whole file; the letter of the code says how severe it is."""
    return Finding(printable(path), 1, 1, code, where, message, hint, severity_of(code))


def report_at(
    document: YamlDocument,
    loc: Sequence[str | int],
    code: str,
    message: str,
    hint: str = "",
    *,
    key: bool = False,
) -> Finding:
    """Make a finding about a place in a document.

    Args:
        document: The document.
        loc: Keys and indices from its root.
        code: Code of the rule.
        message: What is wrong.
        hint: What to do.
        key: Whether to point at the key instead of the value.
    """
    at, where = document.locate(loc, key=key)
    severity = severity_of(code)
    return Finding(document.path, at.line, at.column, code, where, message, hint, severity)


@dataclass(frozen=True, slots=True)
class ReleaseContext:
    """A release as the rules see it.

    Attributes:
        root: The catalog's root.
        path: Directory of the release, relative to the root.
        expected: The id its directories give it.
        files: Files of the directory, by path relative to it.
        document: The manifest as read, for positions.
    """

    root: Path
    path: str
    expected: ReleaseId
    files: Mapping[str, FileStamp]
    document: YamlDocument

    def find(
        self,
        loc: Sequence[str | int],
        code: str,
        message: str,
        hint: str = "",
        *,
        key: bool = False,
    ) -> Finding:
        """Make a finding about a place in the manifest."""
        return report_at(self.document, loc, code, message, hint, key=key)

    def has_directory(self, path: str) -> bool:
        """Say whether there is a file below a directory of the release."""
        prefix = f"{path}/"
        return any(name.startswith(prefix) for name in self.files)
