"""The house itself: locks in step with what was asked for, commands and scripts that run."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
REQUIREMENTS = ROOT / "requirements"
LOCKED_FROM = {
    "runtime.txt": ("runtime.in", "build.in"),
    "dev.txt": ("dev.in", "runtime.in", "build.in"),
    "zensical.txt": ("zensical.in",),
}


def read_asked(name: str) -> dict[str, str]:
    """Requirements of a .in file, without included files: normalised name -> requirement."""
    asked = {}
    for line in (REQUIREMENTS / name).read_text("utf-8").splitlines():
        requirement = line.partition("#")[0].strip()
        if requirement and not requirement.startswith("-"):
            asked[normalise(requirement)] = requirement
    return asked


def read_locked(name: str) -> dict[str, set[str]]:
    """Versions in a lock: normalised name -> every `==version` line, with its marker."""
    locked: dict[str, set[str]] = {}
    for line in (REQUIREMENTS / name).read_text("utf-8").splitlines():
        if line and line[0].isalnum():
            locked.setdefault(normalise(line), set()).add(line.rstrip("\\ "))
    return locked


def read_entries(name: str) -> list[str]:
    """Entries of a lock, each with its hashes and the comment that says who asked for it."""
    text = (REQUIREMENTS / name).read_text("utf-8")
    return re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]


def normalise(requirement: str) -> str:
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def run(*argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def two_tools(tmp_path: Path) -> Path:
    """A PATH with what the script needs, one tool named `present`, and no apt-get."""
    for command in ("sh", "id", "env"):
        (tmp_path / command).symlink_to(Path("/usr/bin", command))
    (tmp_path / "present").symlink_to("/usr/bin/env")
    return tmp_path


class TestRequirements:
    def test_runtime_in_and_pyproject_ask_for_the_same(self):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        assert sorted(read_asked("runtime.in").values()) == sorted(project["dependencies"])

    @pytest.mark.parametrize("name", ["runtime.in", "build.in", "dev.in", "zensical.in"])
    def test_every_requirement_says_why_it_is_there(self, name: str):
        lines = (REQUIREMENTS / name).read_text("utf-8").splitlines()
        bare = [line for line in lines if re.match(r"\w", line) and " # " not in line]
        assert bare == []

    @pytest.mark.parametrize("lock", LOCKED_FROM)
    def test_a_lock_holds_what_its_sources_ask_for_and_nothing_unasked(self, lock: str):
        """`via` comments tell what was asked for directly; in a stale lock that differs."""
        asked = set().union(*(read_asked(source) for source in LOCKED_FROM[lock]))
        direct = {normalise(entry) for entry in read_entries(lock) if re.search("#.* -r ", entry)}
        assert direct == asked, "run `make lock`"

    def test_dev_holds_the_runtime_at_the_same_versions(self):
        dev = read_locked("dev.txt")
        runtime = read_locked("runtime.txt")
        assert {name: dev.get(name) for name in runtime} == runtime

    @pytest.mark.parametrize("lock", LOCKED_FROM)
    def test_every_locked_version_has_a_hash(self, lock: str):
        unsafe = [e for e in read_entries(lock) if "--hash=sha256:" not in e or "==" not in e]
        assert unsafe == []

    @pytest.mark.parametrize("lock", LOCKED_FROM)
    def test_a_lock_names_no_index_and_no_place_on_a_disk(self, lock: str):
        """Whoever installs chooses where from; the hashes say what."""
        text = (REQUIREMENTS / lock).read_text("utf-8")
        place = re.compile(r"://|--(extra-)?index|--find-links| @ | /\w")
        assert [line for line in text.splitlines() if place.search(line)] == []


class TestMakefile:
    def test_help_lists_every_command(self):
        text = (ROOT / "Makefile").read_text("utf-8")
        commands = set(re.findall(r"^\.PHONY: ([a-z-]+)$", text, re.MULTILINE))
        listed = run("make", "help", PATH=os.environ["PATH"])
        assert listed.returncode == 0, listed.stderr
        assert set(re.findall(r"^  make ([a-z-]+) +\S", listed.stdout, re.MULTILINE)) == commands

    def test_an_old_python_is_told_which_one_is_needed(self, tmp_path: Path):
        old = tmp_path / "python3.9"
        old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\n', "utf-8")
        old.chmod(0o755)
        answer = run(
            "make", f"PYTHON={old}", f"VENV={tmp_path}/venv", "setup", PATH=os.environ["PATH"]
        )
        assert answer.returncode == 2
        assert f"ECR needs Python 3.11 or later, and '{old}' is Python 3.9.2." in answer.stderr
        assert "make PYTHON=python3.12 setup" in answer.stderr
        assert not (tmp_path / "venv").exists()


class TestScripts:
    @pytest.mark.parametrize("script", [".ci/run", ".ci/install-system-packages"])
    def test_a_script_can_be_executed_and_parses(self, script: str):
        assert os.access(ROOT / script, os.X_OK)
        interpreter = (ROOT / script).read_text("utf-8").splitlines()[0].split("/")[-1].split()[-1]
        checked = run(interpreter, "-n", script, PATH=os.environ["PATH"])
        assert (checked.returncode, checked.stderr) == (0, "")

    def test_nothing_is_said_when_all_tools_are_there(self, two_tools: Path):
        answer = run(".ci/install-system-packages", "present", PATH=str(two_tools))
        assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")

    @pytest.mark.parametrize(
        ("ci", "status", "last"),
        [
            ("", 0, "Going on without; the tests that need it are skipped, and say so."),
            ("false", 0, "Going on without; the tests that need it are skipped, and say so."),
            ("true", 1, "CI is set, and there a missing program is a failure."),
        ],
        ids=["not in CI", "CI=false is not CI", "in CI"],
    )
    def test_a_missing_tool_is_named_and_fails_only_in_ci(
        self, two_tools: Path, ci: str, status: int, last: str
    ):
        answer = run(
            ".ci/install-system-packages", "present", "chromedriverx", PATH=str(two_tools), CI=ci
        )
        assert answer.returncode == status
        assert answer.stderr.splitlines() == [
            "Not installed: chromedriverx",
            "  why: this is not a Debian or Ubuntu system (no apt-get)",
            "  by hand: sudo apt-get update && sudo apt-get install chromedriverx",
            last,
        ]


class TestRequireTool:
    """The policy of tests/conftest.py, seen from a run of pytest in a directory of its own."""

    @pytest.fixture
    def suite(self, tmp_path: Path) -> Path:
        conftest = (ROOT / "tests" / "conftest.py").read_text("utf-8")
        (tmp_path / "conftest.py").write_text(conftest, "utf-8")
        (tmp_path / "test_tools.py").write_text(
            "def test_there(require_tool):\n"
            "    assert require_tool('sh', hint='-').is_absolute()\n"
            "def test_other_name(require_tool):\n"
            "    assert require_tool('no-such-sh', hint='-', also=('sh',)).name == 'sh'\n"
            "def test_missing(require_tool):\n"
            "    require_tool('no-such-tool', hint='apt-get install no-such-tool')\n",
            "utf-8",
        )
        return tmp_path

    def run_suite(self, suite: Path, ci: str) -> subprocess.CompletedProcess[str]:
        python = sys.executable
        argv = (python, "-m", "pytest", "-p", "no:cacheprovider", "-n", "1", str(suite))
        return run(*argv, f"--rootdir={suite}", "-c/dev/null", PATH=os.environ["PATH"], CI=ci)

    def test_a_missing_tool_is_skipped_loudly(self, suite: Path):
        answer = self.run_suite(suite, ci="")
        assert answer.returncode == 0, answer.stdout
        assert "2 passed, 1 skipped" in answer.stdout
        assert "! NOT A FULL RUN: real parts were skipped !" in answer.stdout
        told = "1 test: no-such-tool is not installed (apt-get install no-such-tool)"
        assert told in answer.stdout.splitlines()

    def test_in_ci_a_missing_tool_fails(self, suite: Path):
        answer = self.run_suite(suite, ci="true")
        assert answer.returncode == 1, answer.stdout
        assert "1 failed, 2 passed" in answer.stdout
        assert "in CI nothing real may be skipped" in answer.stdout
