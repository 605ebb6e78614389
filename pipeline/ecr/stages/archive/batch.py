"""Archives several releases: one that fails does not keep the others from being archived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.errors import EcrError, NoSpaceError, StoreError
from ecr.stages.archive.release import ArchiveOutcome, archive_release

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ecr.catalog.entries import ReleaseEntry
    from ecr.stages.archive.contents import Progress
    from ecr.tools.object_store import ArchiveStore

_POINTLESS = (NoSpaceError, StoreError)
"""What would stop every release after it, too."""


class ArchiveFailuresError(EcrError):
    """Several releases could not be archived; each was named when it failed."""

    exit_code = 25


@dataclass(frozen=True, slots=True)
class Batch:
    """What archiving several releases came to.

    Attributes:
        outcomes: Releases of which everything is stored.
        failures: The errors of the others; each names its release.
        left_out: Releases not tried, because the store or the disk failed before them.
    """

    outcomes: tuple[ArchiveOutcome, ...]
    failures: tuple[EcrError, ...]
    left_out: int = 0

    def raise_for_failures(self) -> None:
        """Raise what the run should end with, if anything.

        Raises:
            EcrError: The one failure there was.
            ArchiveFailuresError: There were several.
        """
        if not self.failures:
            return
        if len(self.failures) == 1 and not self.left_out and not self.outcomes:
            raise self.failures[0]
        total = len(self.outcomes) + len(self.failures) + self.left_out
        message = f"{len(self.failures)} of {total} releases could not be archived"
        if self.left_out:
            message += f", {self.left_out} were not tried"
        raise ArchiveFailuresError(message, hint="see above what each needs, and run again")


def archive_releases(
    root: Path,
    entries: Sequence[ReleaseEntry],
    store: ArchiveStore,
    *,
    progress: Progress,
    done: Callable[[ArchiveOutcome | EcrError], None],
    offline: bool = False,
) -> Batch:
    """Archive releases one after the other.

    Args:
        root: The catalog's root.
        entries: The releases.
        store: Where to keep the archives.
        progress: Told what is being done.
        done: Told what came of each release, as soon as it is known.
        offline: Whether nothing may be fetched.
    """
    outcomes: list[ArchiveOutcome] = []
    failures: list[EcrError] = []
    for number, entry in enumerate(entries, start=1):
        try:
            outcome = archive_release(root, entry, store, progress=progress, offline=offline)
        except EcrError as error:
            failures.append(error)
            done(error)
            if isinstance(error, _POINTLESS):
                return Batch(tuple(outcomes), tuple(failures), len(entries) - number)
        else:
            outcomes.append(outcome)
            done(outcome)
    return Batch(tuple(outcomes), tuple(failures))
