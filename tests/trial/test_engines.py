"""Releases run by real engines: what a program finds there, and what is recorded of it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ecr.errors import EcrError, ToolFailedError
from ecr.model.trial import PublishedMeasurement, UploadedFile
from ecr.stages.trial.engines import EngineName
from ecr.stages.trial.errors import TrialFailedError
from ecr.tools.qemu import Means, find_ability
from tests.conftest import fail_or_skip
from tests.trial.conftest import AMD64, ECR, NOW, describe_file

_PUBLISH = "echo '{message}' >> $PYWAGGLE_LOG_DIR/data.ndjson"
_MEBI = 1 << 20


def publish(name: str, value: str, time: str = "2026-05-04T03:02:01.000001234") -> str:
    """Return a line of a script that does what pywaggle does."""
    message = f'{{"meta":{{}},"name":"{name}","timestamp":"{time}","value":{value}}}'
    return _PUBLISH.format(message=message) + "\n"


class TestWhatIsRecorded:
    def test_a_test_that_passes(self, catalog, engine):
        script = (
            "echo starting; sleep 0.1; echo done >&2\n"
            + publish("env.cloud.cover", "0.5")
            # Whole seconds, as pywaggle writes them.
            + publish("env.cloud.cover", "0.25", "2026-05-04T03:02:01234")
            + publish("env.cloud.kind", '"cumulus"')
            + publish("upload", '"/run/waggle/log/uploads/17-sky.jpg"')
            + "mkdir -p $WAGGLE_PLUGIN_UPLOAD_PATH/17-ab $PYWAGGLE_LOG_DIR/uploads\n"
            "echo pixels > $WAGGLE_PLUGIN_UPLOAD_PATH/17-ab/data\n"
            """echo '{"labels":{"filename":"sky.jpg"}}' > $WAGGLE_PLUGIN_UPLOAD_PATH/17-ab/meta\n"""
            "echo pixels > $PYWAGGLE_LOG_DIR/uploads/17-sky.jpg\n"
        )
        catalog.add(
            script,
            expect={
                "measurements": ["env.cloud.cover", "env.cloud.kind"],
                "output_contains": ["starting", "done"],
            },
        )
        image = catalog.add_image()
        (outcome,) = catalog.test(engine)
        record = catalog.read_record()
        assert outcome.new
        assert record.passed
        assert record.problems == ()
        assert (record.image, record.tested, record.exit_status) == (image, NOW, 0)
        assert record.engine.startswith(engine.value)
        assert record.measurements == (
            PublishedMeasurement(
                name="env.cloud.cover", count=2, first=0.5, last=0.25, minimum=0.25, maximum=0.5
            ),
            PublishedMeasurement(name="env.cloud.kind", count=1, first="cumulus", last="cumulus"),
        )
        assert record.uploads == (UploadedFile(name="sky.jpg", size_bytes=7),)
        assert record.log_tail == ("starting", "done")
        assert record.output_bytes == len("starting\ndone\n")
        assert outcome.log.read_text() == "starting\ndone\n"

    @pytest.mark.parametrize(
        ("script", "expect", "problems"),
        [
            ("exit 3", {}, ("exit status 3 instead of 0",)),
            ("true", {"exit_status": 2}, ("exit status 0 instead of 2",)),
            (
                "true",
                {"measurements": ["env.cloud.cover"]},
                ("nothing was published as 'env.cloud.cover'",),
            ),
            (
                "echo started",
                {"output_contains": ["started", "finished"]},
                ("the output does not contain 'finished'",),
            ),
            ("sh -c 'kill -SEGV $$'; exit $?", {}, ("exit status 139 (SIGSEGV) instead of 0",)),
        ],
        ids=[
            "another exit status",
            "success where a failure is expected",
            "a measurement that is missing",
            "a text that is missing",
            "a crash",
        ],
    )
    def test_a_test_that_fails(self, catalog, engine, script, expect, problems):
        record = catalog.try_script(engine, script, expect=expect)
        assert (record.passed, record.problems) == (False, problems)

    def test_a_run_without_end_is_stopped_with_all_its_processes(self, catalog, engine):
        script = "echo started; sleep 98765 & sleep 98765"
        test = {"name": "it works", "arguments": ["sh", "-c", script], "timeout_s": 1}
        catalog.add(tests=[test])
        catalog.add_image()
        with pytest.raises(TrialFailedError) as raised:
            catalog.test(engine)
        record = catalog.read_record()
        assert (record.timed_out, record.exit_status) == (True, None)
        assert record.problems == ("it did not end within 1 s",)
        assert record.log_tail == ("started",)
        assert raised.value.hint == (
            "if it needs so long, say so: timeout_s of the test in release.yaml"
        )
        assert list_processes("sleep 98765") == []

    def test_a_program_that_is_not_there(self, catalog, engine):
        catalog.add(tests=[{"name": "it works", "arguments": ["/bin/nothing"]}])
        catalog.add_image()
        with pytest.raises(TrialFailedError):
            catalog.test(engine)
        record = catalog.read_record()
        (problem,) = record.problems
        assert problem.startswith("it could not be started: ")
        assert "/bin/nothing" in problem
        assert record.exit_status is None

    def test_the_image_has_its_say_where_the_test_gives_no_arguments(self, catalog, engine):
        catalog.add(tests=[{"name": "it works", "expect": {"output_contains": ["as ever"]}}])
        catalog.add_image(entrypoint=("/bin/busybox", "echo"), arguments=("as", "ever"))
        catalog.test(engine)
        assert catalog.read_record().log_tail == ("as ever",)


class TestWhatAProgramFinds:
    def test_the_variables_of_a_plugin(self, catalog, engine):
        script = (
            "echo $WAGGLE_PLUGIN_HOST:$WAGGLE_PLUGIN_PORT"
            " $WAGGLE_PLUGIN_USERNAME/$WAGGLE_PLUGIN_PASSWORD $WAGGLE_APP_ID\n"
            "cat $WAGGLE_DATA_CONFIG_PATH; touch $WAGGLE_PLUGIN_UPLOAD_PATH/x"
        )
        record = catalog.try_script(engine, script)
        assert record.passed, record
        assert record.log_tail == (
            "wes-rabbitmq:5672 plugin/plugin 00000000-0000-4000-8000-000000000000",
            "[]",
        )

    def test_no_network_but_itself(self, catalog, engine):
        script = "readlink /proc/self/ns/net; cat /proc/net/dev"
        record = catalog.try_script(engine, script)
        assert record.passed, record
        namespace, *interfaces = record.log_tail
        assert namespace != str(Path("/proc/self/ns/net").readlink())
        assert [line.partition(":")[0].strip() for line in interfaces[2:]] == ["lo"]
        assert record.limits.network is False
        assert "network" not in record.not_applied

    def test_a_connection_is_refused_without_a_network(self, catalog, engine):
        script = "busybox nc -w 5 192.0.2.1 80 || exit 7"
        record = catalog.try_script(engine, script, expect={"exit_status": 7})
        assert record.passed, record
        assert record.log_tail == (
            "nc: can't connect to remote host (192.0.2.1): Network is unreachable",
        )

    def test_a_network_where_the_test_declares_one(self, catalog, engine):
        script = ["sh", "-c", "readlink /proc/self/ns/net"]
        catalog.add(tests=[{"name": "it works", "arguments": script, "network": True}])
        catalog.add_image()
        catalog.test(engine)
        record = catalog.read_record()
        assert record.limits.network is True
        if engine is EngineName.BUILDAH:
            assert record.log_tail == (str(Path("/proc/self/ns/net").readlink()),)

    def test_samples_are_mounted_read_only_and_models_are_left_to_the_image(self, catalog, engine):
        sample, model = b"blue\n", b"weights\n"
        record = catalog.try_script(
            engine,
            "cat /data/sky.txt; touch /data/sky.txt 2>&1 || echo refused; ls /data",
            expect={"output_contains": ["blue", "Read-only file system", "refused"]},
            files={"source/sky.txt": sample, "source/model.bin": model},
            data=[
                describe_file(sample, path="source/sky.txt", mount="/data/sky.txt"),
                describe_file(
                    model,
                    name="weights",
                    role="model",
                    path="source/model.bin",
                    mount="/data/model.bin",
                ),
            ],
        )
        assert record.passed, record
        assert record.log_tail[-1] == "sky.txt"

    def test_a_sample_from_the_archive_store(self, catalog, engine, tmp_path):
        sample = b"blue\n"
        item = describe_file(sample, url="https://example.org/sky.txt", mount="/data/sky.txt")
        catalog.add("cat /data/sky.txt", data=[item], expect={"output_contains": ["blue"]})
        catalog.add_image()
        with pytest.raises(EcrError) as raised:
            catalog.test(engine)
        assert str(raised.value) == (
            "sage/app:1.0.0 for linux/amd64: its data 'sky' is not in the archive store "
            f"{catalog.store.url}"
        )
        assert raised.value.hint == "archive it first: ecr archive sage/app:1.0.0"
        file = tmp_path / "sky.txt"
        file.write_bytes(sample)
        catalog.store.put(f"sha256:{item['sha256']}", file)
        catalog.test(engine)
        assert catalog.read_record().passed


class TestLimits:
    _READ = (
        "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.cfs_quota_us"
        " 2>/dev/null || cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max"
    )

    @pytest.mark.parametrize(
        ("needs", "memory", "quota"),
        [
            ({"cpu": "250m", "memory": "32Mi"}, 32 * _MEBI, "25000"),
            ({}, 1024 * _MEBI, "50000"),
        ],
        ids=["those of the manifest", "those of the Waggle Edge Stack"],
    )
    def test_docker_applies_them(self, catalog, docker_engine, needs, memory, quota):
        record = catalog.try_script(EngineName.DOCKER, self._READ, needs=needs)
        assert record.log_tail[0] == str(memory)
        assert record.log_tail[1].split()[0] == quota
        assert record.limits.memory_bytes == memory
        assert record.limits.cpu_millicores == int(quota) // 100

    def test_too_much_memory(self, catalog, docker_engine):
        catalog.add(
            "dd if=/dev/zero of=/dev/null bs=200M count=1; exit 0", needs={"memory": "32Mi"}
        )
        catalog.add_image()
        with pytest.raises(TrialFailedError) as raised:
            catalog.test(EngineName.DOCKER)
        record = catalog.read_record()
        assert record.out_of_memory
        assert record.problems == ("it used more memory than it may: 32 MiB",)
        assert raised.value.hint == "if it needs that much, say so: needs.memory in release.yaml"

    def test_buildah_says_which_it_does_not_apply(self, catalog, buildah_engine):
        record = catalog.try_script(EngineName.BUILDAH, "true")
        reason = "buildah's chroot isolation does not limit it; Docker does"
        assert record.not_applied == {"cpu": reason, "memory": reason}
        assert record.limits.memory_bytes is record.limits.cpu_millicores is None


class TestHostilePrograms:
    def test_control_characters_are_spelt_out(self, catalog, engine):
        script = (
            r"printf 'a\033[31mred\033[0m \033]0;title\007 \342\200\256txt.exe\r\n\377\n'; "
            + publish("env.kind", r'"\u202e\u0000\n"')
        )
        record = catalog.try_script(engine, script.replace("printf", "busybox printf"))
        assert record.log_tail == ("ared \\x1b]0;title\\x07 \\u202etxt.exe", "\ufffd")
        assert record.measurements[0].first == "\\u202e\\x00\\n"

    def test_output_without_end_is_cut_in_the_log_and_looked_through_all_the_same(
        self, catalog, engine
    ):
        script = "echo first; yes 0123456789abcde | head -c 20000000; echo needle; echo last"
        record = catalog.try_script(engine, script, expect={"output_contains": ["needle"]})
        assert record.passed, record
        assert record.output_bytes == 20_000_000 + len("first\nneedle\nlast\n")
        (log,) = (catalog.root / ".ecr" / "logs" / "test").rglob("*.log")
        text = log.read_text()
        assert len(text) < 9 * _MEBI
        assert text.startswith("first\n")
        assert " bytes are left out here]\n" in text
        assert text.endswith("needle\nlast\n")
        assert len("".join(record.log_tail)) < 4000

    def test_messages_that_are_none_are_counted(self, catalog, engine):
        script = (
            "cd $PYWAGGLE_LOG_DIR; "
            """{ echo '{"name":"good","value":1}'; echo 'garbage'; echo '[]'; echo '{"name":1}'; """
            """echo '{"name":"Bad Name","value":1}'; echo '{"name":"x","value":{}}'; """
            "yes '[' | head -c 50000; echo; "
            """echo '{"name":"good","value":NaN}'; } > data.ndjson"""
        )
        record = catalog.try_script(engine, script, expect={"measurements": ["good"]})
        assert record.passed, record
        assert record.malformed_messages == 5 + 25_000
        assert record.measurements == (
            PublishedMeasurement(
                name="good", count=2, first=1.0, last="nan", minimum=1.0, maximum=1.0
            ),
        )

    def test_more_names_files_and_odd_files_than_are_recorded(self, catalog, engine):
        script = (
            "i=0; while [ $i -lt 150 ]; do "
            """echo "{\\"name\\":\\"n$i\\",\\"value\\":$i}" >> $PYWAGGLE_LOG_DIR/data.ndjson; """
            "touch $WAGGLE_PLUGIN_UPLOAD_PATH/f$i; i=$((i+1)); done; "
            "cd $WAGGLE_PLUGIN_UPLOAD_PATH; busybox ln -s /etc/shadow link; busybox mkfifo pipe"
        )
        record = catalog.try_script(engine, script)
        assert len(record.measurements) == len(record.uploads) == 100
        assert (record.measurements_left_out, record.uploads_left_out) == (50, 50)

    def test_a_program_that_removes_its_directories(self, catalog, engine):
        script = "cd /; busybox rm -rf /run/waggle/log /run/waggle/uploads; echo gone"
        record = catalog.try_script(engine, script, expect={"measurements": ["a"]})
        assert record.problems == ("nothing was published as 'a'",)
        assert record.measurements == ()

    def test_a_link_in_place_of_the_messages_is_not_followed(self, catalog, engine):
        script = "busybox ln -s /etc/passwd $PYWAGGLE_LOG_DIR/data.ndjson"
        record = catalog.try_script(engine, script)
        assert record.passed, record
        assert record.malformed_messages == 0


class TestBuildahItself:
    def test_what_it_cannot_do_is_no_fault_of_the_program(self, catalog, busybox, buildah_engine):
        sample = b"blue\n"
        item = describe_file(sample, path="source/sky.txt", mount="/data/sky.txt")
        test = {
            "name": "it works",
            "arguments": ["/bin/busybox", "false"],
            "expect": {"exit_status": 1},
        }
        catalog.add(tests=[test], files={"source/sky.txt": sample}, data=[item])
        # The directory of the sample is a file there.
        catalog.add_image(files={"bin/busybox": busybox.read_bytes(), "data": b""})
        with pytest.raises(ToolFailedError) as raised:
            catalog.test(EngineName.BUILDAH)
        assert str(raised.value).startswith(
            "sage/app:1.0.0 for linux/amd64: buildah could not run the image: exit status "
        )
        assert "not a directory" in str(raised.value)
        assert catalog.load().build.tests == {}


class TestInterruptions:
    @pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "ended"])
    def test_nothing_of_a_run_that_was_ended_is_left_after_the_next(self, catalog, engine, ending):
        wait = "yes | head -c 20000; sleep 87654"
        catalog.add(
            tests=[
                {"name": "waits", "arguments": ["sh", "-c", wait]},
                {"name": "works", "arguments": ["sh", "-c", "echo works"]},
            ]
        )
        catalog.add_image()
        command = [*ECR, "test", "--root", str(catalog.root), "sage/app:1.0.0", "--quiet"]
        asked = [*command, "--engine", engine.value]
        environment = {**os.environ, "ECR_CACHE": str(catalog.cache)}
        with subprocess.Popen(
            [*asked, "--name", "waits"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            wait_for(lambda: list_processes("sleep 87654"))
            process.send_signal(ending)
            assert process.wait(timeout=60) in (-signal.SIGKILL, 130)
        if engine is EngineName.BUILDAH or ending is signal.SIGTERM:
            wait_for(lambda: not list_processes("sleep 87654"))
        assert catalog.load().build.tests == {}
        done = subprocess.run(
            [*asked, "--name", "works"], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith("passed    sage/app:1.0.0 for linux/amd64: works (")
        assert list_processes("sleep 87654") == []
        # That no container is left is looked at by the fixture, and here for Buildah.
        assert list((catalog.cache / "tests").glob("work/*")) == []


class TestEmulation:
    @pytest.fixture
    def arm(self, catalog):
        """A release whose program is a real one, for a platform that is not this machine's."""
        platform = "linux/arm64"
        ability = find_ability(platform)
        if ability.means is not Means.EMULATED:
            fail_or_skip(f"{platform} is not emulated here (apt-get install qemu-user-static)")
        source = Path(__file__).parents[2] / "bundles/ecr/sound-level/1.0.0/source"
        sample = (source / "sample.wav").read_bytes()
        test = {
            "name": "it works",
            "arguments": ["--input", "/data/sample.wav"],
            "timeout_s": 20,
            "expect": {"measurements": ["env.sound.level.dbfs"]},
        }
        catalog.add(
            tests=[test],
            platforms=(AMD64, platform),
            needs={"memory": "16Mi"},
            files={"source/sample.wav": sample},
            data=[describe_file(sample, path="source/sample.wav", mount="/data/sample.wav")],
        )
        program = (source / "binary/linux-arm64/sound-level").read_bytes()
        catalog.add_image(platform, {"bin/sound-level": program}, entrypoint=("/bin/sound-level",))
        return platform, ability

    def test_a_program_of_another_platform(self, catalog, engine, arm):
        platform, ability = arm
        catalog.test(engine)
        record = catalog.read_record(platform)
        assert record.passed, record
        assert (record.emulated, record.emulator) == (True, ability.emulator)
        assert [one.count for one in record.measurements] == [4, 4, 4]
        assert record.limits.time_s == 100
        assert record.limits.cpu_millicores is None
        if engine is EngineName.DOCKER:
            assert record.limits.emulator_memory_bytes == 256 * _MEBI
            assert record.limits.memory_bytes == 272 * _MEBI
            assert record.not_applied == {
                "cpu": "the program is emulated, which takes several times the work"
            }
        assert catalog.told.left_out == [
            (AMD64, "it is not built", "build it first: ecr build sage/app:1.0.0")
        ]


def list_processes(arguments: str) -> list[int]:
    """Return the processes of this machine with these arguments."""
    wanted = b"\0".join(arguments.encode().split())
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            command = (directory / "cmdline").read_bytes()
        except OSError:
            continue  # it has ended meanwhile
        if command.rstrip(b"\0").endswith(wanted):
            found.append(int(directory.name))
    return found


def wait_for(condition) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it did not happen within 30 s")
