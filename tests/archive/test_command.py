"""``ecr archive`` as a person or a workflow calls it, and the record it leaves."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from ecr.catalog.record_writer import update_build, update_record
from ecr.catalog.selection import select_all, select_changed, select_named
from ecr.errors import NotFoundError, OutputError
from ecr.model.build import Build
from ecr.model.identity import parse_id
from tests.archive.conftest import Catalog, describe_file, digest_of
from tests.archive.https_server import Faults

CODE = {"source/main.py": b"print(1)\n"}


class TestTheCommand:
    def test_one_release(self, catalog, store):
        catalog.add("sage/app:1.0.0", files=CODE)
        first = catalog.run("archive", "sage/app:1.0.0", "--quiet")
        (archive,) = catalog.load("sage/app:1.0.0").build.archives
        size = f"{archive.size_bytes:,}"
        assert first.stdout == (
            f"archived  sage/app:1.0.0: 1 archive, {size} bytes (1 new)\n"
            f"1 release in {store.url}: 1 archive stored now, 0 failed\n"
        )
        second = catalog.run("archive", "sage/app:1.0.0", "--quiet", "--offline")
        assert second.stdout == (
            f"unchanged sage/app:1.0.0: 1 archive, {size} bytes\n"
            f"1 release in {store.url}: 0 archives stored now, 0 failed\n"
        )
        assert (first.returncode, second.returncode) == (0, 0)
        assert first.stderr == second.stderr == ""

    def test_all_goes_on_after_a_failure_and_says_so_at_the_end(
        self, catalog, store, server, make_repository
    ):
        gone = f"{server.url}/git/gone.git"
        catalog.add("a/gone:1.0.0", git=gone, commit="1" * 40)
        catalog.add("b/good:1.0.0", files=CODE)
        catalog.add("c/busy:1.0.0", files=CODE, data=[describe_file(b"x", url=server.url)])
        server.faults["/"] = Faults(status=404)
        done = catalog.run("archive", "--all", "--quiet")
        assert done.returncode == 25
        assert done.stdout.splitlines()[-1] == (
            f"1 release in {store.url}: 1 archive stored now, 2 failed"
        )
        assert done.stderr == (
            f"failed    a/gone:1.0.0: source: {gone} is gone, renamed or private: "
            f"repository '{gone}/' not found\n"
            "  hint: find where it is now; a release never changes: publish a new one that names "
            "it\n"
            f"failed    c/busy:1.0.0: data 'weights': {server.url} answers 404 Not Found\n"
            "  hint: it was removed, renamed or made private; ask its host, or put the file "
            "elsewhere and publish a new release that names it there\n"
            "error: 2 of 3 releases could not be archived\n"
            "  hint: see above what each needs, and run again\n"
        )

    def test_one_that_fails_ends_with_its_own_status(self, catalog, server, make_repository):
        gone = f"{server.url}/git/gone.git"
        catalog.add("a/gone:1.0.0", git=gone, commit="1" * 40)
        done = catalog.run("archive", "a/gone:1.0.0", "--quiet")
        assert done.returncode == 20
        assert done.stderr.startswith(f"error: a/gone:1.0.0: source: {gone} is gone, renamed")

    def test_a_store_that_cannot_be_used_ends_the_run_at_once(self, catalog, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        for number in range(3):
            catalog.add(f"a/app:{number}.0.0", files=CODE)
        store = "s3://archives?endpoint=http://127.0.0.1:9"
        done = catalog.run("archive", "a/app", "--quiet", "--store", store)
        assert done.returncode == 25
        assert "error: 1 of 3 releases could not be archived, 2 were not tried\n" in done.stderr

    def test_a_release_with_errors_is_shown_and_left_out(self, catalog):
        catalog.add("a/good:1.0.0", files=CODE)
        entry = catalog.add("b/bad:1.0.0", files=CODE)
        manifest = catalog.root / entry.path / "release.yaml"
        manifest.write_text(manifest.read_text().replace("linux/amd64", "linux/sparc"))
        done = catalog.run("archive", "--all", "--quiet")
        assert done.returncode == 3
        assert "bundles/b/bad/1.0.0/release.yaml:" in done.stderr
        assert "archived  a/good:1.0.0" in done.stdout
        assert "error: releases with errors in their manifests were left out\n" in done.stderr

    @pytest.mark.parametrize(
        "arguments",
        [
            pytest.param([], id="nothing named"),
            pytest.param(["a/b", "--all"], id="an id and all"),
            pytest.param(["--all", "--changed", "main"], id="all and changed"),
        ],
    )
    def test_what_to_archive_is_said_in_one_way(self, catalog, arguments):
        done = catalog.run("archive", *arguments)
        assert done.returncode == 2
        assert done.stderr == (
            "error: name what to archive: ids, --all or --changed REF; one of the three\n"
            "  hint: such as: ecr archive sage/cloud-cover:1.2.0\n"
        )

    def test_the_store_may_be_named_by_the_environment(self, catalog, tmp_path, monkeypatch):
        monkeypatch.setenv("ECR_STORE", str(tmp_path / "elsewhere"))
        catalog.add("a/app:1.0.0", files=CODE)
        done = catalog.run("archive", "a/app", "--quiet")
        assert f"1 release in {(tmp_path / 'elsewhere').as_uri()}" in done.stdout
        assert not (catalog.root / ".ecr" / "archives").exists()


class TestSelection:
    @pytest.fixture
    def filled(self, catalog: Catalog) -> Catalog:
        for release in ("a/app:1.0.0", "a/app:1.1.0", "b/other:0.1.0"):
            catalog.add(release, files=CODE)
        return catalog

    def ids(self, selection) -> list[str]:
        return [str(entry.id) for entry in selection.releases]

    def test_all(self, filled):
        every = ["a/app:1.1.0", "a/app:1.0.0", "b/other:0.1.0"]
        assert self.ids(select_all(filled.root)) == every

    @pytest.mark.parametrize(
        ("names", "selected"),
        [
            pytest.param(["a/app"], ["a/app:1.1.0", "a/app:1.0.0"], id="a bundle is all of it"),
            pytest.param(["a/app:1.0.0"], ["a/app:1.0.0"], id="one release"),
            pytest.param(
                ["a/app:1.0.0", "a/app"], ["a/app:1.1.0", "a/app:1.0.0"], id="both, each once"
            ),
        ],
    )
    def test_by_name(self, filled, names, selected):
        assert self.ids(select_named(filled.root, [parse_id(name) for name in names])) == selected

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            pytest.param("a/none", "there is no bundle a/none in this catalog", id="no bundle"),
            pytest.param("a/app:9.0.0", "there is no release a/app:9.0.0", id="no release"),
        ],
    )
    def test_what_is_not_there(self, filled, name, message):
        with pytest.raises(NotFoundError) as caught:
            select_named(filled.root, [parse_id(name)])
        assert str(caught.value) == message

    @pytest.mark.parametrize(
        ("changes", "selected"),
        [
            pytest.param(
                [("M", "bundles/a/app/1.0.0/release.yaml")], ["a/app:1.0.0"], id="a manifest"
            ),
            pytest.param(
                [("A", "bundles/a/app/1.1.0/source/main.py")], ["a/app:1.1.0"], id="its code"
            ),
            pytest.param([("M", "bundles/a/app/1.0.0/build.json")], [], id="a record"),
            pytest.param([("A", "bundles/a/app/1.0.0/profiles/x.json")], [], id="a profile"),
            pytest.param([("M", "bundles/a/app/1.0.0/status.yaml")], [], id="a decision"),
            pytest.param([("M", "bundles/a/app/media/icon.svg")], [], id="a picture"),
            pytest.param([("M", "bundles/a/app/media/x/y.svg")], [], id="a picture, deeper"),
            pytest.param([("D", "bundles/a/app/0.9.0/release.yaml")], [], id="a release removed"),
            pytest.param([("M", "pipeline/ecr/errors.py")], [], id="the pipeline"),
        ],
    )
    def test_by_what_changed(self, filled, changes, selected):
        assert self.ids(select_changed(filled.root, changes)) == selected

    def test_changed_since_a_git_reference(self, filled, require_tool):
        require_tool("git", hint="apt-get install git")

        def git(*arguments: str) -> None:
            who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
            subprocess.run(["git", *who, *arguments], cwd=filled.root, check=True)

        git("init", "--quiet", "--initial-branch=main")
        git("add", "--all")
        git("commit", "--quiet", "--message=all")
        filled.add("c/new:1.0.0", files=CODE)
        done = filled.run("archive", "--changed", "main", "--quiet")
        assert [line.split()[1] for line in done.stdout.splitlines()[:-1]] == ["c/new:1.0.0:"]


class TestTheRecord:
    def test_fields_of_other_stages_are_kept(self, catalog):
        entry = catalog.add("a/app:1.0.0", files=CODE)
        image = {"digest": digest_of(b"i"), "size_bytes": 1, "emulated": False, "builder": "b 1"}
        changes = {"images": {"linux/amd64": {**image, "duration_s": 1.5}}}
        update_build(catalog.root, entry, changes)
        assert catalog.run("archive", "a/app").returncode == 0
        build = catalog.load("a/app:1.0.0").build
        assert list(build.images) == ["linux/amd64"]
        assert [archive.name for archive in build.archives] == ["source"]

    def test_its_form_is_canonical_and_unchanged_ones_are_not_written(self, tmp_path):
        path = tmp_path / "build.json"
        changes = {"schema_version": 1, "id": "a/b:1.0.0", "commit": "1" * 40}
        update_record(path, Build, changes)
        text = f'{{\n  "commit": "{"1" * 40}",\n  "id": "a/b:1.0.0",\n  "schema_version": 1\n}}\n'
        assert path.read_text() == text
        before = path.stat()
        update_record(path, Build, changes)
        assert (path.stat().st_mtime_ns, path.stat().st_ino) == (
            before.st_mtime_ns,
            before.st_ino,
        )
        update_record(path, Build, {"commit": None})
        assert path.read_text() == '{\n  "id": "a/b:1.0.0",\n  "schema_version": 1\n}\n'

    def test_a_damaged_one_is_not_written_over(self, catalog):
        entry = catalog.add("a/app:1.0.0", files=CODE)
        path = catalog.root / entry.path / "build.json"
        path.write_text("{")
        with pytest.raises(OutputError) as caught:
            update_build(catalog.root, entry, {"commit": "1" * 40})
        assert str(caught.value) == f"{path} is not a record of this version: 1 faults"
        assert path.read_text() == "{"

    def test_several_at_a_time_lose_nothing(self, tmp_path):
        path = tmp_path / "build.json"
        fields = {
            "commit": "1" * 40,
            "source_time_s": 5,
            "repository": "ghcr.io/a/b",
            "digest": digest_of(b"i"),
            "swhids": [f"swh:1:rev:{'1' * 40}"],
        }
        base = {"schema_version": 1, "id": "a/b:1.0.0"}
        with ThreadPoolExecutor() as pool:
            jobs = [
                pool.submit(update_record, path, Build, {**base, name: value})
                for name, value in fields.items()
            ]
            for job in jobs:
                job.result()
        build = Build.model_validate_json(path.read_bytes())
        assert build.model_fields_set == {*base, *fields}
