"""Where tests leave what they make, below the catalog's root; git ignores all of it."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.model.identity import ReleaseId

LOGS = ".ecr/logs/test"
WORK = ".ecr/cache/test"
_LONGEST = 60


def log_of(root: Path, release: ReleaseId, platform: str, test: str) -> Path:
    """Return the log of a test's last run on a platform."""
    directory = root / LOGS / release.namespace / release.name / release.version
    word = re.sub(r"[^a-z0-9]+", "-", test.lower()).strip("-")[:_LONGEST]
    # Names that differ only in signs must not share a log.
    return directory / platform.replace("/", "-") / f"{word}-{_shorten(test)}.log"


def key_of(root: Path, release: ReleaseId, platform: str) -> str:
    """Return the name of a run: the same for the same release of the same catalog."""
    return _shorten(f"{root.resolve()}\0{release}\0{platform}", 16)


def work_of(root: Path, key: str) -> Path:
    """Return the directory for files of a run."""
    return root / WORK / key


def lock_of(root: Path, release: ReleaseId) -> Path:
    """Return the file that is locked while a release's tests are recorded."""
    return root / WORK / f"{'--'.join(release)}.lock"


def _shorten(text: str, length: int = 6) -> str:
    return sha256(text.encode()).hexdigest()[:length]
