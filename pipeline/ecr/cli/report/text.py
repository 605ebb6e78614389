"""Findings as text, the way compilers write them, so that editors find the place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

import click

from ecr.cli.report.contents import count_findings, make_printable, plural
from ecr.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecr.cli.report.contents import Report
    from ecr.findings import Finding

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


def wants_colour(stream: TextIO) -> bool:
    """Say whether colours are welcome: on a terminal, unless NO_COLOR says otherwise."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def render_text(report: Report, *, colour: bool) -> str:
    """Return every finding and a last line that sums up."""
    lines = list(_render_lines(report.findings, colour=colour))
    if report.findings:
        lines.append("")
        if report.rules_url is not None:
            lines.append(f"Each code has a page: {report.rules_url}")
    lines.append(_style(summarize(report), colour=colour, **_summary_style(report)))
    return "\n".join(lines) + "\n"


def render_brief(findings: Sequence[Finding], *, colour: bool, most_warnings: int) -> str:
    """Return every error, and the first of the others with a word on how many there are."""
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    others = [finding for finding in findings if finding.severity is not Severity.ERROR]
    lines = list(_render_lines(sorted([*errors, *others[:most_warnings]]), colour=colour))
    left = others[most_warnings:]
    if left:
        lines.append(f"and {count_findings(left)} more; see them with: ecr validate")
    return "\n".join(lines) + "\n"


def summarize(report: Report) -> str:
    """Return one line: what was found, where, in how much, how fast."""
    checked = f"{plural(report.bundles, 'bundle')} checked in {report.seconds:.1f} s"
    if not report.findings:
        return f"no findings; {checked}"
    counts = count_findings(report.findings)
    return f"{counts} in {_count_places(report.findings)}; {checked}"


def _count_places(findings: Iterable[Finding]) -> str:
    bundles, others = set(), set()
    for finding in findings:
        parts = finding.path.split("/")
        if len(parts) > 3:
            bundles.add((parts[1], parts[2]))
        else:
            others.add(finding.path)
    words = []
    if bundles:
        words.append(plural(len(bundles), "bundle"))
    if others:
        words.append(plural(len(others), "other file" if bundles else "file"))
    return " and ".join(words)


def _render_lines(findings: Iterable[Finding], *, colour: bool) -> Iterator[str]:
    for finding in findings:
        place = make_printable(f"{finding.path}:{finding.line}:{finding.column}:")
        kind = _style(
            f"{finding.severity}[{finding.code}]",
            colour=colour,
            fg=_COLOURS[finding.severity],
            bold=True,
        )
        where = f"{finding.where}: " if finding.where else ""
        message = make_printable(f"{where}{finding.message}")
        yield f"{_style(place, colour=colour, bold=True)} {kind} {message}"
        if finding.hint:
            yield _style(f"  hint: {make_printable(finding.hint)}", colour=colour, dim=True)


def _summary_style(report: Report) -> dict[str, str | bool]:
    if report.count(Severity.ERROR):
        return {"fg": "red", "bold": True}
    return {"fg": "yellow" if report.findings else "green", "bold": True}


def _style(text: str, *, colour: bool, **how: str | bool) -> str:
    return click.style(text, **how) if colour else text  # type: ignore[arg-type]
