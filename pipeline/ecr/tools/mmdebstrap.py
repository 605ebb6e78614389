"""mmdebstrap: makes the root file system of a small Debian, for any architecture.

The same packages give the same bytes. Which packages those are is Debian's to say on the day; a
list of sources that names a snapshot of its archive fixes that as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecr.errors import ToolFailedError
from ecr.tools.process import contain, read_last_lines, require_program, run_logged

if TYPE_CHECKING:
    from collections.abc import Sequence

INSTALL_HINT = "install it with: sudo apt-get install mmdebstrap debian-archive-keyring"
ARCHITECTURES = {"linux/amd64": "amd64", "linux/arm64": "arm64", "linux/arm/v7": "armhf"}
"""Debian's names of the platforms."""

_HOOKS = Path("/usr/share/mmdebstrap/hooks")
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/man/*")
_KEPT = ("/usr/share/doc/*/copyright",)


@dataclass(frozen=True, slots=True)
class DebianRequest:
    """What to put into a root file system.

    Attributes:
        suite: Debian release, such as ``bookworm``.
        platform: OCI platform.
        packages: Packages besides the essential ones and apt.
        sources: Lines of ``sources.list``.
        time_s: Latest time of any file, in seconds since 1970.
    """

    suite: str
    platform: str
    packages: Sequence[str]
    sources: Sequence[str]
    time_s: int


def make_root(request: DebianRequest, target: Path, *, log: Path, timeout_s: float) -> None:
    """Write a root file system as a tar.

    Needs root, or user namespaces with ranges of ids; mmdebstrap finds out which.

    Args:
        request: What to put into it.
        target: File to write.
        log: File to add the output to.
        timeout_s: Time limit in seconds.

    Raises:
        ToolMissingError: mmdebstrap is not installed.
        ToolFailedError: It failed; the message holds its last lines.
        ToolTimeoutError: It did not end in time.
    """
    argv = [
        "mmdebstrap", "--variant=apt",
        f"--architectures={ARCHITECTURES[request.platform]}",
        f"--include={','.join(request.packages)}",
        # Without the file, container engines make one, and not all of them alike.
        "--customize-hook=echo '127.0.0.1 localhost' > \"$1/etc/hosts\"",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT),
        *(f"--dpkgopt=path-include={pattern}" for pattern in _KEPT),
    ]  # fmt: skip
    if request.suite == "bookworm" and (_HOOKS / "merged-usr").is_dir():
        # Otherwise bookworm merges its directories with a program that brings 55 MB of Perl along.
        argv.append(f"--hook-dir={_HOOKS / 'merged-usr'}")
    argv += [request.suite, str(target), *request.sources]
    require_program("mmdebstrap", INSTALL_HINT)
    environment = {
        "SOURCE_DATE_EPOCH": str(request.time_s),
        "LC_ALL": "C.UTF-8",
        # It works beside its target, where whoever asked for it tidies up.
        "TMPDIR": str(target.parent),
    }
    try:
        run_logged(contain(argv), log=log, timeout_s=timeout_s, environment=environment)
    except ToolFailedError as error:
        lines = read_last_lines(log)
        tail = "".join(f"\n    {line}" for line in lines)
        hint = None
        if any("download" in line or "fetch" in line for line in lines):
            hint = "is the Debian mirror reached? One that is just being updated mends itself"
        raise ToolFailedError(f"mmdebstrap: {error}{tail}\n    log: {log}", hint=hint) from error
