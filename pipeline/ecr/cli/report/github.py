"""Findings as workflow commands of GitHub Actions, which show them beside the changed lines.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
A message must not be able to start a command of its own, so line breaks are escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.cli.report.contents import make_printable
from ecr.cli.report.text import summarize
from ecr.findings import Severity

if TYPE_CHECKING:
    from ecr.cli.report.contents import Report
    from ecr.findings import Finding

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render_github(report: Report) -> str:
    """Return one command per finding, and a last line that sums up."""
    lines = [_render_finding(finding, report) for finding in report.findings]
    return "\n".join([*lines, summarize(report)]) + "\n"


def _render_finding(finding: Finding, report: Report) -> str:
    properties = {
        "file": finding.path,
        "line": str(finding.line),
        "col": str(finding.column),
        "title": f"{finding.code} {finding.where}".strip(),
    }
    listed = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items())
    parts = [finding.message]
    if finding.hint:
        parts.append(f"hint: {finding.hint}")
    url = report.help_url(finding.code)
    if url is not None:
        parts.append(url)
    message = "%0A".join(_escape(part) for part in parts)
    return f"::{_COMMANDS[finding.severity]} {listed}::{message}"


def _escape(text: str) -> str:
    # Line breaks become visible escapes here; only those between the parts are meant.
    return make_printable(text).replace("%", "%25")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
