"""Findings: one thing wrong, or doubtful, in the catalog.

A finding is data. How it is shown (text, JSON, GitHub annotation, SARIF) is decided in
``ecr.cli.report``; which findings exist is decided in ``ecr.catalog``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(StrEnum):
    """How much a finding weighs: an ``error`` keeps a bundle out, a ``warning`` does not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing wrong in one place.

    The order of the fields is the order findings are listed in: by file, then by place.

    Attributes:
        path: File, relative to the catalog's root, with ``/`` between parts.
        line: Line, counted from 1.
        column: Column in characters, counted from 1.
        code: Stable code of the rule, such as ``E104``; the rule's page bears its name.
        where: Place inside the document, such as ``platforms[1]``; empty for a whole file.
        message: What is wrong, in one sentence without a full stop.
        hint: What to do about it; may be empty.
        severity: ``error``, ``warning`` or ``note``.
    """

    path: str
    line: int
    column: int
    code: str
    where: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings by file and place, each once."""
    return sorted(set(findings))


def has_errors(findings: Iterable[Finding]) -> bool:
    """Say whether any finding is of severity ``error``."""
    return any(finding.severity is Severity.ERROR for finding in findings)
