"""``ecr new``: what it writes validates without an error, and runs."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from ecr.catalog.layout import scan_catalog
from ecr.catalog.loader import load_bundle
from ecr.cli.new import command
from ecr.errors import FindingsError, UsageError
from ecr.model.release import BinaryCode, Release

if TYPE_CHECKING:
    from collections.abc import Callable

AUTHOR = "--author=Ada Lovelace <ada@example.edu>"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "bundles").mkdir()
    return tmp_path


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, f"--root={root}"])


def load(root: Path) -> list[Release]:
    """Every release of the catalog, which must not hold an error."""
    releases: list[Release] = []
    for files in scan_catalog(root).bundles:
        loaded = load_bundle(root, files)
        assert [f"{f.path}: {f.message}" for f in loaded.findings if f.severity == "error"] == []
        assert loaded.entry is not None
        releases += [entry.manifest for entry in loaded.entry.releases]
    return releases


def list_files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


class TestKinds:
    @pytest.mark.parametrize(
        ("kind", "source"),
        [
            ("container", ["Dockerfile", "main.py", "requirements.txt"]),
            ("script", ["main.py"]),
        ],
    )
    def test_a_bundle_is_whole_and_valid(self, root: Path, kind: str, source: list[str]):
        result = run(root, kind, "lab/rain", AUTHOR, "--title=Rain Drops", "--owner=user:ada")
        assert result.exit_code == 0, result.exception
        files = [
            "bundles/lab/namespace.yaml",
            *(f"bundles/lab/rain/0.1.0/{name}" for name in ("release.yaml", "status.yaml")),
            *(f"bundles/lab/rain/0.1.0/source/{name}" for name in source),
            "bundles/lab/rain/bundle.yaml",
            "bundles/lab/rain/media/science-description.md",
        ]
        assert list_files(root) == sorted(files)
        release = load(root)[0]
        assert (str(release.id), release.title, release.code.kind) == (
            "lab/rain:0.1.0",
            "Rain Drops",
            kind,
        )
        assert release.authors[0].email == "ada@example.edu"
        assert result.stdout.splitlines()[-5:] == [
            "next:",
            "  fill in bundles/lab/rain/0.1.0/release.yaml (summary, license)",
            "  describe it in bundles/lab/rain/media/science-description.md",
            "  ecr validate bundles/lab/rain",
            "  git add, commit, and open a pull request",
        ]

    def test_the_sample_of_a_binary_bundle_is_compiled_and_publishes(
        self, root: Path, tmp_path: Path, require_tool: Callable[..., Path]
    ):
        require_tool("cc", hint="apt-get install gcc libc6-dev")
        result = run(root, "binary", "lab/load", AUTHOR)
        assert result.exit_code == 0, result.exception
        code = load(root)[0].code
        assert isinstance(code, BinaryCode)
        (file,) = code.files.values()
        program = root / "bundles/lab/load/0.1.0/source" / file.path
        assert hashlib.sha256(program.read_bytes()).hexdigest() == file.sha256
        out = tmp_path / "out"
        out.mkdir()
        subprocess.run([program, "--count", "1"], env={"PYWAGGLE_LOG_DIR": str(out)}, check=True)
        line = json.loads((out / "data.ndjson").read_text("utf-8"))
        assert line["name"] == "sys.load.one_minute"
        assert isinstance(line["value"], float | int)

    def test_compiled_programs_are_taken_by_platform(self, root: Path):
        (root / "app").write_bytes(b"\x7fELF of one kind")
        result = run(
            root, "binary", "lab/app", AUTHOR, f"--file=linux/arm64={root}/app",
            f"--file=armv7={root}/app",
        )  # fmt: skip
        assert result.exit_code == 0, result.exception
        release = load(root)[0]
        assert release.platforms == ("linux/arm64", "linux/arm/v7")
        program = root / "bundles/lab/app/0.1.0/source/binary/linux-arm-v7/app"
        assert program.stat().st_mode & 0o111
        assert (release.tests, release.inputs) == ((), ())

    def test_a_script_brings_its_arguments_packages_and_measurements(self, root: Path):
        script = root / "rain.py"
        script.write_text(
            '"""Counts drops on the lens."""\n'
            "import argparse, cv2, helper, weirdlib\n"
            "from waggle.plugin import Plugin\n"
            "p = argparse.ArgumentParser()\n"
            'p.add_argument("--rate", type=int, default=5)\n'
            'Plugin().publish("env.rain.drops", 1)\n',
            "utf-8",
        )
        (root / "helper.py").write_text("", "utf-8")
        (root / "requirements.txt").write_text("pywaggle==0.56.3\n", "utf-8")
        result = run(root, "script", "lab/rain", f"--from-script={script}", AUTHOR)
        assert result.exit_code == 0, result.exception
        release = load(root)[0]
        assert release.summary == "Counts drops on the lens."
        assert [item.id for item in release.inputs] == ["rate"]
        assert [item.name for item in release.publishes] == ["env.rain.drops"]
        assert release.model_dump(mode="json")["code"]["pip"] == [
            "opencv-python-headless",
            "pywaggle==0.56.3",
            "weirdlib",
        ]
        copied = root / "bundles/lab/rain/0.1.0/source/rain.py"
        assert copied.read_bytes() == script.read_bytes()
        doubts = [
            "bundles/lab/namespace.yaml names user:lab as the owner: is that the login?",
            "module 'helper' lies beside the script: copy it to source/",
            "package 'weirdlib' is a guess from 'import weirdlib'",
        ]
        assert sorted(
            line.removeprefix("  look at: ")
            for line in result.stdout.splitlines()
            if "look at" in line
        ) == sorted(doubts)
        text = (root / "bundles/lab/rain/0.1.0/release.yaml").read_text("utf-8")
        assert all(f"# - {doubt}\n" in text for doubt in doubts[1:])


class TestSample:
    def test_the_script_publishes_what_its_release_declares(self, root: Path, tmp_path: Path):
        run(root, "script", "lab/load", AUTHOR)
        release = load(root)[0]
        package = tmp_path / "waggle"
        package.mkdir()
        # pywaggle itself is what a release installs; its interface is all that is needed here.
        (package / "plugin.py").write_text(
            "class Plugin:\n"
            "    def __enter__(self): return self\n"
            "    def __exit__(self, *_): pass\n"
            "    def publish(self, name, value): print(name, value)\n",
            "utf-8",
        )
        outcome = subprocess.run(
            [sys.executable, "bundles/lab/load/0.1.0/source/main.py", *release.tests[0].arguments],
            cwd=root,
            env={"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert outcome.stdout.split()[0] == release.publishes[0].name


class TestRefusals:
    def test_a_bundle_that_is_there_is_left_alone(self, root: Path):
        run(root, "script", "lab/rain", AUTHOR)
        before = list_files(root)
        error = run(root, "container", "lab/rain", AUTHOR).exception
        assert isinstance(error, UsageError)
        assert str(error) == "lab/rain is in the catalog already"
        assert error.hint == "start its next release with: ecr new release lab/rain VERSION"
        assert list_files(root) == before

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["lab/rain", AUTHOR, "--version=1.10"],
             "version: version '1.10' is not a semantic version"),
            (["lab/rain:1.0.0", AUTHOR], "'lab/rain:1.0.0' names a release"),
            (["Lab/Rain", AUTHOR], "'Lab/Rain' is not the id of a bundle or release"),
            (["lab/rain", "--author=Ada <nobody>"],
             "'Ada <nobody>' is not an author: 'nobody' is not an e-mail address"),
            (["lab/rain", "--author=<ada@example.edu>"],
             "'<ada@example.edu>' is not an author"),
        ],
        ids=[
            "a version that is none",
            "a release in place of a bundle",
            "capitals in the name",
            "an address that is none",
            "no name",
        ],
    )  # fmt: skip
    def test_what_is_asked_for_wrongly_is_said(
        self, root: Path, arguments: list[str], message: str
    ):
        error = run(root, "script", *arguments).exception
        assert isinstance(error, UsageError)
        assert str(error) == message
        assert list_files(root) == []

    def test_nothing_is_written_when_the_rules_of_the_catalog_refuse_it(self, root: Path):
        script = root / "x.py"
        script.write_text('# /// script\n# dependencies = ["--index-url=x"]\n# ///\n', "utf-8")
        error = run(root, "script", "lab/rain", f"--from-script={script}", AUTHOR).exception
        assert isinstance(error, FindingsError | UsageError)
        assert list_files(root) == ["x.py"]

    def test_a_dry_run_writes_nothing(self, root: Path):
        result = run(root, "script", "lab/rain", AUTHOR, "--dry-run")
        assert result.exit_code == 0
        assert "would write:\n  bundles/lab/namespace.yaml\n" in result.stdout
        assert list_files(root) == []


def test_the_next_release_validates(root: Path):
    run(root, "script", "lab/rain", AUTHOR)
    result = run(root, "release", "lab/rain", "minor")
    assert result.exit_code == 0, result.exception
    assert sorted(release.version for release in load(root)) == ["0.1.0", "0.2.0"]


def test_the_author_is_the_one_git_knows(root: Path):
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    for key, value in (("user.name", "Grace Hopper"), ("user.email", "grace@example.edu")):
        subprocess.run(["git", "-C", str(root), "config", key, value], check=True)
    run(root, "script", "lab/rain")
    assert load(root)[0].authors[0].name == "Grace Hopper"
