"""Findings as text, JSON, annotations of GitHub and SARIF."""

import io
import json

import pytest

from ecr.cli.report import Format, Report, render_report, write_text_report
from ecr.cli.report.contents import find_rules_url
from ecr.findings import Finding, Severity
from tests.unit.catalog.sample import SampleCatalog

PATH = "bundles/sage/cloud-cover/1.2.0/release.yaml"
ERROR = Finding(
    PATH,
    8,
    5,
    "E104",
    "platforms[1]",
    "'linux/arm7' is not a supported platform",
    "did you mean 'linux/arm/v7'?",
)
WARNING = Finding(
    "bundles/sage/rain/bundle.yaml", 1, 1, "W222", "", "the bundle has no icon", "",
    Severity.WARNING,
)  # fmt: skip
NASTY = Finding(
    "bundles/a b,c:d/x/1.0.0/release.yaml",
    1,
    1,
    "E114",
    "keywords[0]",
    "100% '\x1b[31m\r\n::set-output name=a::b\u202e'",
    "a,b: c",
)
URL = "https://catalog.example.org/rules/"


def report(*findings: Finding, url: str | None = URL) -> Report:
    return Report(findings, 118, 0.44, url)


def test_text_is_what_compilers_write():
    assert render_report(report(ERROR, WARNING), Format.TEXT) == (
        f"{PATH}:8:5: error[E104] platforms[1]: 'linux/arm7' is not a supported platform\n"
        "  hint: did you mean 'linux/arm/v7'?\n"
        "bundles/sage/rain/bundle.yaml:1:1: warning[W222] the bundle has no icon\n"
        "\n"
        "Each code has a page: https://catalog.example.org/rules/\n"
        "1 error, 1 warning in 2 bundles; 118 bundles checked in 0.4 s\n"
    )


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ((), "no findings; 118 bundles checked in 0.4 s\n"),
        ((ERROR, ERROR, ERROR), "3 errors in 1 bundle; 118 bundles checked in 0.4 s\n"),
        (
            (Finding("bundles/sage/namespace.yaml", 1, 1, "E204", "", "the file is missing"),),
            "1 error in 1 file; 118 bundles checked in 0.4 s\n",
        ),
        (
            (ERROR, Finding("bundles/sage/namespace.yaml", 1, 1, "E204", "", "missing")),
            "2 errors in 1 bundle and 1 other file; 118 bundles checked in 0.4 s\n",
        ),
    ],
    ids=["none", "several in one bundle", "in a namespace", "in both"],
)
def test_the_last_line_sums_up(findings: tuple[Finding, ...], expected: str):
    assert render_report(report(*findings), Format.TEXT).endswith(expected)


def test_colour_is_added_and_nothing_else():
    import click

    plain = render_report(report(ERROR, WARNING), Format.TEXT)
    coloured = render_report(report(ERROR, WARNING), Format.TEXT, colour=True)
    assert "\x1b[31m" in coloured
    assert click.unstyle(coloured) == plain


def test_a_message_cannot_act_on_the_terminal():
    text = render_report(report(NASTY), Format.TEXT)
    assert "\x1b" not in text
    assert "\r" not in text
    assert "\u202e" not in text
    assert "'\\x1b[31m\\r\\n::set-output name=a::b\\u202e'" in text


def test_json_holds_everything():
    document = json.loads(render_report(report(ERROR, WARNING), Format.JSON))
    assert document == {
        "schema_version": 1,
        "errors": 1,
        "warnings": 1,
        "bundles": 118,
        "seconds": 0.44,
        "findings": [
            {
                "path": PATH,
                "line": 8,
                "column": 5,
                "code": "E104",
                "where": "platforms[1]",
                "message": "'linux/arm7' is not a supported platform",
                "hint": "did you mean 'linux/arm/v7'?",
                "severity": "error",
                "help_url": "https://catalog.example.org/rules/E104/",
            },
            {
                "path": "bundles/sage/rain/bundle.yaml",
                "line": 1,
                "column": 1,
                "code": "W222",
                "where": "",
                "message": "the bundle has no icon",
                "hint": "",
                "severity": "warning",
                "help_url": "https://catalog.example.org/rules/W222/",
            },
        ],
    }


def test_github_gets_one_command_per_finding():
    assert render_report(report(ERROR, WARNING), Format.GITHUB).splitlines() == [
        (
            f"::error file={PATH},line=8,col=5,title=E104 platforms[1]::'linux/arm7' is not a "
            "supported platform%0Ahint: did you mean 'linux/arm/v7'?"
            "%0Ahttps://catalog.example.org/rules/E104/"
        ),
        (
            "::warning file=bundles/sage/rain/bundle.yaml,line=1,col=1,title=W222::the bundle has "
            "no icon%0Ahttps://catalog.example.org/rules/W222/"
        ),
        "1 error, 1 warning in 2 bundles; 118 bundles checked in 0.4 s",
    ]


def test_a_message_cannot_start_a_command_of_its_own():
    lines = render_report(report(NASTY, url=None), Format.GITHUB).splitlines()
    assert lines == [
        (
            "::error file=bundles/a b%2Cc%3Ad/x/1.0.0/release.yaml,line=1,col=1,"
            "title=E114 keywords[0]::100%25 '\\x1b[31m\\r\\n::set-output name=a::b\\u202e'"
            "%0Ahint: a,b: c"
        ),
        "1 error in 1 bundle; 118 bundles checked in 0.4 s",
    ]


def test_sarif_is_a_log_with_one_run():
    log = json.loads(render_report(report(ERROR, WARNING), Format.SARIF))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == ["E104", "W222"]
    assert driver["rules"][0] == {
        "id": "E104",
        "shortDescription": {"text": "Unknown platform"},
        "defaultConfiguration": {"level": "error"},
        "helpUri": "https://catalog.example.org/rules/E104/",
        "help": {"text": "Unknown platform: see https://catalog.example.org/rules/E104/"},
    }
    result = run["results"][0]
    assert result["ruleId"] == driver["rules"][result["ruleIndex"]]["id"] == "E104"
    assert result["level"] == "error"
    assert result["message"]["text"] == (
        "platforms[1]: 'linux/arm7' is not a supported platform. Hint: did you mean 'linux/arm/v7'?"
    )
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": PATH, "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 8, "startColumn": 5},
            },
            "logicalLocations": [{"fullyQualifiedName": "platforms[1]"}],
        }
    ]


def test_a_finding_keeps_its_fingerprint_when_lines_move():
    def fingerprint(line: int) -> str:
        finding = Finding(PATH, line, 1, "E104", "platforms[1]", "wrong")
        log = json.loads(render_report(report(finding), Format.SARIF))
        return str(log["runs"][0]["results"][0]["partialFingerprints"])

    assert fingerprint(1) == fingerprint(100)


def test_sarif_without_a_site_and_with_odd_names():
    log = json.loads(render_report(report(NASTY, url=None), Format.SARIF))
    (run,) = log["runs"]
    assert "helpUri" not in run["tool"]["driver"]["rules"][0]
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "bundles/a%20b%2Cc%3Ad/x/1.0.0/release.yaml"


@pytest.mark.parametrize("form", Format)
def test_no_findings_is_a_report_as_well(form: Format):
    assert render_report(Report(()), form)


def test_in_passing_every_error_is_shown_and_the_first_warnings():
    stream = io.StringIO()
    write_text_report([ERROR, *([WARNING] * 25)], stream, most_warnings=2)
    lines = stream.getvalue().splitlines()
    assert sum("error[E104]" in line for line in lines) == 1
    assert sum("warning[W222]" in line for line in lines) == 2
    assert lines[-1] == "and 23 warnings more; see them with: ecr validate"
    empty = io.StringIO()
    write_text_report([], empty)
    assert empty.getvalue() == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("site_url: https://a.org/c/\n", "https://a.org/c/rules/"),
        ("site_name: x\nsite_url: 'https://a.org/c' # here\n", "https://a.org/c/rules/"),
        ("site_name: x\n", None),
        ("extra:\n  site_url: https://a.org/\n", None),
    ],
)
def test_the_pages_of_the_rules_are_where_the_site_is(
    sample: SampleCatalog, text: str, expected: str | None
):
    sample.write("mkdocs.yml", text)
    assert find_rules_url(sample.root) == expected


def test_without_a_site_there_is_no_address(sample: SampleCatalog):
    assert find_rules_url(sample.root) is None
