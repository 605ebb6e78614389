"""Runs the tests of one release on one platform."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.model.trial import TrialLimits, TrialRecord
from ecr.stages.trial import node
from ecr.stages.trial.output import OutputLog
from ecr.stages.trial.places import key_of, log_of, work_of
from ecr.stages.trial.published import list_uploads, read_messages
from ecr.stages.trial.records import keep_trials, read_trials
from ecr.stages.trial.samples import fetch_samples, list_samples
from ecr.stages.trial.texts import clean
from ecr.stages.trial.verdict import list_problems
from ecr.tools.containers import RunRequest
from ecr.tools.disk import explain_disk_errors, open_locked
from ecr.tools.oci_layout import digest_of, render_json
from ecr.tools.qemu import Means

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime
    from pathlib import Path

    from ecr.catalog.entries import ReleaseEntry
    from ecr.model.release import DeclaredTest
    from ecr.stages.trial.images import FoundImage
    from ecr.tools.containers import Engine, LoadedImage, RunOutcome
    from ecr.tools.object_store import ArchiveStore
    from ecr.tools.qemu import Ability

_SCHEME = 1
"""Number of the way tests are run; a new one runs every test again."""
_EMULATED = "the program is emulated, which takes several times the work"


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What came of a test.

    Attributes:
        record: What is recorded of it.
        log: What it printed.
        new: Whether it was run now.
    """

    record: TrialRecord
    log: Path
    new: bool


class PlatformTrials:
    """The tests of one release on one platform."""

    def __init__(
        self,
        root: Path,
        entry: ReleaseEntry,
        ability: Ability,
        image: FoundImage,
        store: ArchiveStore,
    ) -> None:
        """Take what the tests depend on.

        Args:
            root: The catalog's root.
            entry: The release.
            ability: The platform, and how this machine runs its programs.
            image: The image.
            store: Where samples are.
        """
        self._root = root
        self._entry = entry
        self._ability = ability
        self._platform = ability.platform.value
        self._image = image
        self._store = store

    def list_due(
        self, tests: Collection[DeclaredTest], *, again: bool, engine: str | None
    ) -> list[DeclaredTest]:
        """Return the tests to run: those that did not pass with all as it is now.

        Args:
            tests: The tests that were asked for.
            again: Whether to run all of them.
            engine: Start of the engine's description, when one was asked for.
        """
        known = read_trials(self._root, self._entry, self._platform)
        return [
            test
            for test in tests
            if again
            or (record := known.get(test.name)) is None
            or not record.passed
            or record.inputs != self._digest_inputs(test)
            or not record.engine.startswith(engine or "")
        ]

    def run(
        self,
        tests: Collection[DeclaredTest],
        engine: Engine,
        *,
        clock: Callable[[], datetime],
        done: Callable[[TrialOutcome], None],
    ) -> list[TrialOutcome]:
        """Run tests one after the other, and record each as soon as it has ended.

        Args:
            tests: The tests.
            engine: What runs them.
            clock: Gives the time now.
            done: Told of each.

        Raises:
            NotTestableError: A sample is not there.
            ToolError: The engine, or the registry, did not do its part.
        """
        key = key_of(self._root, self._entry.id, self._platform)
        work = work_of(self._root, key)
        outcomes = []
        with open_locked(work.with_name(f"{key}.lock")):
            shutil.rmtree(work, ignore_errors=True)
            try:
                with explain_disk_errors(work):
                    work.mkdir(parents=True)
                layout = self._image.fetch(work)
                samples = fetch_samples(self._root, self._entry, self._store, work)
                with engine.load(layout, self._image.digest, self._platform, key) as loaded:
                    for test in tests:
                        outcome = self._run_test(test, loaded, samples, engine.description, clock)
                        outcomes.append(outcome)
                        done(outcome)
            finally:
                shutil.rmtree(work, ignore_errors=True)
        return outcomes

    def recall(self, test: DeclaredTest) -> TrialOutcome:
        """Return what came of a test that is not due."""
        record = read_trials(self._root, self._entry, self._platform)[test.name]
        return TrialOutcome(record, self._find_log(test), new=False)

    def _run_test(
        self,
        test: DeclaredTest,
        loaded: LoadedImage,
        samples: Mapping[str, Path],
        engine: str,
        clock: Callable[[], datetime],
    ) -> TrialOutcome:
        emulated = self._ability.means is Means.EMULATED
        request = self._make_request(test, samples, emulated=emulated)
        log = self._find_log(test)
        with explain_disk_errors(log.parent):
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("wb") as file:
                output = OutputLog(file, test.expect.output_contains)
                outcome = loaded.run(request, output.add)
                output.close()
        record = self._judge(test, request, outcome, output, engine, clock())
        keep_trials(self._root, self._entry, self._platform, self._image.digest, [record])
        return TrialOutcome(record, log, new=True)

    def _make_request(
        self, test: DeclaredTest, samples: Mapping[str, Path], *, emulated: bool
    ) -> RunRequest:
        needs = self._entry.manifest.needs
        memory = node.find_memory_limit(needs)
        return RunRequest(
            arguments=test.arguments,
            environment=node.ENVIRONMENT,
            mounts=samples,
            exchange=node.make_exchange(),
            network=test.network,
            memory_bytes=memory + (node.EMULATOR_MEMORY_BYTES if emulated else 0),
            cpu_millicores=None if emulated else node.find_cpu_limit(needs),
            timeout_s=test.timeout_s * (node.EMULATION_FACTOR if emulated else 1),
        )

    def _judge(
        self,
        test: DeclaredTest,
        request: RunRequest,
        outcome: RunOutcome,
        output: OutputLog,
        engine: str,
        now: datetime,
    ) -> TrialRecord:
        emulated = self._ability.means is Means.EMULATED
        unlimited = {**({"cpu": _EMULATED} if emulated else {}), **outcome.not_applied}
        not_applied = {limit: clean(reason, 200) for limit, reason in sorted(unlimited.items())}
        limits = _describe_limits(request, not_applied, emulated=emulated)
        published = read_messages(outcome.files)
        uploads, uploads_left_out = list_uploads(outcome.files)
        problems = tuple(
            list_problems(
                test.expect,
                outcome,
                limits,
                published=published.names,
                missing_texts=output.missing,
            )
        )
        return TrialRecord(
            name=test.name,
            passed=not problems,
            problems=problems,
            tested=now,
            image=self._image.digest,
            inputs=self._digest_inputs(test),
            engine=engine,
            emulated=emulated,
            emulator=self._ability.emulator if emulated else None,
            limits=limits,
            not_applied=not_applied,
            exit_status=outcome.exit_status,
            timed_out=outcome.timed_out,
            out_of_memory=outcome.out_of_memory,
            duration_s=round(outcome.duration_s, 1),
            output_bytes=output.size_bytes,
            log_tail=output.list_last_lines(),
            measurements=published.measurements,
            measurements_left_out=published.left_out,
            malformed_messages=published.malformed,
            uploads=uploads,
            uploads_left_out=uploads_left_out,
            incomplete=not outcome.complete,
        )

    def _find_log(self, test: DeclaredTest) -> Path:
        return log_of(self._root, self._entry.id, self._platform, test.name)

    def _digest_inputs(self, test: DeclaredTest) -> str:
        """Return the digest of everything a run of a test depends on."""
        samples = list_samples(self._entry)
        inputs = {
            "scheme": _SCHEME,
            "image": self._image.digest,
            "test": test.model_dump(mode="json"),
            "needs": self._entry.manifest.needs.model_dump(mode="json"),
            "samples": {place: data.sha256 for place, data in samples.items()},
        }
        return digest_of(render_json(inputs))


def _describe_limits(
    request: RunRequest, not_applied: Collection[str], *, emulated: bool
) -> TrialLimits:
    limited = "memory" not in not_applied
    return TrialLimits(
        time_s=round(request.timeout_s),
        memory_bytes=request.memory_bytes if limited else None,
        emulator_memory_bytes=node.EMULATOR_MEMORY_BYTES if limited and emulated else None,
        cpu_millicores=None if "cpu" in not_applied else request.cpu_millicores,
        network=request.network or "network" in not_applied,
    )
