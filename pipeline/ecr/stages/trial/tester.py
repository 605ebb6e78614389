"""Tests releases: on every platform that is asked for and can be run here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from ecr.stages.archive.contents import naming
from ecr.stages.trial.engines import EngineName, open_engine
from ecr.stages.trial.errors import NotTestableError, TrialFailedError, TrialFailuresError
from ecr.stages.trial.images import find_image
from ecr.stages.trial.platform_trials import PlatformTrials, TrialOutcome
from ecr.tools.qemu import Means, find_ability

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from ecr.catalog.entries import ReleaseEntry
    from ecr.model.release import DeclaredTest
    from ecr.tools.containers import Engine
    from ecr.tools.object_store import ArchiveStore
    from ecr.tools.qemu import Ability

_SHOWN_LINES = 15


class Watcher(Protocol):
    """Is told what is going on."""

    def starts(self, release: str, ability: Ability, tests: int, engine: str) -> None:
        """Tests of a platform are run."""

    def ends(self, release: str, platform: str, outcome: TrialOutcome) -> None:
        """A test has ended, or did not need to be run."""

    def leaves_out(self, release: str, platform: str, reason: str, hint: str | None) -> None:
        """A platform is not tested here."""


@dataclass(frozen=True, slots=True)
class TestRequest:
    """What is asked for.

    Attributes:
        platforms: Platforms; empty for every one that can be run here.
        names: Tests; empty for all.
        again: Whether tests that passed are run again.
        engine: What runs them.
    """

    __test__ = False  # no test of pytest's, whatever its name

    platforms: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    again: bool = False
    engine: EngineName = EngineName.AUTO


class Tester:
    """Tests releases with the same settings. To be used in a ``with`` statement."""

    def __init__(
        self,
        root: Path,
        store: ArchiveStore,
        cache: Path,
        request: TestRequest,
        *,
        clock: Callable[[], datetime],
        watcher: Watcher,
    ) -> None:
        """Take what all of them share.

        Args:
            root: The catalog's root.
            store: Where samples are.
            cache: Directory of what can be made again.
            request: What is asked for.
            clock: Gives the time now.
            watcher: Told what is going on.
        """
        self._root = root
        self._store = store
        self._cache = cache
        self._request = request
        self._clock = clock
        self._watcher = watcher
        self._opened: Engine | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._opened is not None:
            self._opened.close()

    def test(self, entry: ReleaseEntry) -> list[TrialOutcome]:
        """Test a release; every test is run and recorded, also after one has failed.

        Returns:
            What came of the tests; none when the release declares none.

        Raises:
            NotTestableError: No such test or platform, or nothing can be tested here.
            TrialFailedError: One test failed.
            TrialFailuresError: Several did.
            ToolError: An engine did not do its part.
        """
        tests = self._choose_tests(entry)
        failures: list[TrialFailedError] = []
        outcomes: list[TrialOutcome] = []
        tested = False
        for platform in self._choose_platforms(entry) if tests else ():
            trials = self._prepare(entry, platform)
            if trials is not None:
                tested = True
                for outcome in self._run(entry, platform, trials, tests):
                    outcomes.append(outcome)
                    if not outcome.record.passed:
                        failures.append(_explain(entry, platform, outcome))
        if tests and not tested:
            raise NotTestableError(
                f"{entry.id} has no image that can be tested here",
                hint=f"build it first: ecr build {entry.id}",
            )
        if len(failures) == 1:
            raise failures[0]
        if failures:
            shown = "\n".join(str(failure) for failure in failures)
            raise TrialFailuresError(
                f"{len(failures)} of {len(outcomes)} tests failed\n{shown}", hint=failures[0].hint
            )
        return outcomes

    def _choose_tests(self, entry: ReleaseEntry) -> list[DeclaredTest]:
        declared = {test.name: test for test in entry.manifest.tests}
        unknown = [name for name in self._request.names if name not in declared]
        if unknown:
            known = ", ".join(f"'{name}'" for name in declared)
            raise NotTestableError(
                f"{entry.id} declares no test '{unknown[0]}'",
                hint=f"it declares {known or 'none'}",
            )
        return [declared[name] for name in self._request.names or declared]

    def _choose_platforms(self, entry: ReleaseEntry) -> Sequence[str]:
        declared = entry.manifest.platforms
        unknown = [name for name in self._request.platforms if name not in declared]
        if unknown:
            raise NotTestableError(
                f"{entry.id} does not declare {', '.join(unknown)}",
                hint=f"it declares {', '.join(declared)}",
            )
        return self._request.platforms or declared

    def _prepare(self, entry: ReleaseEntry, platform: str) -> PlatformTrials | None:
        """Return the tests of a platform, unless it cannot be tested here.

        Raises:
            NotTestableError: It cannot, and it was asked for by name.
        """
        image = find_image(self._root, entry, platform)
        ability = find_ability(platform)
        if image is not None and ability.means is not Means.MISSING:
            return PlatformTrials(self._root, entry, ability, image, self._store)
        if image is None:
            reason, hint = "it is not built", f"build it first: ecr build {entry.id}"
        else:
            reason = f"this machine cannot run its programs: {ability.reason}"
            hint = f"enable it: {ability.hint}"
        if self._request.platforms:
            raise NotTestableError(f"{entry.id} for {platform}: {reason}", hint=hint)
        self._watcher.leaves_out(str(entry.id), platform, reason, hint)
        return None

    def _run(
        self,
        entry: ReleaseEntry,
        platform: str,
        trials: PlatformTrials,
        tests: Sequence[DeclaredTest],
    ) -> list[TrialOutcome]:
        wanted = self._request.engine
        asked = None if wanted is EngineName.AUTO else wanted.value
        due = trials.list_due(tests, again=self._request.again, engine=asked)
        outcomes = [trials.recall(test) for test in tests if test not in due]

        def done(outcome: TrialOutcome) -> None:
            self._watcher.ends(str(entry.id), platform, outcome)

        for outcome in outcomes:
            done(outcome)
        if not due:
            return outcomes
        engine = self._open_engine()
        self._watcher.starts(str(entry.id), find_ability(platform), len(due), engine.description)
        with naming(f"{entry.id} for {platform}"):
            return [*outcomes, *trials.run(due, engine, clock=self._clock, done=done)]

    def _open_engine(self) -> Engine:
        if self._opened is None:
            self._opened = open_engine(self._request.engine, self._cache)
        return self._opened


def _explain(entry: ReleaseEntry, platform: str, outcome: TrialOutcome) -> TrialFailedError:
    record = outcome.record
    lines = record.log_tail[-_SHOWN_LINES:]
    tail = "".join(f"\n    {line}" for line in lines) or "\n    (it printed nothing)"
    return TrialFailedError(
        f"{entry.id} for {platform}: test '{record.name}' failed: "
        f"{'; '.join(record.problems)}{tail}\n    log: {outcome.log}",
        hint=_suggest(outcome),
    )


def _suggest(outcome: TrialOutcome) -> str | None:
    record = outcome.record
    if record.out_of_memory:
        return "if it needs that much, say so: needs.memory in release.yaml"
    if record.timed_out:
        return "if it needs so long, say so: timeout_s of the test in release.yaml"
    return None
