"""Reads files and trees out of a git repository's objects, without a work tree.

A work tree would apply attributes, filters and line endings; objects are the bytes as committed.
"""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from typing import IO, TYPE_CHECKING

from ecr.errors import ArchiveError, ToolFailedError, ToolTimeoutError
from ecr.tools.git import run_git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# For a directory that is not a repository of its own: its bytes as they are, whatever the
# attributes in it and the configuration of whoever runs this say.
_AS_IT_IS = b"* -text -eol -crlf -ident -filter -working-tree-encoding -export-subst\n"
_ADD_TIMEOUT_S = 600.0


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of ``git ls-tree -r``.

    Attributes:
        mode: ``100644``, ``100755``, ``120000`` (link) or ``160000`` (commit of a submodule).
        name: Hash of the object.
        size_bytes: Size of a file; 0 for a submodule.
        path: Path, as ``os.fsdecode`` makes it.
    """

    mode: str
    name: str
    size_bytes: int
    path: str


def list_tree(repository: Path, tree: str) -> list[TreeEntry]:
    """List every file of a tree (or of a commit's tree), in git's order."""
    outcome = run_git(
        ["--git-dir", str(repository), "ls-tree", "-r", "-l", "-z", "--full-tree", tree],
        timeout_s=300,
    )
    entries = []
    for line in outcome.stdout.split(b"\0"):
        if line:
            meta, _, path = line.partition(b"\t")
            mode, _, name, size = meta.decode("ascii").split()
            number = int(size) if size.isdigit() else 0
            entries.append(TreeEntry(mode, name, number, path.decode("utf-8", "surrogateescape")))
    return entries


def read_commit(repository: Path, commit: str) -> tuple[str, int]:
    """Return the tree of a commit and the committer's time in seconds since 1970."""
    # log.showSignature and the like may be set by the user; cat-file heeds no such setting.
    outcome = run_git(["--git-dir", str(repository), "cat-file", "commit", commit])
    tree, time_s = "", 0
    for line in outcome.text.partition("\n\n")[0].splitlines():
        key, _, value = line.partition(" ")
        if key == "tree" and not tree:
            tree = value
        elif key == "committer" and not time_s:
            number = value.rpartition("> ")[2].split(" ")[0]
            time_s = int(number) if number.isdigit() else 0
    if not tree:
        raise ArchiveError(f"commit {commit} names no tree")
    return tree, time_s


def read_submodule_urls(repository: Path, commit: str) -> dict[str, str]:
    """Return the URL of each submodule that ``.gitmodules`` of a commit names, by path."""
    outcome = run_git(
        ["--git-dir", str(repository), "config", "--blob", f"{commit}:.gitmodules",
         "--list", "-z"],
        accept=(0, 1, 128),
    )  # fmt: skip
    sections: dict[str, dict[str, str]] = {}
    for item in outcome.text.split("\0"):
        key, _, value = item.partition("\n")
        section, _, name = key.rpartition(".")
        if section.startswith("submodule."):
            sections.setdefault(section, {})[name] = value
    return {
        section["path"]: section["url"]
        for section in sections.values()
        if "path" in section and "url" in section
    }


def write_tree(repository: Path, directory: Path) -> str:
    """Put a directory's files into a new bare repository and return the tree's hash.

    The hash is the one git gives the directory, and so that of its SWHID (ISO/IEC 18670).
    """
    run_git(["init", "--quiet", "--bare", "--object-format=sha1", str(repository)])
    (repository / "info").mkdir(exist_ok=True)
    (repository / "info" / "attributes").write_bytes(_AS_IT_IS)
    settings = [
        "core.bare=false",
        "core.fileMode=true",
        "core.symlinks=true",
        "core.safecrlf=false",
    ]
    git = [
        *(part for setting in settings for part in ("-c", setting)),
        "--git-dir", str(repository), "--work-tree", str(directory),
    ]  # fmt: skip
    run_git([*git, "add", "--all", "--force", "--", "."], cwd=directory, timeout_s=_ADD_TIMEOUT_S)
    return run_git([*git, "write-tree"], cwd=directory).text.strip()


class BlobFile:
    """One file to read from: ends after its last byte, and fails when that does not come."""

    def __init__(self, stream: IO[bytes], size_bytes: int) -> None:
        self._stream = stream
        self._left = size_bytes
        self.size_bytes = size_bytes

    def read(self, size: int = -1) -> bytes:
        """Return the next ``size`` bytes, or all that are left."""
        wanted = self._left if size < 0 else min(size, self._left)
        part = self._stream.read(wanted)
        if len(part) < wanted:
            raise ToolFailedError("git cat-file ended before the file did")
        self._left -= wanted
        return part


class BlobReader:
    """Reads one file after the other; made by ``open_blobs``."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def read(self, name: str) -> bytes:
        """Return a whole file."""
        with self.open(name) as file:
            return file.read()

    @contextmanager
    def open(self, name: str) -> Iterator[BlobFile]:
        """Give a file to read, to its end, before the next is opened."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:  # pragma: no cover - both are pipes
            raise ToolFailedError("git cat-file has no pipes")
        try:
            stdin.write(f"{name}\n".encode("ascii"))
            stdin.flush()
            header = stdout.readline().decode("ascii", "replace").split()
        except BrokenPipeError:
            header = []
        if len(header) != 3:
            raise ToolFailedError(f"git cat-file cannot read object {name}: {' '.join(header)}")
        yield BlobFile(stdout, int(header[2]))
        stdout.read(1)


@contextmanager
def open_blobs(repository: Path, *, timeout_s: float) -> Iterator[BlobReader]:
    """Open a repository's objects for reading; all of it must be done in ``timeout_s``.

    Raises:
        ToolTimeoutError: It took longer.
    """
    expired = False
    process = subprocess.Popen(
        ["git", "--git-dir", str(repository), "cat-file", "--batch"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )

    def stop() -> None:
        nonlocal expired
        expired = True
        process.kill()

    timer = Timer(timeout_s, stop)
    timer.daemon = True
    timer.start()
    try:
        yield BlobReader(process)
    except ToolFailedError as error:
        if expired:
            raise ToolTimeoutError(f"the files were not read in {timeout_s:g} s") from error
        raise
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
