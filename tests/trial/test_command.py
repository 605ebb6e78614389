"""``ecr test`` as a person or a workflow calls it, and what is run again when."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from ecr.errors import IntegrityError
from ecr.stages.trial.engines import EngineName
from ecr.stages.trial.errors import TrialFailedError
from ecr.stages.trial.samples import fetch_samples
from tests.trial.conftest import AMD64, describe_file

_PUBLISH = (
    """echo '{"name":"env.a","value":1.5}' > $PYWAGGLE_LOG_DIR/data.ndjson;"""
    " echo x > $WAGGLE_PLUGIN_UPLOAD_PATH/sky.txt"
)


@pytest.fixture(autouse=True)
def _no_docker(buildah_engine):
    """What is looked at here is the same with both engines, and Buildah needs no daemon."""


class TestTheCommand:
    def test_tests_that_pass(self, catalog):
        catalog.add(
            tests=[
                {"name": "prints", "arguments": ["sh", "-c", "echo hello"]},
                {
                    "name": "publishes",
                    "arguments": [
                        "sh",
                        "-c",
                        _PUBLISH,
                    ],
                },
            ]
        )
        catalog.add_image()
        done = catalog.run("sage/app:1.0.0", "--quiet")
        reason = "buildah's chroot isolation does not limit it; Docker does"
        assert (done.returncode, done.stderr) == (0, "")
        assert _without_seconds(done.stdout) == (
            "passed    sage/app:1.0.0 for linux/amd64: prints\n"
            f"    not applied: cpu: {reason}\n"
            f"    not applied: memory: {reason}\n"
            "passed    sage/app:1.0.0 for linux/amd64: publishes\n"
            "    env.a = 1.5\n"
            "    upload sky.txt: 2 bytes\n"
        )
        again = catalog.run("sage/app:1.0.0")
        assert (again.returncode, again.stderr) == (0, "")
        assert _without_seconds(again.stdout) == (
            "unchanged sage/app:1.0.0 for linux/amd64: prints\n"
            "unchanged sage/app:1.0.0 for linux/amd64: publishes\n"
        )

    def test_a_test_that_fails(self, catalog):
        catalog.add(
            "echo reading; sleep 0.3; echo no camera >&2; exit 3",
            expect={"measurements": ["env.a"]},
        )
        catalog.add_image()
        done = catalog.run("sage/app:1.0.0", "--quiet")
        (log,) = (catalog.root / ".ecr" / "logs" / "test").rglob("*.log")
        assert done.returncode == 40
        assert done.stderr == (
            "error: sage/app:1.0.0 for linux/amd64: test 'it works' failed: exit status 3 instead "
            "of 0; nothing was published as 'env.a'\n"
            "    reading\n"
            "    no camera\n"
            f"    log: {log}\n"
        )
        assert log.read_text() == "reading\nno camera\n"
        assert not catalog.read_record().passed

    def test_several_tests_that_fail(self, catalog):
        exits = [
            {"name": f"exits with {status}", "arguments": ["sh", "-c", f"exit {status}"]}
            for status in (1, 0, 2)
        ]
        catalog.add(tests=exits)
        catalog.add_image()
        done = catalog.run("sage/app", "--quiet")
        logs = sorted((catalog.root / ".ecr" / "logs" / "test").rglob("*.log"))
        assert done.returncode == 41
        assert done.stderr == (
            "error: 2 of 3 tests failed\n"
            "sage/app:1.0.0 for linux/amd64: test 'exits with 1' failed: "
            "exit status 1 instead of 0\n"
            "    (it printed nothing)\n"
            f"    log: {logs[1]}\n"
            "sage/app:1.0.0 for linux/amd64: test 'exits with 2' failed: "
            "exit status 2 instead of 0\n"
            "    (it printed nothing)\n"
            f"    log: {logs[2]}\n"
        )
        assert [record.passed for record in catalog.load().build.tests[AMD64]] == [
            False,
            True,
            False,
        ]

    def test_a_release_without_tests(self, catalog):
        catalog.add(tests=[])
        done = catalog.run("--all")
        assert (done.returncode, done.stdout) == (0, "untested  sage/app:1.0.0 declares no tests\n")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                ["sage/app:1.0.0", "--name", "nothing"],
                "sage/app:1.0.0 declares no test 'nothing'\n  hint: it declares 'it works'",
            ),
            (
                ["sage/app:1.0.0", "--platform", "arm64"],
                "sage/app:1.0.0 does not declare linux/arm64\n  hint: it declares linux/amd64",
            ),
            (
                ["sage/app:1.0.0"],
                (
                    "sage/app:1.0.0 has no image that can be tested here\n"
                    "  hint: build it first: ecr build sage/app:1.0.0"
                ),
            ),
            (
                ["sage/app:1.0.0", "--platform", "amd64"],
                (
                    "sage/app:1.0.0 for linux/amd64: it is not built\n"
                    "  hint: build it first: ecr build sage/app:1.0.0"
                ),
            ),
        ],
        ids=["no such test", "no such platform", "no image", "no image of the platform"],
    )
    def test_what_cannot_be_tested(self, catalog, arguments, message):
        catalog.add("true")
        done = catalog.run(*arguments)
        assert (done.returncode, done.stderr) == (42, f"error: {message}\n")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [([], "name what to test"), (["--all", "sage/app"], "name what to test")],
        ids=["nothing named", "named twice"],
    )
    def test_what_to_test_is_named_in_one_way(self, catalog, arguments, message):
        catalog.add("true")
        done = catalog.run(*arguments)
        assert done.returncode == 2
        assert done.stderr.startswith(f"error: {message}: ids, --all or --changed REF")


class TestEnginesThatAreMissing:
    def test_docker_was_asked_for(self, catalog):
        catalog.add("true")
        catalog.add_image()
        done = catalog.run("sage/app", "--engine", "docker", "--quiet")
        assert done.returncode == 11
        assert done.stderr.startswith("error: no Docker Engine can be reached: ")
        assert done.stderr.endswith(
            "\n  hint: install it with: sudo apt-get install docker.io, and start it; or use "
            "--engine buildah\n"
        )

    def test_buildah_serves_where_no_docker_engine_is(self, catalog):
        catalog.add("true")
        catalog.add_image()
        done = catalog.run("sage/app", "--engine", "auto")
        assert done.returncode == 0, done.stderr
        assert catalog.read_record().engine.startswith("buildah ")

    def test_neither_is_there(self, catalog, tmp_path):
        catalog.add("true")
        catalog.add_image()
        done = catalog.run("sage/app", "--quiet", PATH=str(tmp_path))
        assert done.returncode == 11
        assert done.stderr.startswith(
            "error: nothing here can run an image: no Docker Engine can be reached: "
        )
        assert done.stderr.endswith(
            ", and 'buildah' is not installed\n"
            "  hint: install one: sudo apt-get install docker.io, or buildah\n"
        )

    def test_an_image_that_is_gone_from_this_machine(self, catalog):
        catalog.add("true")
        catalog.add_image()
        shutil.rmtree(catalog.root / ".ecr" / "images")
        done = catalog.run("sage/app")
        assert done.returncode == 42
        assert "left out  sage/app:1.0.0 for linux/amd64: it is not built\n" in done.stdout


class TestRunningAgain:
    def test_what_passed_is_run_again_only_when_asked_for(self, catalog):
        catalog.add("true")
        catalog.add_image()
        assert [outcome.new for outcome in catalog.test(EngineName.BUILDAH)] == [True]
        before = _read_record_file(catalog)
        assert [outcome.new for outcome in catalog.test(EngineName.BUILDAH)] == [False]
        assert catalog.told.started == []
        assert _read_record_file(catalog) == before
        assert [outcome.new for outcome in catalog.test(EngineName.BUILDAH, again=True)] == [True]

    def test_what_failed_is_run_again(self, catalog):
        catalog.add("exit 1")
        catalog.add_image()
        for _ in range(2):
            with pytest.raises(TrialFailedError):
                catalog.test(EngineName.BUILDAH)
            assert [outcome.new for outcome in catalog.told.ended] == [True]

    @pytest.mark.parametrize(
        "change",
        [
            lambda catalog: catalog.add_image(user="1:1"),
            lambda catalog: _rewrite(catalog, "timeout_s: 9", "timeout_s: 8"),
            lambda catalog: _rewrite(catalog, "memory: 64Mi", "memory: 65Mi"),
        ],
        ids=["another image", "another test", "other needs"],
    )
    def test_what_changed_is_run_again(self, catalog, change):
        test = {"name": "it works", "arguments": ["sh", "-c", "true"], "timeout_s": 9}
        catalog.add(tests=[test], needs={"memory": "64Mi"})
        catalog.add_image()
        catalog.test(EngineName.BUILDAH)
        change(catalog)
        assert [outcome.new for outcome in catalog.test(EngineName.BUILDAH)] == [True]

    def test_one_test_of_several(self, catalog):
        catalog.add(
            tests=[{"name": name, "arguments": ["sh", "-c", "true"]} for name in ("one", "two")]
        )
        catalog.add_image()
        for name in ("two", "one"):
            catalog.test(EngineName.BUILDAH, names=(name,))
        records = catalog.load().build.tests[AMD64]
        assert [record.name for record in records] == ["one", "two"]

    def test_records_of_another_image_go(self, catalog):
        catalog.add(
            tests=[{"name": name, "arguments": ["sh", "-c", "true"]} for name in ("one", "two")]
        )
        catalog.add_image()
        catalog.test(EngineName.BUILDAH)
        catalog.add_image(user="1:1")
        catalog.test(EngineName.BUILDAH, names=("two",))
        assert [record.name for record in catalog.load().build.tests[AMD64]] == ["two"]


class TestSamples:
    def test_one_that_is_not_what_the_manifest_says_is_refused(self, catalog, tmp_path):
        item = describe_file(b"blue\n", path="source/sky.txt", mount="/data/sky.txt")
        entry = catalog.add("true", files={"source/sky.txt": b"blue\n"}, data=[item])
        # After the manifest was checked: that check looks at files as well.
        (catalog.root / entry.path / "source" / "sky.txt").write_bytes(b"gray\n")
        with pytest.raises(IntegrityError) as raised:
            fetch_samples(catalog.root, entry, catalog.store, tmp_path)
        found = hashlib.sha256(b"gray\n").hexdigest()
        assert str(raised.value) == (
            f"source/sky.txt has checksum {found}, and release.yaml says {item['sha256']}"
        )


def _read_record_file(catalog) -> bytes:
    content: bytes = (catalog.root / catalog.load().path / "build.json").read_bytes()
    return content


def _rewrite(catalog, before: str, after: str) -> None:
    manifest = Path(catalog.root, catalog.load().path, "release.yaml")
    text = manifest.read_text()
    assert before in text
    manifest.write_text(text.replace(before, after))


def _without_seconds(text: str) -> str:
    """Leave out how long things took."""
    return "".join(f"{line.partition(' (')[0]}\n" for line in text.splitlines())
