"""Whatever a file holds: no crash, nothing dropped in silence, and what comes out loads."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecr.catalog.layout import scan_bundle
from ecr.catalog.loader import load_bundle
from ecr.stages.importing.conversion import Choices
from ecr.stages.importing.importer import Imported, import_app
from ecr.stages.importing.places import Place
from tests.accounting import list_unaccounted
from tests.unit.importing.conversion_case import COMMIT, REPOSITORY

KEYS = [
    "name", "namespace", "version", "description", "authors", "collaborators", "funding",
    "license", "keywords", "homepage", "source", "inputs", "resources", "metadata", "testing",
    "arguments", "depends_on", "frozen", "baseCommand", "author", "repository", "architecture",
    "url", "branch", "tag", "git_commit", "directory", "dockerfile", "build_args",
    "architectures", "id", "type", "default", "required", "email", "unknown",
]  # fmt: skip
WORDS = [
    "engine", "0.1.0", "1.0", "linux/arm64", "MIT", "Ada <a@b.org>", "int", "File", "true", "..",
    "https://github.com/a/b.git", "{{ x }}", "main", COMMIT, "a, b; c and d", "\u202e", "{",
]  # fmt: skip
keys = st.sampled_from(KEYS) | st.text(max_size=8)
scalars = (
    st.sampled_from(WORDS)
    | st.text(max_size=20)
    | st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
)
values = st.recursive(
    scalars,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(keys, below, max_size=5),
    max_leaves=20,
)
files = st.fixed_dictionaries(
    {},
    optional={
        "name": st.just("engine") | values,
        "namespace": st.just("ada") | values,
        "version": st.just("0.1.0") | values,
        "description": st.just("Computes.") | values,
        "source": st.fixed_dictionaries(
            {"architectures": st.just(["linux/arm64"])}, optional={"url": values, "branch": values}
        )
        | values,
        "authors": values,
        "license": values,
        "keywords": values,
        "funding": values,
        "homepage": values,
        "inputs": st.lists(st.dictionaries(keys, values, max_size=4), max_size=3) | values,
        "metadata": values,
        "resources": values,
        "arguments": values,
        "unknown": values,
    },
)


def run(root: Path, content: bytes) -> Imported:
    (root / "bundles").mkdir(exist_ok=True)
    place = Place("sage.yaml", content, REPOSITORY, COMMIT)
    return import_app(root, place, Choices(), today=date(2026, 1, 31))


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=files)
def test_any_mapping_is_imported_whole_or_refused(
    data: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
):
    root = tmp_path_factory.mktemp("catalog")
    outcome = run(root, yaml.safe_dump(data, allow_unicode=True).encode("utf-8", "replace"))
    if outcome.id is None:
        assert any(finding.severity == "error" for finding in outcome.findings)
        assert list((root / "bundles").iterdir()) == []
        return
    bundle = scan_bundle(root, outcome.id.bundle)
    assert bundle is not None
    loaded = load_bundle(root, bundle)
    assert [finding for finding in loaded.findings if finding.severity == "error"] == []
    assert loaded.entry is not None
    manifest = loaded.entry.releases[0].manifest.model_dump(mode="json")
    assert list_unaccounted(data, manifest, outcome.findings) == []


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_refused_with_a_finding(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
):
    outcome = run(tmp_path_factory.mktemp("catalog"), content)
    assert outcome.id is None
    assert outcome.findings
