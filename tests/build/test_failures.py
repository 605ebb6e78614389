"""How builds fail: each against the real tool, with the message a person reads."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ecr.catalog.record_writer import read_build
from ecr.errors import ToolFailedError, ToolMissingError, ToolTimeoutError
from ecr.model.release import GitSource
from ecr.stages.build.context import find_context, find_file
from ecr.stages.build.errors import BuildError, PlatformError
from ecr.stages.build.places import log_of
from ecr.tools.oci_layout import OciLayout
from ecr.tools.qemu import Ability, Means
from tests.build.conftest import ECR, Catalog, make_exit_program, make_waiting_program

RUN_PROGRAM = (
    'FROM scratch\nARG TARGETARCH\nCOPY --chmod=755 $TARGETARCH /program\nRUN ["/program"]\n'
)


def add_program(catalog: Catalog, programs: dict[str, bytes], dockerfile: str = RUN_PROGRAM):
    files = {platform.split("/")[1]: content for platform, content in programs.items()}
    return catalog.add(
        "sky/app:1.0.0",
        {"kind": "container"},
        {"Dockerfile": dockerfile, **files},
        platforms=list(programs),
    )


class TestOnePlatform:
    def test_a_dockerfile_that_fails_on_one_platform_only(self, catalog, native, foreign):
        entry = add_program(
            catalog,
            {native: make_exit_program(native), foreign: make_exit_program(foreign, status=7)},
        )
        with pytest.raises(ToolFailedError) as caught:
            catalog.build(entry)
        log = log_of(catalog.root, entry.id, foreign)
        first, *lines, last = str(caught.value).splitlines()
        assert first == (f'sky/app:1.0.0 for {foreign}: STEP 4/4: RUN ["/program"]: exit status 7')
        assert any("exit status 7" in line for line in lines)
        assert last == f"    log: {log}"
        assert 'RUN ["/program"]' in log.read_text()
        # The other platform is kept, and nothing speaks of a release that is not complete.
        assert [record.platform for record in catalog.told.ended] == [native]
        build = read_build(catalog.root, entry)
        assert build is not None
        assert (build.images, build.digest) == ({}, None)

    def test_the_one_that_was_built_is_not_built_again(self, catalog, native, foreign):
        good, bad = make_exit_program(native), make_exit_program(foreign, status=7)
        entry = add_program(catalog, {native: good, foreign: bad})
        with pytest.raises(ToolFailedError):
            catalog.build(entry)
        with pytest.raises(ToolFailedError):
            catalog.build(entry)
        assert catalog.told.started == [foreign]

    def test_a_platform_the_machine_cannot_run(self, catalog, native, foreign, monkeypatch):
        entry = add_program(
            catalog, {native: make_exit_program(native), foreign: make_exit_program(foreign)}
        )
        monkeypatch.setattr(
            "ecr.stages.build.builder.find_ability",
            lambda platform: Ability(
                platform=entry.manifest.platforms[0].__class__(platform),
                means=Means.NATIVE if platform == native else Means.MISSING,
                reason=None if platform == native else "no handler",
                hint="install one",
            ),
        )
        with pytest.raises(PlatformError) as caught:
            catalog.build(entry)
        assert str(caught.value) == (
            f"sky/app:1.0.0 for {foreign}: this machine cannot run its programs: no handler"
        )
        assert caught.value.hint == (
            "enable it: install one; or build it on a machine of that platform"
        )
        assert [record.platform for record in catalog.told.ended] == [native]


class TestBases:
    def test_a_base_that_is_not_there(self, catalog, native, make_registry):
        registry = make_registry()
        entry = add_program(catalog, {native: b""}, f"FROM {registry.host}/none/base:1\n")
        with pytest.raises(ToolFailedError) as caught:
            catalog.build(entry)
        message = str(caught.value)
        assert message.startswith(
            f"sky/app:1.0.0 for {native}: STEP 1/1: FROM {registry.host}/none/base:1: "
            "exit status 125\n"
        )
        assert "manifest unknown" in message
        assert caught.value.hint == (
            "check the name of the base image; mirrors are set in /etc/containers/registries.conf"
        )

    def test_a_base_with_a_digest_nobody_has(self, catalog, native, make_registry):
        registry = make_registry()
        base = f"{registry.host}/none/base@sha256:{'a' * 64}"
        entry = add_program(catalog, {native: b""}, f"FROM {base}\n")
        with pytest.raises(ToolFailedError, match="manifest unknown"):
            catalog.build(entry)

    def test_a_base_of_another_platform(self, catalog, native, foreign, make_registry):
        """What happens when a Dockerfile pins the image of one platform instead of the index."""
        registry = make_registry()
        repository = f"{registry.host}/sky/app"
        other = add_program(catalog, {foreign: b""}, "FROM scratch\nCOPY Dockerfile /\n")
        digest = catalog.build(other, registry=registry.host).record.images[foreign].digest
        entry = add_program(
            catalog, {native: b"x"}, f"FROM {repository}@{digest}\nCOPY Dockerfile /again\n"
        )
        with pytest.raises(BuildError) as caught:
            catalog.build(entry)
        assert str(caught.value) == (
            f"sky/app:1.0.0 for {native}: the base image {repository}@{digest} is one for {foreign}"
        )
        assert caught.value.hint == (
            "it may be pinned to one platform; pin the digest of its index instead"
        )


class TestTime:
    def test_a_build_past_its_time_limit_ends(self, catalog, native):
        entry = add_program(catalog, {native: make_waiting_program(native)})
        with pytest.raises(ToolTimeoutError) as caught:
            catalog.build(entry, time_limit_s=5)
        first = str(caught.value).splitlines()[0]
        assert first == f'sky/app:1.0.0 for {native}: STEP 4/4: RUN ["/program"]: no end after 5 s'
        assert caught.value.hint == (
            "give it more time with --time-limit, or build it on a machine of that platform"
        )
        assert wait_for_programs(catalog) == []


def list_programs(catalog: Catalog) -> list[int]:
    """Return the processes that work on a catalog's builds."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(catalog.settings.cache) in command and b"buildah" in command:
                found.append(int(entry.name))
    return sorted(found)


def wait_for_programs(catalog: Catalog) -> list[int]:
    """Return the processes that are still there after a moment."""
    for _ in range(100):
        if not list_programs(catalog):
            return []
        time.sleep(0.05)
    return list_programs(catalog)


def start_build(catalog: Catalog, entry) -> subprocess.Popen[str]:
    """Start ``ecr build`` and wait until it runs the program that never ends."""
    process = subprocess.Popen(
        [*ECR, "build", str(entry.id), "--root", str(catalog.root)],
        env={**os.environ, "ECR_CACHE": str(catalog.settings.cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = log_of(catalog.root, entry.id, entry.manifest.platforms[0])
    for _ in range(600):
        if log.is_file() and "STEP 4/4" in log.read_text():
            return process
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.kill()
    raise AssertionError("the build did not come to its last step")


class TestKilled:
    @pytest.fixture
    def entry(self, catalog, native):
        return add_program(catalog, {native: make_waiting_program(native)})

    def test_a_buildah_that_is_killed(self, catalog, native, entry):
        process = start_build(catalog, entry)
        for number in list_programs(catalog):
            os.kill(number, signal.SIGKILL)
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == ToolFailedError.exit_code
        told = [line for line in stderr.splitlines() if line.startswith(("error:", "  hint:"))]
        assert told == [
            f'error: sky/app:1.0.0 for {native}: STEP 4/4: RUN ["/program"]: killed by SIGKILL',
            "  hint: something ended the build from outside; was there too little memory?",
        ]

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
    def test_an_ecr_that_is_stopped_takes_buildah_along(self, catalog, entry, number):
        process = start_build(catalog, entry)
        process.send_signal(number)
        process.communicate(timeout=60)
        assert process.returncode == 130
        assert wait_for_programs(catalog) == []

    def test_the_next_run_starts_clean(self, catalog, native, entry):
        """After ``kill -9``, when nobody tidies up."""
        process = start_build(catalog, entry)
        process.kill()
        process.communicate()
        assert wait_for_programs(catalog) == []
        mounted = Path("/proc/self/mounts").read_text()
        assert str(catalog.settings.cache) not in mounted
        assert not OciLayout(catalog.root / ".ecr/images/sky/app").list_names()
        entry = add_program(catalog, {native: make_exit_program(native)})
        outcome = catalog.build(entry)
        assert outcome.built == (native,)
        storage = catalog.settings.cache / "storage" / native.replace("/", "-")
        listed = subprocess.run(
            [
                "buildah",
                "--root",
                storage / "data",
                "--runroot",
                storage / "run",
                "containers",
                "-q",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        assert listed.stdout == ""


class TestTools:
    def test_a_buildah_that_is_not_installed(self, catalog, native, monkeypatch, tmp_path):
        entry = add_program(catalog, {native: make_exit_program(native)})
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "git").symlink_to(str(shutil.which("git")))
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        with pytest.raises(ToolMissingError) as caught:
            catalog.build(entry)
        assert str(caught.value) == f"sky/app:1.0.0 for {native}: 'buildah' is not installed"
        assert caught.value.hint == "install it with: sudo apt-get install buildah"


class TestEscapes:
    @pytest.mark.parametrize(
        ("target", "message"),
        [
            ("../../../../../outside", "dockerfile 'Dockerfile' leads out of the source"),
            ("nowhere", "dockerfile 'Dockerfile' is not in the source"),
            ("Dockerfile", "dockerfile 'Dockerfile' is not in the source"),
            ("directory", "dockerfile 'Dockerfile' is no file"),
        ],
        ids=["a link out of the source", "to nothing", "to itself", "to a directory"],
    )
    def test_a_dockerfile_that_is_not_in_the_source(self, tmp_path, target, message):
        context = tmp_path / "a" / "b" / "c" / "d" / "context"
        (context / "directory").mkdir(parents=True)
        (tmp_path / "outside").write_text("FROM scratch\n")
        (context / "Dockerfile").symlink_to(target)
        with pytest.raises(BuildError) as caught:
            find_file(context, "Dockerfile", "dockerfile")
        assert str(caught.value) == message

    def test_a_directory_that_is_not_in_the_source(self, tmp_path):
        (tmp_path / "source").mkdir()
        (tmp_path / "source" / "app").symlink_to("..")
        source = GitSource(git="https://example.org/a", commit="0" * 40, directory="app")
        with pytest.raises(BuildError, match=re.escape("directory 'app' leads out of the source")):
            find_context(tmp_path / "source", source)
