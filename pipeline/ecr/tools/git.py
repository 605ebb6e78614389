"""Git, as far as a catalog needs it.

Every call is made safe for hostile repositories: hooks, file monitors, credential prompts
and protocols other than https and file are off.
"""

from __future__ import annotations

import os
from threading import Thread
from typing import TYPE_CHECKING

from ecr.errors import ToolFailedError, UsageError
from ecr.tools.process import Outcome, run_program

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SAFE = (
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "core.quotePath=false",
    "-c", "protocol.allow=never",
    "-c", "protocol.https.allow=always",
    "-c", "protocol.file.allow=always",
    "-c", "advice.detachedHead=false",
)  # fmt: skip
_MOST_ARGUMENTS = 500
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C.UTF-8",
}


def run_git(
    arguments: Sequence[str],
    *,
    cwd: Path | None = None,
    timeout_s: float = 60,
    accept: Sequence[int] = (0,),
) -> Outcome:
    """Run ``git`` with ``arguments``; see ``run_program`` for the errors."""
    return run_program(
        ["git", *_SAFE, *arguments],
        cwd=cwd,
        timeout_s=timeout_s,
        environment=_ENVIRONMENT,
        accept=accept,
    )


def resolve_commit(repository: Path, ref: str) -> str:
    """Return the full hash of the commit ``ref`` names.

    Raises:
        UsageError: There is no such commit.
    """
    if ref.startswith("-"):
        raise UsageError(f"'{ref}' is not a git reference")
    outcome = run_git(
        ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"],
        cwd=repository,
        accept=(0, 1, 128),
    )
    commit = outcome.text.strip()
    if outcome.exit_status or not commit:
        raise UsageError(
            f"'{ref}' names no commit here",
            hint="fetch it first, such as with: git fetch origin main",
        )
    return commit


def list_changes(repository: Path, base: str, paths: Sequence[str] = ()) -> list[tuple[str, str]]:
    """List what differs between ``base`` and the working tree, new files included.

    Args:
        repository: A directory of a work tree; only what is in it is looked at.
        base: Reference to compare with; the merge base with HEAD is used, so that what
            happened on the base's side since is not taken for a change.
        paths: Files and directories to look at, relative to ``repository``; all when empty.

    Returns:
        (status letter ``A``, ``M``, ``D`` or ``T``; path relative to ``repository``), renames
        as ``D`` and ``A``, sorted by path.

    Raises:
        UsageError: ``base`` names no commit.
    """
    commit = resolve_commit(repository, base)
    outcome = run_git(["merge-base", commit, "HEAD"], cwd=repository, accept=(0, 1))
    start = outcome.text.strip() or commit
    # Git walks every directory for the one and looks at every file for the other: side by side.
    untracked: list[Outcome | BaseException] = []
    walk = Thread(target=_list_untracked, args=(repository, paths, untracked))
    walk.start()
    try:
        differing = ["diff", "--no-renames", "--name-status", "--relative", "-z", start, "--"]
        diff = run_git([*differing, *paths], cwd=repository)
    finally:
        walk.join()
    others = untracked[0]
    if isinstance(others, BaseException):
        raise others
    parts = os.fsdecode(diff.stdout).split("\0")
    changes = {
        path: status[:1] for status, path in zip(parts[0::2], parts[1::2], strict=False) if path
    }
    changes |= {path: "A" for path in os.fsdecode(others.stdout).split("\0") if path}
    return [(status, path) for path, status in sorted(changes.items())]


def _list_untracked(
    repository: Path, paths: Sequence[str], result: list[Outcome | BaseException]
) -> None:
    """Run in a thread: put the answer, or the error, into ``result``."""
    command = ["ls-files", "--others", "-z"]
    try:
        found = run_git([*command, "--", *paths], cwd=repository)
        # Looking for a .gitignore in every directory takes longer than all else: only where needed.
        others = [path for path in os.fsdecode(found.stdout).split("\0") if path]
        if others:
            places = others if len(others) <= _MOST_ARGUMENTS else paths
            found = run_git(
                ["--literal-pathspecs", *command, "--exclude-standard", "--", *places],
                cwd=repository,
            )
        result.append(found)
    except BaseException as error:  # raised again where the thread is awaited
        result.append(error)


def read_file_at(repository: Path, ref: str, path: str) -> bytes | None:
    """Return a file's bytes at a commit, or ``None`` when it was not there."""
    commit = resolve_commit(repository, ref)
    try:
        return run_git(["cat-file", "blob", f"{commit}:{path}"], cwd=repository).stdout
    except ToolFailedError:
        return None


def resolve_remote_ref(url: str, ref: str, *, timeout_s: float = 30) -> str | None:
    """Return the commit a branch or tag of a remote repository points to now.

    Returns ``None`` when there is no such branch or tag. For an annotated tag the commit it
    names is returned, not the tag object.

    Raises:
        ToolError: The repository cannot be reached.
    """
    outcome = run_git(
        ["ls-remote", "--end-of-options", url, ref, f"refs/tags/{ref}^{{}}"], timeout_s=timeout_s
    )
    found: dict[str, str] = {}
    for line in outcome.text.splitlines():
        commit, _, name = line.partition("	")
        found[name] = commit
    for name in (f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}", f"refs/heads/{ref}", ref):
        if name in found:
            return found[name]
    return None


def clone_repository(url: str, target: Path, *, ref: str | None, timeout_s: float = 300) -> str:
    """Clone one commit of a repository and return its hash.

    Args:
        url: https URL or local path.
        target: Directory to create.
        ref: Branch or tag; the default branch when ``None``.
        timeout_s: Time limit in seconds.
    """
    branch = [] if ref is None else [f"--branch={ref}"]
    run_git(
        [
            "clone",
            "--quiet",
            "--depth=1",
            "--no-recurse-submodules",
            *branch,
            "--",
            url,
            str(target),
        ],
        timeout_s=timeout_s,
    )
    return resolve_commit(target, "HEAD")
