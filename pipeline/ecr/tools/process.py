"""Runs a program: an argument list, never a shell, always with a time limit.

A program that is missing, that fails and that takes too long are three different errors,
each with the command, its last lines and what to do.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from ecr.errors import ToolFailedError, ToolMissingError, ToolTimeoutError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_LAST_LINES = 15
_TAIL_BYTES = 64 * 1024
_END_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")
_OWN_SPACE = ("unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished program left behind."""

    exit_status: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.stdout.decode("utf-8", "replace")


def run_program(
    argv: Sequence[str],
    *,
    timeout_s: float,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    accept: Sequence[int] = (0,),
    hint: str | None = None,
    missing_hint: str | None = None,
) -> Outcome:
    """Run a program to its end.

    Args:
        argv: Program and arguments.
        timeout_s: Time limit in seconds; the program and its children are killed then.
        cwd: Directory to run in.
        environment: Variables set in addition to this process's own.
        stdin: What the program reads.
        accept: Exit statuses that are no failure.
        hint: What to do when it is missing or fails.
        missing_hint: What to do when it is missing, in place of ``hint``.

    Raises:
        ToolMissingError: The program is not installed.
        ToolFailedError: It ended with another status.
        ToolTimeoutError: It did not end in time.
    """
    command = show_command(argv)
    process = _start(argv, cwd, environment, missing_hint or hint, stdin=subprocess.PIPE)
    try:
        stdout, stderr = process.communicate(stdin, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        raise ToolTimeoutError(
            f"no end after {timeout_s:g} s: {command}{_tail(stdout, stderr)}", hint=hint
        ) from None
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if process.returncode not in accept:
        raise ToolFailedError(
            f"{describe_end(process.returncode)}: {command}{_tail(stdout, stderr)}", hint=hint
        )
    return Outcome(process.returncode, stdout, stderr)


def run_logged(
    argv: Sequence[str],
    *,
    log: Path,
    timeout_s: float,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    hint: str | None = None,
) -> None:
    """Run a long program to its end and add what it prints to a log file, as it prints it.

    The errors say how it ended and leave out what it printed: whoever knows what the program was
    doing picks the lines that matter with ``read_last_lines``.

    Args:
        argv: Program and arguments; they are written to the log first.
        log: File to add to.
        timeout_s: Time limit in seconds; the program and its children are killed then.
        cwd: Directory to run in.
        environment: Variables set in addition to this process's own.
        hint: What to do when it is missing.

    Raises:
        ToolMissingError: The program is not installed.
        ToolFailedError: It ended with a status other than 0.
        ToolTimeoutError: It did not end in time.
    """
    with log.open("ab") as file:
        file.write(f"$ {show_command(argv)}\n".encode())
        file.flush()
        process = _start(
            argv, cwd, environment, hint, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
        try:
            status = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise ToolTimeoutError(f"no end after {timeout_s:g} s") from None
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    if status:
        raise ToolFailedError(describe_end(status))


def _start(
    argv: Sequence[str],
    cwd: Path | None,
    environment: Mapping[str, str] | None,
    hint: str | None,
    *,
    stdin: int,
    stdout: IO[bytes] | int = subprocess.PIPE,
    stderr: IO[bytes] | int = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            argv,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        if cwd is not None and not cwd.is_dir():
            raise ToolFailedError(
                f"directory {cwd} does not exist, cannot run: {show_command(argv)}"
            ) from error
        raise ToolMissingError(
            f"'{argv[0]}' is not installed", hint=hint or f"install {argv[0]} and run again"
        ) from error


def contain(argv: Sequence[str]) -> list[str]:
    """Return a command that leaves nothing behind when it, or this process, is killed.

    It ends with this process. For root it also gets a space of its own for processes and mounts,
    so that what it started and mounted goes with it; for others the programs we contain make such
    a space themselves. Where the programs that do this (util-linux) are missing, it is left as it
    is.
    """
    prefix: list[str] = []
    if shutil.which(_END_WITH_PARENT[0]):
        prefix += _END_WITH_PARENT
    if os.geteuid() == 0 and shutil.which(_OWN_SPACE[0]):
        prefix += _OWN_SPACE
    return [*prefix, *argv]


def show_command(argv: Sequence[str]) -> str:
    """Return a command as a person would type it, without credentials and what contains it."""
    shown = list(argv)
    for prefix in (_END_WITH_PARENT, _OWN_SPACE):
        if tuple(shown[: len(prefix)]) == prefix:
            shown = shown[len(prefix) :]
    return redact(shlex.join(shown))


def require_program(name: str, hint: str) -> None:
    """Make sure that a program is installed.

    Raises:
        ToolMissingError: It is not.
    """
    if shutil.which(name) is None:
        raise ToolMissingError(f"'{name}' is not installed", hint=hint)


def describe_end(status: int) -> str:
    """Say how a process ended: its exit status, or the signal that killed it."""
    if status >= 0:
        return f"exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"killed by {name}"


def read_last_lines(log: Path, count: int = _LAST_LINES) -> list[str]:
    """Return the last lines of a log, without credentials and without the space around them."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        text = file.read().decode("utf-8", "replace")
    return redact(text).strip().splitlines()[-count:]


def redact(text: str) -> str:
    """Return ``text`` without the credentials of URLs."""
    return _CREDENTIALS.sub("***@", text)


def _tail(stdout: bytes, stderr: bytes) -> str:
    lines = redact((stderr or stdout).decode("utf-8", "replace")).strip().splitlines()
    return "".join(f"\n    {line}" for line in lines[-_LAST_LINES:])
