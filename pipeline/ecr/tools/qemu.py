"""Which platforms this machine can run programs of: by itself, under QEMU, or not at all.

The kernel is asked, not a list of machines: a program of a few instructions is started for each
platform. Where the machine's own processor does not explain that it ran, the handler that is
registered for such files (``binfmt_misc``) does. A handler must hold its interpreter open (flag
``F``), because inside an image there is no QEMU to be found.
"""

from __future__ import annotations

import platform as machine_platform
import re
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ecr.errors import ToolError
from ecr.model.fields import Platform
from ecr.tools.process import run_program

HANDLERS = Path("/proc/sys/fs/binfmt_misc")
_OWN = {
    "x86_64": Platform.LINUX_AMD64,
    "aarch64": Platform.LINUX_ARM64,
    "armv7l": Platform.LINUX_ARM_V7,
}
_QEMU_NAMES = {
    Platform.LINUX_AMD64: "x86_64",
    Platform.LINUX_ARM64: "aarch64",
    Platform.LINUX_ARM_V7: "arm",
}
_INSTALL = "sudo apt-get install qemu-user-static binfmt-support"
_MOUNT = "sudo mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc"
_ENABLE = "sudo update-binfmts --enable"


class Means(StrEnum):
    """How programs of a platform run here."""

    NATIVE = "native"
    EMULATED = "emulated"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether and how this machine runs programs of a platform.

    Attributes:
        platform: The platform.
        means: ``native``, ``emulated`` or ``missing``.
        emulator: Program and version that emulates, such as ``qemu-aarch64 7.2.22``.
        reason: Why it is missing.
        hint: How to enable it.
    """

    platform: Platform
    means: Means
    emulator: str | None = None
    reason: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class _Handler:
    """A handler of the kernel for files that start in a certain way."""

    name: str
    enabled: bool
    interpreter: str
    flags: str
    offset: int
    magic: bytes
    mask: bytes

    def takes(self, program: bytes) -> bool:
        start = program[self.offset : self.offset + len(self.magic)]
        if len(start) != len(self.magic):
            return False
        mask = self.mask or b"\xff" * len(self.magic)
        return all(
            byte & bits == wanted & bits
            for byte, wanted, bits in zip(start, self.magic, mask, strict=True)
        )


def find_ability(platform: str, handlers: Path = HANDLERS) -> Ability:
    """Say whether and how this machine runs programs of a platform.

    Args:
        platform: The platform.
        handlers: Where the kernel shows its handlers.
    """
    wanted = Platform(platform)
    if _OWN.get(machine_platform.machine()) is wanted:
        return Ability(wanted, Means.NATIVE)
    program = make_program(wanted)
    found = [handler for handler in _read_handlers(handlers) if handler.takes(program)]
    working = next((handler for handler in found if handler.enabled), None)
    runs = _runs(program)
    if runs and working is None:
        # A 64-bit ARM processor that runs 32-bit programs as well.
        return Ability(wanted, Means.NATIVE)
    if runs and working is not None and "F" in working.flags:
        return Ability(wanted, Means.EMULATED, emulator=_describe_emulator(wanted, working))
    reason, hint = _explain(wanted, found, handlers, runs=runs)
    return Ability(wanted, Means.MISSING, reason=reason, hint=hint)


def make_program(platform: Platform) -> bytes:
    """Return the smallest program of a platform: it ends with status 0 and does nothing else."""
    if platform is Platform.LINUX_AMD64:
        # mov eax, 60 (exit); xor edi, edi; syscall
        return _make_elf64(62, bytes.fromhex("b83c00000031ff0f05"))
    if platform is Platform.LINUX_ARM64:
        # mov x8, #93 (exit); mov x0, #0; svc #0
        return _make_elf64(183, bytes.fromhex("a80b8052000080d2010000d4"))
    # mov r7, #1 (exit); mov r0, #0; svc #0
    return _make_elf32(40, bytes.fromhex("0170a0e30000a0e3000000ef"))


def _make_elf64(machine: int, code: bytes) -> bytes:
    start, header = 0x400000, 64 + 56
    size = header + len(code)
    identity = b"\x7fELF\x02\x01\x01" + bytes(9)
    elf = struct.pack(
        "<HHIQQQIHHHHHH", 2, machine, 1, start + header, 64, 0, 0, 64, 56, 1, 64, 0, 0
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, start, start, size, size, 0x1000)
    return identity + elf + segment + code


def _make_elf32(machine: int, code: bytes) -> bytes:
    start, header = 0x10000, 52 + 32
    size = header + len(code)
    identity = b"\x7fELF\x01\x01\x01" + bytes(9)
    # EABI version 5, which is what every Linux of the last fifteen years asks of 32-bit ARM.
    elf = struct.pack(
        "<HHIIIIIHHHHHH", 2, machine, 1, start + header, 52, 0, 0x05000000, 52, 32, 1, 40, 0, 0
    )
    segment = struct.pack("<IIIIIIII", 1, 0, start, start, size, size, 5, 0x1000)
    return identity + elf + segment + code


def _runs(program: bytes) -> bool:
    with tempfile.TemporaryDirectory(prefix="ecr-probe-") as directory:
        file = Path(directory, "probe")
        file.write_bytes(program)
        file.chmod(0o700)
        try:
            return (
                subprocess.run([file], capture_output=True, timeout=30, check=False).returncode == 0
            )
        except (OSError, subprocess.TimeoutExpired):
            return False


def _read_handlers(directory: Path) -> list[_Handler]:
    handlers = []
    try:
        names = sorted(path.name for path in directory.iterdir())
    except OSError:
        return []
    for name in names:
        if name not in ("register", "status"):
            handler = _parse_handler(name, (directory / name).read_text("utf-8", "replace"))
            if handler is not None:
                handlers.append(handler)
    return handlers


def _parse_handler(name: str, text: str) -> _Handler | None:
    values = dict(re.findall(r"^(\w+):? (.*)$", text, re.MULTILINE))
    if "magic" not in values:
        return None
    return _Handler(
        name=name,
        enabled=text.startswith("enabled"),
        interpreter=values.get("interpreter", ""),
        flags=values.get("flags", ""),
        offset=int(values.get("offset", "0")),
        magic=bytes.fromhex(values["magic"]),
        mask=bytes.fromhex(values.get("mask", "")),
    )


def _describe_emulator(platform: Platform, handler: _Handler) -> str:
    name = f"qemu-{_QEMU_NAMES[platform]}"
    try:
        # The handler may name a link that takes arguments otherwise than the program it leads to.
        outcome = run_program([str(Path(handler.interpreter).resolve()), "--version"], timeout_s=30)
    except ToolError:
        return name  # registered from a container that is gone; the kernel still holds it
    version = re.search(r"version (\S+)", outcome.text)
    return name if version is None else f"{name} {version[1]}"


def _explain(
    platform: Platform, found: list[_Handler], handlers: Path, *, runs: bool
) -> tuple[str, str]:
    program = f"qemu-{_QEMU_NAMES[platform]}"
    if not (handlers / "register").exists():
        return (
            "the kernel's table of program formats (binfmt_misc) is not mounted",
            f"{_INSTALL} && {_MOUNT} && {_ENABLE}",
        )
    if not found:
        return f"{program} is not registered with the kernel", f"{_INSTALL} && {_ENABLE}"
    handler = found[0]
    if not any(handler.enabled for handler in found):
        return f"{program} is registered with the kernel but not enabled", _ENABLE
    if runs:
        return (
            f"{handler.interpreter} is registered without the flag F, so images cannot use it",
            f"{_INSTALL}, which registers it with the flag",
        )
    return f"{handler.interpreter} is registered but does not run", _INSTALL
