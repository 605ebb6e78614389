"""The C compiler of this machine, for the sample of a binary bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.errors import ToolFailedError
from ecr.tools.process import run_program

if TYPE_CHECKING:
    from pathlib import Path

_FLAGS = ("-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-Wall", "-Wextra")
_HINT = "install a C compiler (apt-get install gcc libc6-dev), or give compiled programs"


def compile_c(source: Path, program: Path, *, timeout_s: float = 60) -> bytes:
    """Compile one file and return the program's bytes; statically where the library allows.

    Raises:
        ToolMissingError: There is no ``cc``.
        ToolFailedError: The source does not compile.
    """
    argv = ["cc", *_FLAGS, "-o", str(program), str(source)]
    try:
        run_program([*argv, "-static", "-s"], timeout_s=timeout_s, hint=_HINT)
    except ToolFailedError:
        run_program([*argv, "-s"], timeout_s=timeout_s, hint=_HINT)
    return program.read_bytes()
