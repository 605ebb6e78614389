"""Importing into a catalog: the files that appear, and the command."""

from __future__ import annotations

import struct
import zlib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
from click.testing import CliRunner, Result

from ecr.catalog.layout import scan_bundle
from ecr.catalog.loader import load_bundle
from ecr.cli.import_ import command
from ecr.errors import EcrError, FindingsError, UsageError
from ecr.model.identity import BundleId
from ecr.stages.importing.conversion import Choices
from ecr.stages.importing.importer import Imported, import_app
from ecr.stages.importing.places import Place
from tests.unit.importing.conversion_case import CLEAN, COMMIT, REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping

TODAY = date(2026, 1, 31)


class MemoryTree:
    """Files that exist only here."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    def list_files(self) -> dict[str, int]:
        return {path: len(content) for path, content in self.files.items()}

    def read(self, path: str) -> bytes:
        return self.files[path]


def make_png(side: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" * (side + 1) for _ in range(side)))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "bundles").mkdir()
    return tmp_path


def run_import(
    root: Path,
    text: str = CLEAN,
    files: Mapping[str, bytes] | None = None,
    choices: Choices | None = None,
    *,
    repository: str = REPOSITORY,
    dry_run: bool = False,
) -> Imported:
    tree = None if files is None else MemoryTree({"Dockerfile": b"", **files})
    place = Place("sage.yaml", text.encode(), repository, COMMIT, tree=tree)
    return import_app(root, place, choices or Choices(), today=TODAY, dry_run=dry_run)


def list_said(outcome: Imported) -> list[str]:
    return [f"{f.severity}[{f.code}] {f.where}: {f.message}" for f in outcome.findings]


def test_the_bundle_appears_and_loads_without_a_finding(root: Path):
    icon = make_png(256)
    outcome = run_import(
        root,
        files={
            "ecr-meta/ecr-icon.png": icon,
            "ecr-meta/ecr-science-image.jpg": make_png(640),
            "ecr-meta/ecr-science-description.md": b"# Engine\n",
        },
    )
    assert list_said(outcome) == []
    assert str(outcome.id) == "ada/engine:0.1.0"
    assert sorted(outcome.files) == sorted(
        path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()
    )
    files = scan_bundle(root, BundleId("ada", "engine"))
    assert files is not None
    loaded = load_bundle(root, files)
    assert loaded.findings == ()
    entry = loaded.entry
    assert entry is not None
    assert entry.namespace.owners == ("user:ada",)
    assert entry.releases[0].status.added == TODAY
    assert (root / "bundles/ada/engine/media/icon.png").read_bytes() == icon
    assert (entry.media.icon, entry.media.science_image, entry.media.description) == (
        "bundles/ada/engine/media/icon.png",
        "bundles/ada/engine/media/science-image.png",
        "# Engine\n",
    )


def test_the_text_of_the_release_is_tidy(root: Path):
    run_import(root)
    assert (
        (root / "bundles/ada/engine/0.1.0/release.yaml").read_text("utf-8")
        == f"""\
# yaml-language-server: $schema=../../../../site_src/schemas/v1/release.schema.json
schema_version: 1
namespace: ada
name: engine
version: '0.1.0'
title: Engine
summary: Computes.
authors:
  - name: Ada Lovelace
    email: ada@example.edu
license: MIT
code:
  kind: container
  source:
    git: {REPOSITORY}
    commit: '{COMMIT}'
platforms:
  - linux/arm64
"""
    )


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"ecr-meta/ecr-icon.jpg": b"GIF89a"},
            ["warning[I060] : 'ecr-meta/ecr-icon.jpg' was left out: it is neither PNG nor JPEG"],
        ),
        (
            {"ecr-meta/ecr-icon.png": make_png(256) + b"\0" * 300_000},
            [("warning[I060] : 'ecr-meta/ecr-icon.png' was left out: the file has 300141 bytes; at "
             "most 262144 are allowed")],
        ),
        (
            {"ecr-meta/ecr-science-image.png": make_png(7000)},
            [("warning[I060] : 'ecr-meta/ecr-science-image.png' was left out: the picture has 7000 "
             "x 7000 pixels; at most 6000 a side")],
        ),
        (
            {"ecr-meta/ecr-science-description.md": b"caf\xe9", "ecr-meta/README": b"x"},
            ["warning[I060] : 'ecr-meta/README' was left out: it is none of the files ECR knows",
             ("warning[I060] : 'ecr-meta/ecr-science-description.md' was left out: the file is not "
             "UTF-8 text")],
        ),
        (
            {"ecr-meta/ecr-icon.jpg": make_png(256), "ecr-meta/ecr-icon.png": make_png(256)},
            [("warning[I060] : 'ecr-meta/ecr-icon.png' was left out: there is one for 'icon' "
             "already")],
        ),
        (
            {"LICENSE": b"Permission is hereby granted, free of charge, to any person"},
            [],
        ),
    ],
    ids=[
        "a picture of another kind",
        "an icon that is too large",
        "a picture with too many pixels",
        "a description that is no text, a file nobody knows",
        "two icons",
        "other files are not looked at",
    ],
)  # fmt: skip
def test_media_that_cannot_be_used_are_left_out_and_named(
    root: Path, files: dict[str, bytes], said: list[str]
):
    outcome = run_import(root, files=files)
    assert list_said(outcome) == said
    assert not outcome.refused


def test_a_licence_file_speaks_where_the_manifest_does_not(root: Path):
    text = CLEAN.replace("license: MIT\n", "")
    outcome = run_import(root, text, {"LICENSE": b"MIT. Permission is hereby granted, free of "
                                                 b"charge, to any person"})  # fmt: skip
    assert list_said(outcome) == [
        "note[I033] license: no licence is stated; the file LICENSE reads as MIT"
    ]


def test_a_dockerfile_that_is_missing_is_named(root: Path):
    outcome = run_import(root, CLEAN + "  directory: app\n", {})
    assert list_said(outcome) == [
        "warning[I047] source.dockerfile: there is no 'app/Dockerfile' at this commit"
    ]


def test_a_second_release_joins_the_bundle_and_leaves_its_files_alone(root: Path):
    run_import(root, files={"ecr-meta/ecr-science-description.md": b"# One\n"})
    namespace = root / "bundles/ada/namespace.yaml"
    namespace.write_text(namespace.read_text("utf-8") + "# mine\n", "utf-8")
    outcome = run_import(
        root,
        CLEAN.replace("0.1.0", "0.2.0"),
        {"ecr-meta/ecr-science-description.md": b"# Two\n"},
    )
    assert list_said(outcome) == [
        (
            "warning[I060] : the bundle has another 'media/science-description.md' already, which "
            "was left as it is"
        )
    ]
    assert sorted(outcome.files) == [
        "bundles/ada/engine/0.2.0/release.yaml",
        "bundles/ada/engine/0.2.0/status.yaml",
    ]
    assert namespace.read_text("utf-8").endswith("# mine\n")


def test_a_release_that_is_there_is_refused(root: Path):
    run_import(root)
    outcome = run_import(root, CLEAN.replace("Computes.", "Computes more."))
    assert outcome.refused
    assert list_said(outcome) == [
        "error[I007] version: 'ada/engine:0.1.0' is in the catalog; a release never changes"
    ]


def test_a_namespace_of_another_name_is_given_to_the_owner_of_the_code_with_a_warning(root: Path):
    outcome = run_import(root, CLEAN.replace("namespace: ada", "namespace: lab"))
    assert list_said(outcome) == [
        "warning[I024] namespace: the new namespace 'lab' was given to user:ada"
    ]


def test_a_namespace_nobody_is_known_to_own_is_refused(root: Path):
    outcome = run_import(root, repository="https://git.example.org/ada/engine")
    assert list_said(outcome) == [
        "error[I003] namespace: nobody is known to own the new namespace 'ada'"
    ]
    choices = Choices(owner="team:lab/engines")
    outcome = run_import(root, choices=choices, repository="https://git.example.org/ada/engine")
    assert list_said(outcome) == []
    assert "  - team:lab/engines\n" in (root / "bundles/ada/namespace.yaml").read_text("utf-8")


def test_what_the_rules_of_the_catalog_refuse_is_refused(root: Path):
    outcome = run_import(root, CLEAN + "  build_args: {A B: x}\n")
    assert outcome.refused
    assert [f"{f.path}:{f.line}: {f.code} {f.where}" for f in outcome.findings] == [
        "bundles/ada/engine/0.1.0/release.yaml:18: E312 code.build_args.A B"
    ]
    assert list((root / "bundles").iterdir()) == []


def test_a_dry_run_says_the_same_and_writes_nothing(root: Path):
    dry = run_import(root, dry_run=True)
    assert sorted(path.name for path in root.iterdir()) == ["bundles"]
    assert list((root / "bundles").iterdir()) == []
    assert (dry.id, dry.files) == (run_import(root).id, dry.files)


class TestCommand:
    def run(self, root: Path, *arguments: str) -> Result:
        return CliRunner().invoke(command, [*arguments, f"--root={root}"])

    @pytest.fixture
    def file(self, root: Path) -> str:
        path = root / "sage.yaml"
        path.write_text(CLEAN, "utf-8")
        return str(path)

    def test_a_file_is_imported_and_the_files_are_listed(self, root: Path, file: str):
        result = self.run(root, file, "--source-url", REPOSITORY, "--commit", COMMIT, "--offline")
        assert result.exit_code == 0, result.exception
        assert result.stdout.splitlines() == [
            "imported  ada/engine:0.1.0 from sage.yaml",
            "  bundles/ada/namespace.yaml",
            "  bundles/ada/engine/bundle.yaml",
            "  bundles/ada/engine/0.1.0/release.yaml",
            "  bundles/ada/engine/0.1.0/status.yaml",
            "next: read what was written, then: ecr validate --changed HEAD",
        ]

    def test_machines_get_the_findings_as_json(self, root: Path, file: str):
        result = self.run(root, file, "--offline", "--format=json")
        assert isinstance(result.exception, FindingsError)
        assert str(result.exception) == "1 of 1 app refused"
        outcome = orjson.loads(result.stdout)[0]
        assert outcome["id"] is None
        assert outcome["counts"] == {"error": 1, "warning": 0, "note": 0}
        assert outcome["findings"] == [
            {
                "path": "sage.yaml",
                "line": 8,
                "column": 3,
                "code": "I003",
                "severity": "error",
                "where": "source.url",
                "message": "no repository is stated",
                "hint": "name it with --source-url https://host/owner/repository",
            }
        ]

    def test_one_name_does_not_fit_two_apps(self, root: Path, file: str):
        folder = root / "two"
        folder.mkdir()
        (folder / "sage.yaml").write_text(CLEAN, "utf-8")
        result = self.run(root, str(root), "--name=x", "--offline")
        error = result.exception
        assert isinstance(error, UsageError)
        assert str(error) == f"{root} holds 2 apps, so one --name or --version fits none"
        assert isinstance(error, EcrError)
        assert error.hint == "import them one by one: ecr import sage.yaml two/sage.yaml"
