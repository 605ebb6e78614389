"""``ecr build`` as a person sees it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecr.cli.build_settings import find_builder, find_cache, load_build_settings
from ecr.errors import FindingsError, UsageError
from ecr.stages.build.errors import BuildError, BuildFailuresError, NotReproducedError
from ecr.stages.build.settings import DEBIAN_SOURCES

SHELL = """\
FROM scratch
COPY --chmod=755 busybox /bin/busybox
SHELL ["/bin/busybox", "sh", "-c"]
"""


def add(catalog, native, dockerfile: str, name: str = "app", **files):
    return catalog.add(
        f"sky/{name}:1.0.0",
        {"kind": "container"},
        {"Dockerfile": dockerfile, **files},
        platforms=[native],
    )


class TestBuild:
    def test_it_says_what_was_built_and_where_it_is(self, catalog, native):
        entry = add(catalog, native, "FROM scratch\nCOPY Dockerfile /\n")
        done = catalog.run("build", "sky/app:1.0.0", "--quiet")
        assert (done.returncode, done.stderr) == (0, "")
        built, image = done.stdout.splitlines()
        assert re.fullmatch(
            rf"built     sky/app:1\.0\.0 for {native}: sha256:[0-9a-f]{{12}}, 0\.1 kB, [0-9.]+ s",
            built,
        )
        digest = catalog.images(entry).resolve("1.0.0").digest
        assert image == f"image     {digest}, in .ecr/images/sky/app (not pushed)"
        again = catalog.run("build", "sky/app:1.0.0", "--quiet")
        assert again.stdout.splitlines() == [f"unchanged sky/app:1.0.0 for {native}", image]

    def test_a_registry_can_be_named_or_configured(self, catalog, native, make_registry):
        registry = make_registry()
        entry = add(catalog, native, "FROM scratch\nCOPY Dockerfile /\n")
        named = catalog.run("build", "sky/app", "--push", f"{registry.host}/here", "--quiet")
        digest = catalog.images(entry).resolve("1.0.0").digest
        assert named.stdout.splitlines()[-1] == (
            f"image     {registry.host}/here/sky/app:1.0.0@{digest}"
        )
        configuration = catalog.root / "mkdocs.yml"
        configuration.write_text(
            configuration.read_text().replace("127.0.0.1:9/ecr", f"{registry.host}/there")
        )
        configured = catalog.run("build", "sky/app", "--quiet", "--push")
        assert configured.stdout.splitlines()[-1] == (
            f"image     {registry.host}/there/sky/app:1.0.0@{digest}"
        )

    def test_platforms_apart_then_together(self, catalog, native, foreign):
        catalog.add(
            "sky/app:1.0.0",
            {"kind": "container"},
            {"Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"},
            platforms=[native, foreign],
        )
        for platform in (native, foreign.removeprefix("linux/")):
            done = catalog.run("build", "sky/app", "--platform", platform, "--quiet")
            assert done.returncode == 0, done.stderr
            assert len(done.stdout.splitlines()) == 1
        done = catalog.run("build", "sky/app", "--assemble")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("image     sha256:")

    def test_every_failure_is_told_in_full_at_the_end(self, catalog, native):
        """Of several releases: what can be built is, and the exit status says the rest."""
        add(catalog, native, "FROM scratch\nCOPY none /\n", "bad")
        add(catalog, native, "FROM scratch\nCOPY Dockerfile /\n", "good")
        done = catalog.run("build", "--all", "--quiet")
        assert done.returncode == BuildFailuresError.exit_code
        assert "built     sky/good:1.0.0" in done.stdout
        lines = done.stderr.splitlines()
        assert lines[0] == (
            f"failed    sky/bad:1.0.0 for {native}: STEP 2/2: COPY none /: exit status 125"
        )
        assert lines[1] == f"error: {lines[0].removeprefix('failed    ')}"
        assert lines[-2:] == ["error: 1 of 2 releases failed", "  hint: see above what each needs"]

    def test_a_release_with_findings_is_left_out(self, catalog, native):
        entry = add(catalog, native, "FROM scratch\n")
        manifest = catalog.root / entry.path / "release.yaml"
        manifest.write_text(manifest.read_text() + "colour: blue\n")
        done = catalog.run("build", "sky/app:1.0.0")
        assert done.returncode == FindingsError.exit_code
        assert "error[E101]" in done.stderr


class TestCheck:
    def test_a_reproduced_image_is_said_to_be(self, catalog, native):
        entry = add(catalog, native, "FROM scratch\nCOPY Dockerfile /\n")
        catalog.run("build", "sky/app", "--quiet")
        done = catalog.run("build", "sky/app", "--check", "--quiet")
        digest = catalog.images(entry).resolve(f"1.0.0-{native.replace('/', '-')}").digest
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"reproduced sky/app:1.0.0 for {native}: {digest}\n"

    def test_another_image_is_told_with_what_differs(self, catalog, native, busybox):
        dockerfile = SHELL + "RUN cat /proc/sys/kernel/random/uuid > /id\n"
        add(catalog, native, dockerfile, busybox=busybox)
        catalog.run("build", "sky/app", "--quiet")
        done = catalog.run("build", "sky/app", "--check", "--quiet")
        assert done.returncode == NotReproducedError.exit_code
        assert done.stdout.splitlines()[1:] == ["    /id: other content, 37 bytes became 37"]
        assert done.stderr.splitlines() == [
            f"error: sky/app:1.0.0: a second build gave other images for {native}",
            "  hint: pin what differs: packages with versions and hashes, images with digests",
        ]

    def test_without_images_there_is_nothing_to_check(self, catalog, native):
        add(catalog, native, "FROM scratch\n")
        done = catalog.run("build", "sky/app", "--check", "--quiet")
        assert done.returncode == UsageError.exit_code
        assert done.stderr.startswith("error: sky/app:1.0.0 has no images to compare with\n")


class TestArguments:
    @pytest.mark.parametrize(
        ("arguments", "status", "message"),
        [
            ([], 2, "name what to build: ids, --all or --changed REF; one of the three"),
            (["sky/app", "--all"], 2, "name what to build: ids, --all or --changed REF;"),
            (["sky/none"], 4, "there is no bundle sky/none in this catalog"),
            (["sky/app", "--platform", "sparc"], 2, "'sparc' is not one of linux/amd64"),
            (
                ["sky/app", "--assemble", "--check"],
                2,
                "--assemble goes with neither --platform nor --check",
            ),
            (
                ["sky/app", "--platform", "arm/v7"],
                BuildError.exit_code,
                "sky/app:1.0.0 does not declare linux/arm/v7",
            ),
        ],
        ids=[
            "nothing is named",
            "both ids and all",
            "no such bundle",
            "no such platform",
            "two jobs at once",
            "a platform the release does not have",
        ],
    )
    def test_what_makes_no_sense_is_refused(self, catalog, native, arguments, status, message):
        add(catalog, native, "FROM scratch\n")
        done = catalog.run("build", *arguments)
        assert (done.returncode, done.stdout) == (status, "")
        assert message in done.stderr


class TestSettings:
    def write(self, catalog, text: str) -> None:
        configuration = catalog.root / "mkdocs.yml"
        configuration.write_text(configuration.read_text() + text)

    def test_the_catalog_says_what_to_build_on(self, catalog):
        self.write(
            catalog,
            "  build:\n    base: docker.io/library/python:{python}-slim\n"
            "    debian:\n      - deb http://mirror.example.org/debian {suite} main\n",
        )
        settings = load_build_settings(catalog.root, {})
        assert settings.base == "docker.io/library/python:{python}-slim"
        assert settings.debian_sources == ("deb http://mirror.example.org/debian {suite} main",)

    def test_the_environment_says_more_and_the_command_line_most(self, catalog):
        self.write(catalog, "  build:\n    base: a\n")
        assert load_build_settings(catalog.root, {"ECR_BASE": "b"}).base == "b"
        assert load_build_settings(catalog.root, {"ECR_BASE": "b"}, base="c").base == "c"

    def test_without_a_word_bases_are_made_from_debian(self, catalog):
        settings = load_build_settings(catalog.root, {})
        assert (settings.base, settings.debian_sources) == (None, DEBIAN_SOURCES)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("  build: yes\n", "extra.build may hold 'base' and 'debian'"),
            ("  build:\n    bases: a\n", "extra.build may hold 'base' and 'debian'"),
            ("  build:\n    debian: stable\n", "extra.build.debian is not a list of lines of"),
        ],
        ids=["not a mapping", "an unknown key", "not a list"],
    )
    def test_a_mistake_in_them_is_told(self, catalog, text, message):
        self.write(catalog, text)
        with pytest.raises(UsageError, match=re.escape(message)):
            load_build_settings(catalog.root, {})

    @pytest.mark.parametrize(
        ("environment", "cache"),
        [
            ({"ECR_CACHE": "/a"}, Path("/a")),
            ({"XDG_CACHE_HOME": "/b"}, Path("/b/ecr")),
            ({}, Path.home() / ".cache" / "ecr"),
        ],
        ids=["named", "by the desktop", "by default"],
    )
    def test_the_cache_is_where_caches_are(self, environment, cache):
        assert find_cache(environment) == cache

    @pytest.mark.parametrize(
        ("environment", "builder"),
        [
            ({}, "urn:ecr:builder:local"),
            (
                {"GITHUB_WORKFLOW_REF": "a/b/.github/workflows/c.yml@refs/heads/main"},
                "urn:ecr:builder:local",
            ),
            (
                {
                    "GITHUB_ACTIONS": "true",
                    "GITHUB_WORKFLOW_REF": "a/b/.github/workflows/c.yml@refs/heads/main",
                },
                "https://github.com/a/b/.github/workflows/c.yml@refs/heads/main",
            ),
        ],
        ids=["a laptop", "a variable alone", "a workflow"],
    )
    def test_provenance_names_the_workflow_that_builds(self, environment, builder):
        assert find_builder(environment) == builder
