"""The JSON Schemas: up to date, valid themselves, and of one mind with the models."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from ecr.cli.schema import StaleSchemasError, command, render_files
from ecr.model.fields import Platform
from ecr.model.schema import DOCUMENTS, render_schemas
from tests.unit.catalog.sample import BASES, overlay

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "site_src"


def load_schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(render_schemas()[f"{name}.schema.json"])
    return schema


def find_faults(name: str, text: str) -> list[str]:
    document = yaml.load(text, yaml.CBaseLoader) if name == "" else yaml.safe_load(text)
    if "added" in document:
        document["added"] = str(document["added"])
    return [
        error.json_path for error in Draft202012Validator(load_schema(name)).iter_errors(document)
    ]


def test_the_committed_schemas_and_pages_are_up_to_date():
    rendered = render_files()
    committed = {name: (SOURCE / name).read_text("utf-8") for name in rendered}
    assert committed == rendered, "run: ecr schema"
    assert {path.name for path in (SOURCE / "schemas/v1").iterdir()} == set(render_schemas())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_is_one_of_2020_12_with_a_name_of_its_own(name: str):
    schema = load_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:ecr:schema:v1:{name}"
    assert schema["title"] == f"ECR {name}, version 1"
    assert schema["additionalProperties"] is False
    assert "schema_version" in schema["required"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_field_is_described_and_none_has_a_made_up_title(name: str):
    schema = load_schema(name)
    for model in (schema, *schema.get("$defs", {}).values()):
        for key, value in model.get("properties", {}).items():
            assert value.get("description"), f"{model.get('title', name)}.{key}"
            assert "title" not in value


@pytest.mark.parametrize("file", BASES)
def test_a_sound_manifest_follows_its_schema(file: str):
    assert find_faults(file.removesuffix(".yaml"), BASES[file]) == []


@pytest.mark.parametrize(
    ("file", "snippet", "place"),
    [
        ("release.yaml", "version: 1.10", "$.version"),
        ("release.yaml", 'version: "1.2"', "$.version"),
        ("release.yaml", "platforms: [linux/arm7]", "$.platforms[0]"),
        ("release.yaml", "titel: a", "$"),
        ("release.yaml", "homepage: http://example.org", "$.homepage"),
        ("release.yaml", "inputs: [{id: a, type: str}]", "$.inputs[0].type"),
        ("release.yaml", "code: {kind: docker}", "$.code"),
        ("bundle.yaml", "access: privat", "$.access"),
        ("bundle.yaml", "grants: [{to: all, permission: READ}]", "$.grants[0].to"),
        ("status.yaml", "deprecated: {by: a, on: '2026-01-01'}", "$.deprecated"),
        ("namespace.yaml", "owners: []", "$.owners"),
    ],
)
def test_what_the_schema_refuses_already_in_the_editor(file: str, snippet: str, place: str):
    assert find_faults(file.removesuffix(".yaml"), overlay(BASES[file], snippet)) == [place]


def test_platforms_are_offered_for_completion():
    items = load_schema("release")["properties"]["platforms"]["items"]
    assert items["enum"] == [platform.value for platform in Platform]


def test_a_description_says_what_the_source_says():
    properties = load_schema("release")["$defs"]["GitSource"]["properties"]
    assert properties["commit"]["description"] == (
        "Full commit hash. Branches and tags move, so they are not enough."
    )


def test_the_command_writes_what_is_stale_and_checks(tmp_path: Path):
    run = CliRunner().invoke
    written = f"schemas and pages written to {tmp_path}\n"
    assert run(command, [str(tmp_path)]).output == f"13 of 13 {written}"
    checked = run(command, [str(tmp_path), "--check"])
    assert checked.output == f"13 schemas and pages in {tmp_path} are up to date\n"
    (tmp_path / "schemas/v1/status.schema.json").write_text("{}")
    (tmp_path / "reference/release.md").unlink()
    stale = run(command, [str(tmp_path), "--check"])
    assert isinstance(stale.exception, StaleSchemasError)
    assert str(stale.exception) == (
        f"not up to date in {tmp_path}: schemas/v1/status.schema.json, reference/release.md"
    )
    assert run(command, [str(tmp_path)]).output == f"2 of 13 {written}"
