"""What the engines that run containers have in common: one request in, one outcome out.

How a container is made and kept apart from the machine is for ``ecr.tools.docker`` and
``ecr.tools.buildah_container``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ecr.tools.oci_layout import OciLayout

Output = Callable[[bytes], None]
"""Is given what a program writes, standard output and error together, as it writes it."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A directory through which a container and we exchange files.

    Attributes:
        path: Absolute path in the container; anybody may write there.
        given: Files put there before the start, by path below it.
        directories: Directories made there before the start.
        first: File that is read before all others, by path below it.
        keep: Says of a path below it how many bytes of the file are wanted.
        most_files: Files that are looked at.
        most_bytes: Bytes that are looked at.
    """

    path: str
    given: Mapping[str, bytes]
    directories: tuple[str, ...]
    first: str
    keep: Callable[[str], int]
    most_files: int = 2000
    most_bytes: int = 256 << 20


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to run and under which limits.

    Attributes:
        arguments: Arguments in place of the image's own; empty keeps those.
        environment: Variables.
        mounts: Files shown read-only, by their absolute path in the container.
        exchange: Directory to exchange files through.
        network: Whether it may use the network.
        memory_bytes: Memory limit.
        cpu_millicores: CPU limit; ``None`` for none.
        timeout_s: Time limit in seconds.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    mounts: Mapping[str, Path]
    exchange: Exchange
    network: bool
    memory_bytes: int
    cpu_millicores: int | None
    timeout_s: float


@dataclass(frozen=True, slots=True)
class LeftFile:
    """A file a container left in the exchange.

    Attributes:
        path: Path below the exchange.
        size_bytes: Its size.
        content: As many of its bytes as were wanted.
    """

    path: str
    size_bytes: int
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run ended.

    Attributes:
        exit_status: Exit status; ``None`` when it was stopped or did not start.
        timed_out: Whether it was stopped at the time limit.
        out_of_memory: Whether the kernel ended something of it for want of memory.
        duration_s: Time it took.
        start_error: Why it could not be started.
        files: What it left in the exchange, by path.
        complete: Whether those are all.
        not_applied: Limits that were not applied, each with the reason.
    """

    exit_status: int | None
    timed_out: bool
    out_of_memory: bool
    duration_s: float
    start_error: str | None = None
    files: tuple[LeftFile, ...] = ()
    complete: bool = True
    not_applied: Mapping[str, str] = field(default_factory=dict)


class LoadedImage(Protocol):
    """An image an engine is ready to run."""

    def run(self, request: RunRequest, output: Output) -> RunOutcome:
        """Run it once, in a container of its own that is gone afterwards.

        Raises:
            ToolError: The engine did not do its part.
        """


class Engine(Protocol):
    """Runs containers."""

    @property
    def description(self) -> str:
        """Program and version."""

    def close(self) -> None:
        """Let go of what it holds."""

    def load(
        self, layout: OciLayout, digest: str, platform: str, key: str
    ) -> AbstractContextManager[LoadedImage]:
        """Take an image from an OCI layout, and forget it in the end.

        What an earlier run with the same key left behind is removed first; the caller sees to it
        that there is one run with a key at a time.

        Args:
            layout: Where the image is.
            digest: Its manifest.
            platform: OCI platform it is for.
            key: Name of the run: lower-case letters, digits and ``-``.

        Raises:
            ToolError: The engine does not take it.
        """
