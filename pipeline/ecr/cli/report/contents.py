"""What a report is made of, whatever it is shown as."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ecr.findings import Finding

_SITE_URL = re.compile(r"^site_url:\s*['\"]?(https?://[^\s'\"#]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, and in how much.

    Attributes:
        findings: The findings, sorted.
        bundles: How many bundles were looked at.
        seconds: How long it took.
        rules_url: Where the pages of the rules are, ending in ``/``; ``None`` if unknown.
    """

    findings: tuple[Finding, ...]
    bundles: int = 0
    seconds: float = 0.0
    rules_url: str | None = None

    def count(self, severity: Severity) -> int:
        """Return how many findings are of a severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def help_url(self, code: str) -> str | None:
        """Return the address of a rule's page."""
        return None if self.rules_url is None else f"{self.rules_url}{code}/"


def find_rules_url(root: Path) -> str | None:
    """Return where the catalog's site has the pages of the rules, from ``mkdocs.yml``.

    The file is searched, not parsed: it may hold tags of Python, and this must be quick.
    """
    try:
        text = (root / "mkdocs.yml").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    found = _SITE_URL.search(text)
    return None if found is None else f"{found[1].rstrip('/')}/rules/"


def plural(count: int, word: str) -> str:
    """Return ``1 error`` or ``2 errors``."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def count_findings(findings: Iterable[Finding]) -> str:
    """Return how many of each severity there are: ``3 errors, 1 warning``."""
    counts = dict.fromkeys(Severity, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return ", ".join(plural(count, severity) for severity, count in counts.items() if count)


def make_printable(text: str) -> str:
    """Escape what could act on a terminal or break a line; authors write parts of messages."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
