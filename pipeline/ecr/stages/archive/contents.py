"""What goes into the archive of a source, before any of it is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ecr.errors import EcrError
from ecr.model.build import Submodule

LINK_MODE = "120000"
SUBMODULE_MODE = "160000"


class Progress(Protocol):
    """Shows how far the work is; ``done`` and ``total`` are bytes, or 0 and 1 when not known."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` of ``step`` are done."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file or link of a source.

    Attributes:
        path: Path in the archive, as ``os.fsdecode`` makes it.
        mode: Git's mode: ``100644``, ``100755`` or ``120000``.
        repository: Bare repository its object is in.
        name: Hash of the object.
        size_bytes: Its size.
    """

    path: str
    mode: str
    repository: Path
    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class SourceTree:
    """A source whose objects are all on this machine.

    Attributes:
        files: Its files, those of submodules included, by path.
        origins: URL each repository was fetched from; empty for code that lives in the catalog.
        time_s: Time of every file, in seconds since 1970.
        commit: The pinned commit; ``None`` for code that lives in the catalog.
        swhids: Software Heritage identifiers, sorted.
        submodules: Repositories inside it.
        notes: What a person should know.
    """

    files: tuple[SourceFile, ...]
    origins: dict[Path, str]
    time_s: int
    commit: str | None
    swhids: tuple[str, ...]
    submodules: tuple[Submodule, ...] = ()
    notes: tuple[str, ...] = ()


@contextmanager
def naming(what: str) -> Iterator[None]:
    """Put what was being done in front of the message of an error."""
    try:
        yield
    except EcrError as error:
        raise type(error)(f"{what}: {error}", hint=error.hint) from error
