"""Values the documents share: what is accepted, also by those who call the models themselves."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ecr.model import fields
from ecr.model.identity import ReleaseId, parse_id, version_key
from ecr.model.spdx import explain_problem, load_identifiers


def refusal(name: str, value: object) -> str | None:
    """The code a value is refused with."""
    try:
        TypeAdapter[Any](getattr(fields, name)).validate_python(value)
    except ValidationError as error:
        return str(error.errors()[0]["type"])
    return None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Version", "0.0.0"),
        ("Version", "1.2.3-rc.1"),
        ("Sha256", "0" * 64),
        ("GitCommit", "0" * 40),
        ("GitCommit", "0" * 64),
        ("HttpsUrl", "https://example.org:8443/a?b=c#d"),
        ("RelativePath", "."),
        ("RelativePath", "a/b.c/..d"),
        ("SpdxExpression", "MIT OR Apache-2.0"),
        ("SpdxExpression", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("SpdxExpression", "LicenseRef-NASA"),
        ("SpdxExpression", "NOASSERTION"),
        ("Orcid", "https://orcid.org/0000-0002-1825-0097"),
        ("Orcid", "0000-0002-9079-593X"),
        ("Email", "ada@example.org"),
        ("CpuQuantity", "500m"),
        ("CpuQuantity", "1.5"),
        ("MemoryQuantity", "300Mi"),
        ("MeasurementName", "env.coverage.cloud"),
        ("Day", "2026-01-31"),
        ("Day", date(2026, 1, 31)),
        ("Text", "two\nlines\tand a tab"),
        ("Line", "Zoë & Ада, 名前"),
    ],
)
def test_accepted(name: str, value: object):
    assert refusal(name, value) is None


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("Version", "1.2.3\n", "E106"),
        ("Version", "01.2.3", "E106"),
        ("Version", "1.2.3+b", "E106"),
        ("Version", "1." + "9" * 5000 + ".0.0", "E106"),
        ("Version", 1.2, "string_type"),
        ("BundleName", "cloud_cover", "E114"),
        ("BundleName", "cloud-cover\n", "E114"),
        ("BundleName", "-cloud", "E114"),
        ("BundleName", "ⅽloud", "E114"),
        ("Sha256", "0" * 64 + "\n", "E111"),
        ("Sha256", "sha256:" + "0" * 64, "E111"),
        ("Sha256", "A" * 64, "E111"),
        ("Digest", "0" * 64, "E111"),
        ("GitCommit", "main", "E107"),
        ("GitCommit", "0" * 39, "E107"),
        ("GitCommit", "0" * 40 + "\n", "E107"),
        ("HttpsUrl", "http://example.org", "E112"),
        ("HttpsUrl", "git@github.com:a/b.git", "E112"),
        ("HttpsUrl", "javascript:alert(1)", "E112"),
        ("HttpsUrl", "https://", "E112"),
        ("HttpsUrl", "https://a b", "E112"),
        ("HttpsUrl", "https://user@example.org", "E112"),
        ("HttpsUrl", "https://example.org:port", "E112"),
        ("HttpsUrl", "https://[::1", "E112"),
        ("HttpsUrl", "//example.org/a", "E112"),
        ("RelativePath", "/etc/passwd", "E113"),
        ("RelativePath", "a/../b", "E113"),
        ("RelativePath", "a//b", "E113"),
        ("RelativePath", "./a", "E113"),
        ("RelativePath", "a\\b", "E113"),
        ("RelativePath", "C:/a", "E113"),
        ("RelativePath", "a/.git/config", "E113"),
        ("RelativePath", ".GIT", "E113"),
        ("RelativePath", "", "E113"),
        ("RelativePath", "a\nb", "E113"),
        ("SpdxExpression", "GPL", "E108"),
        ("SpdxExpression", "BSD-2", "E108"),
        ("SpdxExpression", "mit", "E108"),
        ("SpdxExpression", "MIT AND", "E108"),
        ("SpdxExpression", "(" * 400, "E108"),
        ("SpdxExpression", "", "E108"),
        ("SpdxExpression", "MIT ", "E108"),
        ("SpdxExpression", "MIT\nOR Apache-2.0", "E108"),
        ("Orcid", "0000-0002-1825-0098", "E115"),
        ("Orcid", "0000000218250097", "E115"),
        ("Email", "a@" + "a." * 100_000 + "@", "E114"),
        ("Email", "ada at example.org", "E114"),
        ("CpuQuantity", "half", "E116"),
        ("CpuQuantity", "9" * 5000, "E116"),
        ("MemoryQuantity", "1GB", "E116"),
        ("MemoryQuantity", "9" * 5000, "E116"),
        ("MeasurementName", "Env.Rain", "E114"),
        ("Day", "31.01.2026", "E114"),
        ("Day", 20260131, "E103"),
        ("Text", "a\x00b", "E117"),
        ("Text", "a\u202eb", "E117"),
        ("Text", "a\u2028b", "E117"),
        ("Line", "a\nb", "E114"),
        ("Line", " a", "E114"),
        ("Line", "", "E114"),
        ("PlatformName", "linux/riscv64", "E104"),
        ("Flag", "yes", "bool_type"),
        ("PositiveInt", True, "int_type"),
        ("PositiveInt", 0, "greater_than"),
        ("PositiveInt", 2**60, "less_than_equal"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_refused(name: str, value: object, code: str):
    assert refusal(name, value) == code


@given(st.text(max_size=40))
def test_any_text_is_accepted_or_refused_and_nothing_else(text: str):
    for name in ("Version", "HttpsUrl", "RelativePath", "Orcid", "Email", "CpuQuantity", "Line"):
        refusal(name, text)
    explain_problem(text)


def test_what_a_message_quotes_is_quoted_as_it_is():
    with pytest.raises(ValidationError) as caught:
        TypeAdapter[Any](fields.Version).validate_python("{hint} {{x}} %s")
    assert caught.value.errors()[0]["msg"] == (
        "version '{hint} {{x}} %s' is not a semantic version"
    )


def test_the_list_of_licences_holds_identifiers_only():
    known = load_identifiers()
    assert {"MIT", "BSD-3-Clause", "Apache-2.0", "CC-BY-4.0"} <= set(known.values())
    assert len(known) > 600
    assert all(any(char.isalpha() for char in name) for name in known)


VERSIONS = st.from_regex(
    r"(0|[1-9][0-9]?)\.(0|[1-9][0-9]?)\.(0|[1-9][0-9]?)(-(rc|beta)(\.(0|[1-9][0-9]?))?)?",
    fullmatch=True,
)


@given(VERSIONS, VERSIONS)
def test_versions_sort_as_semver_does(one: str, other: str):
    import semver

    expected = semver.Version.parse(one).compare(other)
    assert (version_key(one) > version_key(other)) - (
        version_key(one) < version_key(other)
    ) == expected


@given(
    st.from_regex(r"[a-z0-9][a-z0-9-]{0,10}", fullmatch=True),
    st.from_regex(r"[a-z0-9][a-z0-9-]{0,10}", fullmatch=True),
    VERSIONS,
)
def test_an_id_is_read_back_as_it_is_written(namespace: str, name: str, version: str):
    identity = ReleaseId(namespace, name, version)
    assert parse_id(str(identity)) == identity
    assert parse_id(str(identity.bundle)) == identity.bundle
