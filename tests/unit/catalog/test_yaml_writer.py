"""Writing YAML: what is written is read back as the same, by our reader and by PyYAML."""

import math
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ecr.catalog.validation import validate_document
from ecr.catalog.yaml_document import YamlDocument, YamlNumberText
from ecr.catalog.yaml_writer import render_manifest, render_yaml, schema_path
from ecr.model.release import Release

MINIMAL: dict[str, Any] = {
    "schema_version": 1,
    "namespace": "lab",
    "name": "rain",
    "version": "1.10.0",
    "title": "Rain",
    "summary": "Rain.",
    "authors": [{"name": "Ada Lovelace"}],
    "license": "MIT",
    "code": {"kind": "script", "source": {"path": "source"}, "entrypoint": "main.py"},
    "platforms": ["linux/arm64"],
}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    ["yes", "NO", "on", "~", "null", "1.10", "2026-01-31", "12:30", "0x1f", "1_000", "1e5", ".inf",
     "- a", "a: b", "a #b", "#", "a:", "'", '"', "\\", "{{ x }}", "[", "*a", "&a", "!a", "%", "@",
     "`", "---", "...", "a\nb", "a\n", "\na", " a", "a ", "a\n\n", "a \nb", "\tb", "=", "<<", "?"]
)  # fmt: skip
scalars = (
    texts
    | st.booleans()
    | st.none()
    | st.integers(-(10**18) + 1, 10**18 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    scalars,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(texts, below, max_size=4),
    max_leaves=12,
)


def read(text: str) -> Any:
    document = YamlDocument("x.yaml", text.encode("utf-8"))
    assert document.findings == []
    return document.data


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(texts, values, max_size=5))
def test_whatever_is_written_is_read_back_as_the_same(data: dict[str, Any]):
    assert read(render_yaml(data)) == data


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(texts, values, max_size=5))
def test_a_reader_of_yaml_1_1_gets_the_same(data: dict[str, Any]):
    assert yaml.safe_load(render_yaml(data)) == data


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab  \n"), min_size=80, max_size=400))
def test_long_text_keeps_every_space_and_line(text: str):
    assert read(render_yaml({"a": {"b": text}, "c": [{"d": text}]})) == {
        "a": {"b": text},
        "c": [{"d": text}],
    }


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("linux/arm64", "linux/arm64"),
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("Ada Lovelace (Analytical Engines)", "Ada Lovelace (Analytical Engines)"),
        ("1.10", "'1.10'"),
        ("no", "'no'"),
        ("No news", "No news"),
        ("it's", "it's"),
        ("'tis: so", '"\'tis: so"'),
        ("São Paulo", "'São Paulo'"),
        ("", "''"),
        ("zero\u200bwidth", '"zero\\u200bwidth"'),
        ("a\tb", '"a\\tb"'),
        (1e16, "1.0e+16"),
        (YamlNumberText("1.10"), "1.10"),
        (YamlNumberText("007"), "7.0"),
        (-3, "-3"),
        (None, "null"),
        (True, "true"),
        ([], "[]"),
        ({}, "{}"),
    ],
    ids=[
        "a platform is plain",
        "a URL is plain",
        "words and brackets are plain",
        "what looks like a number is quoted",
        "what YAML 1.1 takes for false is quoted",
        "a sentence that begins with it is plain",
        "an apostrophe inside needs no quotes",
        "text with an apostrophe that must be quoted takes the other quotes",
        "letters beyond ASCII are quoted",
        "empty text is quoted",
        "invisible characters are shown",
        "a tab is shown",
        "a power of ten has a point",
        "a number keeps its spelling",
        "a number with leading zeros, octal to some, loses them",
        "a negative number",
        "nothing",
        "true",
        "an empty list",
        "an empty mapping",
    ],
)
def test_a_value_is_written_one_way(value: Any, written: str):
    assert render_yaml({"key": value}) == f"key: {written}\n"


def test_blocks_are_indented_and_folded():
    text = render_yaml(
        {
            "list": [{"id": "a", "words": ["x", "z"]}, ["nested", "list"]],
            "lines": "one\n\ntwo\n",
            "long": " ".join(["word"] * 25),
        }
    )
    assert text == (
        "list:\n"
        "  - id: a\n"
        "    words:\n"
        "      - x\n"
        "      - z\n"
        "  - - nested\n"
        "    - list\n"
        "lines: |\n"
        "  one\n"
        "\n"
        "  two\n"
        "long: >-\n"
        f"  {' '.join(['word'] * 19)}\n"
        f"  {' '.join(['word'] * 6)}\n"
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (math.inf, "the number inf has no place in a manifest"),
        (math.nan, "the number nan has no place in a manifest"),
        (10**18, "the whole number 1000000000000000000 has more than 18 digits"),
        ({1, 2}, "a set has no place in a manifest"),
        ("\ud800", "half a surrogate pair is not text"),
        ({3: "x"}, "the key 3 is not text"),
    ],
    ids=[
        "infinity",
        "not a number",
        "a number the reader would not take",
        "a set",
        "half a character",
        "a key that is a number",
    ],
)
def test_what_cannot_be_read_back_is_refused(value: Any, message: str):
    with pytest.raises(ValueError, match=message):
        render_yaml({"key": value})


def test_a_manifest_has_a_modeline_and_leaves_defaults_out():
    release = Release.model_validate(MINIMAL)
    text = render_manifest(
        release,
        schema=schema_path("bundles/lab/rain/1.10.0/release.yaml", "release"),
        comments={"version": ["Quoted: it is text."]},
        footer=["More can be said."],
    )
    assert text == (
        "# yaml-language-server: $schema="
        "../../../../site_src/schemas/v1/release.schema.json\n"
        "schema_version: 1\n"
        "namespace: lab\n"
        "name: rain\n"
        "\n"
        "# Quoted: it is text.\n"
        "version: '1.10.0'\n"
        "title: Rain\n"
        "summary: Rain.\n"
        "authors:\n"
        "  - name: Ada Lovelace\n"
        "license: MIT\n"
        "code:\n"
        "  kind: script\n"
        "  source:\n"
        "    path: source\n"
        "  entrypoint: main.py\n"
        "platforms:\n"
        "  - linux/arm64\n"
        "\n"
        "# More can be said.\n"
    )


lines = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Zs"]), min_size=1, max_size=40
)


@settings(max_examples=100, deadline=None)
@given(
    title=lines,
    keywords=st.lists(lines, max_size=5),
    description=st.lists(lines, max_size=5).map("\n\n".join),
    metadata=st.dictionaries(lines, values, max_size=3),
    default=lines | st.booleans() | st.integers(-(2**31), 2**31 - 1),
)
def test_a_release_survives_being_written_and_loaded(
    title: str,
    keywords: list[str],
    description: str,
    metadata: dict[str, Any],
    default: str | bool | int,
):
    kind = {str: "string", bool: "boolean", int: "int"}[type(default)]
    release = Release.model_validate(
        {
            **MINIMAL,
            "title": title,
            "keywords": keywords,
            "description": description,
            "metadata": metadata,
            "inputs": [{"id": "a", "type": kind, "default": default}],
        }
    )
    document = YamlDocument("release.yaml", render_manifest(release).encode("utf-8"))
    loaded, findings = validate_document(Release, document)
    assert findings == []
    assert loaded == release
