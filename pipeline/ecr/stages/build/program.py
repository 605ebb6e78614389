"""What a compiled program is: for which processor, and whether it brings all it needs.

Reads the header of ELF files (System V ABI, chapter 4 and 5), nothing more.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ecr.stages.build.errors import BuildError

_PLATFORMS = {(2, 62): "linux/amd64", (2, 183): "linux/arm64", (1, 40): "linux/arm/v7"}
"""By class (1: 32 bits, 2: 64) and machine."""
_INTERPRETER = 3
"""Kind of the segment that names the dynamic loader."""


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled program.

    Attributes:
        platform: Platform it is for; ``None`` for one that is not among ours.
        static: Whether it needs no dynamic loader, and so no other file.
    """

    platform: str | None
    static: bool


def check_platform(content: bytes, path: str, platform: str) -> Program:
    """Read a program and check what it is for.

    Raises:
        BuildError: It is no program for Linux, or one for another platform.
    """
    try:
        program = read_program(content)
    except (struct.error, ValueError) as error:
        raise BuildError(
            f"'{path}' is no compiled program for Linux (ELF)",
            hint="compile it for the platform, or publish a script as kind 'script'",
        ) from error
    if program.platform != platform:
        raise BuildError(
            f"'{path}' is a program for {program.platform or 'another processor'}",
            hint="name the file that was compiled for this platform",
        )
    return program


def read_program(content: bytes) -> Program:
    """Read the header of an ELF file.

    Raises:
        ValueError: It is no ELF file of a byte order we know.
        struct.error: It ends too early.
    """
    if content[:4] != b"\x7fELF" or content[5:6] != b"\x01":
        raise ValueError("not a little-endian ELF file")
    bits = content[4]
    (machine,) = struct.unpack_from("<H", content, 18)
    if bits == 2:
        (start,) = struct.unpack_from("<Q", content, 32)
        size, count = struct.unpack_from("<HH", content, 54)
    else:
        (start,) = struct.unpack_from("<I", content, 28)
        size, count = struct.unpack_from("<HH", content, 42)
    kinds = {struct.unpack_from("<I", content, start + size * i)[0] for i in range(count)}
    return Program(_PLATFORMS.get((bits, machine)), _INTERPRETER not in kinds)
