"""``ecr validate`` as it is called, with real git."""

import io
import json
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from ecr.cli.main import main
from tests.unit.catalog.sample import BUNDLE_PATH, RELEASE, RELEASE_PATH, STATUS, SampleCatalog

WARNING_FREE = "no findings; 1 bundle checked in "


@dataclass
class Answer:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def ecr(root: Path, *arguments: str, cwd: Path | None = None) -> Answer:
    """Call the command as from a shell, but in this process: starting one for each is slow."""
    out, err = io.StringIO(), io.StringIO()
    ended = pytest.raises(SystemExit)
    with chdir(cwd or root), redirect_stdout(out), redirect_stderr(err), ended as exit_info:
        main(["validate", *arguments])
    return Answer(int(exit_info.value.code or 0), out.getvalue(), err.getvalue())


def codes(answer: Answer) -> list[str]:
    return [finding["code"] for finding in json.loads(answer.stdout)["findings"]]


@pytest.fixture
def repository(sample: SampleCatalog, require_tool) -> SampleCatalog:
    """A catalog whose branch ``main`` holds one release."""
    require_tool("git", hint="apt-get install git")
    git(sample.root, "init", "--quiet", "--initial-branch=main")
    commit(sample.root)
    git(sample.root, "checkout", "--quiet", "-b", "change")
    return sample


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, timeout=60)


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=change")


def add_release(sample: SampleCatalog, version: str, more: str = "") -> None:
    path = f"{BUNDLE_PATH}/{version}"
    sample.write(f"{path}/release.yaml", RELEASE.replace("1.2.0", version) + more)
    sample.write(f"{path}/status.yaml", STATUS)


class TestPaths:
    def test_without_paths_all_is_checked(self, sample: SampleCatalog):
        answer = ecr(sample.root)
        assert (answer.returncode, answer.stderr) == (0, "")
        assert answer.stdout.startswith(WARNING_FREE)

    def test_errors_end_with_status_3_and_are_all_shown(self, sample: SampleCatalog):
        sample.overlay("release.yaml", "titel: a\nplatforms: [linux/arm7]\n")
        answer = ecr(sample.root)
        assert answer.returncode == 3
        assert answer.stderr == ""
        assert answer.stdout.splitlines()[:4] == [
            f"{RELEASE_PATH}/release.yaml:37:1: error[E101] titel: key 'titel' is not known here",
            "  hint: did you mean 'title'?",
            (
                f"{RELEASE_PATH}/release.yaml:38:13: error[E104] platforms[0]: 'linux/arm7' is "
                "not a supported platform"
            ),
            "  hint: did you mean 'linux/arm/v7'?",
        ]
        assert "2 errors in 1 bundle; 1 bundle checked in " in answer.stdout

    def test_warnings_alone_end_with_status_0(self, sample: SampleCatalog):
        sample.overlay("release.yaml", "license: NOASSERTION\n")
        answer = ecr(sample.root)
        assert answer.returncode == 0
        assert "warning[W321]" in answer.stdout

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("bundles", ["E101"]),
            (".", ["E101"]),
            ("bundles/sage", ["E101"]),
            (BUNDLE_PATH, ["E101"]),
            (f"{BUNDLE_PATH}/1.3.0", ["E101"]),
            (f"{BUNDLE_PATH}/1.3.0/release.yaml", ["E101"]),
            (f"{BUNDLE_PATH}/1.3.0/status.yaml", ["E101"]),
            (RELEASE_PATH, []),
            (f"{BUNDLE_PATH}/bundle.yaml", []),
            (f"{BUNDLE_PATH}/media", []),
            ("bundles/sage/namespace.yaml", []),
        ],
    )
    def test_a_path_stands_for_what_it_belongs_to(
        self, sample: SampleCatalog, path: str, expected: list[str]
    ):
        add_release(sample, "1.3.0", "surprise: 1\n")
        answer = ecr(sample.root, path, "--format=json")
        assert codes(answer) == expected

    def test_paths_are_relative_to_where_one_is(self, sample: SampleCatalog):
        add_release(sample, "1.3.0", "surprise: 1\n")
        answer = ecr(sample.root, "1.3.0", "--format=json", cwd=sample.root / BUNDLE_PATH)
        assert codes(answer) == ["E101"]

    @pytest.mark.parametrize(
        ("path", "status", "error"),
        [
            ("bundles/nope", 4, "there is no 'bundles/nope'"),
            ("README.md", 2, "'README.md' is not below bundles/"),
            ("/", 2, "'/' is not in the catalog {root}"),
            ("bundles/../..", 2, "'bundles/../..' is not in the catalog {root}"),
        ],
    )
    def test_a_path_that_names_nothing_here(
        self, sample: SampleCatalog, path: str, status: int, error: str
    ):
        sample.write("README.md", "x")
        answer = ecr(sample.root, path)
        assert answer.returncode == status
        assert answer.stderr.splitlines()[0] == "error: " + error.format(root=sample.root)

    def test_outside_of_any_catalog(self, tmp_path_factory: pytest.TempPathFactory):
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        answer = ecr(elsewhere)
        assert answer.returncode == 4
        assert "is not inside a catalog" in answer.stderr

    def test_output_goes_to_a_file_and_a_line_to_the_terminal(self, sample: SampleCatalog):
        sample.overlay("release.yaml", "titel: a\n")
        answer = ecr(sample.root, "--format=sarif", "--output=out.sarif")
        assert (answer.returncode, answer.stdout) == (3, "")
        assert answer.stderr.startswith("1 error in 1 bundle; 1 bundle checked in ")
        assert answer.stderr.endswith("; written to out.sarif\n")
        assert json.loads((sample.root / "out.sarif").read_text())["version"] == "2.1.0"
        missing = ecr(sample.root, "--output=no/such/place")
        assert missing.returncode == 5
        assert "error: no/such/place cannot be written: No such file or directory" in missing.stderr


class TestChanged:
    def test_a_new_release_is_checked_and_the_others_are_not(self, repository: SampleCatalog):
        (repository.root / RELEASE_PATH / "status.yaml").write_text("broken: 1\n")
        commit(repository.root)
        git(repository.root, "checkout", "--quiet", "-B", "main")
        add_release(repository, "1.3.0", "surprise: 1\n")
        answer = ecr(repository.root, "--changed=main", "--format=json")
        assert codes(answer) == ["E101"]
        assert json.loads(answer.stdout)["bundles"] == 1

    def test_nothing_changed(self, repository: SampleCatalog):
        answer = ecr(repository.root, "--changed=main")
        assert answer.returncode == 0
        assert answer.stdout.startswith("no findings; 0 bundles checked in ")

    def test_a_released_manifest_that_changed(self, repository: SampleCatalog):
        repository.overlay("release.yaml", "title: Clouds\n")
        commit(repository.root)
        answer = ecr(repository.root, "--changed=main")
        assert answer.returncode == 3
        assert answer.stdout.splitlines()[:2] == [
            (
                f"{RELEASE_PATH}/release.yaml:1:1: error[E203] sage/cloud-cover:1.2.0 was released "
                "and is changed"
            ),
            "  hint: restore it, and make the change in a new release",
        ]

    def test_a_released_manifest_that_moved_away(self, repository: SampleCatalog):
        git(repository.root, "mv", RELEASE_PATH, f"{BUNDLE_PATH}/1.2.1")
        answer = ecr(repository.root, "--changed=main", "--format=json")
        assert codes(answer) == ["E203", "E201"]

    def test_what_may_change_may_change(self, repository: SampleCatalog):
        repository.overlay(
            "status.yaml", "certification: {level: reviewed, by: a, on: 2026-02-02, reason: b}"
        )
        repository.overlay("bundle.yaml", "maintainers: ['user:ben']\n")
        commit(repository.root)
        assert ecr(repository.root, "--changed=main").returncode == 0

    def test_what_happened_on_the_base_since_is_no_change(self, repository: SampleCatalog):
        git(repository.root, "checkout", "--quiet", "main")
        add_release(repository, "1.3.0")
        commit(repository.root)
        git(repository.root, "checkout", "--quiet", "change")
        add_release(repository, "1.4.0")
        answer = ecr(repository.root, "--changed=main")
        assert answer.stdout.startswith(WARNING_FREE)

    def test_the_name_of_a_new_bundle_is_compared_with_all(self, repository: SampleCatalog):
        text = (repository.root / BUNDLE_PATH / "bundle.yaml").read_text()
        repository.write("bundles/sage/c1oud-cover/bundle.yaml", text.replace("cloud", "c1oud"))
        answer = ecr(repository.root, "--changed=main", "--format=json")
        assert "E202" in codes(answer)

    def test_files_that_git_ignores_are_no_change(self, repository: SampleCatalog):
        repository.write(".gitignore", "*.tmp\n")
        commit(repository.root)
        repository.write(f"{RELEASE_PATH}/a.tmp", "x")
        answer = ecr(repository.root, "--changed=main")
        assert answer.stdout.startswith("no findings; 0 bundles checked in ")

    def test_odd_names_come_through(self, repository: SampleCatalog):
        repository.write(f'{BUNDLE_PATH}/media/naïve "file"\n.png', "x")
        repository.write("bundles/sage/strä y", "x")
        answer = ecr(repository.root, "--changed=main", "--format=json")
        assert sorted(codes(answer)) == ["E216", "W221", "W221"]

    def test_a_catalog_in_a_directory_of_a_repository(self, tmp_path: Path, require_tool):
        require_tool("git", hint="apt-get install git")
        sample = SampleCatalog(tmp_path / "inner")
        git(tmp_path, "init", "--quiet", "--initial-branch=main")
        commit(tmp_path)
        sample.overlay("release.yaml", "title: Clouds\n")
        add_release(sample, "1.3.0", "surprise: 1\n")
        answer = ecr(sample.root, "--changed=main", "--format=json")
        assert codes(answer) == ["E203", "E101"]

    def test_a_deleted_bundle(self, repository: SampleCatalog):
        git(repository.root, "rm", "--quiet", "-r", BUNDLE_PATH)
        answer = ecr(repository.root, "--changed=main", "--format=json")
        assert codes(answer) == ["E203"]

    @pytest.mark.parametrize(
        ("arguments", "status", "error"),
        [
            (["--changed=nope"], 2, "error: 'nope' names no commit here"),
            (["--changed=--output=x"], 2, "error: '--output=x' is not a git reference"),
            (
                ["--changed=main", "bundles"],
                2,
                "error: --changed and PATHS cannot be used together",
            ),
        ],
    )
    def test_arguments_that_cannot_work(
        self, repository: SampleCatalog, arguments: list[str], status: int, error: str
    ):
        answer = ecr(repository.root, *arguments)
        assert (answer.returncode, answer.stderr.splitlines()[0]) == (status, error)


def test_a_quick_check_loads_nothing_it_does_not_need(sample: SampleCatalog):
    slow = (
        "jinja2",
        "mkdocs",
        "requests",
        "license_expression",
        "multiprocessing",
        "xml.etree",
        "jsonschema",
    )
    program = (
        "import sys\n"
        "from ecr.cli.main import main\n"
        f"try: main(['validate', '{BUNDLE_PATH}'])\n"
        f"finally: print([name for name in {slow!r} if name in sys.modules])\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=sample.root, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert answer.stdout.splitlines()[-1] == "[]", answer.stderr
