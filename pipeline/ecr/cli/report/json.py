"""Findings as JSON, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from ecr.findings import Severity

if TYPE_CHECKING:
    from ecr.cli.report.contents import Report


def render_json(report: Report) -> str:
    """Return one JSON object with a summary and every finding."""
    findings = [
        {**asdict(finding), "help_url": report.help_url(finding.code)}
        for finding in report.findings
    ]
    document = {
        "schema_version": 1,
        "errors": report.count(Severity.ERROR),
        "warnings": report.count(Severity.WARNING),
        "bundles": report.bundles,
        "seconds": round(report.seconds, 3),
        "findings": findings,
    }
    return json.dumps(document, indent=2) + "\n"
