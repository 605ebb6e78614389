"""The Containerfiles we write, and what manifests can and cannot make of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecr.model.release import BinaryCode, ScriptCode
from ecr.stages.build.base import choose_python_base
from ecr.stages.build.containerfile import render_program, render_script
from ecr.stages.build.errors import BuildError
from ecr.stages.build.preparation import find_base_reference, list_requirements
from ecr.stages.build.settings import BuildSettings

SETTINGS = BuildSettings("https://example.org/", None, "registry", Path("cache"))


def make_script(**more: object) -> ScriptCode:
    code = {"kind": "script", "source": {"path": "source"}, "entrypoint": "main.py", **more}
    return ScriptCode.model_validate(code)


class TestScript:
    def test_a_script_without_packages_needs_no_network(self):
        assert render_script(make_script(), "base:1", []).splitlines() == [
            "FROM base:1",
            "ENV HOME=/tmp PYTHONUNBUFFERED=1",
            (
                "RUN (grep -q ':65532:' /etc/group || echo 'ecr:x:65532:' >> /etc/group) && "
                "(grep -q ':65532:' /etc/passwd || "
                "echo 'ecr:x:65532:65532::/tmp:/usr/sbin/nologin' >> /etc/passwd) && "
                '(python3 -c "import sys; sys.exit(sys.version_info[:2] != (3, 11))" || '
                "(echo 'the base image does not have Python 3.11' >&2; exit 1))"
            ),
            "WORKDIR /app",
            'COPY [".", "/app/"]',
            "USER 65532:65532",
            'ENTRYPOINT ["python3","/app/main.py"]',
        ]

    def test_packages_are_installed_before_the_code_is_copied(self):
        """So that a change of the code leaves the layers with the packages as they are."""
        code = make_script(apt=["ffmpeg"], pip=["numpy==2.1.3"], arguments=["--once"])
        lines = render_script(code, "base:1", []).splitlines()
        starts = [line.split()[0] for line in lines]
        assert starts == [
            "FROM", "ENV", "RUN", "RUN", "RUN", "WORKDIR", "COPY", "USER", "ENTRYPOINT", "CMD",
        ]  # fmt: skip
        assert "apt-get -q install -y --no-install-recommends ffmpeg && apt-get clean" in lines[3]
        assert lines[4].endswith("--disable-pip-version-check numpy==2.1.3 && rm -rf /tmp/*")
        assert lines[-1] == 'CMD ["--once"]'

    @pytest.mark.parametrize(
        ("requirement", "written"),
        [
            ("numpy==2; rm -rf /", "'numpy==2; rm -rf /'"),
            ("a==1 && curl $HOME", "'a==1 && curl $HOME'"),
            ("it's==1", "'it'\"'\"'s==1'"),
        ],
        ids=["a second command", "a variable", "a quotation mark"],
    )
    def test_a_requirement_stays_one_word(self, requirement: str, written: str):
        assert f" {written} && rm" in render_script(make_script(pip=[requirement]), "base:1", [])

    def test_names_of_requirements_files_are_taken_as_they_are(self):
        code = make_script(requirements="req [1] $x.txt")
        text = render_script(code, "base:1", ["req [1] $x.txt"])
        assert 'COPY ["req \\\\[1\\\\] \\\\$x.txt","/app/req [1] $x.txt"]' in text
        assert " -r '/app/req [1] $x.txt' && " in text


class TestProgram:
    CODE = BinaryCode.model_validate(
        {
            "kind": "binary",
            "source": {"path": "source"},
            "files": {"linux/amd64": {"path": "a", "sha256": "0" * 64, "size_bytes": 1}},
            "arguments": ["--input", "-"],
        }
    )

    def test_a_program_that_needs_nothing_gets_nothing(self):
        assert render_program(self.CODE, "level", None).splitlines() == [
            "FROM scratch",
            "ENV HOME=/tmp",
            'COPY --chmod=755 ["program", "/usr/bin/level"]',
            "USER 65532:65532",
            'ENTRYPOINT ["/usr/bin/level"]',
            'CMD ["--input","-"]',
        ]

    def test_one_that_needs_libraries_gets_a_base_and_a_user_in_it(self):
        lines = render_program(self.CODE, "level", "base:1").splitlines()
        assert lines[0] == "FROM base:1"
        assert lines[2].startswith("RUN (grep -q ':65532:' /etc/group")


class TestPythonVersions:
    @pytest.mark.parametrize(("python", "suite"), [("3.11", "bookworm"), ("3.13", "trixie")])
    def test_each_comes_from_the_debian_release_that_has_it(self, python: str, suite: str):
        recipe = choose_python_base(SETTINGS, python)
        assert (recipe.name, recipe.suite) == (
            f"localhost/ecr/debian:{suite}-python{python}",
            suite,
        )
        assert recipe.sources[0] == f"deb http://deb.debian.org/debian {suite} main"

    def test_another_version_says_what_there_is_and_what_else_to_do(self):
        with pytest.raises(BuildError) as caught:
            choose_python_base(SETTINGS, "3.12")
        assert str(caught.value) == "no Debian base has Python 3.12; there are 3.11 and 3.13"
        assert caught.value.hint == (
            "or name a base that has it: --base 'docker.io/library/python:{python}-slim'"
        )


class TestBaseOfADockerfile:
    @pytest.mark.parametrize(
        ("dockerfile", "base"),
        [
            ("FROM debian:12\nRUN true\n", "debian:12"),
            ("FROM scratch\nCOPY a /a\n", None),
            ("FROM golang:1 AS build\nFROM build\n", "golang:1"),
            ("FROM golang:1 AS Build\nFROM alpine:3\nCOPY --from=build /a /a\n", "alpine:3"),
            ("ARG TAG=12\nFROM debian:${TAG}\n", "debian:12"),
            ("ARG TAG=12\nFROM debian:$TAG\n", "debian:13"),
            ("FROM --platform=$TARGETPLATFORM debian:12\n", "debian:12"),
            ("# escape=`\nFROM debian@sha256:" + "a" * 64 + "\n", "debian@sha256:" + "a" * 64),
        ],
        ids=[
            "the only stage",
            "no base",
            "a stage built on another",
            "a later stage",
            "an argument's default",
            "a build argument",
            "with a platform",
            "pinned",
        ],
    )
    def test_it_is_the_image_the_last_stage_starts_from(self, dockerfile: str, base: str | None):
        arguments = {"TAG": "13"} if base == "debian:13" else {}
        assert find_base_reference(dockerfile, arguments, "linux/arm64") == base


class TestRequirements:
    def test_files_that_are_included_come_along(self, tmp_path: Path):
        (tmp_path / "more").mkdir()
        (tmp_path / "requirements.txt").write_text("-r more/a.txt\nnumpy\n")
        (tmp_path / "more" / "a.txt").write_text("--constraint=../c.txt\n-r ../requirements.txt\n")
        (tmp_path / "c.txt").write_text("numpy==2\n")
        found = list_requirements(tmp_path, "requirements.txt")
        assert found == ["c.txt", "more/a.txt", "requirements.txt"]

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("-r ../outside.txt", "requirements '../outside.txt' leads out of the source"),
            ("-r none.txt", "requirements 'none.txt' is not in the source"),
            ("-c /etc/passwd", "requirements '/etc/passwd' leads out of the source"),
        ],
        ids=["above the source", "not there", "on the building machine"],
    )
    def test_one_elsewhere_is_refused(self, tmp_path: Path, line: str, message: str):
        context = tmp_path / "context"
        context.mkdir()
        (tmp_path / "outside.txt").write_text("")
        (context / "requirements.txt").write_text(f"{line}\n")
        with pytest.raises(BuildError) as caught:
            list_requirements(context, "requirements.txt")
        assert str(caught.value) == message
