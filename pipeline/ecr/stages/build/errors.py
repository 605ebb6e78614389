"""How a build fails: always with the release, the platform, the step, and where to read more."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ecr.errors import EcrError, ToolError, ToolFailedError, ToolTimeoutError
from ecr.tools.process import read_last_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STEP = re.compile(r"^(?:\[\d+/\d+\] )?STEP \d+/\d+: .*", re.MULTILINE)
_LONGEST_STEP = 200


class BuildError(EcrError):
    """A release cannot be built as it is written."""

    exit_code = 30


class PlatformError(EcrError):
    """This machine cannot run programs of a platform."""

    exit_code = 31


class BuildFailuresError(EcrError):
    """Several platforms or releases could not be built; each was named when it failed."""

    exit_code = 32


class NotReproducedError(EcrError):
    """A second build did not give the same image."""

    exit_code = 33


class PushError(ToolError):
    """A registry did not take an image, or has another one than was pushed."""

    exit_code = 34


@contextmanager
def naming(what: str) -> Iterator[None]:
    """Put what was being done in front of the message of an error."""
    try:
        yield
    except EcrError as error:
        raise type(error)(f"{what}: {error}", hint=error.hint) from error


@contextmanager
def explaining(log: Path) -> Iterator[None]:
    """Add to an error of Buildah the step it was at, its last lines, and where the log is."""
    try:
        yield
    except (ToolFailedError, ToolTimeoutError) as error:
        lines = [line for line in read_last_lines(log) if not line.startswith("$ ")]
        step = find_step(log.read_text("utf-8", "replace"))
        tail = "".join(f"\n    {line}" for line in lines)
        hint = _suggest(str(error), "\n".join(lines)) or error.hint
        raise type(error)(f"{step}{error}{tail}\n    log: {log}", hint=hint) from error


def find_step(text: str) -> str:
    """Return the last step a log tells of, with a colon after it; empty when there is none."""
    steps = _STEP.findall(text)
    if not steps:
        return ""
    step = steps[-1] if len(steps[-1]) <= _LONGEST_STEP else f"{steps[-1][: _LONGEST_STEP - 1]}…"
    return f"{step}: "


_HINTS = (
    (r"manifest unknown|name unknown|no such host|repository does not exist|not found in registry",
     "check the name of the base image; mirrors are set in /etc/containers/registries.conf"),
    (r"unauthorized|authentication required|denied",
     "log in to the registry with: skopeo login REGISTRY"),
    (r"exec format error",
     "a program of another platform was started; is the base image one of this platform?"),
    (r"no space left on device", "free some space and run again; finished layers are kept"),
    (r"Temporary failure resolving|Could not resolve|connection refused|i/o timeout",
     "a host could not be reached; run again when it can"),
)  # fmt: skip


def _suggest(message: str, lines: str) -> str | None:
    if "killed by SIGKILL" in message:
        return "something ended the build from outside; was there too little memory?"
    if message.startswith("no end after"):
        return "give it more time with --time-limit, or build it on a machine of that platform"
    for pattern, hint in _HINTS:
        if re.search(pattern, lines, re.IGNORECASE):
            return hint
    return None
