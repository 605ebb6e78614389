"""Writes the Containerfile of scripts and programs, which bring none.

The same manifest gives the same text on every machine, because the text becomes part of the image.
What differs between machines (where packages come from, whom TLS trusts) is handed in as secrets,
which leave no trace.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import orjson

from ecr.stages.build.settings import FILE_TIME_S, USER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecr.model.release import BinaryCode, ScriptCode

PIP_CONTEXT = "ecr-pip"
"""Directory of the pip that installs; it is shown to the build and not put into the image."""
PIP_SECRET = "ecr-pip-conf"  # noqa: S105 - a file's name
"""Configuration of pip on this machine: index, proxy."""
TRUST_SECRET = "ecr-trust"  # noqa: S105 - a file's name
"""Certificates that are trusted on this machine."""
PROGRAM = "program"
"""Name of a compiled program in its context."""

_CODE = "/app"
_SPECIAL = re.compile(r"([\\$*?\[\]])")
_TIDY = (
    "rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/ldconfig/aux-cache"
    " /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/log/apt /var/log/*.log /tmp/*"
)


def render_script(code: ScriptCode, base: str, requirements: Sequence[str]) -> str:
    """Return the Containerfile of a script.

    Args:
        code: The script.
        base: Base image, as ``FROM`` names it.
        requirements: The requirements file and those it includes, relative to the code.
    """
    lines = [
        f"FROM {base}",
        "ENV HOME=/tmp PYTHONUNBUFFERED=1",
        _run(_add_user(), _check_python(code.python)),
    ]
    if code.apt:
        lines.append(_run(*_install_packages(code.apt)))
    if requirements or code.pip:
        lines += [f"COPY {_exec([_escape(path), f'{_CODE}/{path}'])}" for path in requirements]
        lines.append(_install_from_pypi(code))
    lines += [
        f"WORKDIR {_CODE}",
        f'COPY [".", "{_CODE}/"]',
        f"USER {USER}:{USER}",
        f"ENTRYPOINT {_exec(['python3', f'{_CODE}/{code.entrypoint}'])}",
    ]
    if code.arguments:
        lines.append(f"CMD {_exec(code.arguments)}")
    return "\n".join(lines) + "\n"


def render_program(code: BinaryCode, name: str, base: str | None) -> str:
    """Return the Containerfile of a compiled program.

    Args:
        code: The program.
        name: What the program is called in the image.
        base: Base image; ``None`` for a program that needs no other file.
    """
    lines = [f"FROM {base or 'scratch'}", "ENV HOME=/tmp"]
    if base is not None:
        lines.append(_run(_add_user()))
    lines += [
        f'COPY --chmod=755 ["{PROGRAM}", "/usr/bin/{name}"]',
        f"USER {USER}:{USER}",
        f"ENTRYPOINT {_exec([f'/usr/bin/{name}'])}",
    ]
    if code.arguments:
        lines.append(f"CMD {_exec(code.arguments)}")
    return "\n".join(lines) + "\n"


def describe_user() -> tuple[str, str]:
    """Return the lines of ``passwd`` and ``group`` for the user code runs as."""
    return f"ecr:x:{USER}:{USER}::/tmp:/usr/sbin/nologin", f"ecr:x:{USER}:"


def _add_user() -> str:
    user, group = describe_user()
    # A base may have the user already.
    return (
        f"(grep -q ':{USER}:' /etc/group || echo '{group}' >> /etc/group)"
        f" && (grep -q ':{USER}:' /etc/passwd || echo '{user}' >> /etc/passwd)"
    )


def _check_python(version: str) -> str:
    major, minor = version.split(".")
    test = f"import sys; sys.exit(sys.version_info[:2] != ({major}, {minor}))"
    message = shlex.quote(f"the base image does not have Python {version}")
    return f'(python3 -c "{test}" || (echo {message} >&2; exit 1))'


def _install_packages(packages: Sequence[str]) -> tuple[str, ...]:
    return (
        f"export DEBIAN_FRONTEND=noninteractive SOURCE_DATE_EPOCH={FILE_TIME_S}",
        "apt-get -q update",
        f"apt-get -q install -y --no-install-recommends {shlex.join(packages)}",
        "apt-get clean",
        _TIDY,
    )


def _install_from_pypi(code: ScriptCode) -> str:
    asked = [] if code.requirements is None else ["-r", f"{_CODE}/{code.requirements}"]
    install = [
        "python3", "-m", "pip", "install",
        "--no-cache-dir", "--no-input", "--progress-bar=off",
        "--break-system-packages", "--root-user-action=ignore", "--disable-pip-version-check",
        *asked,
        *code.pip,
    ]  # fmt: skip
    # With these variables bytecode comes out the same each time, and knows its source by hash and
    # not by time. It makes a start three times as fast: the user it runs as cannot write it.
    bytecode = f"SOURCE_DATE_EPOCH={FILE_TIME_S} PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1"
    return (
        f"RUN --mount=type=bind,from={PIP_CONTEXT},target=/run/ecr/pip"
        f" --mount=type=secret,id={PIP_SECRET},target=/run/ecr/pip.conf"
        f" --mount=type=secret,id={TRUST_SECRET},target=/run/ecr/trust.pem"
        f" export PYTHONPATH=/run/ecr PIP_CONFIG_FILE=/run/ecr/pip.conf"
        f" PIP_CERT=/run/ecr/trust.pem {bytecode}"
        f" && {shlex.join(install)} && rm -rf /tmp/*"
    )


def _run(*commands: str) -> str:
    return f"RUN {' && '.join(commands)}"


def _exec(words: Sequence[str]) -> str:
    return orjson.dumps(list(words)).decode()


def _escape(path: str) -> str:
    """Keep a path from being taken for a pattern or a variable."""
    return _SPECIAL.sub(r"\\\1", path)
