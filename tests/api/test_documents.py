"""The documents of api/v1: their models and schemas, their digests, and what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import orjson
import pytest

from ecr.catalog.hardware import load_hardware, parse_hardware
from ecr.errors import UsageError
from ecr.model.addresses import SHARD_PREFIXES, digest_bytes, shard_prefix
from ecr.model.index import DOCUMENTS
from ecr.model.release import Release
from ecr.stages.publish.compat import render_bundle_compat, render_compat_lists
from ecr.stages.publish.index import render_bundle_documents, render_index
from tests.api.conftest import (
    REPOSITORY_URL,
    SITE_URL,
    load_entries,
    render_site,
    write_bundle,
    write_catalog,
)

if TYPE_CHECKING:
    from ecr.catalog.entries import BundleEntry
    from ecr.stages.publish.outputs import SiteSettings

NEWEST = "api/v1/releases/sage/cloud-cover/1.10.0.json"


def kind_of(path: str) -> str | None:
    """The name of a document's schema, by its place."""
    inside = path.removeprefix("api/v1/")
    if inside == path or inside.startswith("schemas/"):
        return None
    fixed = {"index.json": "index", "releases.json": "releases", "hardware.json": "hardware-list"}
    places = {"shards": "shard", "releases": "release", "bundles": "bundle", "hardware": "hardware"}
    return fixed.get(inside) or places[inside.partition("/")[0]]


@pytest.fixture(scope="module")
def documents(outputs: dict[str, bytes]) -> dict[str, Any]:
    return {
        path.removeprefix("api/v1/"): orjson.loads(content)
        for path, content in outputs.items()
        if kind_of(path)
    }


class TestModels:
    def test_every_document_has_the_form_of_its_model_and_its_published_schema(
        self, outputs: dict[str, bytes]
    ):
        seen = set()
        for path, content in outputs.items():
            kind = kind_of(path)
            if kind is None:
                continue
            seen.add(kind)
            DOCUMENTS[kind].model_validate_json(content)
            schema = orjson.loads(outputs[f"api/v1/schemas/{kind}.schema.json"])
            jsonschema.Draft202012Validator.check_schema(schema)
            jsonschema.validate(orjson.loads(content), schema, jsonschema.Draft202012Validator)
        assert seen == set(DOCUMENTS)

    def test_models_know_every_field_that_is_written(self, outputs: dict[str, bytes]):
        """What a model does not know would not be in the schema, so nobody could rely on it."""
        unknown: set[str] = set()

        def compare(written: Any, read: Any, where: str) -> None:
            if isinstance(written, dict) and isinstance(read, dict):
                unknown.update(f"{where}.{key}" for key in written.keys() - read.keys())
                for key in written.keys() & read.keys():
                    compare(written[key], read[key], f"{where}.{key}")
            elif isinstance(written, list) and isinstance(read, list):
                for one, other in zip(written, read, strict=True):
                    compare(one, other, f"{where}[]")

        for path, content in outputs.items():
            if kind := kind_of(path):
                model = DOCUMENTS[kind].model_validate_json(content)
                compare(orjson.loads(content), orjson.loads(model.model_dump_json()), kind)
        assert unknown == set()

    def test_schemas_say_where_they_are(self, outputs: dict[str, bytes]):
        for name in DOCUMENTS:
            path = f"api/v1/schemas/{name}.schema.json"
            assert orjson.loads(outputs[path])["$id"] == SITE_URL + path


class TestTree:
    def test_whoever_holds_the_root_can_verify_every_document(
        self, outputs: dict[str, bytes], documents: dict[str, Any]
    ):
        root = documents["index.json"]
        named = [*root["documents"].values()]
        named += [{"path": f"shards/{p}.json", **row} for p, row in root["shards"].items()]
        named += documents["hardware.json"]["hardware"]
        for prefix in root["shards"]:
            named += documents[f"shards/{prefix}.json"]["releases"]
        for row in named:
            content = outputs[f"api/v1/{row['path']}"]
            assert (row["digest"], row["size_bytes"]) == (digest_bytes(content), len(content))
        beside = {path for path in documents if path.startswith("bundles/")} | {"index.json"}
        assert {row["path"] for row in named} | beside == set(documents)

    def test_there_are_always_256_shards(self, documents: dict[str, Any]):
        assert list(documents["index.json"]["shards"]) == list(SHARD_PREFIXES)
        assert len(SHARD_PREFIXES) == 256

    def test_a_release_is_in_the_shard_its_id_says(self, documents: dict[str, Any]):
        """Computed by hand: printf 'sage/cloud-cover:1.10.0' | sha256sum."""
        assert shard_prefix("sage/cloud-cover:1.10.0") == "df"
        rows = documents["shards/df.json"]["releases"]
        assert [row["id"] for row in rows] == ["sage/cloud-cover:1.10.0"]
        assert rows[0] | {"digest": "", "size_bytes": 0} == {
            "id": "sage/cloud-cover:1.10.0",
            "status": "profiled",
            "platforms": ["linux/amd64", "linux/arm64", "linux/arm/v7"],
            "added": "2026-05-01",
            "path": "releases/sage/cloud-cover/1.10.0.json",
            "digest": "",
            "size_bytes": 0,
        }

    def test_counts(self, documents: dict[str, Any]):
        assert documents["index.json"]["counts"] == {"namespaces": 2, "bundles": 3, "releases": 5}

    def test_the_root_is_written_last(self, entries: list[BundleEntry], settings: SiteSettings):
        """A site without a root is not one, so a writer that is killed leaves none."""
        assert list(render_index(settings, []))[-1].path == "api/v1/index.json"

    def test_nothing_of_a_protected_bundle_is_there(self, outputs: dict[str, bytes]):
        for path, content in outputs.items():
            assert "secret" not in path
            assert b"hidden/secret" not in content, path


class TestContent:
    def test_releases_are_listed_by_bundle_newest_version_first(self, documents: dict[str, Any]):
        rows = documents["releases.json"]["releases"]
        assert [(row["id"], row["status"]) for row in rows] == [
            ("gone/broken:1.0.0", "yanked"),
            ("sage/bird-song:0.1.0-rc.1", "listed"),
            ("sage/cloud-cover:1.10.0", "profiled"),
            ("sage/cloud-cover:1.9.1", "yanked"),
            ("sage/cloud-cover:1.9.0", "listed"),
        ]
        assert rows[2] == {
            "id": "sage/cloud-cover:1.10.0",
            "title": "Cloud cover",
            "summary": "Says how much of the sky is cloudy, with a comma",
            "kind": "container",
            "status": "profiled",
            "platforms": ["linux/amd64", "linux/arm64", "linux/arm/v7"],
            "keywords": ["clouds", "sky, seen from below"],
            "license": "BSD-3-Clause",
            "added": "2026-05-01",
            "path": "releases/sage/cloud-cover/1.10.0.json",
        }

    def test_a_release_says_everything(self, outputs: dict[str, bytes], catalog_root: Path):
        release = orjson.loads(outputs[NEWEST])
        assert release["images"] == {
            "digest": f"sha256:{'a' * 64}",
            "reference": f"ghcr.io/example/sage/cloud-cover@sha256:{'a' * 64}",
            "platforms": {
                "linux/arm64": {
                    "digest": f"sha256:{'b' * 64}",
                    "reference": f"ghcr.io/example/sage/cloud-cover@sha256:{'b' * 64}",
                    "size_bytes": 1000,
                    "emulated": True,
                }
            },
        }
        assert release["requirements"] == {
            "declared": {
                "gpu": True,
                "gpu_capabilities": ["cuda102"],
                "devices": ["camera"],
                "network": "node",
                "cpu_millicores": 1500,
                "memory_bytes": 300 * 2**20,
                "gpu_memory_bytes": 2 * 2**30,
            },
            "measured": [
                {
                    "hardware": "xaviernx",
                    "profiles": 2,
                    "cpu_millicores": 850.5,
                    "memory_bytes": 300.5 * 2**20,
                }
            ],
        }
        assert [(row["hardware"], row["emulated"]) for row in release["profiles"]] == [
            ("xaviernx", False),
            ("xaviernx", False),
            ("rpi-8gb", True),
        ]
        page = f"{SITE_URL}bundles/sage/cloud-cover/1.10.0/"
        assert release["citation"]["text"] == (
            "Ada Lovelace; Babbage, Charles (2026): Cloud cover, version 1.10.0. "
            f"Edge Code Repository, sage/cloud-cover:1.10.0. {page}"
        )
        manifest = "bundles/sage/cloud-cover/1.10.0/release.yaml"
        assert release["links"] == {
            "page": page,
            "bundle": "bundles/sage/cloud-cover.json",
            "manifest": f"{REPOSITORY_URL}/blob/HEAD/{manifest}",
        }
        assert release["provenance"] == {
            "manifest": digest_bytes((catalog_root / manifest).read_bytes()),
            "manifest_path": manifest,
            "git": "https://github.com/example/cloud-cover",
            "commit": "0123456789012345678901234567890123456789",
            "directory": "app",
            "swhids": ["swh:1:rev:0123456789012345678901234567890123456789"],
        }
        assert release["access"] == "public"
        assert release["decisions"] == {"schema_version": 1, "added": "2026-05-01", "approvals": []}

    def test_the_manifest_in_a_release_can_be_read_as_a_manifest(self, outputs: dict[str, bytes]):
        manifest = orjson.loads(outputs[NEWEST])["manifest"]
        assert str(Release.model_validate(manifest).id) == "sage/cloud-cover:1.10.0"

    def test_a_yanked_release_says_who_when_and_why(self, documents: dict[str, Any]):
        release = documents["releases/sage/cloud-cover/1.9.1.json"]
        assert release["status"] == "yanked"
        assert release["decisions"]["yanked"] == {
            "by": "user:ada",
            "on": "2026-03-02",
            "reason": "It counts the sun as a cloud.",
        }

    def test_what_is_not_known_is_absent_and_nothing_is_made_up(self, documents: dict[str, Any]):
        release = documents["releases/sage/bird-song/0.1.0-rc.1.json"]
        assert (release["images"], release["build"], release["profiles"]) == (None, None, [])
        assert release["requirements"]["measured"] == []
        assert release["provenance"].keys() == {"manifest", "manifest_path", "swhids", "directory"}
        assert "doi" not in orjson.dumps(release["citation"]).decode().lower()

    def test_a_bundle_names_its_releases_newest_first(self, documents: dict[str, Any]):
        bundle = documents["bundles/sage/cloud-cover.json"]
        assert bundle["newest"] == "sage/cloud-cover:1.10.0"
        assert [row["version"] for row in bundle["releases"]] == ["1.10.0", "1.9.1", "1.9.0"]
        assert bundle["owners"] == ["user:ada"]

    def test_a_board_lists_what_fits_and_why(self, documents: dict[str, Any]):
        board = documents["hardware/xaviernx.json"]
        assert board["counts"] == {"yes": 4, "no": 0, "unknown": 1}
        assert board["fits"] == [
            {
                "answer": "yes",
                "reason": "declared: 300Mi of memory",
                "releases": [
                    "gone/broken:1.0.0",
                    "sage/cloud-cover:1.10.0",
                    "sage/cloud-cover:1.9.0",
                    "sage/cloud-cover:1.9.1",
                ],
            },
            {
                "answer": "unknown",
                "reason": "the author declares no memory need and none was measured",
                "releases": ["sage/bird-song:0.1.0-rc.1"],
            },
        ]
        assert documents["hardware/rpi-8gb.json"]["counts"] == {"yes": 0, "no": 4, "unknown": 1}
        assert documents["hardware/dell-xr2.json"]["fits"][-1] == {
            "answer": "no",
            "reason": "not built for linux/amd64",
            "releases": ["sage/bird-song:0.1.0-rc.1"],
        }

    def test_a_board_says_only_what_is_known(self, documents: dict[str, Any]):
        assert "memory_bytes" not in documents["hardware/hpe-l40s.json"]["hardware"]

    def test_fits_of_a_release_and_of_a_board_agree(self, documents: dict[str, Any]):
        for path, release in documents.items():
            if not path.startswith("releases/"):
                continue
            for row in release["fits"]:
                groups = documents[f"hardware/{row['hardware']}.json"]["fits"]
                held = [
                    (group["answer"], group["reason"])
                    for group in groups
                    if release["id"] in group["releases"]
                ]
                assert held == [(row["answer"], row["reason"])]


class TestRendering:
    def test_a_protected_bundle_is_refused(self, tmp_path: Path, settings: SiteSettings):
        write_bundle(tmp_path, "sage/x", {"1.0.0": "schema_version: 1\nadded: 2026-01-01\n"})
        (entry,) = load_entries(tmp_path)
        secret = entry.manifest.model_copy(update={"access": "protected"})
        object.__setattr__(entry, "manifest", secret)
        for render in (render_bundle_documents, render_bundle_compat):
            with pytest.raises(
                AssertionError, match="sage/x is protected; it must not be published"
            ):
                render(entry, settings)

    def test_an_empty_catalog_has_an_index(self, settings: SiteSettings):
        files = {file.path: file.content for file in render_index(settings, [])}
        files |= {file.path: file.content for file in render_compat_lists(settings, [])}
        root = orjson.loads(files["api/v1/index.json"])
        assert root["counts"] == {"namespaces": 0, "bundles": 0, "releases": 0}
        assert orjson.loads(files["api/v1/releases.json"])["releases"] == []
        assert orjson.loads(files["api/apps/index.json"])["data"] == []
        assert orjson.loads(files["api/repositories/index.json"]) == {"data": []}

    def test_files_are_only_where_the_engine_looks_for_them(
        self, entries: list[BundleEntry], settings: SiteSettings
    ):
        for entry in entries:
            places = (
                f"bundles/{entry.id}/",
                f"api/v1/releases/{entry.id}/",
                f"api/v1/bundles/{entry.id}.json",
                f"api/apps/{entry.id}/",
                f"api/repositories/{entry.id}",
            )
            documents, _ = render_bundle_documents(entry, settings)
            compat, _ = render_bundle_compat(entry, settings)
            for file in (*documents, *compat):
                assert file.path.startswith(places), file.path

    def test_bytes_depend_on_nothing_but_the_catalog(
        self, tmp_path: Path, outputs: dict[str, bytes]
    ):
        """Another folder, another process, another hash seed: the same bytes."""
        program = (
            "import sys, hashlib, pathlib\n"
            "from tests.api.conftest import *\n"
            "root = pathlib.Path(sys.argv[1]); write_catalog(root)\n"
            "for f in render_site(load_entries(root), make_settings()):\n"
            "    print(f.path, hashlib.sha256(f.content).hexdigest())\n"
        )
        project = Path(__file__).parents[2]
        answer = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "elsewhere")],
            cwd=project,
            env={**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        there = dict(line.split() for line in answer.stdout.splitlines())
        assert there == {
            path: digest_bytes(content).removeprefix("sha256:") for path, content in outputs.items()
        }

    def test_one_changed_release_changes_one_shard(
        self, tmp_path: Path, outputs: dict[str, bytes], settings: SiteSettings
    ):
        write_catalog(tmp_path)
        status = tmp_path / "bundles/sage/bird-song/0.1.0-rc.1/status.yaml"
        status.write_text("schema_version: 1\nadded: 2026-03-04\n")
        after = {f.path: f.content for f in render_site(load_entries(tmp_path), settings)}
        prefix = shard_prefix("sage/bird-song:0.1.0-rc.1")
        assert {path for path in after if after[path] != outputs[path]} == {
            "api/v1/index.json",
            "api/v1/releases.json",
            f"api/v1/shards/{prefix}.json",
            "api/v1/releases/sage/bird-song/0.1.0-rc.1.json",
            "api/v1/bundles/sage/bird-song.json",
            "api/apps/index.json",
            "api/apps/sage/bird-song/index.json",
            "api/apps/sage/bird-song/0.1.0-rc.1",
            "api/repositories/sage/bird-song",
        }


class TestHardwareRegistry:
    def test_ships_with_the_boards_of_the_network(self, tmp_path: Path):
        boards = {board.id: board for board in load_hardware(tmp_path)}
        assert {"xaviernx", "xaviernx-poe", "rpi-4gb", "rpi-8gb", "dell-xr2", "jetson-thor"} <= set(
            boards
        )
        assert boards["xaviernx"].shared_memory
        assert boards["dell-xr2"].memory_bytes == 32 * 2**30

    def test_a_catalog_can_bring_its_own(self, tmp_path: Path):
        (tmp_path / "hardware.yaml").write_text(
            "schema_version: 1\nhardware:\n  - {id: mine, title: Mine, platforms: [linux/amd64]}\n"
        )
        assert [board.id for board in load_hardware(tmp_path)] == ["mine"]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("hardware: [", "x.yaml:1:12: not valid YAML: while parsing a flow node"),
            ("[]", "x.yaml:1:1: the file holds a list, not a mapping"),
            (
                "schema_version: 1\nhardware: [{id: A, title: A, platforms: [linux/amd64]}]",
                "x.yaml:2:17: hardware[0].id: 'A' is not written as it has to be",
            ),
            (
                "schema_version: 1\nhardware:\n"
                + 2 * "  - {id: a, title: A, platforms: [linux/amd64]}\n",
                "x.yaml has two boards with the id 'a'",
            ),
        ],
        ids=["not YAML", "another document", "a wrong value", "an id twice"],
    )
    def test_says_what_is_wrong(self, text: str, message: str):
        with pytest.raises(UsageError) as caught:
            parse_hardware(text, "x.yaml")
        assert str(caught.value).startswith(message)
