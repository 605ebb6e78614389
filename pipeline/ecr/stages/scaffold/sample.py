"""Compiles the sample of a binary bundle, so that its first release holds a real program."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ecr.errors import UsageError
from ecr.model.fields import resolve_platform
from ecr.stages.scaffold.starter import render_sample
from ecr.tools.c_compiler import compile_c


def compile_sample(machine: str, system: str) -> dict[str, bytes]:
    """Return the compiled sample by platform: the one of this machine.

    Args:
        machine: Processor, as ``platform.machine()`` gives it.
        system: Operating system, as ``platform.system()`` gives it.

    Raises:
        UsageError: Programs for this machine are none a node could run.
        ToolError: There is no C compiler, or it failed.
    """
    platform = resolve_platform(machine)
    if system != "Linux" or platform is None:
        raise UsageError(
            f"a program compiled on {system} {machine} runs on no node",
            hint="give compiled programs: --file linux/amd64=PATH --file linux/arm64=PATH",
        )
    with tempfile.TemporaryDirectory(prefix="ecr-new-") as scratch:
        source = Path(scratch, "main.c")
        source.write_bytes(render_sample("main.c"))
        return {str(platform): compile_c(source, Path(scratch, "main"))}
