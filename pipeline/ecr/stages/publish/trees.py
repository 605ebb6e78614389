"""Two copies of the site: one is live, the other is brought up to date and then exchanged.

The exchange is one ``renameat2(RENAME_EXCHANGE)``, so whoever reads the site sees either the
old one or the new one, and a publisher killed at any moment leaves the old one whole. After
a full build the second copy is made of hard links, so it costs no space; for that reason no
file of a tree is ever written in place.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
MARKER = "api/v1/index.json"
"""A directory without this file was not published by us and is never replaced."""


@dataclass(frozen=True, slots=True)
class Trees:
    """The places of one output.

    Attributes:
        live: What is served, such as ``site``.
        workshop: Hidden directory beside it, on the same file system.
    """

    live: Path
    workshop: Path

    @property
    def spare(self) -> Path:
        """The copy being worked on."""
        return self.workshop / "spare"

    def state_of(self, tree: Path) -> Path:
        """Return the state file of a tree: the inode goes along when directories are renamed."""
        return self.workshop / f"state-{tree.stat().st_ino}.sqlite"


def open_trees(output: Path) -> Trees:
    """Return the trees of ``output``, after making sure it may be replaced.

    Raises:
        OutputError: ``output`` holds something that was not published by us.
    """
    if output.is_symlink() or (output.exists() and not output.is_dir()):
        raise OutputError(f"{output} is not a directory", hint="name another with --output")
    if output.is_dir() and any(output.iterdir()) and not (output / MARKER).is_file():
        raise OutputError(
            f"{output} holds files that were not published by ecr; it is left alone",
            hint="name an empty directory with --output",
        )
    return Trees(output, output.parent / f".{output.name}.ecr")


@contextmanager
def lock_trees(trees: Trees) -> Iterator[None]:
    """Keep other publishers of the same output away while the context lasts.

    Raises:
        OutputError: Another publisher is at work.
    """
    trees.workshop.mkdir(parents=True, exist_ok=True)
    with (trees.workshop / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                f"another ecr is publishing to {trees.live}", hint="wait for it to end"
            ) from None
        yield


def exchange(trees: Trees) -> None:
    """Make the spare tree live and the live one spare, in one step where the system can."""
    if not trees.live.exists():
        trees.spare.rename(trees.live)
        return
    if _rename_exchange(trees.spare, trees.live):
        return
    aside = trees.workshop / "aside"
    trees.live.rename(aside)
    trees.spare.rename(trees.live)
    aside.rename(trees.spare)


def recover(trees: Trees) -> None:
    """Finish an exchange in three steps that was interrupted between them."""
    aside = trees.workshop / "aside"
    if not aside.is_dir():
        return
    if not trees.live.exists():
        aside.rename(trees.live)
    elif not trees.spare.exists():
        aside.rename(trees.spare)
    else:
        shutil.rmtree(aside)


def _rename_exchange(first: Path, second: Path) -> bool:
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    result = renameat2(
        _AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE
    )
    if result == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OutputError(f"cannot exchange {first} and {second}: {os.strerror(code)}")


def discard(tree: Path) -> Path | None:
    """Move a tree out of the way and return where it is now, to be deleted later."""
    if not tree.exists():
        return None
    number = 0
    while (target := tree.with_name(f"trash-{number}")).exists():
        number += 1
    tree.rename(target)
    return target


def sweep(trees: Trees) -> None:
    """Delete what ``discard`` and interrupted runs left, and states of trees that are gone."""
    for entry in trees.workshop.glob("trash-*"):
        shutil.rmtree(entry, ignore_errors=True)
    known = {trees.state_of(tree) for tree in (trees.live, trees.spare) if tree.exists()}
    for entry in trees.workshop.glob("state-*"):
        if not any(entry.name.startswith(state.name) for state in known):
            entry.unlink(missing_ok=True)


def link_tree(source: str, target: str) -> None:
    """Make ``target`` a copy of ``source`` whose files are hard links."""
    waiting = [(source, target)]
    while waiting:
        waiting += link_directory(waiting.pop())


def link_directory(pair: tuple[str, str]) -> list[tuple[str, str]]:
    """Make the second directory, link the files of the first one there, and return what is left.

    Args:
        pair: A directory, and the copy to make of it.

    Returns:
        The same for each directory inside, still to be done.
    """
    source, target = pair
    left = []
    os.mkdir(target)  # noqa: PTH102 - called tens of thousands of times
    with os.scandir(source) as entries:
        for entry in entries:
            there = f"{target}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                left.append((entry.path, there))
            else:
                os.link(entry.path, there)
    return left


def write_file(path: str, content: bytes) -> None:
    """Write a new file, making its directory when needed; it must not exist yet."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        handle = os.open(path, flags, 0o644)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - as above
        handle = os.open(path, flags, 0o644)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(handle, view) :]
    finally:
        os.close(handle)


def replace_file(path: Path, content: bytes) -> bool:
    """Give a file this content, beside and then renamed; return whether anything changed."""
    try:
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    write_file(str(beside), content)
    beside.replace(path)
    return True
