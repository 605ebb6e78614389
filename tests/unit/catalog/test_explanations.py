"""What is said about a value that does not follow the model, and where it points."""

# ruff: noqa: E501 - messages are asserted in full

import pytest

from tests.unit.catalog.sample import COMMIT, SampleCatalog

GIT = f"git: https://example.org/a.git\n    commit: {COMMIT}"


def explain(sample: SampleCatalog, name: str, snippet: str) -> list[str]:
    """Where, code, message and hint of each finding."""
    sample.overlay(name, snippet)
    return [
        f"{finding.where} {finding.code} {finding.message} | {finding.hint}".strip()
        for finding in sample.check()
    ]


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("titel: Clouds", "titel E101 key 'titel' is not known here | did you mean 'title'?"),
        (
            "needs: {cpus: 500m}",
            "needs.cpus E101 key 'cpus' is not known here | did you mean 'cpu'?",
        ),
        (
            "needs: {keywords: 500m}",
            (
                "needs.keywords E101 key 'keywords' is not known here | "
                "known here: cpu, memory, gpu, devices, network"
            ),
        ),
        (
            f"code:\n  kind: container\n  source:\n    git: https://a.org/b\n    commmit: {COMMIT}",
            "code.source.commmit E101 key 'commmit' is not known here | did you mean 'commit'?",
        ),
        (
            "code: {source: {git: https://a.org/b}}",
            (
                "code.kind E102 key 'kind' is missing | "
                "add 'kind': What runs: a container, a Python script or a compiled program"
            ),
        ),
        (
            "authors: [{email: ada@example.org}]",
            (
                "authors[0].name E102 key 'name' is missing | "
                "add 'name': Name as it should be cited: given name first"
            ),
        ),
        (
            "keywords: clouds",
            (
                "keywords E103 text stands where a list is needed | "
                "write a list: one item per line, each after '- '"
            ),
        ),
        (
            "keywords:",
            "keywords E103 nothing stands where a list is needed | write a value, or remove the key",
        ),
        (
            "needs: 3",
            (
                "needs E103 the number 3 stands where a mapping is needed | "
                "write 'key: value' lines, indented further"
            ),
        ),
        (
            'profiling: {runs: "3"}',
            (
                "profiling.runs E103 text stands where a whole number is needed | "
                "write a whole number, without quotes"
            ),
        ),
        (
            "profiling: {runs: 3.0}",
            (
                "profiling.runs E103 the number 3.0 stands where a whole number is needed | "
                "write a whole number, without quotes"
            ),
        ),
        (
            "inputs: [{id: a, type: string, required: yes}]",
            (
                "inputs[0].required E103 text stands where true or false is needed | "
                "write true or false, without quotes"
            ),
        ),
        (
            "inputs: [{id: a, type: string, default: [b]}]",
            "inputs[0].default E103 a list stands where one plain value is needed | write one",
        ),
        (
            "title: true",
            "title E103 true stands where text is needed | write text",
        ),
        (
            "schema_version: 1.0",
            "schema_version E103 the schema's version is a whole number | write 1",
        ),
        (
            "platforms: [linux/amd64, linux/arm7]",
            (
                "platforms[1] E104 'linux/arm7' is not a supported platform | "
                "did you mean 'linux/arm/v7'?"
            ),
        ),
        (
            "platforms: [arm64]",
            "platforms[0] E104 'arm64' is not a supported platform | did you mean 'linux/arm64'?",
        ),
        (
            "platforms: [windows/amd64x]",
            (
                "platforms[0] E104 'windows/amd64x' is not a supported platform | "
                "did you mean 'linux/amd64'?"
            ),
        ),
        (
            "version: 1.10",
            'version E105 1.10 is read as a number, not as text | quote it: "1.10"',
        ),
        (
            "keywords: [clouds, 2026]",
            'keywords[1] E105 2026 is read as a number, not as text | quote it: "2026"',
        ),
        (
            "funding: [{funder: NSF, award: 0935984}]",
            'funding[0].award E105 0935984 is read as a number, not as text | quote it: "0935984"',
        ),
        (
            f"code:\n  kind: script\n  source:\n    {GIT}\n  entrypoint: a.py\n  python: 3.10",
            'code.python E105 3.10 is read as a number, not as text | quote it: "3.10"',
        ),
        (
            f"code:\n  kind: container\n  source:\n    {GIT[:-1]}",
            (
                f"code.source.commit E107 '{COMMIT[:-1]}' is not a full commit hash, so the source is "
                "not pinned | write all 40 hexadecimal digits, as printed by: git rev-parse HEAD"
            ),
        ),
        (
            "inputs: [{id: a, type: str}]",
            "inputs[0].type E109 'str' is not a type of input | did you mean 'string'?",
        ),
        (
            "inputs: [{id: a, type: picture}]",
            (
                "inputs[0].type E109 'picture' is not a type of input | "
                "one of boolean, int, long, float, double, string, File"
            ),
        ),
        (
            "inputs: [{id: a, type: int, default: 1.10}]",
            (
                "inputs[0].default E110 default 1.10 of input 'a' is not of type int | "
                "write a value of type int, or change the type"
            ),
        ),
        (
            "inputs: [{id: a, type: int, default: 2147483648}]",
            (
                "inputs[0].default E110 default 2147483648 of input 'a' is not of type int | "
                "write a value of type int, or change the type"
            ),
        ),
        (
            "homepage: http://example.org",
            (
                "homepage E112 URL 'http://example.org' has scheme 'http' | "
                "only https:// URLs are accepted"
            ),
        ),
        (
            "homepage: https://ada:secret@example.org/",
            (
                "homepage E112 URL 'https://ada:secret@example.org/' has no plain host | "
                "write https://host/path, no user"
            ),
        ),
        (
            "needs: {network: wifi}",
            (
                "needs.network E114 'wifi' is not one of the allowed values | "
                "one of none, node, internet"
            ),
        ),
        (
            "code: {kind: docker}",
            (
                "code.kind E114 'docker' is not one of the allowed values | "
                "one of container, script, binary"
            ),
        ),
        (
            "platforms: []",
            "platforms E114 the list has 0 items, but needs at least 1 | OCI platforms it is built for",
        ),
        (
            "tests: [{name: a, timeout_s: 99999}]",
            "tests[0].timeout_s E114 the number 99999 is more than 3600 | Time limit in seconds",
        ),
        (
            "summary: |\n  two lines\n  of text\n",
            "summary E114 the text must be one non-empty line without space around it |",
        ),
        (
            'title: "a\\u202eb"',
            (
                "title E117 the text holds control or invisible direction characters | "
                "remove them: they hide what a reader sees"
            ),
        ),
        (
            'inputs: [{id: a, type: string, default: "a\\u202eb"}]',
            (
                "inputs[0].default E117 the text holds control or invisible direction characters | "
                "remove them: they hide what a reader sees"
            ),
        ),
        (
            'title: "{hint} {0} %s"\nkeywords: ["{message}", " x"]',
            "keywords[1] E114 the text must be one non-empty line without space around it |",
        ),
    ],
    ids=lambda value: value.split("\n")[0] if isinstance(value, str) else None,
)
def test_a_release(sample: SampleCatalog, snippet: str, expected: str):
    assert expected in explain(sample, "release.yaml", snippet)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "0.25.02.04",
            "version '0.25.02.04' has four parts and is not SemVer",
            (
                "semantic versions have three numbers; a date-like fourth one can be folded in, "
                "such as '0.25.204'"
            ),
        ),
        (
            "v1.2",
            "version 'v1.2' is not a semantic version",
            "write MAJOR.MINOR.PATCH, such as '1.2.0' (https://semver.org)",
        ),
        (
            "1.2.3+build",
            "version '1.2.3+build' is not a semantic version",
            "write MAJOR.MINOR.PATCH, such as '1.2.3' (https://semver.org)",
        ),
        (
            "latest",
            "version 'latest' is not a semantic version",
            "write MAJOR.MINOR.PATCH, such as '0.0.0' (https://semver.org)",
        ),
        (
            "1{2}.{hint}",
            "version '1{2}.{hint}' is not a semantic version",
            "write MAJOR.MINOR.PATCH, such as '1.2.0' (https://semver.org)",
        ),
    ],
    ids=["a date in four parts", "two numbers", "build metadata", "no number", "braces stay"],
)
def test_a_version_that_is_not_semantic(sample: SampleCatalog, text: str, message: str, hint: str):
    found = explain(sample, "release.yaml", f'version: "{text}"')
    assert f"version E106 {message} | {hint}" in found


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        (
            "added: 20260131",
            "added E103 a day is text, as YYYY-MM-DD | write it as YYYY-MM-DD",
        ),
        ("added: 2026-1-31", "added E114 '2026-1-31' is not a day | write it as YYYY-MM-DD"),
        ("added: 2026-02-30", "added E114 '2026-02-30' is not a day | write it as YYYY-MM-DD"),
        (
            "yanked: {by: Ada, on: 2026-02-01}",
            "yanked.reason E102 key 'reason' is missing | add 'reason': Why, in a sentence",
        ),
    ],
)
def test_a_status(sample: SampleCatalog, snippet: str, expected: str):
    assert explain(sample, "status.yaml", snippet) == [expected]


def test_a_manifest_that_is_no_mapping(sample: SampleCatalog):
    sample.write("bundles/sage/cloud-cover/bundle.yaml", "- a\n")
    assert sample.show() == ["bundle.yaml:1:1 E103: the file holds a list, not a mapping"]
    sample.write("bundles/sage/cloud-cover/bundle.yaml", "")
    assert sample.show() == ["bundle.yaml:1:1 E103: the file is empty, not a mapping"]


def test_a_fault_points_at_the_value_and_an_unknown_key_at_itself(sample: SampleCatalog):
    sample.overlay("bundle.yaml", "access: privat\nowner: user:ada\n")
    assert sample.show() == [
        "bundle.yaml:5:9 E114 access: 'privat' is not one of the allowed values",
        "bundle.yaml:6:1 E101 owner: key 'owner' is not known here",
    ]


def test_every_fault_of_a_file_is_told_at_once_also_those_of_later_rules(sample: SampleCatalog):
    sample.overlay(
        "release.yaml",
        "name: cloud-fraction\nplatforms: [linux/arm7]\nlicense: GPL\nunknown: 1\n"
        "profiling: {data: [pictures]}\nkeywords: [a, A]\n",
    )
    assert [line.split(": ")[0].split(" ", 1)[1] for line in sample.show()] == [
        "E201 name",
        "E104 platforms[0]",
        "E108 license",
        "E101 unknown",
        "E303 profiling.data[0]",
        "E301 keywords[1]",
    ]


def test_more_faults_than_anybody_reads_are_cut_with_a_word(sample: SampleCatalog):
    sample.overlay("release.yaml", "".join(f"x{number}: 1\n" for number in range(5000)))
    findings = [finding for finding in sample.check() if finding.code == "E101"]
    assert len(findings) == 100
    assert "W001" in sample.codes()
