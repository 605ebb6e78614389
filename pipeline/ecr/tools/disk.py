"""Writing to disk when it may be full, and one process at a time.

``OSError`` for a full disk becomes an error that says what to do; locks are those of the
kernel, so a killed process leaves none behind.
"""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from ecr.errors import NoSpaceError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def explain_disk_errors(directory: Path) -> Iterator[None]:
    """Turn what the file system refuses below ``directory`` into our errors.

    Raises:
        NoSpaceError: The disk, a quota or a limit on file sizes is full.
        OutputError: It refuses for another reason.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise no_space(directory, error.strerror or "disk full") from error
        reason = error.strerror or str(error)
        raise OutputError(f"{error.filename or directory} cannot be written: {reason}") from error


def no_space(directory: Path, reason: str) -> NoSpaceError:
    """Make the error for a disk that is full."""
    return NoSpaceError(
        f"no space left to write in {directory}: {reason}",
        hint="free some space there and run again; what is complete is kept",
    )


@contextmanager
def open_locked(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to read and append, and hold it for this process alone; waits for others.

    The file is made when it is missing. Whoever waited may find that the one before has moved
    the file away; then it gets a new one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        file = path.open("a+b")
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_still_at(file, path):
                yield file
                return
        finally:
            file.close()


def _is_still_at(file: IO[bytes], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable: a rename alone may be lost with the power."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
