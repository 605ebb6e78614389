"""Findings as SARIF 2.1.0, for code scanning (OASIS standard, sarif-v2.1.0)."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ecr import __version__
from ecr.catalog.rule_book import RULES, Rule, severity_of
from ecr.findings import Severity

if TYPE_CHECKING:
    from ecr.cli.report.contents import Report
    from ecr.findings import Finding

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def render_sarif(report: Report) -> str:
    """Return a SARIF log with one run."""
    codes = sorted({finding.code for finding in report.findings})
    driver: dict[str, Any] = {
        "name": "ecr",
        "fullName": "Edge Code Repository",
        "semanticVersion": __version__,
        "rules": [_describe_rule(code, report) for code in codes],
    }
    if report.rules_url is not None:
        driver["informationUri"] = report.rules_url
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_describe_finding(finding, codes) for finding in report.findings],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _describe_rule(code: str, report: Report) -> dict[str, Any]:
    rule = RULES.get(code) or Rule(code, code)
    described: dict[str, Any] = {
        "id": code,
        "shortDescription": {"text": rule.title},
        "defaultConfiguration": {"level": _LEVELS[severity_of(code)]},
    }
    url = report.help_url(code)
    if url is not None:
        described["helpUri"] = url
        described["help"] = {"text": f"{rule.title}: see {url}"}
    return described


def _describe_finding(finding: Finding, codes: list[str]) -> dict[str, Any]:
    text = finding.message + (f". Hint: {finding.hint}" if finding.hint else "")
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(finding.path), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": finding.line, "startColumn": finding.column},
        }
    }
    if finding.where:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.where}]
        text = f"{finding.where}: {text}"
    identity = "\0".join((finding.path, finding.code, finding.where, finding.message))
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [location],
        # Lines move with every edit; this tells which finding is an old one all the same.
        "partialFingerprints": {"finding/v1": sha256(identity.encode()).hexdigest()},
    }
