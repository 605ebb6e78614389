"""The reference pages: complete, with examples that hold, and links to rules that exist."""

import re

import pytest

from ecr.catalog.rule_book import RULES
from ecr.model.reference import FURTHER, INTRODUCTIONS, read_example, render_reference
from ecr.model.schema import DOCUMENTS, render_schemas
from tests.unit.catalog.sample import BASES, PLACES, SampleCatalog

PAGES = render_reference(render_schemas())
MANIFESTS = [file.removesuffix(".yaml") for file in BASES]


def find_keys(document: str) -> set[str]:
    """Every ``Object.key`` of a document, its own keys by the document's name."""
    schema = DOCUMENTS[document].model_json_schema()
    objects = {document: schema, **schema["$defs"]}
    return {
        f"{name}.{key}" for name, value in objects.items() for key in value.get("properties", ())
    }


@pytest.mark.parametrize("name", INTRODUCTIONS)
def test_a_page_names_every_key_and_every_object_once(name: str):
    page = PAGES[f"{name}.md"]
    named = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(named) == sorted(key.partition(".")[2] for key in find_keys(name))
    anchors = re.findall(r"\{ #(\w+) \}$", page, re.MULTILINE)
    assert set(re.findall(r"\]\(#(\w+)\)", page)) == set(anchors)
    assert len(anchors) == len(set(anchors))


def test_a_row_says_what_is_asked_for():
    rows = PAGES["release.md"].splitlines()
    assert (
        "| `commit` | commit hash, 40 or 64 hexadecimal digits | **required** | Full commit hash. "
        "Branches and tags move, so they are not enough. [E107](../rules/E107.md) |"
    ) in rows
    assert (
        "| `timeout_s` | whole number, at least 1, at most 3,600 | `120` | Time limit in seconds. |"
    ) in rows
    assert (
        "| `role` | `model`, `training-data`, `configuration`, `sample` | **required** | "
        "`model`, `training-data`, `configuration` or `sample`. [E114](../rules/E114.md) |"
    ) in rows


def test_every_rule_named_beside_a_key_exists():
    keys = set().union(*(find_keys(name) for name in MANIFESTS))
    assert set(FURTHER) <= keys
    named = {code for text in PAGES.values() for code in re.findall(r"rules/(\w+)\.md", text)}
    assert named <= set(RULES)


def test_every_manifest_has_an_example_and_no_record_has():
    assert [name for name in INTRODUCTIONS if read_example(name)] == MANIFESTS


def test_the_examples_together_are_a_catalog_without_findings(sample: SampleCatalog):
    for file in BASES:
        text = read_example(file.removesuffix(".yaml"))
        assert text is not None
        assert text in PAGES[file.replace(".yaml", ".md")]
        sample.write(PLACES[file], text)
    assert sample.show() == []
