"""How tests ask for real programs, and how a run says which real parts it did not exercise.

Nothing else belongs here: fixtures of one kind of test live in the conftest.py of its directory.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import pytest

_NOT_EXERCISED = "real part not exercised: "
# Debian keeps daemons such as nginx where the PATH of an ordinary user does not lead.
_DAEMON_DIRECTORIES = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def is_ci(environment: Mapping[str, str]) -> bool:
    """Say whether this is CI, where a missing program is a failure and not a skipped test."""
    return environment.get("CI", "").lower() not in {"", "0", "false"}


@pytest.fixture(scope="session")
def require_tool() -> Callable[..., Path]:
    """Give the function that finds a real program.

    `require_tool("nginx", hint="apt-get install nginx")` returns its path. `also` names other
    commands that do as well. When none is there the test is skipped, which the end of the run
    lists; in CI it fails.
    """

    def find(name: str, *, hint: str, also: tuple[str, ...] = ()) -> Path:
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_DAEMON_DIRECTORIES])
        for command in (name, *also):
            found = shutil.which(command, path=path)
            if found is not None:
                return Path(found)
        fail_or_skip(f"{name} is not installed ({hint})")

    return find


def fail_or_skip(message: str) -> NoReturn:
    """End a test whose real part is missing: loudly skipped, and in CI failed."""
    if is_ci(os.environ):
        pytest.fail(f"{message}; in CI nothing real may be skipped", pytrace=False)
    pytest.skip(_NOT_EXERCISED + message)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the real parts that were skipped, so that nobody takes the run for a full one."""
    counts: dict[str, int] = {}
    for report in terminalreporter.getreports("skipped"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        _, marker, message = reason.partition(_NOT_EXERCISED)
        if marker:
            counts[message] = counts.get(message, 0) + 1
    if counts:
        terminalreporter.section("NOT A FULL RUN: real parts were skipped", sep="!", red=True)
        for message, count in sorted(counts.items()):
            terminalreporter.line(f"{count} test{'s' * (count > 1)}: {message}")
