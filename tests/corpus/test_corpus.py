"""Importing the real files that people wrote for today's ECR.

The corpus is not part of the project: it lies in a folder ``shared/corpus`` beside the checkout,
with an index that says which repository and commit each file is from.
"""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path, PurePosixPath

import pytest

from ecr.catalog.layout import scan_bundle
from ecr.catalog.loader import load_bundle
from ecr.catalog.yaml_document import YamlDocument
from ecr.model.release import Release
from ecr.stages.importing.conversion import Choices
from ecr.stages.importing.importer import Imported, import_app
from ecr.stages.importing.places import Place
from ecr.stages.importing.sage_document import SageDocument
from tests.accounting import list_unaccounted

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
INDEX = CORPUS / "INDEX.tsv"
NOT_THERE = (
    "real part not exercised: the corpus of real sage.yaml files (put it beside the checkout, as "
    "../shared/corpus)"
)


def read_index() -> list[dict[str, str]]:
    if not INDEX.is_file():
        return []
    with INDEX.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


ROWS = read_index()


def run(root: Path, row: dict[str, str], content: bytes) -> Imported:
    place = Place(
        row["file"],
        content,
        f"https://github.com/{row['repo']}",
        row["commit"],
        directory=PurePosixPath(row["path"]).parent.as_posix(),
    )
    return import_app(root, place, Choices(), today=date(2026, 1, 31))


@pytest.mark.skipif(not ROWS, reason=NOT_THERE)
@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_a_real_file_becomes_a_valid_release_or_is_refused_with_a_place(
    row: dict[str, str], tmp_path: Path
):
    (tmp_path / "bundles").mkdir()
    content = (CORPUS / row["file"]).read_bytes()
    outcome = run(tmp_path, row, content)
    if outcome.id is None:
        errors = [finding for finding in outcome.findings if finding.severity == "error"]
        assert errors
        assert all(error.path == row["file"] and error.line and error.message for error in errors)
        assert list((tmp_path / "bundles").iterdir()) == []
        return
    files = scan_bundle(tmp_path, outcome.id.bundle)
    assert files is not None
    loaded = load_bundle(tmp_path, files)
    assert [finding for finding in loaded.findings if finding.severity == "error"] == []
    assert loaded.entry is not None
    release = loaded.entry.releases[0].manifest
    assert release.id == outcome.id
    source = SageDocument(row["file"], content).data
    manifest = release.model_dump(mode="json")
    assert list_unaccounted(source, manifest, outcome.findings) == []


@pytest.mark.skipif(not ROWS, reason=NOT_THERE)
def test_the_account_of_the_whole_corpus(tmp_path: Path):
    """Counts for people to read (pytest -rP); the shares are what the importer promises."""
    outcomes = Counter[str]()
    reasons = Counter[str]()
    refused = []
    for number, row in enumerate(ROWS):
        root = tmp_path / str(number)
        (root / "bundles").mkdir(parents=True)
        outcome = run(root, row, (CORPUS / row["file"]).read_bytes())
        severities = {str(finding.severity) for finding in outcome.findings}
        kind = (
            "refused"
            if outcome.id is None
            else "imported, to be looked at"
            if "warning" in severities
            else "imported, with notes"
            if severities
            else "imported clean"
        )
        outcomes[kind] += 1
        reasons.update({finding.code for finding in outcome.findings})
        if outcome.id is None:
            first = next(f for f in outcome.findings if f.severity == "error")
            refused.append(f"{first.path}:{first.line}: {first.code} {first.message}")
    print(f"{len(ROWS)} files: " + ", ".join(f"{n} {kind}" for kind, n in outcomes.most_common()))
    print("files by code: " + ", ".join(f"{code} {n}" for code, n in sorted(reasons.items())))
    print("\n".join(["refused:", *refused]))
    assert outcomes["refused"] * 10 < len(ROWS)


@pytest.mark.skipif(not ROWS, reason=NOT_THERE)
def test_the_account_notices_what_is_dropped():
    """The check itself can fail: a release without a field is not accounted for."""
    row = next(row for row in ROWS if row["file"].startswith("waggle-sensor__plugin-iio"))
    source = YamlDocument("sage.yaml", (CORPUS / row["file"]).read_bytes()).data
    release = {**dict.fromkeys(Release.model_fields, ""), "metadata": {}}
    missing = list_unaccounted(source, release, [])
    assert {"name", "description", "source.url", "source.architectures[0]"} < set(missing)
