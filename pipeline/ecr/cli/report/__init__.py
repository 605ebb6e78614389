"""How findings are shown: as text, as JSON, as annotations of GitHub, as SARIF.

Each format is a function from a ``Report`` to text, in a module of its own that is imported
only when it is asked for. None of them decides anything about findings.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

from ecr.cli.report.contents import Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecr.findings import Finding

__all__ = ["Format", "Report", "render_report", "write_text_report"]


class Format(StrEnum):
    """A format findings can be shown in."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def render_report(report: Report, form: Format, *, colour: bool = False) -> str:
    """Return the findings in a format.

    Args:
        report: What was found.
        form: The format.
        colour: Whether text may hold the escape sequences of terminals.
    """
    # Each format's module is loaded when it is used: a quick check should end quickly.
    match form:
        case Format.TEXT:
            from ecr.cli.report.text import render_text  # noqa: PLC0415

            return render_text(report, colour=colour)
        case Format.JSON:
            from ecr.cli.report.json import render_json  # noqa: PLC0415

            return render_json(report)
        case Format.GITHUB:
            from ecr.cli.report.github import render_github  # noqa: PLC0415

            return render_github(report)
        case Format.SARIF:
            from ecr.cli.report.sarif import render_sarif  # noqa: PLC0415

            return render_sarif(report)


def write_text_report(
    findings: Sequence[Finding], stream: TextIO, *, most_warnings: int = 20
) -> None:
    """Write findings as text: every error, and as many warnings as one reads in passing.

    Args:
        findings: What was found.
        stream: Where to write; coloured when it is a terminal.
        most_warnings: How many warnings are written out.
    """
    if not findings:
        return
    from ecr.cli.report.text import render_brief, wants_colour  # noqa: PLC0415

    colour = wants_colour(stream)
    stream.write(render_brief(findings, colour=colour, most_warnings=most_warnings))
    stream.flush()
