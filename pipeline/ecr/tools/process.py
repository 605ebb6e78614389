"""Runs a program: an argument list, never a shell, always with a time limit.

A program that is missing, that fails and that takes too long are three different errors,
each with the command, its last lines and what to do.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.errors import ToolFailedError, ToolMissingError, ToolTimeoutError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_LAST_LINES = 15


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

    Raises:
        ToolMissingError: The program is not installed.
        ToolFailedError: It ended with another status.
        ToolTimeoutError: It did not end in time.
    """
    command = redact(shlex.join(argv))
    try:
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        if cwd is not None and not cwd.is_dir():
            raise ToolFailedError(
                f"directory {cwd} does not exist, cannot run: {command}"
            ) from error
        raise ToolMissingError(
            f"'{argv[0]}' is not installed", hint=hint or f"install {argv[0]} and run again"
        ) from error
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
            f"exit status {process.returncode}: {command}{_tail(stdout, stderr)}", hint=hint
        )
    return Outcome(process.returncode, stdout, stderr)


def redact(text: str) -> str:
    """Return ``text`` without the credentials of URLs."""
    return _CREDENTIALS.sub("***@", text)


def _tail(stdout: bytes, stderr: bytes) -> str:
    lines = redact((stderr or stdout).decode("utf-8", "replace")).strip().splitlines()
    return "".join(f"\n    {line}" for line in lines[-_LAST_LINES:])
