"""Whatever the bytes: no exception, and findings that are sorted and inside the file."""

import json
import random
import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from ecr.catalog.validation import validate_document
from ecr.catalog.yaml_document import YamlDocument
from ecr.findings import sort_findings
from ecr.model.bundle import Bundle
from ecr.model.namespace import Namespace
from ecr.model.release import Release
from ecr.model.status import Status
from tests.unit.catalog.sample import BASES, RELEASE

MODELS: dict[str, type[BaseModel]] = {
    "namespace.yaml": Namespace,
    "bundle.yaml": Bundle,
    "release.yaml": Release,
    "status.yaml": Status,
}
FRAGMENTS = st.sampled_from(
    [
        "[", "]", "{", "}", ": ", "- ", "? ", "&a ", "*a", "!!str ", "|\n", ">-\n  ", "'", '"', "#",
        "\n", "\r\n", "\t", "\0", "\ufeff", "\u2028", "\x85", "%YAML 1.1\n", "---\n", "...\n", "<<",
        "1.10", "1e999", "-0", "007", "9" * 30, "null", "~", "true", "é", "\U0001f600", "\u202e",
        "version", "code", "inputs", "data", "commit: main", "  ", "platforms: ", "= ", "@", "`",
    ]
)  # fmt: skip
SOUP = st.lists(FRAGMENTS | st.text(max_size=8), max_size=40).map("".join)


def check(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    # YAML 1.1 knows more line breaks than editors do; a position is inside the file by either.
    last_line = len(re.split("\r\n|[\n\r\x85\u2028\u2029]", text))
    last_column = max(map(len, text.split("\n"))) + 1
    for model in MODELS.values():
        document = YamlDocument("r.yaml", content)
        instance, findings = validate_document(model, document)
        assert instance is not None or findings
        assert sort_findings(findings) == sort_findings(reversed(findings))
        for finding in findings:
            assert 1 <= finding.line <= last_line, finding
            assert 1 <= finding.column <= last_column, finding
            assert finding.message, finding


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
@example(b"\xff\xfea\x00")
@example(b"a: \xed\xa0\x80")
def test_any_bytes(content: bytes):
    check(content)


@settings(max_examples=150, deadline=None)
@given(SOUP)
def test_any_soup_of_what_yaml_is_made_of(text: str):
    check(text.encode("utf-8", "replace"))


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(sorted(Release.model_fields)), JSON_VALUES, max_size=4))
def test_any_value_under_any_key_of_a_release(values: dict[str, object]):
    kept = "".join(
        block for block in split_blocks(RELEASE) if block.partition(":")[0] not in values
    )
    written = "".join(f"{key}: {json.dumps(value)}\n" for key, value in values.items())
    check((kept + written).encode())


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("seed", range(30))
def test_a_sound_manifest_with_a_few_bytes_changed(name: str, seed: int):
    source = random.Random(seed)
    content = bytearray(BASES[name].encode())
    for _ in range(source.randint(1, 4)):
        at = source.randrange(len(content))
        match source.randrange(3):
            case 0:
                content[at] = source.randrange(256)
            case 1:
                del content[at : at + source.randrange(1, 20)]
            case _:
                content[at:at] = bytes(source.choices(b"[]{}:-?&*!|>'\"#\n \t", k=3))
    check(bytes(content))


def split_blocks(text: str) -> list[str]:
    return re.split(r"^(?=\w)", text, flags=re.MULTILINE)
