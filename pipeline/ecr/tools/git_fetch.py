"""Fetches one commit of a repository, as little of its history as the server allows.

Git itself verifies what comes: every object's hash is computed, so a commit that arrives under its
hash is that commit; malformed and malicious objects are refused (``fetch.fsckObjects``).
"""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ecr.errors import (
    ArchiveError,
    EcrError,
    SourceGoneError,
    ToolFailedError,
    ToolTimeoutError,
    TransferError,
)
from ecr.tools.disk import explain_disk_errors, no_space, open_locked
from ecr.tools.git import run_git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FETCH = (
    # A host that stalls: less than this many bytes a second for that many seconds.
    "-c", "http.lowSpeedLimit=1000",
    "-c", "http.lowSpeedTime=60",
    "-c", "gc.auto=0",
    "-c", "fetch.fsckObjects=true",
    # Faults of old programs, harmless here, that refuse many a real repository otherwise.
    "-c", "fetch.fsck.zeroPaddedFilemode=warn",
    "-c", "fetch.fsck.badTimezone=warn",
    "-c", "fetch.fsck.missingSpaceBeforeDate=warn",
    "-c", "fetch.fsck.missingEmail=warn",
)  # fmt: skip

_REFUSED = re.compile(r"unadvertised object|not our ref|couldn't find remote ref", re.IGNORECASE)
_GONE = re.compile(
    r"not found|error: (401|403|404|410)|could not read username|authentication failed"
    r"|access denied|does not appear to be a git repository|does not exist",
    re.IGNORECASE,
)
_UNREACHED = re.compile(
    r"could ?n.t (resolve|connect)|failed to connect|connection (refused|timed out)"
    r"|certificate|error: 5[0-9]{2}|error: 429",
    re.IGNORECASE,
)
_BROKEN = re.compile(
    r"connection reset|early eof|rpc failed|hung up|disconnect|gnutls|openssl|ssl |timed out"
    r"|operation too slow|bad pack header|packet",
    re.IGNORECASE,
)
# Signal 25 (SIGXFSZ) is how a program learns that its file may not grow.
_FULL = re.compile(
    r"no space left|disk quota exceeded|file too large|died of signal 25", re.IGNORECASE
)
_UNSOUND = re.compile(r"fsck error|error in (object|commit|tree|tag|blob)", re.IGNORECASE)
_MOVED = re.compile(r"redirecting to (\S+)")


@contextmanager
def hold_repository(directory: Path, *, sha256: bool) -> Iterator[Path]:
    """Open (or make) a bare repository to fetch into, for this process alone.

    Args:
        directory: Directory beside which the lock lies.
        sha256: Whether its object names are SHA-256; else SHA-1.
    """
    with open_locked(directory.with_suffix(".lock")):
        _prepare(directory, sha256)
        yield directory


def _prepare(directory: Path, sha256: bool) -> None:
    with explain_disk_errors(directory):
        if not (directory / "ready").exists():
            shutil.rmtree(directory, ignore_errors=True)
            kind = "sha256" if sha256 else "sha1"
            run_git(["init", "--quiet", "--bare", f"--object-format={kind}", str(directory)])
            (directory / "ready").touch()
        # Left by a git that was killed; nobody else is at work here.
        for lock in directory.glob("*.lock"):
            lock.unlink()
        for leftover in (directory / "objects" / "pack").glob("tmp_*"):
            leftover.unlink()


def fetch_commit(repository: Path, url: str, commit: str, *, timeout_s: float) -> str | None:
    """Fetch a commit with its files into a bare repository.

    Asks for the commit alone; a server that gives out only what branches and tags point to
    (``uploadpack.allowReachableSHA1InWant`` unset, protocol 0) is asked for all of them.

    Args:
        repository: Where to put it; what it has already is not fetched again.
        url: https address.
        commit: Full hash.
        timeout_s: Time limit in seconds.

    Returns:
        The address the host redirects to, when the repository has moved; else ``None``.

    Raises:
        SourceGoneError: The repository, or this commit in it, is gone or not public.
        TransferError: The host cannot be reached, or stopped half-way.
        NoSpaceError: The disk is full.
        ArchiveError: What the host sends is malformed.
        ToolTimeoutError: It took too long.
    """
    if _has_commit(repository, commit):
        return None
    shown = [f"+{commit}:refs/ecr/{commit}"]
    try:
        errors = _fetch(repository, url, ["--depth=1", "--no-tags"], shown, timeout_s)
    except ToolFailedError as error:
        if not _REFUSED.search(str(error)):
            raise _explain(repository, url, error) from error
        errors = _fetch_everything(repository, url, commit, timeout_s)
    if not _has_commit(repository, commit):
        raise ArchiveError(f"{url} sent something else than commit {commit}")
    moved = _MOVED.search(errors)
    return moved[1] if moved else None


def _fetch_everything(repository: Path, url: str, commit: str, timeout_s: float) -> str:
    everything = ["+refs/heads/*:refs/all/heads/*", "+refs/tags/*:refs/all/tags/*"]
    try:
        errors = _fetch(repository, url, ["--no-tags"], everything, timeout_s)
    except ToolFailedError as error:
        raise _explain(repository, url, error) from error
    found = run_git(
        ["--git-dir", str(repository), "cat-file", "-e", f"{commit}^{{commit}}"], accept=(0, 1, 128)
    )
    if found.exit_status:
        raise SourceGoneError(
            f"commit {commit} is not in {url}",
            hint="its history was rewritten; pin a new release to a commit that is there, or look "
            f"for this one at https://archive.softwareheritage.org/swh:1:rev:{commit}",
        )
    run_git(["--git-dir", str(repository), "update-ref", f"refs/ecr/{commit}", commit])
    return errors


def _fetch(
    repository: Path, url: str, options: list[str], refspecs: list[str], timeout_s: float
) -> str:
    """Fetch, and return what git wrote to standard error."""
    try:
        outcome = run_git(
            [
                *_FETCH, "--git-dir", str(repository), "fetch", "--no-progress",
                "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance",
                *options, "--", url, *refspecs,
            ],
            timeout_s=timeout_s,
        )  # fmt: skip
    except ToolTimeoutError as error:
        raise ToolTimeoutError(
            f"{url} did not give its files in {timeout_s:g} s", hint="run again when it is faster"
        ) from error
    return outcome.stderr.decode("utf-8", "replace")


def _has_commit(repository: Path, commit: str) -> bool:
    """Say whether a fetch of this commit was completed: its reference is made last."""
    outcome = run_git(
        ["--git-dir", str(repository), "rev-parse", "--verify", "--quiet",
         f"refs/ecr/{commit}^{{commit}}"],
        accept=(0, 1, 128),
    )  # fmt: skip
    return outcome.exit_status == 0 and outcome.text.strip() == commit


def _explain(repository: Path, url: str, error: ToolFailedError) -> EcrError:
    """Say what a failed fetch means, from what git and libcurl wrote."""
    _, _, written = str(error).partition("\n")
    lines = [re.sub(r"^(fatal|error): ", "", line.strip()) for line in written.splitlines()]
    reason = lines[-1] if lines else "git said nothing"
    full = next((line for line in lines if _FULL.search(line)), None)
    if full is not None:
        return no_space(repository, full)
    if _UNSOUND.search(written):
        return ArchiveError(
            f"{url} holds objects that git refuses: {lines[0]}",
            hint="look at the repository with: git fsck --strict",
        )
    if _REFUSED.search(written):
        return SourceGoneError(f"{url} does not give out the commit: {reason}")
    if _GONE.search(written):
        return SourceGoneError(
            f"{url} is gone, renamed or private: {reason}",
            hint="find where it is now; a release never changes: publish a new one that names it",
        )
    if _UNREACHED.search(written):
        return TransferError(
            f"{url} cannot be reached: {reason}", hint="check the network, or run again later"
        )
    if _BROKEN.search(written):
        return TransferError(
            f"{url} stopped half-way: {reason}",
            hint="run again later; what is complete is kept",
        )
    return error
