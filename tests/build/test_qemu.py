"""What this machine can run, asked of the real kernel, and what is said when it cannot."""

from __future__ import annotations

import platform as machine_platform
import subprocess
from pathlib import Path

import pytest

from ecr.model.fields import Platform
from ecr.stages.build.program import read_program
from ecr.tools.qemu import Means, find_ability, make_program

FOREIGN = Platform.LINUX_ARM64 if machine_platform.machine() == "x86_64" else Platform.LINUX_AMD64
HANDLER = {
    Platform.LINUX_ARM64: (
        "7f454c460201010000000000000000000200b700",
        "ffffffffffffff00fffffffffffffffffeffffff",
    ),
    Platform.LINUX_AMD64: (
        "7f454c4602010100000000000000000002003e00",
        "fffffffffffefe00fffffffffffffffffeffffff",
    ),
}[FOREIGN]
NAME = {Platform.LINUX_ARM64: "aarch64", Platform.LINUX_AMD64: "x86_64"}[FOREIGN]


class TestPrograms:
    @pytest.mark.parametrize("platform", list(Platform), ids=lambda platform: platform.value)
    def test_a_program_is_one_of_its_platform_and_needs_nothing_else(self, platform: Platform):
        program = read_program(make_program(platform))
        assert (program.platform, program.static) == (platform.value, True)

    def test_the_native_one_ends_with_status_0(self, tmp_path: Path, native: str):
        file = tmp_path / "program"
        file.write_bytes(make_program(Platform(native)))
        file.chmod(0o755)
        assert subprocess.run([file], check=False).returncode == 0


class TestAbility:
    def test_the_machines_own_platform_is_native(self, native: str):
        ability = find_ability(native)
        assert (ability.means, ability.emulator, ability.reason) == (Means.NATIVE, None, None)

    def test_a_foreign_one_is_emulated_and_says_by_what(self, foreign: str):
        ability = find_ability(foreign)
        assert ability.means is Means.EMULATED
        assert str(ability.emulator).startswith(f"qemu-{NAME}")

    @pytest.mark.parametrize(
        ("files", "reason", "hint"),
        [
            (
                {},
                "the kernel's table of program formats (binfmt_misc) is not mounted",
                (
                    "sudo apt-get install qemu-user-static binfmt-support && "
                    "sudo mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc && "
                    "sudo update-binfmts --enable"
                ),
            ),
            (
                {"register": "", "status": "enabled\n"},
                f"qemu-{NAME} is not registered with the kernel",
                (
                    "sudo apt-get install qemu-user-static binfmt-support && "
                    "sudo update-binfmts --enable"
                ),
            ),
            (
                {"register": "", f"qemu-{NAME}": ("disabled", "PF")},
                f"qemu-{NAME} is registered with the kernel but not enabled",
                "sudo update-binfmts --enable",
            ),
            (
                {"register": "", f"qemu-{NAME}": ("enabled", "P")},
                "/usr/bin/qemu is registered without the flag F, so images cannot use it",
                (
                    "sudo apt-get install qemu-user-static binfmt-support, "
                    "which registers it with the flag"
                ),
            ),
        ],
        ids=[
            "the table is not mounted",
            "no handler is registered",
            "the handler is disabled",
            "the handler does not hold its interpreter open",
        ],
    )
    def test_a_missing_one_says_why_and_how_to_enable_it(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        files: dict[str, str | tuple[str, str]],
        reason: str,
        hint: str,
    ):
        """The table of handlers is a directory; whether the program runs is made to fit it."""
        for name, content in files.items():
            text = content
            if isinstance(content, tuple):
                state, flags = content
                magic, mask = HANDLER
                text = (
                    f"{state}\ninterpreter /usr/bin/qemu\nflags: {flags}\noffset 0\n"
                    f"magic {magic}\nmask {mask}\n"
                )
            (tmp_path / name).write_text(str(text))
        monkeypatch.setattr("ecr.tools.qemu._runs", lambda _: "without the flag" in reason)
        ability = find_ability(FOREIGN, tmp_path)
        assert (ability.means, ability.reason, ability.hint) == (Means.MISSING, reason, hint)

    def test_what_runs_without_a_handler_is_native(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        """As 32-bit programs do on many 64-bit ARM processors."""
        monkeypatch.setattr("ecr.tools.qemu._runs", lambda _: True)
        assert find_ability(FOREIGN, tmp_path).means is Means.NATIVE
